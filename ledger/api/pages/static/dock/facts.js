// What the dock knows of goods and partners: asked of the service while there is a network, kept with its age for where there is
// none. Trust file and partner book are checked each time anew, from what was kept.
import { gettext as _ } from "../gettext.js";
import { json } from "../report.js";
import { ground } from "../signing/ground.js";
import { toHex } from "../verify/bytes.js";
import { recordId } from "../verify/typed.js";
import * as store from "./store.js";

const MOST_PAGES = 10;
const LIMIT = 100;
const PATIENCE = 2000; // milliseconds for the service to say who is signed in
const LOOKED_AT = 20; // shipments of a handoff whose goods are told

// Asks the service, and keeps its answers. Throws with `status` 401 where nobody has signed in.
export async function refresh() {
  const answers = {};
  const rests = await ground(async (where) => (answers[where] = await json(where)));
  const first = await json(`/v1/dock?limit=${LIMIT}`);
  const dock = { ...first, shipments: [...first.shipments] };
  for (let page = 1; dock.next !== null && page < MOST_PAGES; page++) {
    const more = await json(`/v1/dock?limit=${LIMIT}&before=${dock.next}`);
    dock.shipments.push(...more.shipments);
    dock.next = more.next;
  }
  for (const one of [...dock.shipments, ...dock.coming]) if (one.terms !== null && !isTerms(one, rests.trust)) one.terms = null;
  await store.keepFacts({ answers, dock });
  rests.keep();
}

// Terms are believed where their own fingerprint is the shipment's number.
function isTerms({ shipment, terms }, trust) {
  try {
    return toHex(recordId({ type: "ShipmentTerms", message: terms }, trust)) === shipment;
  } catch {
    return false;
  }
}

// Forgets what was taken along for another partner than the one that is signed in now, where the service says who that is.
export async function forgetOthers() {
  const [kept, session] = [await store.facts(), await Promise.race([json("/v1/session").catch(() => null), new Promise((resolve) => setTimeout(resolve, PATIENCE, null))])];
  if (kept !== null && session?.partner && session.partner !== kept.dock.partner) await store.forgetFacts();
}

// {dock, rests}: what was kept last, and what it rests on as ground() gives it; null where nothing was.
export async function known() {
  const kept = await store.facts();
  if (kept === null) return null;
  const rests = await ground(async (where) => kept.answers[where]);
  const listed = new Map([...kept.dock.shipments, ...kept.dock.coming].map((one) => [one.shipment, one.terms]));
  const terms = (shipments) =>
    new Map(shipments.slice(0, LOOKED_AT).flatMap((one) => (listed.get(one) ? [[one, { message: listed.get(one), amended: false }]] : [])));
  return { dock: kept.dock, rests: { ...rests, terms } };
}

// How old something of `seconds` (UTC) is, in words.
export function age(seconds, now) {
  const minutes = Math.max(0, Math.floor((now - seconds) / 60));
  if (minutes < 1) return _("less than a minute old");
  if (minutes < 120) return _("{minutes} minutes old", { minutes });
  return minutes < 2880 ? _("{hours} hours old", { hours: Math.floor(minutes / 60) }) : _("{days} days old", { days: Math.floor(minutes / 1440) });
}
