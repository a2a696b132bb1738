// A signing key of this device (secp256k1): made here, wrapped at once, unwrapped for a single signature, never sent. It signs
// records by their typed data and sign-in texts, and nothing that somebody else hashed.
import { keccak_256, secp256k1 } from "../lib/curves.js";
import { concat, toHex } from "../verify/bytes.js";
import { recordId } from "../verify/typed.js";
import { entries, keep } from "./store.js";
import { personalDigest, requireSignIn } from "./texts.js";
import { whole } from "./whole.js";
import { withSecret, wrap } from "./wrapping.js";

export const addressOf = (secret) => toHex(keccak_256(secp256k1.getPublicKey(secret, false).slice(1)).slice(12));

// r ‖ s ‖ v in hex, s low and v 27 or 28, by RFC 6979: the same bytes that every other signer of Lading makes.
export function signatureOf(digest, secret) {
  const made = secp256k1.sign(digest, secret, { prehash: false, lowS: true, format: "recovered" });
  return toHex(concat(made.slice(1), [27 + made[0]]));
}

// Makes a key named `name` and returns its entry, kept and wrapped. `about(signer)`: what is kept beside it; for that the new
// key signs once before it is wrapped, so the person at the device unlocks nothing twice.
export async function makeKey(name, about) {
  const secret = secp256k1.utils.randomSecretKey();
  const address = addressOf(secret);
  try {
    const beside = await about({ address, signRecord: async (record, trust) => signatureOf(recordId(record, trust), secret) });
    const entry = { ...beside, address, name, created: Date.now(), wrapping: await wrap(secret, address, name) };
    await keep(entry);
    navigator.storage?.persist?.().catch(() => {}); // asked, lest the browser clears it away; some ask the person, and take their time
    return entry;
  } finally {
    secret.fill(0);
  }
}

// A signer for a kept entry: {kind, address, name, signRecord, signText}.
export function deviceSigner(entry) {
  const { address, name } = entry;
  const sign = (digest) => withSecret(entry, (secret) => signatureOf(digest, secret));
  return {
    kind: "device",
    address,
    name,
    signRecord: async (record, trust) => sign(recordId(whole(record), trust)),
    signText: (text) => {
      requireSignIn(text, address, location.host);
      return sign(personalDigest(text));
    },
  };
}

export const deviceSigners = async () => (await entries()).map(deviceSigner);
