// The steps of a check that are about the log: whose it is, what it and its witnesses signed, and what lies under that. Each
// takes the work (check.js) and says what it found, {words}, or throws Refused. Twin of ledger/bundle/bundle_checks.py.
import { fromHex, same, toHex } from "../verify/bytes.js";
import { continues, leafHash, leafOf, rootOfInclusion, rootOfSubset, sortedRoot } from "../verify/merkle.js";
import { list, moment, msg } from "../verify/messages.js";
import { knowsEd25519, logId, parseCheckpoint, verifyCheckpoint, verifyComplete, verifyWitnesses } from "../verify/note.js";
import { ContractKind, Outcome, RECORDS, RegistryAction } from "../verify/records.js";
import { Told, Unable } from "../verify/refusals.js";
import { evidenceOf, timesSigned } from "../verify/times.js";
import { digestOf, isMoney } from "../verify/typed.js";

const COSIGNATURE_LENGTH = 72;
const ROOT_LENGTH = 32;
const LEAF_VERSION = 1;

export function findLog(work, origin) {
  work.log = work.trust.logs.find((log) => log.origin === origin);
  if (work.log === undefined) {
    throw new Told(msg("Its log, {origin}, is not in the trust file: that is of another consortium, or older than this log.", { origin: origin.slice(0, 200) }));
  }
  return { words: msg("Its log is {origin}, which the trust file names.", { origin }) };
}

// `own`: whether no other signatures may stand there than the log's and those of witnesses.
export async function checkCheckpoint(work, note, own = true) {
  work.checkpoint = await signedCheckpoint(note, work.log);
  const others = work.checkpoint.signatures.filter(({ signature }) => signature.length !== COSIGNATURE_LENGTH);
  if (own && others.length !== 1) throw new Told(msg("It bears signatures that are neither the log's own nor a witness's."));
  return { words: msg("The log in the trust file signed its state with {size} entries.", { size: work.checkpoint.size }) };
}

// The checkpoint in a note, once this log has signed it; throws Told.
async function signedCheckpoint(note, log) {
  if (!(await knowsEd25519())) throw new Unable("checkpoint", msg("This browser cannot check Ed25519 signatures, so it cannot check the log."));
  let checkpoint = null;
  try {
    checkpoint = parseCheckpoint(note);
  } catch {
    // said below
  }
  if (checkpoint?.root.length !== ROOT_LENGTH) throw new Told(msg("The log's checkpoint cannot be read."));
  if (checkpoint.origin !== log.origin) throw new Told(msg("It is a checkpoint of another log: {origin}.", { origin: checkpoint.origin.slice(0, 200) }));
  if (!(await verifyCheckpoint(checkpoint, log.origin, fromHex(log.key)))) throw new Told(msg("The log has not signed this state."));
  return checkpoint;
}

export async function checkWitnesses(work) {
  const { threshold, keys } = work.trust.witnesses;
  const found = await verifyWitnesses(work.checkpoint, work.trust.witnesses);
  if (!found) throw new Told(msg("A signature of a witness of this log does not hold."));
  const asked = { all: keys.length, threshold, count: found.names.length };
  if (!found.enough) throw new Told(msg("Of {all} witnesses, {threshold} must have seen this log; {count} have.", asked));
  return { words: msg("Witnesses have seen the same log: {names}, by {time}.", { names: list(found.names), time: moment(found.time) }) };
}

export async function checkTimes(work) {
  await evidenceOf(work.bundle, work.checkpoint, work.log, work.trust);
  const count = work.bundle.times.checkpoints.length;
  return { words: msg("Earlier checkpoints of this log by which it counts when records were there, each leading to this one: {count}.", { count }) };
}

// That the checkpoint and those that the reader kept ([{name, note}]) are of one log that only grew. `proofs`: consistency
// proofs, [{first, second, proof}].
export async function checkKept(work, kept, proofs) {
  for (const { name, note } of kept) {
    const other = await signedCheckpoint(note, work.log);
    const [first, second] = [other, work.checkpoint].sort((one, two) => one.size - two.size);
    if (first.size === second.size && !same(first.root, second.root)) {
      throw new Told(
        msg("The log signed two different trees with {size} entries: one in {name}, one here. It shows different people different histories. Keep both: together they convict it.", { size: first.size, name }),
      );
    }
    const proof = proofs.find((one) => one.first === first.size && one.second === second.size)?.proof;
    const needed = first.size > 0 && first.size < second.size;
    if (needed && proof === undefined) {
      const address = `/v1/log/proof/consistency?first=${first.size}&second=${second.size}`;
      throw new Told(msg("Whether the log only grew between {name} and this state cannot be told without a consistency proof. Ask the service for {address} and add its answer.", { name, address }));
    }
    if (!(await continues(first.size, first.root, second.size, second.root, needed ? proof : []))) {
      throw new Told(msg("The log does not continue the state in {name}: its past was changed. Keep both, and tell somebody.", { name }));
    }
  }
  return { words: msg("It is the same log as in {names}, and it only grew.", { names: list(kept.map(({ name }) => name)) }) };
}

// Gives each record its `id` and `digest`, and those about money the `pool` that they bind.
export async function checkInclusion(work) {
  const { bundle, checkpoint, trust } = work;
  const pools = openedPools(bundle.records, trust);
  work.pools = pools;
  work.records = [];
  const strangers = [];
  for (const record of bundle.records) {
    const found = await identified(record, trust, pools);
    if (found === null) strangers.push(record);
    else work.records.push({ ...record, ...found });
    await work.pace();
  }
  if (strangers.length === bundle.records.length) throw new Told(msg("No record is of the consortium in the trust file. Get the trust file of the right one."));
  if (strangers.length) {
    const { index, type } = strangers[0];
    throw new Told(msg("Entry {index} ({type}) is not what the log has there: a part, a signature or its time was changed.", { index, type }));
  }
  const leaves = work.records.map(({ index, leafHash: hash }) => [index, fromHex(hash)]);
  if (!same(await rootOf(() => rootOfSubset(leaves, checkpoint.size, bundle.proof)), checkpoint.root)) {
    throw new Told(msg("The records are not those under the log's signed root: one was left out, added or changed."));
  }
  const count = leaves.length;
  if (bundle.last === undefined) return { words: msg("All {count} records are entries of that log, with their signatures.", { count }) };
  const time = moment(await lastLogged(bundle.last, checkpoint));
  return { words: msg("All {count} records are entries of that log, with their signatures; its last entry is of {time}, by its own clock.", { count, time }) };
}

const rootOf = async (work) => {
  try {
    return await work();
  } catch {
    throw new Told(msg("The proof that the records are in the log does not fit."));
  }
};

// When the last entry of a checkpoint's tree was logged, UTC seconds, by its own clock; throws Told for another leaf.
export async function lastLogged({ leaf, proof }, { size, root }) {
  const bytes = fromHex(leaf);
  let found = null;
  try {
    found = await rootOfInclusion(await leafHash(bytes), size - 1, size, proof.map(fromHex));
  } catch {
    // no proof, so no root
  }
  if (bytes[0] !== LEAF_VERSION || found === null || !same(found, root)) throw new Told(msg("What should be the last of {size} entries is none, or another.", { size }));
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(bytes.length - 8));
}

// The bonus pools that the council's changes opened, as far as the chain took them.
function openedPools(records, trust) {
  const opened = new Map();
  const applied = new Set();
  for (const record of records) {
    const { type, message: m } = record;
    if (type === "RegistryChange" && m.action === RegistryAction.OPEN_CONTRACT && m.number === ContractKind.BONUS) {
      opened.set(toHex(digestOf(type, record.content, trust)), m.key);
    }
    if (type === "Outcome" && fromHex(m.outcomes).includes(Outcome.APPLIED)) applied.add(m.record);
  }
  return [...new Set([...opened].filter(([id]) => applied.has(id)).map(([, pool]) => pool))];
}

// {id, digest, pool} of a record, in that of the domains that gives the leaf that it claims; null in none.
async function identified({ type, content, signatures, logTime, leafHash: claimed }, trust, pools) {
  const domains = isMoney(type) ? pools : [null];
  for (const pool of domains) {
    const digest = digestOf(type, content, pool === null ? trust : { ...trust, bonusPool: pool });
    const hash = await leafHash(await leafOf(RECORDS[type].number, digest, signatures.map(fromHex), logTime));
    if (toHex(hash) === claimed) return { id: toHex(digest), digest, pool };
  }
  return null;
}

export async function checkComplete(work) {
  const { bundle, checkpoint, log } = work;
  const { complete, subject } = bundle;
  const fits = complete.size === checkpoint.size && complete.subject === subject && complete.logId === toHex(await logId(log.origin, fromHex(log.key)));
  if (!fits) throw new Told(msg("The log's word that nothing was left out is about something else."));
  if (complete.root !== toHex(await sortedRoot(work.records.map(({ digest }) => digest)))) {
    throw new Told(msg("The log said that other records are all there are: one was left out or added."));
  }
  if (!(await verifyComplete(complete, log.origin, fromHex(log.key)))) throw new Told(msg("The log has not signed that nothing was left out."));
  if (!(await timesSigned(bundle, checkpoint.size, log))) throw new Told(msg("The log has not signed by which evidence its times count."));
  return { words: msg("The log signed that these {count} records are all about {subject}, and that it has no earlier evidence of their times. Whoever holds the receipt of another can prove it wrong.", { count: work.records.length, subject }) };
}
