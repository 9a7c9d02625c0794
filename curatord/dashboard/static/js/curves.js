// The curves of a run, from what its process told: kept up to date while it trains.
import { get } from "./api.js";
import { useEffect, useRef, useState } from "./view.js";

const ORDER = { sft: 0, dpo: 1 };
const SMOOTHING = 0.9;

/** Returns {stages: {sft: {steps, validations}, dpo}, examined, ended, error}; `turn` asks for what came since. */
export function useCurves(id, turn) {
  const known = useRef(null);
  const [curves, setCurves] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    let isShown = true;
    if (known.current?.id !== id) known.current = { id, offset: 0, ...emptyCurves() };
    const mine = known.current;
    get(`/v1/runs/${id}/events`, { offset: mine.offset }).then(
      (answer) => {
        if (!isShown || mine.offset > answer.offset) return;
        mine.offset = answer.offset;
        for (const event of answer.events) take(mine, event);
        setError(null);
        setCurves({ stages: { ...mine.stages }, examined: mine.examined, ended: answer.ended });
      },
      (problem) => isShown && setError(problem),
    );
    return () => {
      isShown = false;
    };
  }, [id, turn]);
  return { curves, error };
}

export const emptyCurves = () => ({
  stages: { sft: { steps: [], validations: [] }, dpo: { steps: [], validations: [] } },
  examined: [],
});

/** Takes an event in. After a crash steps are done again: what was told of them, and of later ones, no longer counts. */
export function take(curves, event) {
  if (event.event === "examined") curves.examined = [...curves.examined, event];
  if (!["step", "validation", "resumed"].includes(event.event) || !(event.stage in ORDER)) return;
  for (const [stage, found] of Object.entries(curves.stages)) {
    if (ORDER[stage] < ORDER[event.stage]) continue;
    const isLater = (other) => (stage === event.stage ? other.step > event.step : true);
    const isUndone = (kind) => (other) => isLater(other) || (stage === event.stage && kind === event.event && other.step === event.step);
    curves.stages[stage] = {
      steps: without(found.steps, isUndone("step")),
      validations: without(found.validations, isUndone("validation")),
    };
  }
  if (event.event === "step") curves.stages[event.stage].steps.push(event);
  if (event.event === "validation") curves.stages[event.stage].validations.push(event);
}

/** The list without what is undone, which stands at its end; the same list where nothing is. */
function without(list, isUndone) {
  let end = list.length;
  while (end > 0 && isUndone(list[end - 1])) end -= 1;
  return end === list.length ? list : list.slice(0, end);
}

/** The lines of a chart: one of the figures (loss, margin, accuracy), step by step and as validated. */
export function seriesOf({ steps, validations }, name, colour) {
  const each = points(steps, name);
  return [
    { label: "each step", colour, faint: true, points: each },
    { label: "smoothed", colour, points: smoothed(each) },
    { label: "validation", colour: "warn", dots: true, points: points(validations, name) },
  ];
}


const points = (events, name) =>
  events.filter((event) => typeof event[name] === "number").map((event) => [event.step, event[name]]);

/** The exponential moving average, corrected for its beginning. */
function smoothed(list) {
  let sum = 0;
  let weight = 0;
  return list.map(([x, y]) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * y;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    return [x, sum / weight];
  });
}
