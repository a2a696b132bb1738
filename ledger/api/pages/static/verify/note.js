// What a log and its witnesses signed: C2SP checkpoints, cosignatures, and the log's statement of completeness.
import { bigEndian, concat, fromBase64, fromHex, isCount, same, sha256, toHex, utf8 } from "./bytes.js";
import { hasFields } from "./canonical.js";

const MOST_LINES = 16;
const MOST_WITNESSES = 15;
const KEY_NAME = /^[^\s+\x00-\x1f\x7f-\x9f]{1,255}$/;

// A C2SP checkpoint: origin, size, root, and its signatures by key name and 4-byte key id; throws for another spelling,
// and where a key signs twice. Extension lines are part of the text that is signed, and mean nothing here.
export function parseCheckpoint(note) {
  const [text, tail, ...rest] = note.split("\n\n");
  const [origin, size, root] = text.split("\n");
  const lines = (tail ?? "").split("\n");
  if (rest.length || !/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size)) || lines.pop() !== "") {
    throw new Error("not a checkpoint");
  }
  const signatures = lines.map((line) => {
    const [dash, name, value, ...others] = line.split(" ");
    const bytes = fromBase64(value ?? "");
    if (dash !== "—" || !KEY_NAME.test(name) || bytes.length <= 4 || others.length) throw new Error("not a signature line");
    return { line, name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  const keys = new Set(signatures.map(({ name, keyId }) => `${name} ${toHex(keyId)}`));
  if (signatures.length === 0 || signatures.length > MOST_LINES || keys.size !== signatures.length) {
    throw new Error("not the signatures of a checkpoint");
  }
  return { origin, size: Number(size), root: fromBase64(root), text: text + "\n", signatures };
}

const SOME_KEY = fromHex("0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"); // RFC 8032, section 7.1, test 1
const importKey = (key) => crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
let known = null;

// Whether this browser knows Ed25519 at all.
export function knowsEd25519() {
  known ??= importKey(SOME_KEY).then(
    () => true,
    () => false,
  );
  return known;
}

// True or false; null where this browser knows no Ed25519.
export async function verifyEd25519(publicKey, signature, message) {
  if (!(await knowsEd25519())) return null;
  try {
    return await crypto.subtle.verify({ name: "Ed25519" }, await importKey(publicKey), signature, message);
  } catch {
    return false; // no key, or no signature
  }
}

// As verifyEd25519, for the log's own signature under a checkpoint.
export async function verifyCheckpoint(checkpoint, origin, publicKey) {
  if (checkpoint.origin !== origin) return false;
  const keyId = (await sha256(concat(utf8(origin + "\n"), [1], publicKey))).slice(0, 4);
  const ours = checkpoint.signatures.filter((s) => s.name === origin && same(s.keyId, keyId));
  if (ours.length === 0) return false;
  return verifyEd25519(publicKey, ours[0].signature, utf8(checkpoint.text));
}

const LATEST_TIME = 253402300799n; // the end of the year 9999

// Whether this is a witness policy, as trust files and bundles have it.
export function isPolicy(policy) {
  if (!hasFields(policy, ["threshold", "keys"])) return false;
  const { threshold, keys } = policy;
  const named = Array.isArray(keys) && keys.every((key) => typeof key === "string") && new Set(keys).size === keys.length;
  return named && keys.length <= MOST_WITNESSES && isCount(threshold) && threshold >= 1 && threshold <= keys.length;
}

// {name, keyId, publicKey} of a witness's C2SP verifier key; throws for another spelling.
export async function readWitnessKey(verifierKey) {
  const [name, hash, ...encoded] = verifierKey.split("+");
  const typed = fromBase64(encoded.join("+"));
  const keyId = (await sha256(concat(utf8(name + "\n"), typed))).slice(0, 4);
  const fits = KEY_NAME.test(name) && typed.length === 33 && typed[0] === 4 && toHex(keyId) === `0x${hash}`;
  if (!fits) throw new Error("not the key of a witness");
  return { name, keyId, publicKey: typed.slice(1) };
}

// Which witnesses of a policy ({threshold, keys}, as in the trust file) cosigned a checkpoint, and by when enough had:
// {names, time, enough}. Lines of others are passed over; false when one of theirs does not hold; null where this browser
// knows no Ed25519. C2SP tlog-cosignature, cosignature/v1.
export async function verifyWitnesses(checkpoint, policy) {
  const times = new Map();
  for (const verifierKey of policy.keys) {
    const { name, keyId, publicKey } = await readWitnessKey(verifierKey);
    for (const line of checkpoint.signatures.filter((s) => s.name === name && same(s.keyId, keyId))) {
      if (line.signature.length !== 72) return false;
      const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
      if (time > LATEST_TIME) return false;
      const message = utf8(`cosignature/v1\ntime ${time}\n${checkpoint.text}`);
      const held = await verifyEd25519(publicKey, line.signature.slice(8), message);
      if (held !== true) return held;
      if (!times.has(name) || time < times.get(name)) times.set(name, time);
    }
  }
  const enough = times.size >= policy.threshold;
  const inOrder = [...times.values()].sort((one, other) => (one < other ? -1 : 1));
  return { names: [...times.keys()].sort(), enough, time: enough ? Number(inOrder[policy.threshold - 1]) : null };
}

// The log's own name for itself, as statements carry it: SHA-256 of origin, line feed, 0x01 and its key.
export const logId = (origin, publicKey) => sha256(concat(utf8(origin + "\n"), [1], publicKey));

// As verifyEd25519, for the log's statement that the records under `root` are all about `subject` at `size`.
export async function verifyComplete({ size, subject, root, signature }, origin, publicKey) {
  const id = await logId(origin, publicKey);
  const about = await sha256(utf8(subject));
  const message = concat(utf8("lading/complete/v1\0"), id, bigEndian(size, 8), about, fromHex(root));
  return verifyEd25519(publicKey, fromHex(signature), message);
}
