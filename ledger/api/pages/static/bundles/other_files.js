// Files beside bundles: a checkpoint of the log, a receipt, the place of a record in the log, and two checkpoints that convict a
// log. As checkBundle in check.js. Twin of ledger/bundle/kept_checkpoints.py.
import { fromHex, same, toHex } from "../verify/bytes.js";
import { continues, rootOfInclusion } from "../verify/merkle.js";
import { list, moment, msg } from "../verify/messages.js";
import { knowsEd25519, parseCheckpoint, verifyCheckpoint, verifyWitnesses } from "../verify/note.js";
import { Told, Unable } from "../verify/refusals.js";
import { ATTESTED, PROVED, run } from "./check.js";
import { readCanonical } from "./format.js";
import { checkCheckpoint, checkKept, checkWitnesses, findLog } from "./log_steps.js";
import { checkReceiptSigned, logOf, readReceipt, recordOf } from "./receipts.js";
import { fieldsOf, hashesOf, hexOf, integerOf, textOf } from "./shape.js";

const CONTRADICTION = "contradiction/1";
const NO_WITNESSES = msg("The trust file names no witnesses: only the operator vouches that everybody is shown the same log.");

// A signed note of the log; kept checkpoints and proofs as of checkBundle.
export async function checkNote(note, trust, { kept = [], proofs = [] }, tell = () => {}) {
  const work = { trust };
  const steps = [];
  await run([["format", PROVED, () => readNote(work, note)], ...ofLog(work, note, kept, proofs)], steps, tell);
  return steps;
}

function readNote(work, note) {
  try {
    work.read = parseCheckpoint(note);
  } catch {
    throw new Told(msg("It is no checkpoint as a log signs it."));
  }
  return { words: msg("It is a checkpoint of {origin}.", { origin: work.read.origin.slice(0, 200) }) };
}

const ofLog = (work, note, kept, proofs) => [
  ["log", PROVED, () => findLog(work, work.read.origin)],
  ["checkpoint", PROVED, () => checkCheckpoint(work, note, false)],
  ["witnesses", PROVED, () => (work.trust.witnesses ? checkWitnesses(work) : { held: null, words: NO_WITNESSES })],
  ...(kept.length ? [["kept checkpoints", PROVED, () => checkKept(work, kept, proofs)]] : []),
];

// A receipt, with or without the record that it is for, and a proof of its entry (as /v1/records/…/proof answers) if there is one.
export async function checkReceiptFile(value, trust, { kept = [], proofs = [], entry = null }, tell = () => {}) {
  const work = { trust };
  const steps = [];
  const todo = [
    ["format", PROVED, () => readHeld(work, value)],
    ["log", PROVED, () => ofReceipt(work)],
    ["receipt", ATTESTED, () => ofPromise(work)],
    ["record", PROVED, () => ofRecord(work)],
  ];
  if (!(await run(todo, steps, tell))) return steps;
  if (entry === null) {
    const words = msg("Whether the log kept its promise is not checked here: add the record's proof, which the service gives, or check a bundle together with this receipt.");
    await run([["inclusion", PROVED, () => ({ held: null, words })]], steps, tell);
    return steps;
  }
  const read = [["proof", PROVED, () => readEntry(work, entry)]];
  if (await run(read, steps, tell)) await run([...ofLog(work, entry.checkpoint, kept, proofs), ["inclusion", PROVED, () => ofEntry(work, entry)]], steps, tell);
  return steps;
}

function readHeld(work, value) {
  work.held = readReceipt(value);
  const { index, logTime } = work.held.receipt;
  return { words: msg("It is a receipt for entry {index}, logged on {time} by the log's own clock.", { index, time: moment(logTime) }) };
}

async function ofReceipt(work) {
  work.log = await logOf(work.held.receipt, work.trust);
  return { words: msg("Its log is {origin}, which the trust file names.", { origin: work.log.origin }) };
}

async function ofPromise({ held, log }) {
  await checkReceiptSigned(held.receipt, log);
  return { words: msg("The log signed that it has this entry at its place. If it ever shows another there, this receipt proves that it lied.") };
}

async function ofRecord({ held: { receipt, record }, trust }) {
  if (record === null) return { held: null, words: msg("The record that it is for is not in this file, so what the entry says is not checked here.") };
  const pools = [trust.bonusPool, ...(trust.laterPools ?? [])].filter((pool) => pool !== undefined);
  const id = await recordOf(record, receipt, trust, pools);
  return { words: msg("The entry is the record {id} with its signatures. Whose keys signed it is not in this file.", { id }) };
}

function readEntry(work, entry) {
  textOf(entry.checkpoint, "proof.checkpoint");
  integerOf(entry.index, "proof.index");
  integerOf(entry.size, "proof.size");
  work.path = hashesOf(entry.proof, "proof.proof");
  return readNote(work, entry.checkpoint);
}

async function ofEntry({ held: { receipt }, checkpoint, path }, { index, size }) {
  let root = null;
  try {
    root = await rootOfInclusion(fromHex(receipt.leafHash), receipt.index, checkpoint.size, path);
  } catch {
    // a proof of the wrong length leads to no root
  }
  if (index !== receipt.index || size !== checkpoint.size) throw new Told(msg("The proof is of another entry, or of another state of the log."));
  if (root === null || !same(root, checkpoint.root)) throw new Told(msg("The log does not have at entry {index} what it promised. Receipt and checkpoint together prove that it lied, unless the proof was made for another entry.", { index }));
  return { words: msg("The promised entry is number {index} of {size} under the log's signed root.", { index, size }) };
}

// A contradiction that holds convicts the log: the steps hold where the log lied.
export async function checkContradiction(text, trust, tell = () => {}) {
  const work = { trust };
  const steps = [];
  const todo = [
    ["format", PROVED, () => readContradiction(work, text)],
    ["log", PROVED, () => findLog(work, work.notes[0].origin)],
    ["contradiction", PROVED, () => contradicts(work)],
    ...(trust.witnesses ? [["witnesses", PROVED, () => liars(work)]] : []),
  ];
  await run(todo, steps, tell);
  return steps;
}

function readContradiction(work, text) {
  const value = fieldsOf(readCanonical(text, "contradiction"), "contradiction", ["lading", "first", "second", "root", "proof"]);
  if (value.lading !== CONTRADICTION) throw new Told(msg("It is of another format than {format}: {found}.", { format: CONTRADICTION, found: String(value.lading).slice(0, 40) }));
  work.root = hexOf(value.root, "contradiction.root", 32);
  work.path = hashesOf(value.proof, "contradiction.proof");
  try {
    work.notes = [value.first, value.second].map(parseCheckpoint);
  } catch {
    throw new Told(msg("It is no checkpoint as a log signs it."));
  }
  return { words: msg("It is two checkpoints that are said to contradict each other.") };
}

async function contradicts({ notes: [first, second], root, path, log }) {
  if (!(await knowsEd25519())) throw new Unable("contradiction", msg("This browser cannot check Ed25519 signatures, so it cannot check the log."));
  for (const note of [first, second]) {
    if (!(await verifyCheckpoint(note, log.origin, fromHex(log.key)))) throw new Told(msg("The log has not signed this state."));
  }
  if (!(await continues(first.size, root, second.size, second.root, path))) throw new Told(msg("The proof does not lead from the one checkpoint to the other."));
  if (same(root, first.root)) throw new Told(msg("The two checkpoints agree: nobody lied."));
  const trees = { size: first.size, later: second.size, one: toHex(first.root), other: toHex(root) };
  return { words: msg("The log signed the root {one} for {size} entries, and a state with {later} entries in which these have the root {other}. Both cannot be: it lied.", trees) };
}

async function liars({ notes, trust }) {
  const seen = [];
  for (const note of notes) seen.push(await verifyWitnesses(note, trust.witnesses));
  if (seen.includes(false)) throw new Told(msg("A signature of a witness of this log does not hold."));
  const both = seen[0].names.filter((name) => seen[1].names.includes(name));
  return { words: both.length ? msg("These witnesses signed both, and lied too: {names}.", { names: list(both) }) : msg("No witness of the trust file signed both.") };
}
