// The adapters that training made, the switch between them, and its history.
import { html } from "../view.js";
import { post, useData } from "../api.js";
import { confirm } from "../dialogs.js";
import { ago, capital, moment, share } from "../format.js";
import { live } from "../live.js";
import { notify, notifyError } from "../notices.js";
import { Badge, Card, Empty, Loaded, Meter, PageHead } from "../parts.js";
import { address } from "../router.js";
import { useStore } from "../store.js";

export function Adapters() {
  const { status } = useStore(live);
  const request = useData("/v1/adapters", {}, `${status?.adapter} ${status?.training.last?.run}`);
  const page = request.data;
  const back = page?.in_service && html`<button class="button" onClick=${() => rollBack(page, request.reload)}>Roll back</button>`;
  return html`
    <${PageHead} title="Adapters" actions=${back}>
      What each run has made. One answers at a time; going back is the same switch the other way.
    <//>
    <${Loaded} request=${request}>
      ${(shelf) => html`
        <div class="shelf">
          <${Shelf} shelf=${shelf} reload=${request.reload} />
          <${History} history=${shelf.history} />
        </div>
      `}
    <//>
  `;
}

function Shelf({ shelf, reload }) {
  if (!shelf.adapters.length) {
    return html`<div class="card"><${Empty} title="No adapter yet" icon="adapters">The first run makes the first one; until then the base model answers.<//></div>`;
  }
  return html`<ul class="stack">${shelf.adapters.map((adapter) => html`<${Entry} key=${adapter.id} adapter=${adapter} reload=${reload} />`)}</ul>`;
}

const Entry = ({ adapter, reload }) => html`
  <li class="card adapter ${adapter.in_service ? "current" : ""}">
    <div class="card-head">
      <div class="row">
        <h2>${adapter.id}</h2>
        ${adapter.in_service ? html`<${Badge} tone="good">in service<//>` : adapter.promote === false && html`<${Badge} tone="warn">candidate<//>`}
      </div>
      <div class="row">
        ${adapter.asked !== null && html`<a class="button" href=${address("exams", adapter.id)}>Exam<span class="unseen"> of ${adapter.id}</span></a>`}
        ${!adapter.in_service && html`<button class="button" onClick=${() => promote(adapter, reload)}>Promote<span class="unseen"> ${adapter.id}</span></button>`}
      </div>
    </div>
    ${adapter.problem && html`<p class="trouble">${adapter.problem}</p>`}
    ${adapter.asked === null && !adapter.problem && html`<p class="soft">It has sat no exam.</p>`}
    ${adapter.asked !== null && html`<${Known} adapter=${adapter} />`}
  </li>
`;

const Known = ({ adapter }) => html`
  <div class="known">
    <div>
      <p class="small soft">Exam: ${adapter.before} → <b class="number">${adapter.after}</b> of ${adapter.asked} (${share(adapter.after, adapter.asked)})</p>
      <${Meter} value=${adapter.after / adapter.asked} />
    </div>
    <div>
      <p class="small soft">General: ${adapter.general_before} → <b class="number">${adapter.general}</b> of ${adapter.general_asked}</p>
      <${Meter} value=${adapter.general / adapter.general_asked} tone="quiet" />
    </div>
  </div>
  <p class="small soft">${moment(adapter.created)} · ${adapter.base ?? "base unknown"} · strength ${adapter.scale} · ${capital(adapter.reason)}</p>
`;

const History = ({ history }) => html`
  <${Card} title="History">
    ${!history.length && html`<p class="soft">Nothing was switched yet.</p>`}
    <ol class="history">
      ${history.map(
        (one, index) => html`
          <li key=${index} class=${one.back ? "back" : ""}>
            <p><strong>${one.adapter || "The base model"}</strong> ${one.back ? "again" : "came into service"}</p>
            <p class="small soft">${capital(one.reason)} · ${moment(one.time)} (${ago(one.time)})</p>
          </li>
        `,
      )}
    </ol>
  <//>
`;

async function promote(adapter, reload) {
  const doubt = adapter.promote === false ? ` Its exam says: ${adapter.reason}.` : "";
  const text = `Questions are answered by it from then on.${doubt} “Roll back” undoes this.`;
  if (await confirm({ title: `Put ${adapter.id} into service?`, text, label: "Promote" })) {
    change(`/v1/adapters/${adapter.id}/promote`, reload);
  }
}

async function rollBack(page, reload) {
  const text = `${page.in_service} leaves service; what answered before it answers again.`;
  if (await confirm({ title: "Go back to the adapter before?", text, label: "Roll back" })) {
    change("/v1/adapters/rollback", reload);
  }
}

async function change(path, reload) {
  try {
    const done = await post(path);
    notify(done.adapter ? `${done.adapter} is in service.` : "The base model answers alone again.");
  } catch (error) {
    notifyError(error);
  }
  reload();
}
