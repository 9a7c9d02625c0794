// What to learn next, the largest gap first, with its evidence.
import { html } from "../view.js";
import { useData } from "../api.js";
import { count, percent } from "../format.js";
import { live } from "../live.js";
import { Badge, Empty, Field, Loaded, Meter, PageHead } from "../parts.js";
import { address, become, place } from "../router.js";
import { useStore } from "../store.js";

const TONES = { untaught: "accent", weak: "warn", unknown: "violet" };
const MEANINGS = { untaught: "not taught yet", weak: "taught, but badly known", unknown: "asked, and in no note" };

export function Gaps() {
  const { query } = useStore(place);
  const { status } = useStore(live);
  const request = useData("/gaps", { topic: query.topic, most: 50 }, `${status?.generation} ${status?.adapter}`);
  const search = html`
    <${Field} label="Only notes about">
      <input type="search" value=${query.topic ?? ""} placeholder="path or title" onChange=${(event) => become("gaps", "", { topic: event.currentTarget.value })} />
    <//>
  `;
  return html`
    <${PageHead} title="Gaps" actions=${search}>
      What the model knows least about: notes that were not taught or are badly known, and questions that no note answers.
    <//>
    <${Loaded} request=${request}>
      ${(page) => html`
        ${!page.gaps.length && html`<div class="card"><${Empty} title="No gap" icon="gaps">All that the notes say is taught, and known as far as it was asked.<//></div>`}
        <ol class="stack">${page.gaps.map((gap, index) => html`<${Gap} key=${`${gap.kind} ${gap.topic}`} gap=${gap} number=${index + 1} />`)}</ol>
        ${Object.entries(page.absent).map(([signal, why]) => html`<p class="small soft space">Not measured: ${signal} (${why})</p>`)}
      `}
    <//>
  `;
}

const Gap = ({ gap, number }) => html`
  <li class="card gap">
    <div class="gap-score"><b class="number">${number}</b><${Meter} value=${gap.score} /><span class="small soft number">${gap.score.toFixed(2)}</span></div>
    <div>
      <div class="row">
        <h2>${gap.title || gap.topic}</h2>
        <${Badge} tone=${TONES[gap.kind]}>${MEANINGS[gap.kind] ?? gap.kind}<//>
      </div>
      ${gap.kind !== "unknown" && html`<p class="small"><a href=${pairsOf(gap.topic)}>${gap.topic}</a></p>`}
      <p>${gap.reason}</p>
      <${Evidence} evidence=${gap.evidence} />
    </div>
  </li>
`;

/** The pairs of a note; a topic is root/path. */
const pairsOf = (topic) => address("pairs", "", { root: topic.split("/")[0], document: topic.split("/").slice(1).join("/") });

function Evidence({ evidence }) {
  const { signals } = evidence;
  const figures = [
    ["distance", signals.distance, (value) => value.toFixed(2)],
    ["entropy", signals.entropy, (value) => `${value.toFixed(2)} nats`],
    ["agreement", signals.agreement, percent],
    ["words found", signals.share, percent],
  ].filter(([, value]) => value !== null);
  if (!evidence.questions.length) return null;
  return html`
    <details>
      <summary>${count(evidence.questions.length)} of its questions</summary>
      <ul class="questions">
        ${evidence.questions.map(
          (one, index) => html`
            <li key=${index}>
              <p><strong>${one.question}</strong></p>
              ${one.answer && html`<p class="small">The note: ${one.answer}</p>`}
              ${one.reply && html`<p class="small soft">The model: ${one.reply}</p>`}
            </li>
          `,
        )}
      </ul>
      ${figures.length > 0 && html`<p class="small soft">${figures.map(([name, value, text]) => `${name} ${text(value)}`).join(" · ")}</p>`}
    </details>
  `;
}
