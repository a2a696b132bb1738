// When a record was known, as others than the operator bear out: checkpoints that witnesses cosigned or the chain took.
// Twin of ledger/bundle/times.py and ledger/records/evidence.py.
import { bigEndian, concat, fromHex, isCount, sha256, utf8 } from "./bytes.js";
import { canonical, hasFields } from "./canonical.js";
import { continues } from "./merkle.js";
import { msg } from "./messages.js";
import { isPolicy, logId, parseCheckpoint, verifyCheckpoint, verifyEd25519, verifyWitnesses } from "./note.js";
import { Refused } from "./refusals.js";

const EMBEDDED_CHAIN = 0x1ad1; // an operator's own: its block times are no evidence
const LEEWAY = 3600; // seconds by which the operator's word may lie before the evidence
const STEP = "times";

// What tells since when a record is known: ({index, logTime, blockTime}) => seconds, from the checked evidence of a bundle.
// `cosigned`: when a quorum had cosigned the bundle's own `checkpoint`, or null. Throws Refused.
export async function timesOf(bundle, checkpoint, cosigned, log, trust) {
  const evidence = await evidenceOf(bundle, checkpoint, log, trust);
  if (!(await timesSigned(bundle, checkpoint.size, log))) {
    throw new Refused(STEP, msg("The log has not signed by which evidence its times count."));
  }
  const blocksCount = trust.chainId !== EMBEDDED_CHAIN;
  if (trust.witnesses) evidence.push([checkpoint.size, cosigned]);
  return ({ index, logTime, blockTime }) => {
    const borneOut = evidence.filter(([size]) => size > index).map(([, time]) => time);
    if (blocksCount && blockTime !== null) borneOut.push(blockTime);
    if (borneOut.length === 0) return logTime;
    const evidenced = Math.min(...borneOut);
    return Math.min(evidenced, Math.max(logTime, evidenced - LEEWAY));
  };
}

// Whether the log signed that a bundle's times are all the evidence that it has of the subject's records at this size.
export async function timesSigned({ times: { witnesses, checkpoints, signature }, subject }, size, log) {
  const key = fromHex(log.key);
  const digest = await sha256(utf8(canonical({ witnesses, checkpoints })));
  const about = concat(await logId(log.origin, key), bigEndian(size, 8), await sha256(utf8(subject)), digest);
  return verifyEd25519(key, fromHex(signature), concat(utf8("lading/times/v1\0"), about));
}

// What each checkpoint of a bundle's times bears out, as [size, seconds]: checkpoints of the same log, ascending, which
// witnesses cosigned or the chain took. Throws Refused.
export async function evidenceOf({ times }, checkpoint, log, trust) {
  const { witnesses, checkpoints } = times;
  if (!timesFit(times)) throw new Refused(STEP, msg("By which evidence times count is not written as it must be."));
  if (trust.witnesses && canonical(witnesses) !== canonical(trust.witnesses)) {
    throw new Refused(STEP, msg("Times count by other witnesses than those in the trust file."));
  }
  const blocksCount = trust.chainId !== EMBEDDED_CHAIN;
  const evidence = [];
  let before = 0;
  for (const { checkpoint: note, consistency, anchored } of checkpoints) {
    const own = parseCheckpoint(note);
    const follows = before < own.size && (await continues(own.size, own.root, checkpoint.size, checkpoint.root, consistency.map(fromHex)));
    if (!follows || !(await verifyCheckpoint(own, log.origin, fromHex(log.key)))) {
      throw new Refused(STEP, msg("A checkpoint by which times count is none of this log."));
    }
    before = own.size;
    const seen = witnesses ? await verifyWitnesses(own, witnesses) : null;
    if (seen === false || ((seen?.time ?? null) === null && anchored === null)) {
      throw new Refused(STEP, msg("Nobody bears out when a checkpoint of this log was there."));
    }
    const found = [seen?.time ?? null, blocksCount && anchored ? anchored.blockTime : null].filter((time) => time !== null);
    evidence.push(...found.map((time) => [own.size, time]));
  }
  return evidence;
}

// Whether these are a bundle's times in form.
export function timesFit(times) {
  if (!hasFields(times, ["witnesses", "checkpoints", "signature"])) return false;
  const { witnesses, checkpoints, signature } = times;
  const signed = typeof signature === "string" && /^0x[0-9a-f]{128}$/.test(signature);
  return signed && (witnesses === null || isPolicy(witnesses)) && Array.isArray(checkpoints) && checkpoints.every(isEntry);
}

function isEntry(entry) {
  return hasFields(entry, ["checkpoint", "consistency", "anchored"]) && Array.isArray(entry.consistency) && (entry.anchored === null || isBlock(entry.anchored));
}

function isBlock(anchored) {
  const { blockNumber, blockTime, transaction } = anchored;
  const named = hasFields(anchored, ["blockNumber", "blockTime", "transaction"]);
  return named && isCount(blockNumber) && isCount(blockTime) && /^0x[0-9a-f]{64}$/.test(transaction);
}
