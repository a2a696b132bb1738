// What a browser rests on when it tells people what they sign: the trust file that it pinned, and the partner book that this
// trust file's log signed. Without a verified book partners are numbers.
import { gettext as _ } from "../gettext.js";
import { inWords } from "../language.js";
import { json } from "../report.js";
import { trusted } from "../trust.js";
import { openBook } from "../verify/partner_book.js";
import { recordId } from "../verify/typed.js";
import { toHex } from "../verify/bytes.js";

// {trust, pools, names, owner, remarks, keep}: `remarks` are sentences on what could not be checked, `keep` pins the trust file
// once the rest has held. Throws where the service shows another trust file than the pinned one. `ask(where)`: gives the service's answer at a path; where there is no network, one that was kept.
export async function ground(ask = json) {
  if (!globalThis.crypto?.subtle) throw new Error(_("This browser makes and uses keys only on pages that come over an encrypted connection (https)."));
  const { trust: served, pools } = await ask("/v1/consortium");
  const remarks = [];
  const { trust, keep } = await trusted(served, (step, text, held = true) => held === true || remarks.push(inWords(text)));
  const book = await verifiedBook(trust, remarks, ask);
  return { trust, pools, names: book?.names ?? new Map(), owner: book?.owner ?? (() => null), remarks, keep };
}

async function verifiedBook(trust, remarks, ask) {
  let book = null;
  try {
    book = await openBook(await ask("/v1/partners/book"), trust);
  } catch {
    remarks.push(_("The names of partners are not signed by the log of your trust file: partners are shown by number."));
    return null;
  }
  if (book === null) remarks.push(_("This browser cannot check who is who (Ed25519): partners are shown by number."));
  return book;
}

// The trust file with the pool that `record` is signed for: the one under which it has the id `wanted`, else the newest.
// Throws where no pool gives that id: the service has sent another record than the one that was asked for.
export function bound(record, wanted, { trust, pools }) {
  const candidates = (pools.length ? [...pools].reverse() : [null]).map((bonusPool) => ({ ...trust, bonusPool }));
  if (wanted === null) return candidates[0];
  const fitting = candidates.find((one) => toHex(recordId(record, one)) === wanted);
  if (fitting === undefined) throw new Error(_("The service has sent another record than the one that is to be signed."));
  return fitting;
}
