// Exams: what the model knew before and after a run, question by question.
import { html, useState } from "../view.js";
import { useData } from "../api.js";
import { capital, count, moment, percent, share, signed } from "../format.js";
import { live } from "../live.js";
import { Badge, Card, Choice, Choices, Empty, Field, Loaded, Meter, PageHead, Pager, Verdict } from "../parts.js";
import { become, go, place } from "../router.js";
import { useStore } from "../store.js";

const LIMIT = 20;
const OUTCOMES = [["", "All"], ["right", "Right"], ["wrong", "Wrong"], ["gained", "Gained"], ["lost", "Lost"]];

export function Exams() {
  const { item } = useStore(place);
  const { status } = useStore(live);
  const shelf = useData("/v1/adapters", {}, `${status?.adapter} ${status?.training.last?.run}`);
  return html`
    <${Loaded} request=${shelf}>
      ${(page) => {
        const examined = page.adapters.filter((adapter) => adapter.asked !== null);
        const chosen = examined.find((adapter) => adapter.id.startsWith(item || page.in_service || "")) ?? examined[0];
        if (!chosen) return html`<${None} />`;
        return html`<${One} key=${chosen.id} adapter=${chosen} all=${examined} />`;
      }}
    <//>
  `;
}

const None = () => html`
  <${PageHead} title="Exams" />
  <div class="card">
    <${Empty} title="No exam yet" icon="exams">After each run the model is asked, closed-book, what it was never trained on.<//>
  </div>
`;

function One({ adapter, all }) {
  const { query } = useStore(place);
  const [offset, setOffset] = useState(0);
  const asked = { outcome: query.outcome, category: query.category, topic: query.topic, q: query.q };
  const request = useData(`/v1/adapters/${adapter.id}/exam`, { ...asked, limit: LIMIT, offset });
  const filter = (changes) => {
    setOffset(0);
    become("exams", adapter.id, { ...place.get().query, ...changes });
  };
  const options = all.map((one) => [one.id, `${one.id}${one.in_service ? " (in service)" : ""}`]);
  const chooser = html`<${Choice} label="Exam of" value=${adapter.id} options=${options} onChoose=${(id) => go("exams", id)} />`;
  return html`
    <${PageHead} title="Exam" actions=${chooser}>${headline(adapter)}<//>
    <${Loaded} request=${request}>
      ${(page) => html`
        <div class="stack">
          <${Verdicts} exam=${page.exam} adapter=${adapter} />
          <${Card} title="Questions" aside=${html`<span class="small soft number">${count(page.total)}</span>`}>
            <${Filters} asked=${asked} exam=${page.exam} onFilter=${filter} />
            ${!page.replies.length && html`<${Empty} title="No such question">Nothing in this exam fits the filters.<//>`}
            <ul class="replies">${page.replies.map((reply) => html`<${Reply} key=${reply.pair} reply=${reply} against=${page.exam.against} />`)}</ul>
            <${Pager} offset=${offset} limit=${LIMIT} total=${page.total} onMove=${setOffset} />
          <//>
        </div>
      `}
    <//>
  `;
}

const headline = (adapter) => `${adapter.after} of ${adapter.asked} answered right, ${adapter.before} before it was trained. Held on ${moment(adapter.created)}.`;

function Verdicts({ exam, adapter }) {
  const trial = exam.trials.find((one) => one.scale === exam.scale);
  const change = trial.exam;
  return html`
    <div class="grid">
      <${Card} title="Verdict" aside=${html`<${Badge} tone=${exam.promote ? "good" : "warn"}>${exam.promote ? "promoted" : "candidate"}<//>`}>
        <div class="before-after">
          <${Level} name="Before" right=${change.before} asked=${change.asked} tone="quiet" />
          <${Level} name="After" right=${change.after} asked=${change.asked} />
        </div>
        <dl class="facts">
          <dt>Gain</dt><dd class="number">${signed(100 * change.gain)} points (95 %: ${signed(100 * change.low)} to ${signed(100 * change.high)}, p = ${change.p.toPrecision(2)})</dd>
          <dt>General knowledge</dt><dd class="number">${adapter.general} of ${adapter.general_asked}, ${adapter.general_before} by the base</dd>
          <dt>Strength</dt><dd class="number">${exam.scale}</dd>
          <dt>Compared with</dt><dd>${exam.against ?? "the base model alone"}</dd>
          <dt>Why</dt><dd>${capital(exam.reason)}</dd>
        </dl>
        ${exam.warnings.map((warning) => html`<p class="small soft">${warning}</p>`)}
      <//>
      <${Card} title="By category and note">
        <${Parts} parts=${exam.categories} />
        <h3 class="space">Weakest notes</h3>
        <${Parts} parts=${weakest(exam.topics)} />
      <//>
    </div>
  `;
}

const Level = ({ name, right, asked, tone = "" }) => html`
  <div>
    <p class="row level"><span class="soft">${name}</span><strong class="number">${share(right, asked)}</strong></p>
    <${Meter} value=${right / asked} tone=${tone} />
  </div>
`;

const Parts = ({ parts }) => html`
  <ul class="bars">
    ${Object.entries(parts).map(
      ([name, part]) => html`
        <li class="bar wide" key=${name}>
          <span title=${name}>${name.split("/").slice(-1)[0]}</span>
          <${Meter} value=${part.after / (part.asked || 1)} />
          <span class="number">${part.before} → ${part.after} of ${part.asked}</span>
        </li>
      `,
    )}
  </ul>
`;

function weakest(topics) {
  const known = Object.entries(topics).sort(([, one], [, other]) => one.after / one.asked - other.after / other.asked);
  return Object.fromEntries(known.slice(0, 5));
}

function Filters({ asked, exam, onFilter }) {
  const categories = [["", "Every category"], ...Object.keys(exam.categories).map((name) => [name, capital(name)])];
  const topics = [["", "Every note"], ...Object.keys(exam.topics).map((name) => [name, name])];
  return html`
    <div class="filters">
      <${Choices} label="Outcome" value=${asked.outcome ?? ""} options=${OUTCOMES} onChoose=${(outcome) => onFilter({ outcome })} />
      <${Choice} label="Category" value=${asked.category ?? ""} options=${categories} onChoose=${(category) => onFilter({ category })} />
      <${Choice} label="Note" value=${asked.topic ?? ""} options=${topics} onChoose=${(topic) => onFilter({ topic })} />
      <${Field} label="Words">
        <input type="search" value=${asked.q ?? ""} onChange=${(event) => onFilter({ q: event.currentTarget.value })} />
      <//>
    </div>
  `;
}

const Reply = ({ reply, against }) => html`
  <li class="reply">
    <h3>${reply.question}</h3>
    <p class="small soft">${reply.topic} · ${reply.category}${reply.entropy === null ? "" : ` · entropy ${reply.entropy.toFixed(2)} nats`}${reply.agreement === null ? "" : ` · agreement ${percent(reply.agreement)}`}</p>
    <dl>
      <div><dt>The note says</dt><dd>${reply.answer}</dd></div>
      <div class=${reply.right_before ? "good" : "bad"}><dt>${against ? "Before" : "The base"} <${Verdict} right=${reply.right_before} /></dt><dd>${reply.reply_before ?? html`<span class="soft">The reply is gone with its run.</span>`}</dd></div>
      <div class=${reply.right ? "good" : "bad"}><dt>Now <${Verdict} right=${reply.right} /></dt><dd>${reply.reply}</dd></div>
    </dl>
  </li>
`;
