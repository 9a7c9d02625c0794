// Judgements of pairs: thumbs, edits, and the way back from each.
import { post, remove } from "./api.js";
import { notify, notifyError } from "./notices.js";

const TOLD = {
  up: "Marked as a good pair.",
  down: "Rejected: it is not trained on, and does not come back unless its fact changes.",
  edited: "Kept as edited; it is trained on so from now on.",
};

const undone = []; // how to take back what was done, the last one at the end

/** Judges a pair; `onChange(oldId, pairs)` is told what became of it, also when that is taken back. */
export async function judge(pair, verdict, texts, onChange) {
  const before = { verdict: pair.verdict, question: pair.question, answer: pair.answer, rejected: pair.rejected };
  try {
    if (verdict === pair.verdict && verdict !== "edited") {
      tell(onChange, pair.id, await clear(pair.id));
      notify("The judgement is taken back.");
      return;
    }
    const done = await say(pair.id, verdict, texts);
    tell(onChange, pair.id, done);
    const now = done.pairs[0]?.id ?? pair.id;
    const back = () => takeBack(now, before, onChange);
    undone.push(back);
    notify(TOLD[verdict], { action: { label: "Undo", run: () => undo(back) } });
  } catch (error) {
    notifyError(error);
  }
}

export function undo(what = undone.at(-1)) {
  if (!what) {
    notify("There is nothing to take back.");
    return;
  }
  const index = undone.indexOf(what);
  if (index < 0) return;
  undone.splice(index, 1);
  what();
}

async function takeBack(id, before, onChange) {
  try {
    let done = await clear(id);
    tell(onChange, id, done);
    const now = done.pairs[0]?.id ?? id;
    if (before.verdict) {
      const { question, answer, rejected } = before;
      done = await say(now, before.verdict, before.verdict === "edited" ? { question, answer, rejected } : {});
      tell(onChange, now, done);
    }
    notify("Taken back.");
  } catch (error) {
    notifyError(error);
  }
}

const say = (id, verdict, texts = {}) => post(`/v1/pairs/${id}/judgement`, { verdict, ...texts, by: "dashboard" });
const clear = (id) => remove(`/v1/pairs/${id}/judgement`);
const tell = (onChange, id, done) => onChange(id, done.pairs);
