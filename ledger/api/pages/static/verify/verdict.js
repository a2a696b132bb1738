// The verdict on a product, from records that hold: who speaks for the brand, recalls, revocations, attestations. Twin of
// ledger/products/authenticity.py for all that records say; what others saw of the code, and custody, is not in it.
import { sha256, toHex, utf8 } from "./bytes.js";
import { described, productSchema } from "./described.js";
import { covers, parseProduct, recallCovers, recalledProduct } from "./gs1.js";
import { mustBearOn } from "./places.js";

const AUTHORISATION_DEPTH = 8;
// Reasons that decide, the strongest first, and the verdict each leads to.
export const DECIDING = new Map([
  ["recall", "recalled"],
  ["recall of some lots or serials", "incomplete"],
  ["attested", "authentic"],
  ["revoked", "revoked"],
  ["expired", "expired"],
]);

// {verdict, reasons: [{code, by, record, action, contact, chain}], data}, the deciding reasons first; `data`: {record, document}
// of what the brand says of the product, or null. `evidence`: of verifyBundle;
// `time`: UTC seconds at which the product is judged. Verdicts: recalled, incomplete, authentic, revoked, expired, unknown;
// incomplete where some lots or serials are recalled and the code does not tell which it is.
export async function judge(path, evidence, time) {
  const product = parseProduct(path);
  const authorisation = toHex(await sha256(utf8("brand authorisation")));
  mustBearOn(product, evidence.records, authorisation);
  const heard = hear(evidence.records, time);
  const holders = evidence.registry.brandsOf(product.gtin, time);
  const chains = speakers(holders, heard, authorisation, time);
  // By what was known at an earlier time, from who held the brand where the recall stands: an authorisation or a role that
  // ends later silences none.
  const before = ({ known: then, brands }) => speakers(brands, hear(evidence.records.filter(({ known }) => known <= then), then), authorisation, then);
  const schema = await productSchema(); // which describes, and vouches for nothing
  const inForce = heard.attested.filter((record) => valid(record, heard, time));
  heard.attested = heard.attested.filter(({ message }) => message.schema !== schema);
  const reasons = [...recalls(product, heard, chains, before), ...attestations(product, heard, chains, evidence.listed, time)];
  const rank = ({ code }) => (DECIDING.has(code) ? [...DECIDING.keys()].indexOf(code) : DECIDING.size);
  reasons.sort((a, b) => rank(a) - rank(b));
  return { verdict: DECIDING.get(reasons[0]?.code) ?? "unknown", reasons, data: described(product, inForce, chains, schema) };
}

// What the chain applied, in log order, and which of it was revoked by its author: of several revocations by that which is
// effective first.
function hear(records, time) {
  const known = records.filter(({ applied }) => applied).sort((a, b) => a.index - b.index);
  const [attested, recalled, revocations] = ["Attestation", "Recall", "Revocation"].map((kind) => known.filter(({ type }) => type === kind));
  const authors = new Map([...attested, ...recalled].map(({ id, message }) => [id, message.by]));
  const revoked = new Map();
  for (const { id, message } of revocations) {
    const { target, by, effectiveFrom } = message;
    const first = revoked.get(target)?.effectiveFrom ?? Infinity;
    if (effectiveFrom <= time && authors.get(target) === by && effectiveFrom < first) revoked.set(target, { id, ...message });
  }
  return { attested, recalled, revoked };
}

const valid = ({ id, message }, { revoked }, time) =>
  !revoked.has(id) && message.validFrom <= time && (message.validUntil === 0 || time <= message.validUntil);

// Partner → authorisations that lead to it from a holder of the GS1 prefix; none for a holder.
function speakers(holders, heard, authorisation, time) {
  const chains = new Map(holders.map((holder) => [holder, []]));
  const told = heard.attested
    .filter((record) => record.message.schema === authorisation && valid(record, heard, time))
    .map(({ id, message }) => ({ id, by: message.by, partner: partnerOf(message.subject) }))
    .filter(({ partner }) => partner !== null);
  for (let depth = 0; depth < AUTHORISATION_DEPTH; depth++) {
    const found = told.filter(({ by, partner }) => chains.has(by) && !chains.has(partner));
    const reached = found.map(({ id, by, partner }) => [partner, [...chains.get(by), id]]);
    if (reached.length === 0) break;
    for (const [partner, chain] of reached) chains.set(partner, chain);
  }
  return chains;
}

function partnerOf(subject) {
  const match = /^partner\/(0|[1-9][0-9]*)$/.exec(subject);
  return match === null ? null : Number(match[1]);
}

function recalls(product, heard, chains, before) {
  const standing = heard.recalled.filter(({ id }) => !heard.revoked.has(id));
  const byId = new Map(heard.recalled.map((record) => [record.id, record]));
  const superseded = new Set();
  for (const { message, authority } of standing) {
    const earlier = byId.get(message.supersedes);
    if (earlier !== undefined && (earlier.message.by === message.by || authority)) superseded.add(earlier.id);
  }
  const reasons = [];
  for (const recall of standing) {
    const { id, message, authority } = recall;
    const covered = superseded.has(id) ? false : recallCovers(recalledProduct(message.subject), message.lots, product);
    if (covered === false) continue;
    const chain = chains.get(message.by) ?? before(recall).get(message.by);
    const speaks = chain !== undefined || authority;
    const code = !speaks ? "recall by others" : covered ? "recall" : "recall of some lots or serials";
    const { by, action, contact } = message;
    reasons.push({ code, by, record: id, action, contact, chain: chain ?? [] });
  }
  return reasons;
}

function attestations(product, heard, chains, listed, time) {
  const reasons = [];
  for (const record of heard.attested) {
    const { id, message } = record;
    const subject = parseProduct(message.subject);
    if (subject === null || !covers(subject, product)) continue;
    const codes = /[1-9a-f]/.test(message.itemCodes.slice(2));
    const code = !chains.has(message.by)
      ? "others"
      : heard.revoked.has(id)
        ? "revoked"
        : message.validFrom > time
          ? "not yet valid"
          : !valid(record, heard, time)
            ? "expired"
            : codes && !listed.has(id)
              ? "not listed"
              : "attested";
    reasons.push({ code, by: message.by, record: id, chain: chains.get(message.by) ?? [], reason: heard.revoked.get(id)?.reason });
  }
  return reasons;
}
