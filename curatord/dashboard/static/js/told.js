// What happens, in words: a sentence and a tone for each event of the daemon.
import { capital, count, duration, fixed, plural } from "./format.js";

const STAGES = {
  snapshot: "draws its data",
  base: "loads the base model",
  replay: "prepares replay against forgetting",
  sft: "learns the answers (SFT)",
  dpo: "learns to prefer them (DPO)",
  exam: "sits its exam",
  saving: "saves its adapter",
};

const VERDICTS = { up: "good", down: "rejected", edited: "edited" };

const TELLERS = {
  started: (data) => [data.after_clean_end === false ? "warn" : "good", `curatord ${data.version ?? ""} started${data.after_clean_end === false ? ", after it had been broken off" : ""}`],
  pass: (data) => [data.stored || data.removed ? "good" : "", passText(data)],
  pass_failed: (data) => ["bad", `Reading the notes failed: ${data.error}`],
  shards_written: (data) => ["", `Wrote the shards, generation ${count(data.generation)}`],
  problems_found: (data) => ["warn", `${plural(data.more, "new problem")} with the notes`],
  deletions_held: (data) => ["warn", `Deletions in ${data.root} wait for \`curatord confirm-deletes\`: ${data.reason}`],
  deletions_confirmed: (data) => ["", `Deletions go through: ${[].concat(data.roots).join(", ")}`],
  root_added: (data) => ["", `Watching ${data.root}: ${data.path}`],
  root_removed: (data) => ["", `${data.root} is not watched any more`],
  root_lost: (data) => ["bad", `The memory root ${data.root} is out of reach: ${data.trouble}`],
  root_found: (data) => ["good", `The memory root ${data.root} is watched again`],
  reloaded: () => ["", "Read the configuration again"],
  run_started: (data) => ["accent", `A run started: ${data.reason || "by schedule"}`],
  run_stage: (data) => ["accent", `The run ${STAGES[data.stage] ?? data.stage}`],
  run_validation: (data) => ["", `Validation after step ${count(data.step)}: loss ${fixed(data.loss)}`],
  run_checkpoint: (data) => ["", `Checkpoint after step ${count(data.step)}`],
  run_resumed: (data) => ["accent", `The run went on from step ${count(data.step)}`],
  run_warning: (data) => ["warn", data.message],
  run_examined: (data) => ["violet", `Exam: ${data.after} of ${data.asked} right, ${data.before} before`],
  run_rests: (data) => ["warn", `The run rests: ${data.reason}`],
  run_crashed: (data) => ["bad", `The run crashed: ${data.reason}`],
  run_done: (data) => ["good", `The run is done: ${data.reason}`],
  run_failed: (data) => ["bad", `The run failed: ${data.reason}`],
  run_cancelled: (data) => ["warn", `The run was cancelled: ${data.reason}`],
  promoted: (data) => ["good", `${data.adapter} is in service: ${data.reason}`],
  not_promoted: (data) => ["warn", `${data.adapter} stays a candidate: ${data.reason}`],
  rolled_back: (data) => ["warn", data.adapter ? `Back to ${data.adapter}` : "Back to the base model"],
  gap_found: (data) => ["", `${plural(data.gaps, "gap")} to learn next`],
  hook_failed: (data) => ["bad", `A hook failed: ${data.reason}`],
  reload_refused: (data) => ["bad", `The configuration is not read: ${data.error ?? data.reason ?? "see `curatord config check`"}`],
  judged: (data) => ["accent", `A pair was judged: ${VERDICTS[data.verdict] ?? data.verdict}`],
  judgement_taken_back: () => ["", "A judgement was taken back"],
  restored: () => ["", "Restored from a backup"],
  rebuilt: () => ["", "The store was made anew from the notes"],
  stopping: () => ["warn", "curatord stops"],
  stopped: () => ["", "curatord stopped"],
};

/** As the history calls what is told live by other names. */
const LIVE_NAMES = { configuration: "reload_refused", pass: "pass_failed", notes: "problems_found" };

export function tell(event) {
  const { outcome, where } = event.data;
  const name = { run_finished: `run_${outcome}`, problem: LIVE_NAMES[where] }[event.event] ?? event.event;
  const teller = TELLERS[name];
  const [tone, text] = teller ? teller(event.data) : ["", plainText(event)];
  return { tone, text: text.trim() };
}

function passText(data) {
  const parts = ["stored", "removed", "skipped", "failed", "held"]
    .filter((name) => data[name])
    .map((name) => `${count(data[name])} ${name}`);
  const took = data.seconds ? ` in ${data.seconds < 1 ? "under a second" : duration(data.seconds)}` : "";
  return parts.length ? `Read the notes (${parts.join(", ")})${took}` : `Compared the notes with the store${took}`;
}

function plainText(event) {
  const data = Object.entries(event.data).map(([name, value]) => `${name} ${value}`);
  return [capital(event.event.replaceAll("_", " ")), ...data].join(", ");
}
