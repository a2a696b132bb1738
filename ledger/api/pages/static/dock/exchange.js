// What another device shows, read here: a handoff that is whole, by whom it is signed, and what is to be done with it.
import { gettext as _ } from "../gettext.js";
import { partnerText } from "../signing/describe.js";
import { fromHex, toHex } from "../verify/bytes.js";
import { recover } from "../verify/secp256k1.js";
import { recordId, typedData } from "../verify/typed.js";

const SIDES = ["releaser", "receiver"];

// {record, id, side, keys, signatures}: of an envelope {type, message, signatures}. `side`: on which this device's partner
// stands; `keys` and `signatures` by side, null where nobody has signed. Throws for what is no handoff that it has a part in.
export function readHandoff({ type, message, signatures }, trust, world) {
  if (type !== "Handoff") throw new Error(_("This is no handoff but another kind of record."));
  const record = { type, message };
  const digest = digestOf(record, trust);
  const [giver, taker] = SIDES.map((side) => partnerText(message[side], world.names));
  const side = SIDES.find((one) => message[one] === world.own);
  if (side === undefined) throw new Error(_("This handoff is between {giver} and {taker}: it is none of yours.", { giver, taker }));
  const found = { releaser: null, receiver: null };
  const made = { releaser: null, receiver: null };
  if (signatures.length === 0 || signatures.length > 2) throw new Error(_("A handoff carries the signature of one side, or of both."));
  for (const signature of signatures) {
    const key = signer(digest, signature);
    const of = sideOf(key, message, world, side, found);
    if (of === null) throw new Error(_("It is signed with the key {key}, which has no part in it.", { key }));
    [found[of], made[of]] = [key, signature];
  }
  return { record, id: toHex(digest), side, keys: found, signatures: made };
}

// What may be signed: nothing withheld, and all of it in the form of the records.
function digestOf(record, trust) {
  try {
    typedData(record, trust);
    return recordId(record, trust);
  } catch (error) {
    throw new Error(_("This handoff is not in the form of the records, or a part of it is withheld."), { cause: error });
  }
}

function signer(digest, signature) {
  try {
    return toHex(recover(digest, fromHex(signature)));
  } catch (error) {
    throw new Error(_("A signature cannot be read."), { cause: error });
  }
}

// On which side a key signed. One that this device does not know can only be the other side's.
function sideOf(key, message, world, own, found) {
  const owner = world.owner(key);
  const free = SIDES.filter((side) => found[side] === null);
  if (owner !== null) return free.find((side) => message[side] === owner.partner) ?? null;
  return free.find((side) => side !== own) ?? null;
}

// The signatures in the order of the record's fields, as the log keeps them.
export const inOrder = (signatures) => SIDES.map((side) => signatures[side]).filter(Boolean);
export const envelopeOf = ({ type, message, signatures }) => ({ type, message, signatures: inOrder(signatures) });
