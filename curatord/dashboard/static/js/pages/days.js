// How many pairs came to be on each of the last days, as small bars.
import { html } from "../view.js";
import { count, plural } from "../format.js";

const WIDTH = 14;
const HEIGHT = 40;

export function Days({ days = {} }) {
  const found = Object.entries(days);
  if (!found.length) return null;
  const most = Math.max(1, ...found.map(([, made]) => made));
  const all = found.reduce((sum, [, made]) => sum + made, 0);
  const told = `${plural(all, "pair")} made in the last ${found.length} days, ${count(found.at(-1)[1])} of them today`;
  return html`
    <figure class="days">
      <figcaption class="small soft">Made in ${found.length} days</figcaption>
      <svg viewBox="0 0 ${WIDTH * found.length} ${HEIGHT}" role="img" aria-label=${told} preserveAspectRatio="none">
        ${found.map(([day, made], index) => {
          const height = made ? Math.max(3, (HEIGHT * made) / most) : 1.5;
          return html`<rect key=${day} x=${WIDTH * index + 1.5} y=${HEIGHT - height} width=${WIDTH - 3} height=${height} rx="2" class=${made ? "made" : ""}><title>${day}: ${count(made)}</title></rect>`;
        })}
      </svg>
      <p class="small soft number">${count(all)}, ${count(found.at(-1)[1])} today</p>
    </figure>
  `;
}
