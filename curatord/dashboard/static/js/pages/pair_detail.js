// One pair: what it asks and answers, how it was judged, and the lines of the notes that it rests on.
import { html, useEffect, useRef } from "../view.js";
import { useData } from "../api.js";
import { fixed, moment, plural } from "../format.js";
import { undo } from "../judging.js";
import { Icon } from "../icons.js";
import { Badge, Empty, Loaded } from "../parts.js";
import { PairEditor } from "./pair_editor.js";

export function PairDetail({ pair, id, editing, setEditing, say, close }) {
  const request = useData(id ? `/v1/pairs/${id}` : null, {}, pair?.verdict ?? "");
  if (!id) {
    return html`<section class="card pair-detail" aria-label="The chosen pair"><${Empty} title="Choose a pair" icon="pairs">Its source stands here, beside it.<//></section>`;
  }
  return html`
    <section class="card pair-detail" aria-label="The chosen pair">
      <button class="button plain narrow-only" onClick=${close}><${Icon} name="back" size="16" /> All pairs</button>
      <${Loaded} request=${request}>
        ${(detail) => html`
          ${editing && pair
            ? html`<${PairEditor} key=${id} pair=${pair} onSave=${(texts) => say("edited", texts)} onCancel=${() => setEditing(false)} />`
            : html`<${Texts} detail=${detail} />`}
          ${pair && !editing && html`<${Buttons} pair=${pair} say=${say} edit=${() => setEditing(true)} />`}
          <${Source} id=${detail.id} />
          <${Facts} detail=${detail} />
        `}
      <//>
    </section>
  `;
}

const Texts = ({ detail }) => html`
  <div class="row">
    <${Badge}>${detail.category}<//>
    <${Badge} tone=${detail.split === "test" ? "violet" : "accent"}>${detail.split === "test" ? "kept for the exam" : "trained on"}<//>
    ${detail.verdict === "down" && html`<${Badge} tone="bad">rejected<//>`}
    ${detail.verdict === "up" && html`<${Badge} tone="good">good<//>`}
    ${detail.verdict === "edited" && html`<${Badge} tone="warn">edited<//>`}
  </div>
  <h2 class="detail-question">${detail.question}</h2>
  <p class="detail-answer">${detail.answer}</p>
  ${detail.rejected &&
  html`
    <div class="rejected">
      <p class="small soft">Trained against${detail.strategy ? ` (${detail.strategy})` : ""}</p>
      <p>${detail.rejected}</p>
    </div>
  `}
  ${detail.made &&
  html`
    <details>
      <summary>As it was made</summary>
      <p><strong>${detail.made.question}</strong></p>
      <p>${detail.made.answer}</p>
    </details>
  `}
`;

const Buttons = ({ pair, say, edit }) => html`
  <div class="row judge" role="group" aria-label="Judge this pair">
    <button class="button up" aria-pressed=${String(pair.verdict === "up")} onClick=${() => say("up")}><${Icon} name="up" size="16" /> Good</button>
    <button class="button down" aria-pressed=${String(pair.verdict === "down")} onClick=${() => say("down")}><${Icon} name="down" size="16" /> Reject</button>
    <button class="button" onClick=${edit}><${Icon} name="edit" size="16" /> Edit</button>
    <button class="button plain" onClick=${() => undo()}><${Icon} name="undo" size="16" /> Undo</button>
  </div>
`;

function Source({ id }) {
  const request = useData(`/v1/pairs/${id}/source`, { around: 5 });
  return html`
    <div class="source">
      <h3>Where it comes from</h3>
      <${Loaded} request=${request}>
        ${(source) => source.places.map((place) => html`<${Place} key=${`${place.root}/${place.path} ${place.first_line}`} place=${place} />`)}
      <//>
    </div>
  `;
}

function Place({ place }) {
  const lines = useRef(null);
  useEffect(() => {
    const first = lines.current?.querySelector(".evidence");
    if (first) lines.current.scrollTop = first.offsetTop - lines.current.offsetTop - 60;
  }, [place]);
  const where = place.first_line === place.last_line ? `line ${place.first_line}` : `lines ${place.first_line}–${place.last_line}`;
  return html`
    <figure class="place">
      <figcaption class="small">
        <span class="row"><${Icon} name="file" size="15" /> <strong>${place.path}</strong> <span class="soft">${where}</span></span>
        <span class="soft">${[place.title, ...place.heading_path].filter((name, index, all) => name && all.indexOf(name) === index).join(" › ")}</span>
      </figcaption>
      ${place.problem
        ? html`<p class="soft">${place.problem}</p>`
        : html`
            <pre class="lines" tabindex="0" ref=${lines} aria-label=${`${place.path}, ${where}`}>${place.lines.map(
              (line) => html`<span key=${line.number} class="line ${line.evidence ? "evidence" : ""}"><span class="line-number" aria-hidden="true">${line.number}</span><span>${line.text || " "}</span></span>`,
            )}</pre>
          `}
    </figure>
  `;
}

const Facts = ({ detail }) => html`
  <details>
    <summary>How it was made</summary>
    <dl class="facts">
      ${detail.places.slice(0, 1).map(
        (place) => html`
          <dt>Fact</dt><dd>${place.statement}</dd>
          <dt>Must be in the answer</dt><dd>${place.keys.join(", ")}</dd>
          <dt>Found by</dt><dd>${place.extractor}, phrased as ${place.phrasing}</dd>
        `,
      )}
      <dt>Stands in</dt><dd>${plural(detail.places.length, "place")}</dd>
      <dt>Score</dt><dd class="number">${fixed(detail.score, 2)} (${Object.entries(detail.parts).map(([name, value]) => `${name} ${value.toFixed(2)}`).join(", ")})</dd>
      ${detail.judged_at && html`<dt>Judged</dt><dd>${moment(detail.judged_at)} through ${detail.judged_by}</dd>`}
      <dt>Id</dt><dd><code>${detail.id}</code></dd>
    </dl>
  </details>
`;
