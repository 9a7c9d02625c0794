// The frame of every page: navigation, how the daemon stands, theme and help; and the page in it.
import { html, useEffect, useRef } from "./view.js";
import { Dialogs, showHelp } from "./dialogs.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { live } from "./live.js";
import { Notices } from "./notices.js";
import { Adapters } from "./pages/adapters.js";
import { Exams } from "./pages/exams.js";
import { Gaps } from "./pages/gaps.js";
import { Locked } from "./pages/locked.js";
import { Now } from "./pages/now.js";
import { Pairs } from "./pages/pairs.js";
import { Runs } from "./pages/runs.js";
import { address, go, place } from "./router.js";
import { useStore } from "./store.js";
import { nextTheme, theme } from "./theme.js";

const PAGES = [
  ["now", "Now", Now],
  ["pairs", "Pairs", Pairs],
  ["runs", "Runs", Runs],
  ["exams", "Exams", Exams],
  ["gaps", "Gaps", Gaps],
  ["adapters", "Adapters", Adapters],
];
const THEMES = { auto: ["auto", "As the system"], light: ["sun", "Light"], dark: ["moon", "Dark"] };

export function App() {
  const { server } = useStore(live);
  const { page } = useStore(place);
  const main = useRef(null);
  const [name, title, Page] = PAGES.find(([key]) => key === page) ?? PAGES[0];
  const isLocked = server === "refused";
  useEffect(() => {
    document.title = `${isLocked ? "Locked" : title} – curatord`;
  }, [title, isLocked]);
  useFocusOnNewPage(name, main);
  const numbers = Object.fromEntries(PAGES.map(([key], index) => [String(index + 1), () => go(key)]));
  useKeys({ ...numbers, t: nextTheme, "?": showHelp });
  return html`
    <button class="skip" onClick=${() => main.current.focus()}>Skip to the content</button>
    <div class="frame">
      <${Side} current=${name} />
      <main ref=${main} tabindex="-1">
        ${isLocked ? html`<${Locked} />` : html`<${Banner} /><${Page} key=${name} />`}
      </main>
    </div>
    <${Notices} />
    <${Dialogs} />
  `;
}

/** Moves the focus to the head of a page that was gone to, as a browser does with a new document. */
function useFocusOnNewPage(name, main) {
  const shown = useRef(name);
  useEffect(() => {
    if (shown.current === name) return;
    shown.current = name;
    window.scrollTo(0, 0);
    main.current.querySelector("h1")?.focus();
  }, [name]);
}

const Side = ({ current }) => html`
  <header class="side">
    <div class="brand"><img src="/static/icon.svg" alt="" /> curatord</div>
    <nav class="pages" aria-label="Pages">
      ${PAGES.map(
        ([key, title]) => html`
          <a key=${key} href=${address(key)} aria-current=${key === current ? "page" : null}>
            <${Icon} name=${key} /> ${title}
          </a>
        `,
      )}
    </nav>
    <div class="side-foot">
      <${Standing} />
      <div class="side-buttons">
        <${ThemeButton} />
        <button class="button plain icon" onClick=${showHelp} aria-label="Keys and help" title="Keys and help (?)">
          <${Icon} name="help" />
        </button>
      </div>
    </div>
  </header>
`;

function ThemeButton() {
  const { chosen } = useStore(theme);
  const [icon, text] = THEMES[chosen];
  return html`
    <button class="button plain icon" onClick=${nextTheme} aria-label=${`Theme: ${text}`} title=${`Theme: ${text} (t)`}>
      <${Icon} name=${icon} />
    </button>
  `;
}

function Standing() {
  const { server, daemon, status } = useStore(live);
  const [tone, text] = standing(server, daemon, status);
  return html`<p class="standing" role="status"><span class="dot ${tone}"></span>${text}</p>`;
}

function standing(server, daemon, status) {
  if (server === "refused") return ["bad", "locked"];
  if (server === "lost") return ["bad", "dashboard ended"];
  if (!daemon) return ["", "connecting"];
  if (!daemon.online) return ["bad", "not running"];
  if (status?.training.state === "running") return ["busy", "training"];
  if (status?.state === "working") return ["busy", "reading notes"];
  return ["good", status?.state === "starting" ? "starting" : "running"];
}

function Banner() {
  const { server, daemon } = useStore(live);
  if (server === "lost") {
    return html`
      <div class="banner" role="alert">
        <strong>The dashboard does not answer any more.</strong>
        <span>It was ended, or this machine slept. It is tried again; or start <code>curatord dashboard</code>.</span>
      </div>
    `;
  }
  if (daemon && !daemon.online) {
    return html`
      <div class="banner" role="alert">
        <strong>${daemon.message}</strong>
        <span>${daemon.hint} What you see is as it was; this page goes on by itself when curatord returns.</span>
      </div>
    `;
  }
  return null;
}
