// The training runs, and one of them with its curves.
import { html, useMemo, useState } from "../view.js";
import { useData } from "../api.js";
import { Chart } from "../chart.js";
import { seriesOf, useCurves } from "../curves.js";
import { between, capital, count, fixed, moment, words } from "../format.js";
import { Icon } from "../icons.js";
import { live } from "../live.js";
import { Badge, Card, Empty, Loaded, Meter, PageHead, Pager } from "../parts.js";
import { address, place } from "../router.js";
import { useStore } from "../store.js";

const LIMIT = 25;
const TONES = { running: "accent", paused: "warn", done: "good", failed: "bad", cancelled: "" };

export function Runs() {
  const { item } = useStore(place);
  return item ? html`<${Run} key=${item} id=${item} />` : html`<${List} />`;
}

/** A number that changes when something about runs may have. */
function useTurn() {
  const { status } = useStore(live);
  const { run, state, progress, last } = status?.training ?? {};
  return [run, state, progress?.stage, progress?.step, last?.run, last?.state].join(" ");
}

function List() {
  const [offset, setOffset] = useState(0);
  const turn = useTurn();
  const request = useData("/v1/runs", { limit: LIMIT, offset }, turn);
  return html`
    <${PageHead} title="Runs">Every training run, the latest first: what it learned from, how far it is, how it ended.<//>
    <${Loaded} request=${request}>
      ${(page) => html`
        <div class="card">
          ${page.runs.length ? html`<${Table} runs=${page.runs} />` : html`<${Empty} title="No run yet" icon="runs">Training starts by itself at night when enough new pairs have gathered, or by “Train now”.<//>`}
          ${page.problems.map((problem) => html`<p class="small soft">${problem}</p>`)}
          <${Pager} offset=${offset} limit=${LIMIT} total=${page.total} onMove=${setOffset} />
        </div>
      `}
    <//>
  `;
}

const Table = ({ runs }) => html`
  <div class="table-frame" tabindex="0" role="region" aria-label="Runs">
    <table>
      <thead>
        <tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Started</th><th scope="col">Took</th><th scope="col" class="number">Loss</th><th scope="col" class="number">Validation</th><th scope="col">How it ended</th></tr>
      </thead>
      <tbody>
        ${runs.map(
          (run) => html`
            <tr key=${run.id}>
              <td class="number-left"><a href=${address("runs", run.id)}>${run.id}</a><br /><span class="small soft">${run.asked_by === "schedule" ? "by schedule" : "asked for"}</span></td>
              <td><${Badge} tone=${TONES[run.state]}>${run.state}<//></td>
              <td>${moment(run.started)}</td>
              <td>${between(run.started, run.finished)}</td>
              <td class="number">${fixed(run.progress.loss)}</td>
              <td class="number">${fixed(run.progress.validation_loss)}</td>
              <td class="reason">${run.state === "running" ? html`<${Meter} value=${run.progress.step / (run.progress.steps || 1)} />` : run.reason}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  </div>
`;

function Run({ id }) {
  const turn = useTurn();
  const request = useData(`/v1/runs/${id}`, {}, turn);
  const { curves, error } = useCurves(id, turn);
  return html`
    <p class="crumb"><a href=${address("runs")}><${Icon} name="back" size="15" /> All runs</a></p>
    <${PageHead} title=${`Run ${id}`} actions=${request.data?.state === "done" && html`<a class="button" href=${address("exams", id)}>See its exam</a>`} />
    <${Loaded} request=${request}>
      ${(run) => html`
        <div class="stack">
          <${Curves} curves=${curves} error=${error} run=${run} />
          <div class="grid"><${About} run=${run} /><${Material} run=${run} /></div>
        </div>
      `}
    <//>
  `;
}

function Curves({ curves, error, run }) {
  const charts = useMemo(() => (curves ? chartsOf(curves.stages) : []), [curves]);
  if (error && !curves) return html`<p class="soft">${error.message}</p>`;
  const isLive = run.state === "running";
  const aside = isLive && html`<span class="row small soft"><span class="dot busy"></span> live, step ${count(run.progress.step)} of ${count(run.progress.steps)}</span>`;
  return html`
    <${Card} title="Curves" aside=${aside}>
      ${curves && !charts.length && html`<${Empty} title="No step yet" icon="runs">The curves begin with the first optimizer step.<//>`}
      <div class="charts">${charts.map((chart) => html`<${Chart} key=${chart.title} ...${chart} />`)}</div>
    <//>
  `;
}

function chartsOf({ sft, dpo }) {
  return [
    { title: "SFT: loss", unit: "nats", series: seriesOf(sft, "loss", "accent") },
    { title: "DPO: loss", unit: "nats", series: seriesOf(dpo, "loss", "accent") },
    { title: "DPO: reward margin", unit: "nats", series: seriesOf(dpo, "margin", "violet") },
    { title: "DPO: accuracy", unit: "share of the pairs", series: seriesOf(dpo, "accuracy", "good") },
  ].filter(({ series }) => series[0].points.length);
}

const About = ({ run }) => html`
  <${Card} title="About" aside=${html`<${Badge} tone=${TONES[run.state]}>${run.state}<//>`}>
    <dl class="facts">
      ${run.reason && html`<dt>Why</dt><dd>${capital(run.reason)}</dd>`}
      <dt>Asked by</dt><dd>${run.asked_by === "schedule" ? "the schedule" : "a person"}</dd>
      <dt>Started</dt><dd>${moment(run.started)}</dd>
      <dt>Took</dt><dd>${between(run.started, run.finished)}</dd>
      <dt>Base model</dt><dd>${run.base}${run.dtype ? ` (${run.dtype})` : ""}</dd>
      ${run.attempts > 0 && html`<dt>Restarts</dt><dd>${count(run.attempts)} after crashes</dd>`}
      ${run.progress.memory_mb && html`<dt>Memory</dt><dd>${count(run.progress.memory_mb)} MiB</dd>`}
      ${run.progress.warnings.map((warning) => html`<dt>Warning</dt><dd>${warning}</dd>`)}
      <dt>Directory</dt><dd><code>${run.directory}</code></dd>
    </dl>
  <//>
`;

function Material({ run }) {
  const rows = Object.entries(run.rows);
  const left = Object.entries(run.left_out).filter(([, number]) => number);
  return html`
    <${Card} title="Made of">
      ${!rows.length && html`<p class="soft">Its snapshot is not drawn yet.</p>`}
      <dl class="facts">
        ${rows.map(([name, number]) => html`<dt>${words(name)}</dt><dd class="number">${count(number)} rows</dd>`)}
        ${left.map(([name, number]) => html`<dt>Left out</dt><dd>${count(number)} ${name.replaceAll("_", " ")}</dd>`)}
        ${Object.entries(run.steps).map(([name, number]) => html`<dt>${name.toUpperCase()}</dt><dd class="number">${count(number)} steps</dd>`)}
        ${run.snapshot && html`<dt>Snapshot</dt><dd><code>${run.snapshot.slice(0, 16)}</code></dd>`}
        <dt>Seed</dt><dd class="number">${run.seed}</dd>
        ${Object.entries(run.versions).map(([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>`)}
      </dl>
    <//>
  `;
}
