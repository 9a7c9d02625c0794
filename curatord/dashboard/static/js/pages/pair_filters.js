// Which pairs are listed.
import { html, useEffect, useRef, useState } from "../view.js";
import { capital } from "../format.js";
import { live } from "../live.js";
import { Choice, Field } from "../parts.js";
import { useStore } from "../store.js";

const CATEGORIES = ["factual", "analytical", "practical", "critical", "comparative"];
const MILLISECONDS = 250; // of rest in typing, before it is searched

export const isFiltered = (filters) => Object.values(filters).some(Boolean);

export function PairFilters({ filters, onFilter }) {
  const { status } = useStore(live);
  const [isOpen, setOpen] = useState(false);
  const roots = (status?.roots ?? []).map((root) => [root.name, root.name]);
  const select = (name, label, options) => html`
    <${Choice} kind=${isOpen ? "" : "wide-only"} label=${label} value=${filters[name] ?? ""} options=${[["", "Any"], ...options]} onChoose=${(value) => onFilter({ [name]: value })} />
  `;
  return html`
    <form class="filters pair-filters" role="search" aria-label="Pairs" onSubmit=${(event) => event.preventDefault()}>
      <${Search} value=${filters.q ?? ""} onSearch=${(q) => onFilter({ q })} />
      <button class="button filters-button" type="button" aria-expanded=${String(isOpen)} onClick=${() => setOpen(!isOpen)}>Filters</button>
      ${select("category", "Category", CATEGORIES.map((name) => [name, capital(name)]))}
      ${select("root", "Root", roots)}
      ${select("kind", "Kind of root", [["knowledge", "Knowledge"], ["episodes", "Episodes"]])}
      ${select("split", "Use", [["train", "Training"], ["test", "Exam"]])}
      ${select("judged", "Judged", [["any", "By anybody"], ["up", "Thumb up"], ["down", "Thumb down"], ["edited", "Edited"]])}
    </form>
    ${filters.document &&
    html`
      <p class="row small chosen-note">
        Only of the note <code>${filters.document}</code>
        <button class="button" onClick=${() => onFilter({ document: "" })}>Of every note</button>
      </p>
    `}
  `;
}

function Search({ value, onSearch }) {
  const [text, setText] = useState(value);
  const timer = useRef(0);
  useEffect(() => setText(value), [value]);
  const type = (event) => {
    const now = event.currentTarget.value;
    setText(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(now.trim()), MILLISECONDS);
  };
  return html`
    <${Field} label="Search">
      <input id="search" type="search" value=${text} placeholder="Words of question or answer" onInput=${type} autocomplete="off" />
    <//>
  `;
}
