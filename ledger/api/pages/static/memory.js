// The state of the log that this browser saw last: the log must have grown from it, and never shrinks.
import { fromHex, toHex } from "./verify/bytes.js";
import { continues } from "./verify/merkle.js";
import { Refused } from "./verify/refusals.js";

const MEMORY = "lading-log";

function remembered({ origin, key }) {
  try {
    const before = JSON.parse(localStorage.getItem(MEMORY));
    return before?.origin === origin && before.key === key ? before : null;
  } catch {
    return null; // nothing that we wrote, or a browser that keeps nothing
  }
}

// `keep`, which remembers this checkpoint once everything else has held. `proofBetween(first, second)`: the consistency
// proof that the service gives. Throws Refused when the log is another than before, or older.
export async function compareWithMemory({ size, root }, log, proofBetween, say) {
  const now = { origin: log.origin, key: log.key, size, root: toHex(root) };
  const before = remembered(log);
  if (before === null) {
    say("memory", "Your browser remembers this state of the log from now on, and will notice if its past is changed.", null);
  } else {
    if (size < before.size) {
      throw new Refused("memory", `The service shows an older state than your browser has seen: ${size} entries, not ${before.size}.`);
    }
    const same = size === before.size ? before.root === now.root : await continuesFrom(before, now, proofBetween);
    if (!same) {
      throw new Refused("memory", `The log does not continue the one your browser saw with ${before.size} entries. Tell somebody.`);
    }
    say("memory", `Nothing was changed since your browser saw this log with ${before.size.toLocaleString("en")} entries.`);
  }
  return () => {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(now));
    } catch {
      // a browser that keeps nothing cannot notice; it said so above
    }
  };
}

async function continuesFrom(before, now, proofBetween) {
  try {
    const proof = (await proofBetween(before.size, now.size)).map(fromHex);
    return await continues(before.size, fromHex(before.root), now.size, fromHex(now.root), proof);
  } catch {
    return false;
  }
}
