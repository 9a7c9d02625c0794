// Short notices at the foot of the page; a screen reader says them as they come.
import { html } from "./view.js";
import { createStore, useStore } from "./store.js";

const SECONDS = 6;

const notices = createStore({ list: [] });
let number = 0;

/** Shows a notice; `action` is {label, run}, such as one that takes back what was done. */
export function notify(text, { tone = "", action = null } = {}) {
  const notice = { id: ++number, text, tone, action };
  notices.set({ list: [...notices.get().list, notice].slice(-3) });
  setTimeout(() => dismiss(notice.id), 1000 * (tone === "bad" ? 2 * SECONDS : SECONDS));
}

export const notifyError = (error) => notify([error.message, error.hint].filter(Boolean).join(" "), { tone: "bad" });

const dismiss = (id) => notices.set({ list: notices.get().list.filter((notice) => notice.id !== id) });

export function Notices() {
  const { list } = useStore(notices);
  return html`
    <div class="notices" role="status" aria-live="polite">
      ${list.map((notice) => html`<${Notice} key=${notice.id} notice=${notice} />`)}
    </div>
  `;
}

function Notice({ notice }) {
  const act = () => {
    dismiss(notice.id);
    notice.action.run();
  };
  return html`
    <div class="notice ${notice.tone}">
      <p>${notice.text}</p>
      ${notice.action && html`<button class="button" onClick=${act}>${notice.action.label}</button>`}
      <button class="button" onClick=${() => dismiss(notice.id)}>Close</button>
    </div>
  `;
}
