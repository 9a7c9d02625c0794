// How training stands: the run in hand, or the next one and what holds it.
import { html } from "../view.js";
import { ago, capital, count, duration, fixed, moment } from "../format.js";
import { Badge, Card, Meter } from "../parts.js";
import { address } from "../router.js";

const STAGES = { snapshot: "drawing the data", base: "loading the base model", replay: "replay against forgetting", sft: "learning the answers (SFT)", dpo: "preferring them (DPO)", exam: "sitting the exam", saving: "saving the adapter" };
const TONES = { running: "accent", held: "warn", paused: "warn", off: "", idle: "" };

export function Training({ status }) {
  const { training } = status;
  const badge = html`<${Badge} tone=${TONES[training.state]}>${training.state}<//>`;
  return html`
    <${Card} title="Training" kind="training" aside=${badge}>
      ${training.run ? html`<${InHand} training=${training} />` : html`<${Next} status=${status} />`}
      ${training.last && html`<${Last} last=${training.last} />`}
    <//>
  `;
}

function InHand({ training }) {
  const { progress } = training;
  const stage = STAGES[progress?.stage] ?? "starting";
  return html`
    <p><a href=${address("runs", training.run)}>${training.run}</a>, ${stage}</p>
    ${training.held_by.length > 0 && html`<p class="soft">${capital(training.state)}: ${training.held_by.join("; ")}</p>`}
    ${progress?.steps && html`<${Meter} value=${progress.step / progress.steps} />`}
    ${progress?.steps &&
    html`
      <dl class="figures">
        <div><dt>Step</dt><dd class="number">${count(progress.step)} of ${count(progress.steps)}</dd></div>
        <div><dt>Loss</dt><dd class="number">${fixed(progress.loss)}</dd></div>
        <div><dt>Validation</dt><dd class="number">${fixed(progress.validation_loss)}</dd></div>
        <div><dt>Tokens a second</dt><dd class="number">${count(progress.tokens_per_second)}</dd></div>
        <div><dt>Left</dt><dd class="number">${duration(progress.seconds_left)}</dd></div>
      </dl>
    `}
  `;
}

function Next({ status }) {
  const { training, new_pairs } = status;
  const held = training.state === "off" ? ["[training] enabled is false"] : training.held_by;
  return html`
    <div class="next">
      <dl class="facts">
        <dt>Next run</dt>
        <dd>${training.next_run ? html`${moment(training.next_run)} <span class="soft">(${ago(training.next_run)})</span>` : "none by itself"}</dd>
        ${held.length > 0 && html`<dt>Now held by</dt><dd>${held.join("; ")}</dd>`}
      </dl>
      <div>
        <p class="small soft">
          <b class="number">${count(new_pairs)}</b> new pairs; a run takes ${count(training.min_new_pairs)}
        </p>
        <${Meter} value=${training.min_new_pairs ? new_pairs / training.min_new_pairs : 1} />
      </div>
    </div>
  `;
}

const Last = ({ last }) => html`
  <p class="last small soft">
    Last run <a href=${address("runs", last.run)}>${last.run}</a> ${last.state} ${ago(last.finished)}${last.reason ? `: ${last.reason}` : ""}
  </p>
`;
