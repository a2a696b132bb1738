// A key signs what its holder can see: a part that is withheld stands in a record as its hash, and could be anything.
import { gettext as _ } from "../gettext.js";
import { isWhole } from "../verify/typed.js";

// The same record; throws where a part of it is withheld.
export function whole(record) {
  if (!isWhole(record)) throw new Error(_("A part of this record is withheld: nobody signs what he cannot see."));
  return record;
}
