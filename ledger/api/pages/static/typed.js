// EIP-712 record ids and secp256k1 signatures, recomputed in the reader's own browser. Plain and slow on purpose:
// it is read more often than it is run. Sources: FIPS 202 (Keccak with the padding of Ethereum), EIP-712, SEC 1.
import { bigEndian, concat, fromHex } from "./merkle.js";

// --- Keccak-256 ---

const MASK = (1n << 64n) - 1n;
const ROUNDS = [];
const OFFSETS = [];
{
  let state = 1; // the round constants come from a linear feedback shift register
  for (let round = 0; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (state & 1) constant |= 1n << BigInt((1 << j) - 1);
      state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    }
    ROUNDS.push(constant);
  }
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    OFFSETS[x + 5 * y] = BigInt(((t + 1) * (t + 2)) / 2 % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  OFFSETS[0] = 0n;
}

const rotate = (lane, by) => (by === 0n ? lane : ((lane << by) | (lane >> (64n - by))) & MASK);

function permute(a) {
  for (const constant of ROUNDS) {
    const c = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    for (let i = 0; i < 25; i++) a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1n);
    const b = [];
    for (let x = 0; x < 5; x++) {
      for (let y = 0; y < 5; y++) b[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(a[x + 5 * y], OFFSETS[x + 5 * y]);
    }
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      a[i] = b[i] ^ (~b[row + ((i + 1) % 5)] & MASK & b[row + ((i + 2) % 5)]);
    }
    a[0] ^= constant;
  }
}

export function keccak256(bytes) {
  const rate = 136;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / rate) * rate);
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const lanes = Array(25).fill(0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    for (let i = 0; i < rate / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    permute(lanes);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) out.setBigUint64(8 * i, lanes[i], true);
  return new Uint8Array(out.buffer);
}

// --- EIP-712 ---

const text = (string) => new TextEncoder().encode(string);
const word = (value) => bigEndian(value, 32);

// "Handoff(HandoffItem[] items,uint40 releaser)HandoffItem(bytes32 shipment)" as a map of structures.
function structures(encodeType) {
  const found = new Map();
  for (const [, name, members] of encodeType.matchAll(/(\w+)\(([^)]*)\)/g)) {
    found.set(
      name,
      members.split(",").map((member) => {
        const [type, field] = member.split(" ");
        return { type, field };
      }),
    );
  }
  return found;
}

function dependencies(name, known, found = new Set()) {
  for (const { type } of known.get(name)) {
    const inner = type.replace("[]", "");
    if (known.has(inner) && !found.has(inner)) {
      found.add(inner);
      dependencies(inner, known, found);
    }
  }
  return found;
}

function typeHash(name, known) {
  const spell = (struct) => `${struct}(${known.get(struct).map(({ type, field }) => `${type} ${field}`).join(",")})`;
  return keccak256(text([name, ...[...dependencies(name, known)].sort()].map(spell).join("")));
}

function encoded(type, value, known) {
  const element = type.endsWith("[]") ? type.slice(0, -2) : null;
  if (element !== null) {
    // A list that was withheld as a whole stands as its hash.
    return typeof value === "string" ? fromHex(value) : keccak256(concat(...value.map((one) => encoded(element, one, known))));
  }
  if (known.has(type)) return typeof value === "string" ? fromHex(value) : hashStruct(type, value, known);
  if (type === "string") return keccak256(text(value));
  if (type === "bytes") return keccak256(fromHex(value));
  if (type === "bool") return word(value ? 1 : 0);
  if (type.startsWith("uint")) return word(value);
  const bytes = fromHex(value);
  return type === "address" ? concat(new Uint8Array(12), bytes) : concat(bytes, new Uint8Array(32 - bytes.length));
}

export function hashStruct(name, value, known) {
  return keccak256(concat(typeHash(name, known), ...known.get(name).map(({ type, field }) => encoded(type, value[field], known))));
}

const MONEY = new Set(["BonusAgreement", "BonusAward", "Dispute", "Ruling", "Claim"]);

// The digest that the signers of a record signed: its id.
export function recordId(view, trust, types) {
  const money = MONEY.has(view.type);
  const fields = ["string name", "string version", ...(money ? ["uint256 chainId", "address verifyingContract"] : []), "bytes32 salt"];
  const parts = [keccak256(text(`EIP712Domain(${fields.join(",")})`)), keccak256(text("Lading")), keccak256(text("1"))];
  if (money) parts.push(word(trust.chainId), concat(new Uint8Array(12), fromHex(trust.bonusPool)));
  parts.push(fromHex(trust.consortiumId));
  const known = structures(types.find((type) => type.name === view.type).encodeType);
  return keccak256(concat([0x19, 0x01], keccak256(concat(...parts)), hashStruct(view.type, view.message, known)));
}

// --- secp256k1 ---

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];

const mod = (a, m) => ((a % m) + m) % m;

function power(base, exponent, modulus) {
  let result = 1n;
  for (let b = mod(base, modulus), e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

const inverse = (a, m) => power(a, m - 2n, m);

function add(p, q) {
  if (p === null) return q;
  if (q === null) return p;
  if (p[0] === q[0] && mod(p[1] + q[1], P) === 0n) return null;
  const slope = p[0] === q[0] ? 3n * p[0] * p[0] * inverse(2n * p[1], P) : (q[1] - p[1]) * inverse(mod(q[0] - p[0], P), P);
  const x = mod(slope * slope - p[0] - q[0], P);
  return [x, mod(slope * (p[0] - x) - p[1], P)];
}

function multiply(point, factor) {
  let result = null;
  for (let p = point, f = factor; f > 0n; f >>= 1n, p = add(p, p)) {
    if (f & 1n) result = add(result, p);
  }
  return result;
}

const integer = (bytes) => bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

// The address of the key that signed `digest`; throws for what is no canonical signature.
export function recover(digest, signature) {
  const [r, s, v] = [integer(signature.slice(0, 32)), integer(signature.slice(32, 64)), signature[64]];
  if (signature.length !== 65 || (v !== 27 && v !== 28) || r === 0n || r >= N || s === 0n || s > N / 2n) {
    throw new Error("not a canonical signature");
  }
  const square = mod(r * r * r + 7n, P);
  let y = power(square, (P + 1n) / 4n, P);
  if ((y * y) % P !== square) throw new Error("no key can have made this signature");
  if ((y & 1n) !== BigInt(v - 27)) y = P - y;
  const back = inverse(r, N);
  const key = add(
    multiply(G, mod(-integer(digest) * back, N)),
    multiply([r, y], mod(s * back, N)),
  );
  if (key === null) throw new Error("no key can have made this signature");
  return keccak256(concat(word(key[0]), word(key[1]))).slice(12);
}
