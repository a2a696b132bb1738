// A bundle, checked without any network, step by step, up to the first that fails. Twin of ledger/bundle/verify.py; what is not
// computed here says so, and counts as neither. The steps are in docs/bundle.md.
import { msg } from "../verify/messages.js";
import { Unable } from "../verify/refusals.js";
import { checkCutoff } from "./cutoff.js";
import { parseBundle } from "./format.js";
import { checkCheckpoint, checkComplete, checkInclusion, checkKept, checkTimes, checkWitnesses, findLog } from "./log_steps.js";
import { paced } from "./pace.js";
import { checkProductFigures } from "./product_figures.js";
import { checkReceipts } from "./receipts.js";
import { buildRegistry, checkOutcomes, checkSignatures } from "./record_steps.js";
import { inStep } from "./shape.js";

export const PROVED = "proved";
export const ATTESTED = "attested by the log";
const UNREADABLE = msg("It cannot be read.");
const notHere = (words) => () => ({ held: null, words });
const SEALS = notHere(msg("The seals of the network's validators are not checked here: lading verify does."));
const ANCHORS = notHere(msg("Whether the chain took the log's checkpoints is not checked here: lading verify does."));
const STATE = notHere(msg("The state that the chain kept at last is not checked here: lading verify does."));
const FIGURES = notHere(msg("Penalties, scores and shares are not computed here, so the figures in this file are not checked: lading verify does."));

// The steps, [{name, basis, ok, words}]: `ok` true, false, or null for what is not checked here; `basis` whether it is proved by the
// file or attested by the log. `more`: `kept` checkpoints ({name, note}), consistency `proofs`, held `receipts`. `tell(step)`: told
// of each; `progress(records)` now and then.
export async function checkBundle(text, trust, { kept = [], proofs = [], receipts = [] }, tell = () => {}, progress = () => {}) {
  const work = { text, trust, pace: paced(progress) };
  const format = async () => {
    work.bundle = await parseBundle(text);
    return { words: msg("It is a bundle about {subject}. Records in it: {count}.", { count: work.bundle.records.length, subject: work.bundle.subject }) };
  };
  const steps = [];
  if (!(await run([["format", PROVED, format]], steps, tell))) return steps;
  const { bundle } = work;
  const sealed = bundle.seals !== undefined;
  await run(
    [
      ["log", PROVED, () => findLog(work, bundle.origin)],
      ["checkpoint", PROVED, () => checkCheckpoint(work, bundle.checkpoint)],
      ...(trust.witnesses ? [["witnesses", PROVED, () => checkWitnesses(work)]] : []),
      ["times", ATTESTED, () => checkTimes(work)],
      ...(kept.length ? [["kept checkpoints", PROVED, () => checkKept(work, kept, proofs)]] : []),
      ["inclusion", PROVED, () => checkInclusion(work)],
      ...(sealed ? [["seals", PROVED, SEALS]] : []),
      ["registry", PROVED, () => buildRegistry(work)],
      ["signatures", PROVED, () => checkSignatures(work)],
      ["complete", ATTESTED, () => checkComplete(work)],
      ["outcomes", ATTESTED, () => checkOutcomes(work)],
      ...(sealed ? [["anchors", PROVED, ANCHORS], ["state", PROVED, STATE]] : []),
      ...(bundle.cutoff ? [["cut-off", ATTESTED, () => checkCutoff(work)]] : []),
      ["figures", PROVED, bundle.about.kind === "product" ? () => checkProductFigures(work) : FIGURES],
      ...(receipts.length ? [["receipts", PROVED, () => checkReceipts(work, receipts)]] : []),
    ],
    steps,
    tell,
  );
  return steps;
}

// Runs [name, basis, work] up to the first that does not hold, or that this browser cannot do; whether none was. What each said is
// appended to `steps`, and told.
export async function run(todo, steps, tell) {
  for (const [name, basis, work] of todo) {
    const step = await inStep(name, UNREADABLE, work).then(
      ({ words, held = true }) => ({ name, basis, ok: held, words }),
      (error) => ({ name, basis, ok: error instanceof Unable ? null : false, words: error.words ?? UNREADABLE, unable: error instanceof Unable }),
    );
    steps.push(step);
    tell(step);
    if (step.ok === false || step.unable) return false;
  }
  return true;
}
