// The pairs of a page, one below the other; each can be chosen, and judged at once.
import { html } from "../view.js";
import { Icon } from "../icons.js";
import { Badge } from "../parts.js";

export const PairList = ({ pairs, chosen, onChoose, onJudge }) => html`
  <ol class="pair-list">
    ${pairs.map((pair) => html`<${Item} key=${pair.id} pair=${pair} isChosen=${pair.id === chosen} onChoose=${onChoose} onJudge=${onJudge} />`)}
  </ol>
`;

const Item = ({ pair, isChosen, onChoose, onJudge }) => html`
  <li class="pair ${isChosen ? "chosen" : ""} ${pair.verdict ?? ""}">
    <button class="pair-question" id=${`pair-${pair.id}`} aria-current=${isChosen ? "true" : null} onClick=${() => onChoose(pair.id)}>
      ${pair.question}
    </button>
    <p class="pair-answer soft">${pair.answer}</p>
    <div class="pair-foot">
      <${Badge}>${pair.category}<//>
      ${pair.split === "test" && html`<${Badge} tone="violet">exam<//>`}
      ${pair.verdict === "edited" && html`<${Badge} tone="warn">edited<//>`}
      <span class="small soft pair-path">${pair.path}</span>
      <span class="pair-thumbs"><${Thumbs} pair=${pair} onJudge=${onJudge} /></span>
    </div>
  </li>
`;

export const Thumbs = ({ pair, onJudge }) => html`
  <button class="button icon plain up" aria-pressed=${String(pair.verdict === "up")} aria-label=${`Good pair: ${pair.question}`} title="Good pair (u)" onClick=${() => onJudge(pair, "up")}>
    <${Icon} name="up" />
  </button>
  <button class="button icon plain down" aria-pressed=${String(pair.verdict === "down")} aria-label=${`Reject: ${pair.question}`} title="Reject (d)" onClick=${() => onJudge(pair, "down")}>
    <${Icon} name="down" />
  </button>
`;
