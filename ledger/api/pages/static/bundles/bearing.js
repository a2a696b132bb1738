// Which records must be in a bundle about a subject, judged by their public fields. Twin of ledger/bundle/subject.py and
// ledger/records/index_keys.py.
import { sha256, toHex, utf8 } from "../verify/bytes.js";
import { covers, parseProduct, recalledProduct } from "../verify/gs1.js";
import { ExceptionBit, RECORDS } from "../verify/records.js";
import { structuresOf } from "../verify/typed.js";
import { childId, remainderId } from "./shipment_ids.js";

const PARTNERS = new Set(["partner", "actor", "consignor", "consignee", "holder", "releaser", "receiver", "by", "counterparty", "declarant", "causedBy", "awarder", "residual", "arbiter"]);
const NAMED = new Set(["target", "previous", "recall", "record", "accreditation", "supersedes"]);
const NOTHING = "0x" + "00".repeat(32);
const OF_SHIPMENTS = new Set([4, 5, 6, 7, 8, 9]);
const NUMBERS_NEED = new Set([1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15]);
const ABOUT_OTHERS = new Set([14, 15]);

// Whether `record`, {id, type, message}, at entry `index` of the log must be in a bundle about `about` that holds `records` (by
// id). True means that it must; what only private parts or figures tell is not known here, but for `about.traced`: the shipments
// of a trace.
export async function bearsOn(about, record, index, records) {
  const { number } = RECORDS[record.type];
  if (about.kind === "product") return ofProduct(about.product, record, records);
  const keys = keysOf(record);
  if (about.kind === "award") {
    const award = records.get(about.id);
    if (award?.type !== "BonusAward") return false;
    return keys.has(`agreement ${award.message.agreement}`) || (NUMBERS_NEED.has(number) && index < Number(award.message.logSize));
  }
  if (ABOUT_OTHERS.has(number)) return [...records.keys()].some((id) => keys.has(`record ${id}`));
  if (!OF_SHIPMENTS.has(number)) return false;
  if (about.kind === "shipment") return keys.has(`shipment ${about.id}`);
  if (about.kind === "trace") return about.traced.some((id) => keys.has(`shipment ${id}`));
  const opened = [...records.values()].filter(({ type }) => type === "ShipmentTerms");
  return keys.has(`partner ${about.partner}`) || opened.some(({ id }) => keys.has(`shipment ${id}`));
}

async function ofProduct(product, { type, message }, records) {
  if (type === "Recall") return recalledProduct(message.subject)?.gtin === product.gtin;
  if (type === "Revocation") return records.has(message.target);
  if (type !== "Attestation") return false;
  const subject = parseProduct(message.subject);
  if (subject !== null) return covers(subject, product);
  return message.subject.startsWith("partner/") && message.schema === toHex(await sha256(utf8("brand authorisation")));
}

// "kind key" of whom and what a record is about; shipments with those that it opens.
function keysOf({ id, type, message: m }) {
  const keys = new Set();
  collect(type, m, structuresOf(type), keys);
  const short = (item) => item.exceptions & ExceptionBit.SHORT;
  if (type === "ShipmentTerms") keys.add(`shipment ${id}`);
  if (type === "Split") m.children.forEach((_, i) => keys.add(`shipment ${childId(m.shipment, m.sequence, i)}`));
  const items = { Handoff: m.items, Override: [m] }[type] ?? [];
  for (const { shipment, sequence } of items.filter(short)) keys.add(`shipment ${remainderId(shipment, sequence)}`);
  return keys;
}

function collect(struct, value, known, keys) {
  for (const { type, field } of known.get(struct).members) {
    const inner = type.replace("[]", "");
    const given = value[field];
    if (known.has(inner)) {
      const open = known.get(inner).members[0].field !== "salt";
      for (const entry of open ? [given].flat() : []) collect(inner, entry, known, keys);
    } else if (PARTNERS.has(field) && type.startsWith("uint")) {
      if (given !== 0) keys.add(`partner ${given}`);
    } else if (field === "subject") {
      const [kind, ...rest] = given.split("/");
      if (["partner", "shipment"].includes(kind) && rest.join("/") !== "") keys.add(`${kind} ${rest.join("/")}`);
    } else if (type === "bytes32" && given !== NOTHING) {
      if (field === "shipment" || field === "agreement") keys.add(`${field} ${given}`);
      if (NAMED.has(field)) keys.add(`record ${given}`);
    }
  }
}
