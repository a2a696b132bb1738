// Handing in what both sides have signed: from IndexedDB, the oldest first, as often as it takes. The same record twice is one
// record, so both devices may hand it in, in any order.
import { post } from "../service.js";
import { keptTrust } from "../trust.js";
import { envelopeOf } from "./exchange.js";
import { known } from "./facts.js";
import { became } from "./receipt.js";
import * as store from "./store.js";
import { isComplete } from "./world.js";

const LOCK = "lading-dock-queue";
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]); // what may be otherwise a little later

// Whether it waits to be handed in.
export const isQueued = (entry) => isComplete(entry) && entry.state === "open";

// Hands in all that waits, in one tab at a time; gives whether everything was answered.
export function handIn() {
  return navigator.locks.request(LOCK, async () => {
    const trust = (await known())?.rests.trust ?? keptTrust()?.trust;
    for (const entry of (await store.handoffs()).filter(isQueued)) if (!(await handInOne(entry, trust))) return false;
    return true;
  });
}

async function handInOne(entry, trust) {
  const response = await post("/v1/records", envelopeOf(entry)).catch(() => null);
  if (response === null || AGAIN.has(response.status)) return false;
  const body = await response.json().catch(() => null);
  await store.keepHandoff({ ...entry, ...(await became(entry, response, body ?? {}, trust)) });
  return true;
}
