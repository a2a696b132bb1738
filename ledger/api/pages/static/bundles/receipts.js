// What the log signed when it took a record, and whether a bundle leaves such a record out. Twin of
// ledger/bundle/omitted_records.py.
import { bigEndian, concat, fromHex, same, toHex, utf8 } from "../verify/bytes.js";
import { leafHash, leafOf } from "../verify/merkle.js";
import { list, moment, msg } from "../verify/messages.js";
import { knowsEd25519, logId, verifyEd25519 } from "../verify/note.js";
import { RECORDS } from "../verify/records.js";
import { Told, Unable } from "../verify/refusals.js";
import { digestOf, isMoney } from "../verify/typed.js";
import { bearsOn } from "./bearing.js";
import { readSigned } from "./format.js";
import { fieldsOf, hexOf, integerOf } from "./shape.js";

// A receipt in parsed JSON, and the record that it is for where the file has it: {receipt, record}. Taken are receipts alone,
// a record with its receipt, and records as the service shows them. Throws Told.
export function readReceipt(value) {
  const { receipt, record } = parts(value);
  fieldsOf(receipt, "receipt", ["logId", "index", "leafHash", "logTime", "signature"]);
  for (const [name, length] of [["logId", 32], ["leafHash", 32], ["signature", 64]]) hexOf(receipt[name], `receipt.${name}`, length);
  integerOf(receipt.index, "receipt.index");
  integerOf(receipt.logTime, "receipt.logTime");
  return { receipt, record: record === undefined ? null : readSigned(fieldsOf(record, "record", ["type", "message", "signatures"]), "record") };
}

function parts(value) {
  const { type, message, signatures } = value;
  if (value.log?.receipt) return { receipt: value.log.receipt, record: { type, message, signatures } };
  return "receipt" in value ? value : { receipt: value };
}

// The log of the trust file that gave a receipt; throws Told.
export async function logOf({ logId: wanted }, trust) {
  for (const log of trust.logs) if (toHex(await logId(log.origin, fromHex(log.key))) === wanted) return log;
  throw new Told(msg("The receipt is of a log that the trust file does not name."));
}

export async function checkReceiptSigned({ logId: id, index, leafHash: leaf, signature }, log) {
  if (!(await knowsEd25519())) throw new Unable("receipt", msg("This browser cannot check Ed25519 signatures, so it cannot check the log."));
  const promise = concat(utf8("lading/receipt/v1\0"), fromHex(id), bigEndian(index, 8), fromHex(leaf));
  if (!(await verifyEd25519(fromHex(log.key), fromHex(signature), promise))) throw new Told(msg("The log has not signed this receipt."));
}

// The id of the record that a receipt is for, in one of the domains of these pools; throws Told for another record.
export async function recordOf({ type, content, signatures }, { leafHash: leaf, logTime }, trust, pools) {
  for (const pool of isMoney(type) ? pools : [null]) {
    const digest = digestOf(type, content, pool === null ? trust : { ...trust, bonusPool: pool });
    if (same(await leafHash(await leafOf(RECORDS[type].number, digest, signatures.map(fromHex), logTime)), fromHex(leaf))) return toHex(digest);
  }
  throw new Told(msg("The receipt is not about this record: another part, signature or time was taken."));
}

// That none of the held receipts (as readReceipt takes them) is for a record that was due in the bundle and is not there.
export async function checkReceipts(work, held) {
  const records = new Map(work.records.map((record) => [record.id, record]));
  const said = [];
  for (const { receipt, record } of held.map(readReceipt)) {
    if (toHex(await logId(work.log.origin, fromHex(work.log.key))) !== receipt.logId) throw new Told(msg("The receipt is of another log."));
    await checkReceiptSigned(receipt, work.log);
    if (record === null) throw new Told(msg("With this receipt there is no record, so nobody can say whether it was left out. Add the answer that has both."));
    const { index, logTime } = receipt;
    const { type } = record;
    const id = await recordOf(record, receipt, work.trust, work.pools);
    if (records.has(id)) {
      if (records.get(id).index !== index) throw new Told(msg("The log has the record at another place than it promised: {index}. Receipt and checkpoint together prove that it lied.", { index }));
      said.push(msg("the record of entry {index} ({type}) is here", { index, type }));
    } else if (index >= work.checkpoint.size) {
      said.push(msg("entry {index} ({type}) was logged after this checkpoint", { index, type }));
    } else if (await bearsOn(work.bundle.about, { ...record, id }, index, records)) {
      throw new Told(msg("Entry {index} ({type}), taken on {time}, was left out of what the log called complete. Receipt and bundle together prove that it lied.", { index, type, time: moment(logTime) }));
    } else {
      said.push(msg("entry {index} ({type}) is about something else", { index, type }));
    }
  }
  return { words: msg("Of the receipts that you hold: {said}.", { said: list(said) }) };
}
