// Where the chain recorded each record, and the registry replayed up to there: whose keys signed, in which roles.
import { fromHex, toHex } from "./bytes.js";
import { covers, parseProduct, recalledProduct } from "./gs1.js";
import { msg } from "./messages.js";
import { ContractKind, Outcome, RECORDS, Role } from "./records.js";
import { Refused } from "./refusals.js";
import { NO_SCOPE, Registry } from "./registry.js";
import { apply } from "./registry_rules.js";
import { recover } from "./secp256k1.js";

const changes = (count) =>
  msg("{count} changes of the registry follow each other from its beginning without a gap, each signed by the council then in force.", { count });
const signed = (count) => msg("{count} records about this product were signed with keys that were their partners' then.", { count });
const NOT_FINAL = new Set([Outcome.AHEAD, Outcome.UNKNOWN, Outcome.ANNOUNCED]);
const APPLIED = new Set([Outcome.APPLIED, Outcome.APPLIED_IN_BREACH]);
const OF_REGISTRY = new Set(["RegistryChange", "KeyGrant", "KeyRevoke"]);
const OF_PRODUCTS = new Set(["Attestation", "Revocation", "Recall"]);

// The records but for outcomes, each with the first final outcome of the log: {..., place} where place is {block, event,
// time, target, applied}, or null while there is none. Throws Refused.
export function placed(records) {
  const events = new Map();
  const own = records.filter(({ type }) => type !== "Outcome");
  for (const { type, message, signatures } of records) {
    if (type !== "Outcome") continue;
    if (signatures.length) throw new Refused("outcomes", msg("Only the log itself writes outcomes, and nobody signs them."));
    if (!own.some(({ id }) => id === message.record)) {
      throw new Refused("outcomes", msg("Here is what became of a record, but not the record."));
    }
    const code = fromHex(message.outcomes)[0];
    if (!(code >= 1 && code <= Outcome.ANNOUNCED)) throw new Refused("outcomes", msg("An outcome is unknown."));
    if (!NOT_FINAL.has(code) && !events.has(message.record)) events.set(message.record, { code, ...message });
  }
  return own.map((record) => ({ ...record, place: placeOf(events.get(record.id)) }));
}

function placeOf(event) {
  if (event === undefined || event.code === Outcome.REJECTED) return null;
  const { blockNumber, eventIndex, blockTime, target, code } = event;
  return { block: BigInt(blockNumber), event: eventIndex, time: blockTime, target, applied: APPLIED.has(code) };
}

// The registry after all of its records, and the others as judged at their places: {..., keys, known, applied, authority,
// brands}; `brands`: who held the brand of recalled goods there. Records that the chain has not recorded have no effect. `knownOf`: as of timesOf. Throws Refused.
export function replay(records, trust, knownOf, say) {
  const registry = new Registry(trust.genesis);
  const judged = [];
  const order = records.filter(({ place }) => place !== null).sort((a, b) => compare(a.place, b.place));
  let before = null;
  for (const record of order) {
    const ofRegistry = OF_REGISTRY.has(record.type);
    const { place } = record;
    if (before !== null && (compare(before, place) === 0 || before.time > place.time)) {
      throw new Refused("registry", msg("The log says that two things happened at once, or time ran backwards."));
    }
    before = place;
    const keys = signersOf(record);
    if (!ofRegistry) {
      judged.push({ ...record, keys, known: knownOf({ ...record, blockTime: place.time }), ...judge(registry, record, keys) });
      continue;
    }
    if (place.target !== trust.registry) throw new Refused("registry", msg("A change is not of the registry in the trust file."));
    try {
      apply(registry, record, keys, place.time);
    } catch (error) {
      const { index } = record;
      throw new Refused("registry", msg("The registry cannot have recorded its change in entry {index}: {why}.", { index, why: error.words ?? msg("it cannot be read") }));
    }
  }
  say("registry", changes(registry.sequence));
  for (const record of records.filter(({ place }) => place === null)) {
    const keys = signersOf(record);
    const known = knownOf({ ...record, blockTime: null });
    if (!OF_REGISTRY.has(record.type)) judged.push({ ...record, keys, known, applied: false, authority: false, brands: [] });
  }
  if (judged.length) say("signatures", signed(judged.length));
  return { registry, judged };
}

function signersOf(record) {
  if (!OF_REGISTRY.has(record.type) && !OF_PRODUCTS.has(record.type)) {
    throw new Refused("signatures", msg("Entry {index} is no record about a product.", record));
  }
  if (record.signatures.length === 0) throw new Refused("signatures", msg("Nobody signed entry {index} ({type}).", record));
  try {
    return record.signatures.map((signature) => toHex(recover(record.digest, fromHex(signature))));
  } catch {
    throw new Refused("signatures", msg("A signature of entry {index} ({type}) is none.", record));
  }
}

// Whether a record about a product was its partner's to sign where it stands.
function judge(registry, { type, message, index, place }, keys) {
  const no = (why) => new Refused("signatures", msg("Entry {index} ({type}): {why}.", { index, type, why }));
  const { by } = message;
  const contract = registry.contract(ContractKind.ATTESTATION, place.time);
  if (contract === null || place.target !== contract) throw no(msg("the contract that took it was not in force"));
  if (keys.length !== 1) throw no(msg("not signed by one key"));
  const partner = registry.partnerOf(keys[0], RECORDS[type].number, place.time);
  if (partner === null) throw no(msg("signed with a key that was nobody's then, or not for such records"));
  if (partner !== by) throw no(msg("signed by another partner than the one it names"));
  if (place.applied && type !== "Revocation" && registry.suspended(by, place.time)) throw no(msg("its partner was suspended when it signed"));
  if (place.applied && type === "Attestation" && !registry.hasRole(by, Role.ISSUER, message.schema, place.time)) {
    throw no(msg("its partner was no issuer of such attestations when it signed"));
  }
  const recalled = type === "Recall" ? recalledProduct(message.subject) : null;
  const brands = recalled === null ? [] : registry.brandsOf(recalled.gtin, place.time);
  return { applied: place.applied, authority: registry.hasRole(by, Role.AUTHORITY, NO_SCOPE, place.time), brands };
}

function compare(a, b) {
  if (a.block !== b.block) return a.block < b.block ? -1 : 1;
  return a.event - b.event;
}

// Throws Refused for a record that has nothing to do with the product: the log is not to fill pages with others' words.
export function mustBearOn(product, records, authorisation) {
  const ids = new Set(records.map(({ id }) => id));
  for (const { type, message, index } of records) {
    const subject = type === "Recall" ? recalledProduct(message.subject) : parseProduct(message.subject ?? "");
    const bears =
      type === "Revocation"
        ? ids.has(message.target)
        : type === "Recall"
          ? subject?.gtin === product.gtin
          : subject === null
            ? message.schema === authorisation && message.subject.startsWith("partner/")
            : covers(subject, product);
    if (!bears) throw new Refused("subject", msg("Entry {index} ({type}) is not about this product.", { index, type }));
  }
}
