// A line chart (uPlot) that takes its colours from the palette, its width from its place, and is told in words too.
import uPlot from "uplot";
import { html, useEffect, useRef } from "./view.js";
import { fixed } from "./format.js";
import { useStore } from "./store.js";
import { colour, theme } from "./theme.js";

const HEIGHT = 230;

/** `series` are {label, colour, points: [[x, y], ...], dots, faint}; `unit` is that of their y. */
export function Chart({ title, series, unit }) {
  const place = useRef(null);
  const plot = useRef(null);
  const { turn } = useStore(theme);
  const data = columns(series);
  const shape = series.map((one) => one.label).join("|");
  useEffect(() => {
    const width = Math.max(200, place.current.clientWidth);
    plot.current = new uPlot(options(series, width, unit), data, place.current);
    const watcher = new ResizeObserver(([entry]) => {
      plot.current.setSize({ width: Math.max(200, Math.floor(entry.contentRect.width)), height: HEIGHT });
    });
    watcher.observe(place.current);
    return () => {
      watcher.disconnect();
      plot.current.destroy();
    };
  }, [turn, shape]);
  useEffect(() => plot.current.setData(data), [series]);
  return html`
    <figure class="chart">
      <figcaption class="chart-head">
        <h3>${title}</h3>
        <ul class="legend">
          ${series.map((one) => html`<li key=${one.label}><i class="key ${one.colour} ${one.faint ? "faint" : ""}"></i>${one.label} <b class="number">${lastOf(one)}</b></li>`)}
        </ul>
      </figcaption>
      <div ref=${place} role="img" aria-label=${inWords(title, series)}></div>
    </figure>
  `;
}

function columns(series) {
  const steps = [...new Set(series.flatMap((one) => one.points.map(([x]) => x)))].sort((a, b) => a - b);
  const places = new Map(steps.map((step, index) => [step, index]));
  return [
    steps,
    ...series.map((one) => {
      const column = new Array(steps.length).fill(undefined); // undefined: not measured there, the line goes on
      for (const [x, y] of one.points) column[places.get(x)] = y;
      return column;
    }),
  ];
}

function options(series, width, unit) {
  const ink = colour("ink-soft");
  const line = colour("line");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px sans-serif" };
  return {
    width,
    height: HEIGHT,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { range: (_plot, low, high) => padded(low, high) } },
    axes: [
      { ...axis, size: 34 },
      { ...axis, size: 52, label: unit, labelSize: 18, labelFont: "12px sans-serif", values: (_plot, ticks) => ticks.map(short) },
    ],
    series: [
      {},
      ...series.map((one) => ({
        stroke: one.faint ? `color-mix(in srgb, ${colour(one.colour)} 35%, transparent)` : colour(one.colour),
        width: one.faint ? 1 : 2,
        spanGaps: true,
        points: { show: Boolean(one.dots), size: 6, fill: colour(one.colour) },
      })),
    ],
  };
}

function padded(low, high) {
  if (low === null || high === null) return [0, 1];
  const least = low >= 0 ? 0 : low;
  return [least, high > least ? high + (high - least) * 0.06 : least + 1];
}

const short = (value) => (Math.abs(value) >= 1000 ? `${value / 1000}k` : String(Number(value.toFixed(3))));
const lastOf = (one) => (one.points.length ? fixed(one.points.at(-1)[1]) : "–");

function inWords(title, series) {
  const told = series
    .filter((one) => one.points.length)
    .map((one) => `${one.label} from ${fixed(one.points[0][1])} to ${fixed(one.points.at(-1)[1])}`);
  return `${title} over the steps: ${told.join("; ") || "nothing measured yet"}.`;
}
