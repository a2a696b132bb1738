// What is at hand at this moment: what this device knows, its handoffs, and its keys that may sign them. Read anew for each step:
// another tab, or the queue, may have gone on.
import { gettext as _ } from "../gettext.js";
import { deviceSigner } from "../signers/device.js";
import { signedBy } from "../signers/signature.js";
import { entries } from "../signers/store.js";
import { recordId } from "../verify/typed.js";
import { known } from "./facts.js";
import * as store from "./store.js";
import { worldOf } from "./world.js";

export const now = () => Math.floor(Date.now() / 1000);
export const salt = () => crypto.getRandomValues(new Uint8Array(16));

// {dock, rests, handoffs, keys, world}; null before this device was ever told anything. `without`: the id of a handoff whose
// effect is not counted, for it is the one in question.
export async function desk(without = null) {
  const facts = await known();
  if (facts === null) return null;
  const handoffs = await store.handoffs();
  const world = worldOf(facts.dock, handoffs.filter(({ id }) => id !== without), facts.rests);
  const keys = (await entries()).filter(({ partner, address }) => partner === facts.dock.partner && world.owner(address)?.partner === partner);
  return { ...facts, handoffs, keys, world };
}

// As `desk`; throws in words where nothing is known, or nothing here can sign.
export async function readyDesk(without = null) {
  const found = await desk(without);
  if (found === null) throw new Error(_("This device knows nothing yet: refresh it once where there is a network."));
  if (found.keys.length === 0) throw new Error(_("This device has no key in force for the partner that signed in. Keys are made on the page of keys and devices."));
  return found;
}

// The signature of `entry` (a kept key) over a record, checked as anybody else will.
export async function signature(entry, record, trust) {
  const made = await deviceSigner(entry).signRecord(record, trust);
  return signedBy(entry.address, recordId(record, trust), made);
}
