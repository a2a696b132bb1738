// A signature as signers spell it, brought to r ‖ s ‖ v with low s and v 27 or 28, and held against the key that should have
// made it. Twin of canonical_signature in ledger/records/wallet_input.py.
import { gettext as _ } from "../gettext.js";
import { bigEndian, concat, fromHex, toHex } from "../verify/bytes.js";
import { recover } from "../verify/secp256k1.js";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ODD = 1n << 255n;

export function canonicalSignature(text) {
  const bytes = fromHex(String(text).toLowerCase().replace(/^(0x)?/, "0x"));
  let s = BigInt(toHex(bytes.slice(32, 64)));
  let odd = bytes[64] === 1 || bytes[64] === 28;
  if (bytes.length === 64) [odd, s] = [s >= ODD, s % ODD];
  else if (bytes.length !== 65 || ![0, 1, 27, 28].includes(bytes[64])) throw new Error(_("The signer gave no signature."));
  if (s > ORDER / 2n) [odd, s] = [!odd, ORDER - s];
  return toHex(concat(bytes.slice(0, 32), bigEndian(s, 32), [odd ? 28 : 27]));
}

// The canonical form of `signature`; throws unless the key of `address` made it over `digest`.
export function signedBy(address, digest, signature) {
  const canonical = canonicalSignature(signature);
  if (toHex(recover(digest, fromHex(canonical))) !== address) throw new Error(_("The signature is another key's, or of something else."));
  return canonical;
}
