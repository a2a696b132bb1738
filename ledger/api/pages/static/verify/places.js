// Where the chain recorded each record, and the registry replayed up to there: whose keys signed, in which roles.
import { fromHex, toHex } from "./bytes.js";
import { covers, parseProduct, recalledProduct } from "./gs1.js";
import { ContractKind, Outcome, RECORDS, Role } from "./records.js";
import { Refused } from "./refusals.js";
import { NO_SCOPE, Registry } from "./registry.js";
import { apply } from "./registry_rules.js";
import { recover } from "./secp256k1.js";

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
    if (signatures.length) throw new Refused("outcomes", "Only the log itself writes outcomes, and nobody signs them.");
    if (!own.some(({ id }) => id === message.record)) {
      throw new Refused("outcomes", "Here is what became of a record, but not the record.");
    }
    const code = fromHex(message.outcomes)[0];
    if (!(code >= 1 && code <= Outcome.ANNOUNCED)) throw new Refused("outcomes", "An outcome is unknown.");
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
      throw new Refused("registry", "The log says that two things happened at once, or time ran backwards.");
    }
    before = place;
    const keys = signersOf(record);
    if (!ofRegistry) {
      judged.push({ ...record, keys, known: knownOf({ ...record, blockTime: place.time }), ...judge(registry, record, keys) });
      continue;
    }
    if (place.target !== trust.registry) throw new Refused("registry", "A change is not of the registry in the trust file.");
    try {
      apply(registry, record, keys, place.time);
    } catch (error) {
      throw new Refused("registry", `The registry cannot have recorded its change in entry ${record.index}: ${error.message}.`);
    }
  }
  say("registry", `${registry.sequence} changes of the registry follow each other from its beginning without a gap, each signed by the council then in force.`);
  for (const record of records.filter(({ place }) => place === null)) {
    const keys = signersOf(record);
    const known = knownOf({ ...record, blockTime: null });
    if (!OF_REGISTRY.has(record.type)) judged.push({ ...record, keys, known, applied: false, authority: false, brands: [] });
  }
  if (judged.length) say("signatures", `${judged.length} records about this product were signed with keys that were their partners' then.`);
  return { registry, judged };
}

function signersOf(record) {
  if (!OF_REGISTRY.has(record.type) && !OF_PRODUCTS.has(record.type)) {
    throw new Refused("signatures", `Entry ${record.index} is no record about a product.`);
  }
  if (record.signatures.length === 0) throw new Refused("signatures", `Nobody signed entry ${record.index} (${record.type}).`);
  try {
    return record.signatures.map((signature) => toHex(recover(record.digest, fromHex(signature))));
  } catch {
    throw new Refused("signatures", `A signature of entry ${record.index} (${record.type}) is none.`);
  }
}

// Whether a record about a product was its partner's to sign where it stands.
function judge(registry, { type, message, index, place }, keys) {
  const no = (why) => new Refused("signatures", `Entry ${index} (${type}): ${why}.`);
  const { by } = message;
  const contract = registry.contract(ContractKind.ATTESTATION, place.time);
  if (contract === null || place.target !== contract) throw no("the contract that took it was not in force");
  if (keys.length !== 1) throw no("not signed by one key");
  const partner = registry.partnerOf(keys[0], RECORDS[type].number, place.time);
  if (partner === null) throw no("signed with a key that was nobody's then, or not for such records");
  if (partner !== by) throw no("signed by another partner than the one it names");
  if (place.applied && type !== "Revocation" && registry.suspended(by, place.time)) throw no("its partner was suspended when it signed");
  if (place.applied && type === "Attestation" && !registry.hasRole(by, Role.ISSUER, message.schema, place.time)) {
    throw no("its partner was no issuer of such attestations when it signed");
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
    if (!bears) throw new Refused("subject", `Entry ${index} (${type}) is not about this product.`);
  }
}
