// Requests for a device's key, and what takes it back: the records themselves, and what makes a request one.
import { gettext as _ } from "../gettext.js";
import { whole } from "../signers/whole.js";
import { fromHex, toHex } from "../verify/bytes.js";
import { canonical } from "../verify/canonical.js";
import { recover } from "../verify/secp256k1.js";
import { recordId } from "../verify/typed.js";

const DAY = 86400;

// The bits of type numbers, as a key's scopes have them.
export const scopesOf = (numbers) => numbers.reduce((bits, number) => bits + 2 ** (number - 1), 0);

// What a device asks for: `partner` lets `key` sign these types for `days` from `now` (UTC seconds) on. `salt`: 16 random bytes.
export function grantRecord({ partner, key, types, now, days, device }, salt) {
  const details = { salt: toHex(salt), text: canonical({ device }) };
  const [validFrom, validUntil] = [now, now + days * DAY];
  return { type: "KeyGrant", message: { partner, key, actor: 0, scopes: scopesOf(types), validFrom, validUntil, details } };
}

export function revokeRecord(partner, key, salt) {
  return { type: "KeyRevoke", message: { partner, key, details: { salt: toHex(salt), text: "" } } };
}

// The record that an envelope asks to grant, and the device's own signature, which shows that it has the key. Throws for
// anything else, and where another key made the signature.
export function requestIn({ type, message, signatures }, trust) {
  if (type !== "KeyGrant") throw new Error(_("This is no request for a device's key."));
  const record = { type, message };
  const digest = recordId(record, trust);
  whole(record);
  if (signatures.length !== 1) throw new Error(_("A request carries the signature of the device alone."));
  if (toHex(recover(digest, fromHex(signatures[0]))) !== message.key) {
    throw new Error(_("The device has not signed this request: it was altered, or is for another consortium."));
  }
  return { record, proof: signatures[0] };
}
