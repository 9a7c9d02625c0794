// Drawings in lines of the text's colour; beside a text they are decoration, alone they stand in a named button.
import { html } from "./view.js";

const PATHS = {
  now: "M3 12h4l2.5-7 5 14 2.5-7h4",
  pairs: "M4 5h11a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H9l-4 3v-3a1 1 0 0 1-1-1zM20 9v9a1 1 0 0 1-1 1v2l-3-2h-5",
  runs: "M4 19V5M4 19h16M7 8c3 0 3 7 6 7s3-3 6-3",
  exams: "M9 4h6v3H9zM7 5H5v16h14V5h-2M8.5 14l2.5 2.5 4.5-5",
  gaps: "M12 3a9 9 0 1 0 9 9M12 8v5l3 2M17 3v4h4M21 3l-4 4",
  adapters: "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
  up: "M7 11v9H4v-9zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7",
  down: "M17 13V4h3v9zM17 13l-4 8a2.5 2.5 0 0 1-2.5-2.5V15H5a2 2 0 0 1-2-2.3l1.2-7A2 2 0 0 1 6.200 4H17",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 8h6M12 12h9M12 16h6",
  help: "M9 9a3 3 0 1 1 4 2.800c-.700.300-1 .800-1 1.500v.700M12 17.500v.200M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  sync: "M20 11a8 8 0 0 0-14-4.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4.500L20 15M20 20v-5h-5",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  back: "M15 5l-7 7 7 7",
  right: "M5 12.500l4.500 4.500L19 7",
  wrong: "M6 6l12 12M18 6L6 18",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  empty: "M4 13l3-8h10l3 8v6H4zM4 13h5l1.500 2.500h3L15 13h5",
};

export const Icon = ({ name, size = 18 }) => html`
  <svg
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d=${PATHS[name]} />
  </svg>
`;
