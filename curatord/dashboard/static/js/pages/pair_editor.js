// How a pair should read instead.
import { html, useEffect, useRef, useState } from "../view.js";
import { Field } from "../parts.js";

export function PairEditor({ pair, onSave, onCancel }) {
  const [texts, setTexts] = useState({ question: pair.question, answer: pair.answer, rejected: pair.rejected ?? "" });
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  const changed = Object.fromEntries(
    Object.entries(texts).filter(([name, text]) => text.trim() && text.trim() !== (pair[name] ?? "")),
  );
  const isReady = Object.keys(changed).length > 0 && texts.question.trim() && texts.answer.trim();
  const save = () => isReady && onSave(changed);
  const press = (event) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  };
  const text = (name, label, ref = null) => html`
    <${Field} label=${label}>
      <textarea ref=${ref} rows=${name === "question" ? 2 : 4} value=${texts[name]} onInput=${(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}></textarea>
    <//>
  `;
  return html`
    <form class="stack editor" aria-label="Edit the pair" onKeyDown=${press} onSubmit=${(event) => { event.preventDefault(); save(); }}>
      ${text("question", "Question", first)} ${text("answer", "Answer")} ${text("rejected", "Wrong answer to train against")}
      <div class="row">
        <button class="button main" type="submit" disabled=${!isReady}>Keep the edit</button>
        <button class="button" type="button" onClick=${onCancel}>Cancel</button>
        <span class="small soft"><kbd>Ctrl</kbd> <kbd>Enter</kbd> keeps, <kbd>Esc</kbd> leaves</span>
      </div>
    </form>
  `;
}
