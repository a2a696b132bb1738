// Signing a record, with whatever signer: what acceptance would say comes first, then the record itself in words, decoded
// here from what is signed; the signature is checked here before it is handed in.
import { gettext as _ } from "../gettext.js";
import { signedBy } from "../signers/signature.js";
import { whole } from "../signers/whole.js";
import { toHex } from "../verify/bytes.js";
import { recordId } from "../verify/typed.js";
import { bound, ground } from "./ground.js";
import { visible } from "./visible.js";
import { answerOf, post } from "../service.js";

// What is about to be signed: {record, id, trust, rests, told}. `wanted`: the id of the record that was asked for, where one
// was. Throws what the service would refuse, and what is not what it should be.
export async function prepare(signer, record, wanted = null) {
  const rests = await ground();
  const trust = bound(record, wanted, rests);
  const id = toHex(recordId(record, trust));
  whole(record);
  const asked = await answerOf(await post(`/v1/records/typed-data?signer=${signer.address}`, record));
  if (asked.id !== id) throw new Error(_("The service means another record than the one that is to be signed."));
  if (asked.signer === null) throw new Error(_("Who has to sign follows from a record that is not here yet."));
  return { record, id, trust, rests, told: told(signer, asked, rests) };
}

// The signature, once the signer's own key is seen to have made it over this record.
export async function signed(signer, { record, id, trust }) {
  const signature = await signer.signRecord(record, trust);
  const digest = recordId(record, trust);
  if (toHex(digest) !== id) throw new Error(_("The record has changed while it was shown."));
  return signedBy(signer.address, digest, signature);
}

function told(signer, asked, { owner, names }) {
  const known = owner(signer.address);
  const name = known === null ? asked.signer.name : names.get(known.partner) ?? asked.signer.name;
  const values = { role: visible(asked.signer.role), name: visible(name), gates: asked.closed.map(visible).join(", ") };
  if (known !== null && asked.signer.partner && known.partner !== asked.signer.partner) {
    throw new Error(_("The service says that you sign for {name}, and the partner book that its log signed says otherwise.", values));
  }
  return [
    known === null ? _("The service says that you sign as {role}, for {name}.", values) : _("You sign as {role}, for {name}.", values),
    ...(asked.market.length ? [_("Rules of markets, as the service reads them; their files are not checked here:"), ...asked.market.map(visible)] : []),
    ...(asked.closed.length ? [_("Not released: {gates}. Handed over all the same, it is a breach.", values)] : []),
  ];
}
