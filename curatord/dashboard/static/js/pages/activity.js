// What happens, the latest first, in sentences.
import { html } from "../view.js";
import { useData } from "../api.js";
import { moment, time } from "../format.js";
import { Card, Empty } from "../parts.js";
import { tell } from "../told.js";

const EARLIER = 40;

export function Activity({ events }) {
  const { data } = useData("/v1/history", { limit: EARLIER });
  const all = [...events, ...earlier(data?.entries ?? [], events)].filter(isWorthTelling);
  return html`<${Told} events=${all} />`;
}

/** Of checkpoints in a row the last one tells all. */
const isWorthTelling = (event, index, all) => event.event !== "run_checkpoint" || all[index - 1]?.event !== "run_checkpoint";

/** What the store remembers from before the first event that this page was told of. */
function earlier(entries, events) {
  const first = events.length ? new Date(events.at(-1).time) : Infinity;
  return entries
    .filter((entry) => new Date(entry.time) < first)
    .map((entry, index) => ({ pid: "earlier", number: index, event: entry.kind, time: entry.time, data: entry.data }));
}

const Told = ({ events }) => html`
  <${Card} title="Activity" kind="activity" aside=${html`<span class="small soft">live</span>`}>
    ${!events.length && html`<${Empty} title="Nothing has happened yet" icon="now">Save a note, and see it here.<//>`}
    <div class="events" role="log" aria-label="What happens, the latest first" tabindex="0">
      <ol>${events.map((event) => html`<${Item} key=${`${event.pid} ${event.number}`} event=${event} />`)}</ol>
    </div>
  <//>
`;

function Item({ event }) {
  const { tone, text } = tell(event);
  return html`
    <li class="event ${tone}">
      <time class="small soft number" datetime=${event.time} title=${moment(event.time)}>${isToday(event) ? time(event.time) : moment(event.time)}</time>
      <p>${text}</p>
    </li>
  `;
}

const isToday = (event) => new Date(event.time).toDateString() === new Date().toDateString();
