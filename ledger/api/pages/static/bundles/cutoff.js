// Why an award was computed at its size of the log: the awarder must not choose it. Twin of ledger/bundle/award_cutoff.py and
// ledger/bonuses/award_size.py, as far as no dispute may have put it off.
import { sha256, toHex, utf8 } from "../verify/bytes.js";
import { moment, msg } from "../verify/messages.js";
import { parseCheckpoint } from "../verify/note.js";
import { StatementKind } from "../verify/records.js";
import { Told } from "../verify/refusals.js";
import { lastLogged } from "./log_steps.js";
import { readTop } from "./rule_text.js";

const OLDER_FORM = "lading/bonus-rule/1"; // files of it wait for nobody

export async function checkCutoff(work) {
  const { bundle, records } = work;
  const award = records.find(({ id, type }) => id === bundle.about.id && type === "BonusAward");
  const agreement = records.find(({ id, type }) => id === award?.message.agreement && type === "BonusAgreement");
  if (agreement === undefined) throw new Told(msg("The award, or the agreement that it is by, is not here."));
  const rule = await ruleNamed(agreement.message.rule, bundle.rules);
  // 1. The checkpoint of its size that the log says the chain took, and the one before.
  const size = Number(award.message.logSize);
  const anchored = bundle.times.checkpoints.filter((one) => one.anchored !== null).map(({ checkpoint }) => parseCheckpoint(checkpoint));
  const own = anchored.find((one) => one.size === size);
  if (own === undefined) throw new Told(msg("The log does not say that the chain took a state with {size} entries.", { size }));
  const before = anchored.filter((one) => one.size < size).at(-1) ?? null;
  const { cutoff } = bundle;
  if ((cutoff.before === null) !== (before === null)) throw new Told(msg("The last entry of the anchored state before the award's is missing, or there was none."));
  // 2. Their last entries.
  const last = await lastLogged(cutoff.last, own);
  const earlier = before === null ? null : await lastLogged(cutoff.before, before);
  // 3. The first late enough.
  const top = readTop(rule);
  if (top === null) return { held: null, words: msg("The rule file is not written so that it can be read here, so the size of the award is not checked here: lading verify does.") };
  const until = agreement.message.periodEnd + (top.grace ?? 0);
  const times = { size, time: moment(last), until: moment(until) };
  if (last <= until) throw new Told(msg("The award was computed too early: the last of its {size} entries is of {time}, and it had to wait until {until}.", times));
  if (mayWait(top, records)) {
    return { held: null, words: msg("The last of the {size} entries is of {time}, after period and grace. Whether shipments were still disputed then, or until when they were, is not checked here: lading verify does.", times) };
  }
  if (earlier !== null && earlier > until) throw new Told(msg("The award was computed too late: an earlier anchored state was after {until} already.", times));
  return { words: msg("The last of the {size} entries that count is of {time}, after period and grace ended at {until}. That the chain took no state in between is the log's word.", times) };
}

async function ruleNamed(wanted, rules) {
  for (const text of rules) if (toHex(await sha256(utf8(text))) === wanted) return text;
  throw new Told(msg("The rule file that the agreement names is not here."));
}

// Whether the rule has an award wait for disputes, and there may be one.
function mayWait({ format, disputed = "wait" }, records) {
  const tendered = records.some(({ type, message }) => type === "Statement" && message.kind === StatementKind.TENDER);
  return format !== OLDER_FORM && disputed === "wait" && tendered;
}
