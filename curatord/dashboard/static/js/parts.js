// Parts that pages share.
import { html, useId } from "./view.js";
import { count } from "./format.js";
import { Icon } from "./icons.js";

export const PageHead = ({ title, children, actions }) => html`
  <header class="page-head">
    <div>
      <h1 tabindex="-1">${title}</h1>
      ${children && html`<p>${children}</p>`}
    </div>
    ${actions && html`<div class="row">${actions}</div>`}
  </header>
`;

export function Card({ title, aside, children, kind = "" }) {
  const id = useId();
  return html`
    <section class="card ${kind}" aria-labelledby=${id}>
      <div class="card-head">
        <h2 id=${id}>${title}</h2>
        ${aside}
      </div>
      ${children}
    </section>
  `;
}

export const Badge = ({ tone = "", children }) => html`<span class="badge ${tone}">${children}</span>`;

export const Stat = ({ label, value, note }) => html`
  <dl class="stat">
    <dt>${label}</dt>
    <dd>${value}</dd>
    ${note && html`<dd>${note}</dd>`}
  </dl>
`;

/** A part of a whole, drawn; the text beside it says the same. */
export const Meter = ({ value, tone = "" }) => html`
  <div class="meter ${tone}" aria-hidden="true">
    <span style=${{ width: `${100 * Math.min(1, Math.max(0, value || 0))}%` }}></span>
  </div>
`;

/** Named numbers as bars; `rows` are {name, value, text, href}. */
export function Bars({ rows }) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  return html`
    <ul class="bars">
      ${rows.map(
        (row) => html`
          <li class="bar" key=${row.name}>
            ${row.href ? html`<a href=${row.href}>${row.name}</a>` : html`<span>${row.name}</span>`}
            <${Meter} value=${row.value / most} />
            <span class="number">${row.text ?? count(row.value)}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

export const Empty = ({ title, children, icon = "empty" }) => html`
  <div class="empty">
    <${Icon} name=${icon} />
    <strong>${title}</strong>
    ${children && html`<p>${children}</p>`}
  </div>
`;

export const Trouble = ({ error, retry }) => html`
  <div class="trouble" role="alert">
    <p><strong>${error.message}</strong></p>
    ${error.hint && html`<p>${error.hint}</p>`}
    ${retry && html`<p><button class="button" onClick=${retry}>Try again</button></p>`}
  </div>
`;

export const Loading = () => html`
  <div class="loading" role="status">
    <span></span><span></span><span></span>
    <p class="unseen">Loading</p>
  </div>
`;

/** Shows what a request gave, or that it is on its way, or what went wrong. */
export function Loaded({ request, children }) {
  if (request.error && !request.data) return html`<${Trouble} error=${request.error} retry=${request.reload} />`;
  if (!request.data) return html`<${Loading} />`;
  return html`
    ${request.error && html`<${Trouble} error=${request.error} retry=${request.reload} />`} ${children(request.data)}
  `;
}

export const Field = ({ label, children, kind = "" }) => html`
  <label class="field ${kind}"><span>${label}</span>${children}</label>
`;

export const Choice = ({ label, value, options, onChoose, kind }) => html`
  <${Field} label=${label} kind=${kind}>
    <select value=${value} onChange=${(event) => onChoose(event.currentTarget.value)}>
      ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
    </select>
  <//>
`;

/** A few choices side by side, one of them pressed. */
export const Choices = ({ label, value, options, onChoose }) => html`
  <div class="choices" role="group" aria-label=${label}>
    ${options.map(
      ([key, text]) => html`
        <button type="button" key=${key} aria-pressed=${String(key === value)} onClick=${() => onChoose(key)}>
          ${text}
        </button>
      `,
    )}
  </div>
`;

export function Pager({ offset, limit, total, onMove }) {
  if (total <= limit) return null;
  const last = Math.min(offset + limit, total);
  return html`
    <nav class="pager" aria-label="Parts of the list">
      <button class="button" disabled=${offset === 0} onClick=${() => onMove(Math.max(0, offset - limit))}>
        <${Icon} name="back" size="15" /> Before
      </button>
      <span class="number soft">${count(offset + 1)}–${count(last)} of ${count(total)}</span>
      <button class="button" disabled=${last >= total} onClick=${() => onMove(offset + limit)}>Next</button>
    </nav>
  `;
}

/** Right or wrong, told by sign and word, not by colour alone. */
export const Verdict = ({ right }) => html`
  <${Badge} tone=${right ? "good" : "bad"}>
    <${Icon} name=${right ? "right" : "wrong"} size="13" /> ${right ? "right" : "wrong"}
  <//>
`;
