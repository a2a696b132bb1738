// What somebody dropped on the verify page: which kind of file each is, and which checks follow from all of them.
import { checkBundle } from "../bundles/check.js";
import { checkContradiction, checkNote, checkReceiptFile } from "../bundles/other_files.js";
import { parseCheckpoint } from "../verify/note.js";

// trust, bundle, contradiction, receipt, entry (a record's proof), consistency (a proof between two sizes), checkpoint; or null.
export function kindOf(text) {
  const value = parsed(text);
  if (value === null) return noteIn(text) === null ? null : "checkpoint";
  const format = typeof value.lading === "string" ? value.lading.split("/")[0] : "";
  if (["trust", "bundle", "contradiction"].includes(format)) return format;
  const has = (...names) => names.every((name) => Object.hasOwn(value, name));
  if (has("receipt") || has("logId", "leafHash", "signature") || value.log?.receipt) return "receipt";
  if (has("first", "second", "proof")) return "consistency";
  return has("index", "size", "leafHash", "proof", "checkpoint") ? "entry" : null;
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function noteIn(text) {
  try {
    return parseCheckpoint(text);
  } catch {
    return null;
  }
}

// What to check of these files, [{name, kind, check(trust, tell, progress)}]: each bundle with all that was kept beside it; without a
// bundle each receipt; without these the newest checkpoint, with the others as kept ones.
export function checksOf(files) {
  const of = (kind) => files.filter((file) => file.kind === kind);
  const kept = of("checkpoint").map(({ name, text }) => ({ name, note: text }));
  const proofs = of("consistency").map(({ text }) => proofIn(parsed(text))).filter((proof) => proof !== null);
  const receipts = of("receipt");
  const convictions = of("contradiction").map(({ name, kind, text }) => ({ name, kind, check: (trust, tell) => checkContradiction(text, trust, tell) }));
  if (of("bundle").length) {
    const more = { kept, proofs, receipts: receipts.map(({ text }) => parsed(text)) };
    const check = (text) => (trust, tell, progress) => checkBundle(text, trust, more, tell, progress);
    return [...of("bundle").map(({ name, kind, text }) => ({ name, kind, check: check(text) })), ...convictions];
  }
  const held = receipts.map(({ name, kind, text }) => {
    const value = parsed(text);
    const receipt = value.log?.receipt ?? value.receipt ?? value;
    const entry = of("entry").map((file) => parsed(file.text)).find(({ leafHash }) => leafHash === receipt.leafHash) ?? null;
    return { name, kind, check: (trust, tell) => checkReceiptFile(value, trust, { kept, proofs, entry }, tell) };
  });
  return held.length ? [...held, ...convictions] : [...ofNotes(kept, proofs), ...convictions];
}

function ofNotes(kept, proofs) {
  const sizeOf = ({ note }) => parseCheckpoint(note).size;
  const newest = [...kept].sort((one, other) => sizeOf(other) - sizeOf(one))[0];
  if (newest === undefined) return [];
  const others = kept.filter((one) => one !== newest);
  return [{ name: newest.name, kind: "checkpoint", check: (trust, tell) => checkNote(newest.note, trust, { kept: others, proofs }, tell) }];
}

function proofIn({ first, second, proof }) {
  const hashes = Array.isArray(proof) && proof.every((hash) => /^0x[0-9a-f]{64}$/.test(hash));
  if (!hashes || !Number.isSafeInteger(first) || !Number.isSafeInteger(second)) return null;
  return { first, second, proof: proof.map((hash) => Uint8Array.from(hash.slice(2).match(/../g), (pair) => parseInt(pair, 16))) };
}
