// The log's mathematics, recomputed in the reader's own browser: RFC 9162 proofs, C2SP checkpoints, leaves, receipts.
// Everything here is a function of bytes; whoever wants to know why may read it: no library, nothing minified.

export function fromHex(text) {
  const digits = text.replace(/^0x/, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error("not hex");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes) {
  return "0x" + [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function bigEndian(number, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(number);
  for (let i = size - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new Error("number too large");
  return bytes;
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const leafHash = (leaf) => sha256(concat([0], leaf));
const nodeHash = (left, right) => sha256(concat([1], left, right));

// Version 1, type number, record id, SHA-256 of the signatures, log time.
export async function leafOf(typeNumber, recordId, signatures, logTime) {
  return concat([1, typeNumber], recordId, await sha256(concat(...signatures)), bigEndian(logTime, 8));
}

// The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); throws for a proof of another length.
export async function rootOfInclusion(leaf, index, size, proof) {
  if (!(0 <= index && index < size)) throw new Error("no such entry in a tree of this size");
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0n || sibling.length !== 32) throw new Error("the proof is too long");
    if ((fn & 1n) === 1n || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Error("the proof is too short");
  return hash;
}

// Whether the tree (size2, root2) continues the tree (size1, root1) (RFC 9162, section 2.1.4.2).
export async function continues(size1, root1, size2, root2, proof) {
  if (size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && same(root1, root2);
  if (size1 === 0) return proof.length === 0;
  const path = [...proof];
  if (path.some((hash) => hash.length !== 32)) return false;
  if ((BigInt(size1) & (BigInt(size1) - 1n)) === 0n) path.unshift(root1);
  if (path.length === 0) return false;
  let fn = BigInt(size1) - 1n;
  let sn = BigInt(size2) - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let first = path[0];
  let second = path[0];
  for (const hash of path.slice(1)) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      first = await nodeHash(hash, first);
      second = await nodeHash(hash, second);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      second = await nodeHash(second, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && same(first, root1) && same(second, root2);
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// A C2SP checkpoint: origin, size, root, and its signatures by key name and 4-byte key id.
export function parseCheckpoint(note) {
  const [text, tail] = note.split("\n\n");
  const [origin, size, root, ...more] = text.split("\n");
  if (tail === undefined || !/^(0|[1-9][0-9]*)$/.test(size) || !root) throw new Error("not a checkpoint");
  const signatures = tail
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [dash, name, value] = line.split(" ");
      if (dash !== "—" || !value) throw new Error("not a signature line");
      const bytes = fromBase64(value);
      return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
    });
  return { origin, size: Number(size), root: fromBase64(root), more, text: text + "\n", signatures };
}

// True or false; null where this browser knows no Ed25519.
export async function verifyEd25519(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

// As verifyEd25519, for the log's own signature under a checkpoint.
export async function verifyCheckpoint(checkpoint, origin, publicKey) {
  if (checkpoint.origin !== origin) return false;
  const keyId = (await sha256(concat(new TextEncoder().encode(origin + "\n"), [1], publicKey))).slice(0, 4);
  const ours = checkpoint.signatures.filter((s) => s.name === origin && same(s.keyId, keyId));
  if (ours.length === 0) return false;
  return verifyEd25519(publicKey, ours[0].signature, new TextEncoder().encode(checkpoint.text));
}

const LATEST_TIME = 253402300799n; // the end of the year 9999

// Which witnesses of a policy ({threshold, keys}, as in the trust file) cosigned a checkpoint, and by when enough had:
// {names, time, enough}. Lines of others are passed over; false when one of theirs does not hold; null where this browser
// knows no Ed25519. C2SP tlog-cosignature, cosignature/v1.
export async function verifyWitnesses(checkpoint, policy) {
  const times = new Map();
  for (const verifierKey of policy.keys) {
    const [name, hash, ...encoded] = verifierKey.split("+");
    const typed = fromBase64(encoded.join("+"));
    const keyId = (await sha256(concat(new TextEncoder().encode(name + "\n"), typed))).slice(0, 4);
    if (typed.length !== 33 || typed[0] !== 4 || toHex(keyId) !== `0x${hash}`) throw new Error("not the key of a witness");
    for (const line of checkpoint.signatures.filter((s) => s.name === name && same(s.keyId, keyId))) {
      if (line.signature.length !== 72) return false;
      const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
      if (time > LATEST_TIME) return false;
      const message = new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${checkpoint.text}`);
      const held = await verifyEd25519(typed.slice(1), line.signature.slice(8), message);
      if (held !== true) return held;
      if (!times.has(name) || time < times.get(name)) times.set(name, time);
    }
  }
  const enough = times.size >= policy.threshold;
  const inOrder = [...times.values()].sort((one, other) => (one < other ? -1 : 1));
  return { names: [...times.keys()].sort(), enough, time: enough ? Number(inOrder[policy.threshold - 1]) : null };
}
