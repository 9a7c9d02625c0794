// Questions and help, in dialogs that the browser keeps the focus in and Escape closes.
import { html, useEffect, useRef } from "./view.js";
import { createStore, useStore } from "./store.js";
import { keys, switchKeys } from "./keys.js";

const open = createStore({ dialog: null });

/** Asks a question; answers whether it was confirmed. */
export function confirm({ title, text, label }) {
  return new Promise((answer) => open.set({ dialog: { title, text, label, answer } }));
}

export const showHelp = () => open.set({ dialog: { help: true, answer: () => {} } });

export function Dialogs() {
  const { dialog } = useStore(open);
  const element = useRef(null);
  useEffect(() => {
    if (!dialog) return;
    element.current.showModal();
    element.current.querySelector(".main").focus();
  }, [dialog]);
  if (!dialog) return null;
  const close = (answer) => {
    element.current.close();
    dialog.answer(answer);
    open.set({ dialog: null });
  };
  return html`
    <dialog ref=${element} aria-labelledby="dialog-title" onCancel=${() => close(false)}>
      ${dialog.help ? html`<${Help} close=${close} />` : html`<${Question} ...${dialog} close=${close} />`}
    </dialog>
  `;
}

const Question = ({ title, text, label, close }) => html`
  <h2 id="dialog-title">${title}</h2>
  <p>${text}</p>
  <div class="dialog-foot">
    <button class="button" onClick=${() => close(false)}>Cancel</button>
    <button class="button main" onClick=${() => close(true)}>${label}</button>
  </div>
`;

const SHORTCUTS = [
  ["1 … 6", "Now, Pairs, Runs, Exams, Gaps, Adapters"],
  ["/", "search the pairs"],
  ["j, k", "next pair, pair before"],
  ["u", "thumb up: a good pair"],
  ["d", "thumb down: never train on it"],
  ["e", "edit the pair; Ctrl Enter keeps it, Escape leaves it"],
  ["z", "take the last judgement back"],
  ["[ , ]", "page before, next page"],
  ["t", "light, dark, or as the system wants"],
  ["?", "this help"],
];

function Help({ close }) {
  const { on } = useStore(keys);
  return html`
    <h2 id="dialog-title">Keys</h2>
    <p class="soft">Everything can be reached with Tab and Enter as well.</p>
    <dl class="shortcuts">
      ${SHORTCUTS.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}
    </dl>
    <label class="row">
      <input type="checkbox" checked=${on} onChange=${(event) => switchKeys(event.currentTarget.checked)} />
      Single keys do something
    </label>
    <div class="dialog-foot"><button class="button main" onClick=${() => close(true)}>Close</button></div>
  `;
}
