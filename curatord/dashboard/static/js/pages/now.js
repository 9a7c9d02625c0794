// What is going on: numbers, training, what is watched, what is wrong, what happens.
import { html } from "../view.js";
import { post, useData } from "../api.js";
import { confirm } from "../dialogs.js";
import { ago, capital, count, moment, percent, plural } from "../format.js";
import { Icon } from "../icons.js";
import { live } from "../live.js";
import { notify, notifyError } from "../notices.js";
import { Badge, Bars, Card, Empty, Loading, Meter, PageHead, Stat } from "../parts.js";
import { address } from "../router.js";
import { useStore } from "../store.js";
import { Activity } from "./activity.js";
import { Days } from "./days.js";
import { Training } from "./training.js";

export function Now() {
  const { status, events, daemon } = useStore(live);
  if (!status) {
    return html`<${PageHead} title="Now" />${daemon?.online === false ? html`<${Waiting} />` : html`<${Loading} />`}`;
  }
  return html`
    <${PageHead} title="Now" actions=${html`<${Orders} status=${status} />`}>${sentence(status)}<//>
    <${Numbers} status=${status} />
    <div class="now">
      <div class="stack">
        <${Training} status=${status} />
        ${needsSomebody(status) && html`<${Problems} status=${status} />`}
        <div class="grid">
          <${Categories} pairs=${status.pairs} />
          <${Watched} status=${status} />
        </div>
        ${!needsSomebody(status) && html`<${Problems} status=${status} />`}
      </div>
      <${Activity} events=${events} />
    </div>
  `;
}

const Waiting = () => html`
  <div class="card">
    <${Empty} title="Nothing to show yet">As soon as <code>curatord run</code> is started, it is seen here.<//>
  </div>
`;

function sentence(status) {
  const { pending, settling } = status.queue;
  if (status.error) return status.error;
  if (pending) return `Reading: ${plural(pending, "note")} to go.`;
  if (settling) return `Waiting for quiet in ${plural(settling, "place")} that just changed.`;
  const roots = plural(status.roots.length, "memory root");
  return status.state === "starting" ? `Looking at ${roots} for the first time.` : `Watching ${roots}; all is read.`;
}

function Orders({ status }) {
  const { state } = status.training;
  const isHeld = state === "held" || state === "paused";
  return html`
    <button class="button" onClick=${() => order("/v1/sync", () => "Comparing the disk with the store.")}>
      <${Icon} name="sync" size="16" /> Sync
    </button>
    ${state === "running" && html`<button class="button" onClick=${() => order("/v1/train/pause")}><${Icon} name="pause" size="16" /> Pause training</button>`}
    ${isHeld && status.training.run && html`<button class="button main" onClick=${() => order("/v1/train/resume")}><${Icon} name="play" size="16" /> Resume training</button>`}
    ${!status.training.run && html`<button class="button main" onClick=${trainNow}><${Icon} name="play" size="16" /> Train now</button>`}
  `;
}

async function trainNow() {
  const text = "It trains on all pairs there are, whatever hour it is, and may take hours; it can be paused.";
  if (await confirm({ title: "Start a run now?", text, label: "Train now" })) order("/v1/train/now");
}

async function order(path, told = (answer) => `${capital(answer.state)}: ${answer.told}`) {
  try {
    notify(told(await post(path)));
  } catch (error) {
    notifyError(error);
  }
}

const Numbers = ({ status }) => html`
  <section class="card numbers" aria-label="In numbers">
    <${Stat} label="Notes" value=${count(status.documents)} note=${`${count(status.skipped)} give nothing`} />
    <${Stat} label="Facts" value=${count(status.facts)} note="found in them" />
    <${Stat} label="Pairs to train on" value=${count(status.pairs.sft)} note=${`${count(status.pairs.preference)} with a rejected answer`} />
    <${Stat} label="Kept for the exam" value=${count(status.pairs.heldout)} note="never trained on" />
    <${Days} days=${status.pairs.made_by_day} />
  </section>
`;

function Categories({ pairs }) {
  const rows = Object.entries(pairs.by_category).map(([name, value]) => ({
    name: capital(name),
    value,
    href: address("pairs", "", { category: name }),
  }));
  return html`<${Card} title="Pairs by category"><${Bars} rows=${rows} /><//>`;
}

const STATES = { watching: "good", polling: "warn", missing: "bad", unreadable: "bad", held: "warn" };

const Watched = ({ status }) => html`
  <${Card} title="Watched" aside=${html`<span class="small soft">${status.last_pass ? `read ${ago(status.last_pass)}` : ""}</span>`}>
    <ul class="roots">
      ${status.roots.map(
        (root) => html`
          <li key=${root.name}>
            <div class="row">
              <strong>${root.name}</strong> <span class="small soft">${root.kind}</span>
              <${Badge} tone=${STATES[root.state] ?? ""}>${root.state}<//>
            </div>
            <p class="small soft path">${root.path}</p>
            <p class="small">${plural(root.documents, "note")}${root.held ? `; ${root.held}` : ""}</p>
          </li>
        `,
      )}
    </ul>
    ${!status.roots.length && html`<${Empty} title="Nothing is watched">Name a memory root in ${status.config.path}.<//>`}
    <${Service} status=${status} />
  <//>
`;

function Service({ status }) {
  const { exam, adapter } = status;
  return html`
    <div class="service">
      <h3>Answers come from</h3>
      <p>${adapter ? html`<a href=${address("exams", adapter)}>${adapter}</a>` : "the base model alone"}</p>
      ${exam.after !== null &&
      html`
        <p class="small soft">It knows ${percent(exam.after)} of what its exam asked; before it was ${percent(exam.before)}.</p>
        <${Meter} value=${exam.after} />
      `}
    </div>
  `;
}

const warningsOf = (status) => [...status.warnings, status.config.error].filter(Boolean);
const needsSomebody = (status) => status.problems > 0 || warningsOf(status).length > 0;

function Problems({ status }) {
  const { problems: number, generation } = status;
  const request = useData(number ? "/v1/problems" : null, { limit: 20 }, `${generation} ${number}`);
  const warnings = warningsOf(status);
  const problems = number ? (request.data?.problems ?? []) : [];
  return html`
    <${Card} title="Problems" aside=${html`<${Badge} tone=${number ? "warn" : "good"}>${number ? count(number) : "none"}<//>`}>
      ${!needsSomebody(status) && html`<p class="soft">Nothing is wrong with the notes and their roots.</p>`}
      <ul class="problems">
        ${warnings.map((warning) => html`<li key=${warning}>${warning}</li>`)}
        ${problems.map(
          (one, index) => html`
            <li key=${index}>
              <p>${one.message}</p>
              <p class="small soft">${one.path || one.root}${one.line ? `, line ${one.line}` : ""} · since ${moment(one.since)}</p>
            </li>
          `,
        )}
      </ul>
      ${problems.length < number && problems.length > 0 && html`<p class="small soft">${count(number - problems.length)} more: <code>curatord problems</code></p>`}
    <//>
  `;
}
