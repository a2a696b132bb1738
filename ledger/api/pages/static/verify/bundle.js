// A product's bundle, checked step by step: the log's signature, the witnesses', each record's place in the log, the
// registry from its genesis, and who signed what at its place. Twin of ledger/bundle/verify.py; see docs/bundle.md.
import { fromHex, isCount, same, sha256, toHex, utf8 } from "./bytes.js";
import { hasFields, parseCanonical } from "./canonical.js";
import { leafHash, leafOf, rootOfInclusion, rootOfSubset, sortedRoot } from "./merkle.js";
import { list, moment, msg } from "./messages.js";
import { logId, parseCheckpoint, verifyCheckpoint, verifyComplete, verifyWitnesses } from "./note.js";
import { placed, replay } from "./places.js";
import { RECORDS } from "./records.js";
import { Refused, Unable } from "./refusals.js";
import { timesOf } from "./times.js";
import { recordId } from "./typed.js";

const FORMAT = "bundle/4";
const COMPLETE_FIELDS = ["logId", "root", "signature", "size", "subject"];
const CODE_FIELDS = ["attestation", "index", "proof", "size"];
const FIELDS = ["checkpoint", "complete", "figures", "lading", "origin", "proof", "records", "rules", "subject", "times"];
const RECORD_FIELDS = ["index", "leafHash", "logTime", "message", "signatures", "type"];
const COSIGNATURE_LENGTH = 72;

// What holds: {checkpoint, latest, names, listed, registry, records}. `say(step, text)` is told of each step that held.
// `text`: the bundle; `subject`: the path that was scanned; `trust`: the pinned trust file. Throws Refused with the step
// that fails, Unable where this browser cannot check one.
export async function verifyBundle(text, subject, trust, say) {
  const bundle = parse(text, subject);
  const log = trust.logs.find(({ origin }) => origin === bundle.origin);
  if (log === undefined) throw new Refused("log", msg("This is another log than the one in the trust file."));
  const { checkpoint, cosigned } = await checkCheckpoint(bundle, log, trust, say);
  const records = await checkInclusion(bundle, checkpoint, trust, say);
  await checkComplete(bundle, checkpoint, log, records, say);
  const knownOf = await timesOf(bundle, checkpoint, cosigned, log, trust).catch((error) => {
    throw error instanceof Refused ? error : new Refused("times", msg("By which evidence times count cannot be read."));
  });
  const { registry, judged } = replay(placed(records), trust, knownOf, say);
  const latest = Math.max(cosigned ?? 0, ...records.map((record) => record.logTime));
  const names = await checkNames(bundle.rules, registry, say);
  const listed = await checkCodes(bundle, judged, say);
  return { checkpoint, cosigned, latest, names, listed, registry, records: judged };
}

function parse(text, subject) {
  const step = "format";
  const bundle = refusing(step, msg("What the service sent cannot be read."), () => parseCanonical(text));
  const fits =
    hasFields(bundle, FIELDS) &&
    bundle.lading === FORMAT &&
    hasFields(bundle.complete, COMPLETE_FIELDS) &&
    hasFields(bundle.figures, ["codes"]) &&
    [bundle.proof, bundle.records, bundle.rules, bundle.times?.checkpoints, bundle.figures.codes].every(Array.isArray) &&
    bundle.figures.codes.every((code) => hasFields(code, CODE_FIELDS));
  if (!fits) throw new Refused(step, msg("What the service sent is no bundle of records."));
  if (bundle.subject !== subject) throw new Refused("subject", msg("The service sent the records of another product."));
  let last = -1;
  for (const record of bundle.records) {
    const inOrder = hasFields(record, RECORD_FIELDS) && isCount(record.index) && record.index > last;
    if (!inOrder || !Array.isArray(record.signatures)) {
      throw new Refused(step, msg("A record is missing a part, or the records are not in the log's order."));
    }
    last = record.index;
  }
  return bundle;
}

async function checkCheckpoint(bundle, log, trust, say) {
  const checkpoint = refusing("checkpoint", msg("The log's checkpoint cannot be read."), () => parseCheckpoint(bundle.checkpoint));
  const own = checkpoint.signatures.filter(({ signature }) => signature.length !== COSIGNATURE_LENGTH);
  const signed = own.length === 1 && (await verifyCheckpoint(checkpoint, log.origin, fromHex(log.key)));
  if (signed === null) throw new Unable("checkpoint", msg("This browser cannot check Ed25519 signatures, so it cannot check the log."));
  if (!signed) throw new Refused("checkpoint", msg("The log has not signed this state."));
  say("checkpoint", msg("The log in the trust file signed its state with {size} entries.", { size: checkpoint.size }));
  if (!trust.witnesses) {
    say("witnesses", msg("The trust file names no witnesses: only the operator vouches that everybody is shown the same log."), null);
    return { checkpoint, cosigned: null };
  }
  const { threshold, keys } = trust.witnesses;
  const found = await verifyWitnesses(checkpoint, trust.witnesses);
  if (!found) throw new Refused("witnesses", msg("A signature of a witness of this log does not hold."));
  if (!found.enough) {
    const asked = { all: keys.length, threshold, count: found.names.length };
    throw new Refused("witnesses", msg("Of {all} witnesses, {threshold} must have seen this log; {count} have.", asked));
  }
  const seen = { names: list(found.names), time: moment(found.time) };
  say("witnesses", msg("Witnesses have seen the same log: {names}, by {time}.", seen));
  return { checkpoint, cosigned: found.time };
}

// Each record with its id, once all of them are leaves under the checkpoint.
async function checkInclusion(bundle, checkpoint, trust, say) {
  const step = "inclusion";
  const leaves = [];
  const records = [];
  for (const record of bundle.records) {
    const entry = msg("Entry {index} is not what the log has there.", { index: record.index });
    const id = refusing(step, entry, () => recordId(record, trust));
    const signatures = refusing(step, entry, () => record.signatures.map(fromHex));
    if (!isCount(record.logTime)) throw new Refused(step, entry);
    const hash = await leafHash(await leafOf(RECORDS[record.type].number, id, signatures, record.logTime));
    if (toHex(hash) !== record.leafHash) throw new Refused(step, entry);
    leaves.push([record.index, hash]);
    records.push({ ...record, id: toHex(id), digest: id });
  }
  let root;
  try {
    root = await rootOfSubset(leaves, checkpoint.size, bundle.proof.map(fromHex));
  } catch {
    throw new Refused(step, msg("The proof that the records are in the log does not fit."));
  }
  if (!same(root, checkpoint.root)) throw new Refused(step, msg("The records are not those under the log's signed root."));
  say(step, msg("All records sent with this page, {count}, are entries of that log, with their signatures.", { count: records.length }));
  return records;
}

async function checkComplete({ complete, subject }, { size }, log, records, say) {
  const step = "complete";
  const fits = complete?.size === size && complete.subject === subject && complete.logId === toHex(await logId(log.origin, fromHex(log.key)));
  if (!fits) throw new Refused(step, msg("The log's word that nothing was left out is about something else."));
  const root = await sortedRoot(records.map(({ digest }) => digest));
  if (complete.root !== toHex(root)) throw new Refused(step, msg("The log said that other records are all there are: one was left out or added."));
  if (!(await refusing(step, msg("The log's word cannot be read."), () => verifyComplete(complete, log.origin, fromHex(log.key))))) {
    throw new Refused(step, msg("The log has not signed that nothing was left out."));
  }
  say(step, msg("The log signed that these are all records about this product. Whoever holds the receipt of another can prove it wrong."));
}

// Names of partners, each from the enrolment whose fingerprint the council signed.
async function checkNames(documents, registry, say) {
  const names = new Map();
  for (const text of documents) {
    const hash = toHex(await sha256(utf8(String(text))));
    const [partner] = [...registry.partners].find(([, { document }]) => document === hash) ?? [];
    if (partner === undefined) throw new Refused("names", msg("The name of a partner is not the one that it enrolled with."));
    names.set(partner, refusing("names", msg("An enrolment cannot be read."), () => String(JSON.parse(text).name)));
  }
  if (names.size) say("names", msg("Named as the council admitted them: {names}.", { names: list([...names.values()]) }));
  return names;
}

// The attestations whose signed list of codes holds this very code.
async function checkCodes({ figures, subject }, records, say) {
  const listed = new Set();
  let last = "";
  for (const { attestation, index, size, proof } of figures.codes) {
    if (!(attestation > last)) throw new Refused("codes", msg("The lists that hold this code are not in order, each once."));
    last = attestation;
    const record = records.find(({ id, type }) => id === attestation && type === "Attestation");
    let root = null;
    try {
      root = toHex(await rootOfInclusion(await leafHash(utf8(subject)), index, size, proof.map(fromHex)));
    } catch {
      // no proof, so no root
    }
    if (root === null || root !== record?.message.itemCodes) throw new Refused("codes", msg("This code is not in the list that was signed."));
    listed.add(attestation);
  }
  if (listed.size) say("codes", msg("This very code is in the list that the maker signed."));
  return listed;
}

function refusing(step, why, work) {
  try {
    return work();
  } catch {
    throw new Refused(step, why);
  }
}
