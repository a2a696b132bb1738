// The form of a bundle: what is read, and nothing else. Twin of ledger/bundle/format.py. Of seals only the outline is read.
import { toHex, utf8 } from "../verify/bytes.js";
import { parseCanonical } from "../verify/canonical.js";
import { msg } from "../verify/messages.js";
import { isPolicy, readWitnessKey } from "../verify/note.js";
import { Told } from "../verify/refusals.js";
import { timesFit } from "../verify/times.js";
import { contentHash, structuresOf } from "../verify/typed.js";
import { LIMITS } from "./limits.js";
import { entriesOf, fieldsOf, hashesOf, hexOf, integerOf, textOf } from "./shape.js";
import { parseSubject } from "./subject.js";

const FORMAT = "bundle/4";
const FIELDS = ["lading", "subject", "origin", "checkpoint", "proof", "records", "complete", "rules", "times", "figures"];
const MORE = { award: "cutoff", shipment: "last", partner: "last" };
const SIGNATURE = 65;
const LEAF = 74;
const MOST_SIGNATURES = 200;
const MOST_RULES = 64;

// The bundle in a text: its fields, `about` (its subject, read), and of each record `where` and `content` (hashStruct of its
// message) too. Throws Told.
export async function parseBundle(text) {
  const value = readCanonical(text, "bundle");
  const form = value?.lading;
  if (typeof form === "string" && form !== FORMAT) throw new Told(msg("It is of another format than {format}: {found}.", { format: FORMAT, found: form.slice(0, 40) }));
  const about = parseSubject(textOf(value?.subject, "bundle.subject"));
  const more = MORE[about.kind];
  const fields = fieldsOf(value, "bundle", more === undefined ? FIELDS : [...FIELDS, more], more === undefined ? [] : ["seals"]);
  textOf(fields.origin, "bundle.origin");
  textOf(fields.checkpoint, "bundle.checkpoint");
  const { complete, rules, figures, cutoff, last, seals } = fields;
  const proof = hashesOf(fields.proof, "bundle.proof");
  const records = entriesOf(fields.records, "bundle.records").map(([where, record]) => readRecord(record, where));
  fieldsOf(complete, "bundle.complete", ["logId", "size", "subject", "root", "signature"]);
  integerOf(complete.size, "bundle.complete.size");
  textOf(complete.subject, "bundle.complete.subject");
  for (const [name, length] of [["logId", 32], ["root", 32], ["signature", 64]]) hexOf(complete[name], `bundle.complete.${name}`, length);
  entriesOf(rules, "bundle.rules", 0, MOST_RULES).forEach(([where, rule]) => textOf(rule, where));
  if (!timesFit(fields.times)) throw new Told(msg("By which evidence times count is not written as it must be."));
  if (fields.times.witnesses !== null) await readPolicy(fields.times.witnesses, "bundle.times.witnesses");
  if (figures === null || typeof figures !== "object" || Array.isArray(figures)) throw new Told(msg("{where} is no object.", { where: "bundle.figures" }));
  if (about.kind === "trace") about.traced = hashesOf(figures.shipments, "bundle.figures.shipments");
  if (last !== undefined) readLeaf(last, "bundle.last");
  if (cutoff !== undefined) {
    fieldsOf(cutoff, "bundle.cutoff", ["last", "before"]);
    readLeaf(cutoff.last, "bundle.cutoff.last");
    if (cutoff.before !== null) readLeaf(cutoff.before, "bundle.cutoff.before");
  }
  if (seals !== undefined) readSeals(seals);
  if (!rules.every((rule, i) => i === 0 || compareText(rules[i - 1], rule) < 0)) throw new Told(msg("The rule files do not ascend, each once."));
  if (records.length === 0 || !records.every(({ index }, i) => i === 0 || records[i - 1].index < index)) {
    throw new Told(msg("There are no records, or they are not in the log's order, each once."));
  }
  return { ...fields, about, proof, records };
}

// The keys of a witness policy, as readWitnessKey gives them; throws Told.
export async function readPolicy(policy, where) {
  try {
    if (!isPolicy(policy)) throw new Error("not a policy");
    const keys = await Promise.all(policy.keys.map(readWitnessKey));
    const distinct = (told) => new Set(keys.map(told)).size === keys.length;
    if (!distinct(({ name }) => name) || !distinct(({ publicKey }) => toHex(publicKey))) throw new Error("a witness twice");
    return keys;
  } catch {
    throw new Told(msg("{where} names no witnesses that can be asked.", { where }));
  }
}

// The value of a text in its one canonical spelling; throws Told.
export function readCanonical(text, where) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Told(msg("{where} is no JSON.", { where }));
  }
  try {
    return parseCanonical(text);
  } catch {
    throw new Told(msg("{where} is not written as it is exported: something in it was changed, if only a space.", { where }));
  }
}

// A record as it travels, {type, message, signatures}; gives it with `where` and `content`.
export function readSigned(record, where) {
  const { type, message, signatures } = record;
  let content;
  try {
    content = contentHash(record);
    checkLimits(type, message, structuresOf(type), `${where}.message`);
  } catch (error) {
    throw error.words ? error : new Told(msg("{where} is no record: a part is missing, is not known, or is not written as it must be.", { where }));
  }
  entriesOf(signatures, `${where}.signatures`, 0, MOST_SIGNATURES).forEach(([at, signature]) => hexOf(signature, at, SIGNATURE));
  return { type, message, signatures, content, where };
}

function readRecord(value, where) {
  fieldsOf(value, where, ["type", "message", "signatures", "index", "logTime", "leafHash"]);
  integerOf(value.index, `${where}.index`);
  integerOf(value.logTime, `${where}.logTime`);
  hexOf(value.leafHash, `${where}.leafHash`, 32);
  return { ...value, ...readSigned(value, where) };
}

// Texts in Unicode normal form and no longer than the ledger takes, lists neither.
function checkLimits(struct, value, known, where) {
  for (const { type, field } of known.get(struct).members) {
    const [inner, at, limit, given] = [type.replace("[]", ""), `${where}.${field}`, LIMITS[struct]?.[field], value[field]];
    if (type === "string" && (given !== given.normalize("NFC") || given.includes("\0") || utf8(given).length > limit)) {
      throw new Told(msg("{where} is too long, or not written in Unicode's normal form.", { where: at }));
    }
    if (type === "bytes" && (given.length - 2) / 2 > limit) throw new Told(msg("{where} is too long.", { where: at }));
    if (Array.isArray(given)) {
      for (const [place, entry] of entriesOf(given, at, ...limit)) if (known.has(inner) && typeof entry !== "string") checkLimits(inner, entry, known, place);
    } else if (known.has(inner) && typeof given !== "string") {
      checkLimits(inner, given, known, at);
    }
  }
}

function readLeaf(value, where) {
  fieldsOf(value, where, ["leaf", "proof"]);
  hexOf(value.leaf, `${where}.leaf`, LEAF);
  hashesOf(value.proof, `${where}.proof`);
}

function readSeals(seals) {
  fieldsOf(seals, "bundle.seals", ["blocks", "state"]);
  fieldsOf(seals.state, "bundle.seals.state", ["following", "registry", "custody"]);
  const heights = entriesOf(seals.blocks, "bundle.seals.blocks").map(([where, block]) => integerOf(block?.following?.header?.height, `${where}.following.header.height`));
  if (!heights.every((height, i) => i === 0 || heights[i - 1] < height)) throw new Told(msg("The sealed blocks do not ascend, each once."));
}

// By code points, as the ledger orders texts.
function compareText(one, other) {
  const [a, b] = [utf8(one), utf8(other)];
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
