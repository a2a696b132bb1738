// EIP-712: the record ids that signers signed, recomputed in the reader's own browser from this file's own structures.
import { bigEndian, concat, fromHex, utf8 } from "./bytes.js";
import { keccak256 } from "./keccak.js";
import { RECORDS } from "./records.js";

const word = (value) => bigEndian(value, 32);

// "Handoff(HandoffItem[] items,uint40 releaser)HandoffItem(bytes32 shipment)" as a map of structures, each with its members
// and the hash of its type.
function structures(encodeType) {
  const known = new Map();
  for (const [, name, members] of encodeType.matchAll(/(\w+)\(([^)]*)\)/g)) {
    known.set(name, {
      members: members.split(",").map((member) => {
        const [type, field] = member.split(" ");
        return { type, field };
      }),
    });
  }
  const spell = (name) => `${name}(${known.get(name).members.map(({ type, field }) => `${type} ${field}`).join(",")})`;
  for (const name of known.keys()) {
    const inner = [...dependencies(name, known)].sort();
    known.get(name).hash = keccak256(utf8([name, ...inner].map(spell).join("")));
  }
  return known;
}

function dependencies(name, known, found = new Set()) {
  for (const { type } of known.get(name).members) {
    const inner = type.replace("[]", "");
    if (known.has(inner) && !found.has(inner)) {
      found.add(inner);
      dependencies(inner, known, found);
    }
  }
  return found;
}

// A structure with a salt may be withheld: it stands as its hash, and so does a list of such.
const isPrivate = (struct) => struct.members[0].field === "salt";
const HASH = /^0x[0-9a-f]{64}$/;

function encoded(type, value, known) {
  const [element, struct] = [type.endsWith("[]") ? type.slice(0, -2) : null, known.get(type.replace("[]", ""))];
  if (struct && isPrivate(struct) && typeof value === "string") return checked(HASH.test(value) && fromHex(value), type);
  if (element !== null) {
    return keccak256(concat(...checked(Array.isArray(value) && value, type).map((one) => encoded(element, one, known))));
  }
  if (struct) return hashStruct(type, value, known);
  if (type === "string") return keccak256(utf8(checked(typeof value === "string" && { value }, type).value));
  if (type === "bool") return word(checked(typeof value === "boolean" && [value ? 1 : 0], type)[0]);
  if (type.startsWith("uint")) return word(integer(value, Number(type.slice(4))));
  const bytes = checked(typeof value === "string" && /^0x([0-9a-f]{2})*$/.test(value) && fromHex(value), type);
  if (type === "bytes") return keccak256(bytes);
  checked(bytes.length === (type === "address" ? 20 : Number(type.slice(5))), type);
  return type === "address" ? concat(new Uint8Array(12), bytes) : concat(bytes, new Uint8Array(32 - bytes.length));
}

// Up to 48 bits a number, beyond a decimal string: one spelling for each value.
function integer(value, bits) {
  const fits = bits <= 48 ? Number.isSafeInteger(value) && value >= 0 : /^(0|[1-9][0-9]*)$/.test(value) && typeof value === "string";
  checked(fits && BigInt(value) < 1n << BigInt(bits), `uint${bits}`);
  return BigInt(value);
}

function checked(value, type) {
  if (value === false || value === undefined) throw new Error(`not a ${type}`);
  return value;
}

function hashStruct(name, value, known) {
  const { members, hash } = known.get(name);
  const fields = checked(value !== null && typeof value === "object" && Object.keys(value), name);
  checked(fields.length === members.length && members.every(({ field }) => Object.hasOwn(value, field)), name);
  return keccak256(concat(hash, ...members.map(({ type, field }) => encoded(type, value[field], known))));
}

const MONEY = new Set(["BonusAgreement", "BonusAward", "Dispute", "Ruling", "Claim"]);
const KNOWN = new Map();
const SEPARATORS = new WeakMap(); // of evidence, by trust file

function separator(money, trust) {
  if (money) return domain(true, trust);
  if (!SEPARATORS.has(trust)) SEPARATORS.set(trust, domain(false, trust));
  return SEPARATORS.get(trust);
}

function domain(money, trust) {
  const fields = ["string name", "string version", ...(money ? ["uint256 chainId", "address verifyingContract"] : []), "bytes32 salt"];
  const parts = [keccak256(utf8(`EIP712Domain(${fields.join(",")})`)), keccak256(utf8("Lading")), keccak256(utf8("1"))];
  if (money) parts.push(word(trust.chainId), concat(new Uint8Array(12), fromHex(trust.bonusPool)));
  return keccak256(concat(...parts, fromHex(trust.consortiumId)));
}

// The structures of a type of record, by name, itself first: {members: [{type, field}], hash}. Throws for no such type.
export function structuresOf(type) {
  if (!Object.hasOwn(RECORDS, type)) throw new Error("no such type of record");
  if (!KNOWN.has(type)) KNOWN.set(type, structures(RECORDS[type].type));
  return KNOWN.get(type);
}

// The digest that the signers of a record signed: its id. Throws unless the message has just the fields of its structure.
export const recordId = (record, trust) => digestOf(record.type, contentHash(record), trust);

// hashStruct of a record's message, in no domain yet; throws as recordId does.
export const contentHash = ({ type, message }) => hashStruct(type, message, structuresOf(type));

// The id of a record of this type with this content.
export const digestOf = (type, content, trust) => keccak256(concat([0x19, 0x01], separator(isMoney(type), trust), content));

// Whether records of this type bind the chain and the bonus pool too.
export const isMoney = (type) => MONEY.has(type);

// What a wallet signs (eth_signTypedData_v4), made from this file's own structures: its digest is the record's id. Throws
// where a private part is withheld: nobody signs what he cannot see.
export function typedData({ type, message }, trust) {
  const known = structuresOf(type);
  if (!isWhole({ type, message })) throw new Error("a part of it is withheld");
  const money = MONEY.has(type) ? { chainId: trust.chainId, verifyingContract: trust.bonusPool } : {};
  const domain = { name: "Lading", version: "1", ...money, salt: trust.consortiumId };
  const kinds = { name: "string", version: "string", chainId: "uint256", verifyingContract: "address", salt: "bytes32" };
  const types = { EIP712Domain: Object.keys(domain).map((name) => ({ name, type: kinds[name] })) };
  for (const [name, { members }] of known) types[name] = members.map(({ type: kind, field }) => ({ name: field, type: kind }));
  return { types, primaryType: type, domain, message };
}

// Whether no private part of a record is withheld; of what has its structure, which recordId sees to.
export const isWhole = ({ type, message }) => !hidden(type, message, structuresOf(type));

function hidden(type, value, known) {
  const struct = type.replace("[]", "");
  if (!known.has(struct)) return false;
  if (typeof value === "string") return true;
  if (type.endsWith("[]")) return value.some((entry) => hidden(struct, entry, known));
  return known.get(struct).members.some(({ type: inner, field }) => hidden(inner, value[field], known));
}
