// Whether the state of the log behind a page is the newest that this browser can know of: it continues what it saw last, and
// what the service shows to everybody. Nobody is shown an older one.
import { fromHex, same, toHex } from "./verify/bytes.js";
import { continues } from "./verify/merkle.js";
import { msg } from "./verify/messages.js";
import { parseCheckpoint, verifyCheckpoint } from "./verify/note.js";
import { Refused, Unable } from "./verify/refusals.js";

const placeOf = (log) => `lading-log ${log.key}`;

function remembered(log) {
  try {
    const { size, root } = JSON.parse(localStorage.getItem(placeOf(log)));
    return { size, root: fromHex(root) };
  } catch {
    return null; // nothing that we wrote, or a browser that keeps nothing
  }
}

// `keep`, which remembers this checkpoint once everything else has held. `proofBetween(first, second)`: the consistency
// proof that the service gives. Throws Refused when the log is another than before, or older.
export async function compareWithMemory(checkpoint, log, proofBetween, say) {
  const before = remembered(log);
  if (before === null) {
    say("memory", msg("Your browser remembers this state of the log from now on, and will notice if its past is changed."), null);
  } else {
    await mustContinue(before, checkpoint, proofBetween, "memory", {
      older: (sizes) => msg("The page rests on an older state of the log than your browser has seen: {now} entries, not {before}.", sizes),
      other: (sizes) => msg("The log does not continue the state with {before} entries that your browser has seen. Tell somebody.", sizes),
    });
    say("memory", msg("Nothing was changed since your browser saw this log with {size} entries.", { size: before.size }));
  }
  return () => {
    try {
      localStorage.setItem(placeOf(log), JSON.stringify({ size: checkpoint.size, root: toHex(checkpoint.root) }));
    } catch {
      // a browser that keeps nothing cannot notice; it said so above
    }
  };
}

// Throws Refused unless the checkpoint is the one that the service showed to everybody just before (a note), or continues it.
export async function compareWithPublished(checkpoint, note, log, proofBetween, say) {
  let published = null;
  try {
    published = parseCheckpoint(note);
  } catch {
    // said below
  }
  if (published === null || !(await verifyCheckpoint(published, log.origin, fromHex(log.key)))) {
    throw new Refused("newest", msg("What should be the log's newest checkpoint is none."));
  }
  await mustContinue(published, checkpoint, proofBetween, "newest", {
    older: (sizes) => msg("The page rests on an older state of the log than the service shows to everybody: {now} entries, not {before}.", sizes),
    other: (sizes) => msg("The log does not continue the state with {before} entries that the service shows to everybody. Tell somebody.", sizes),
  });
  say("newest", msg("It is the newest state that the service shows to everybody."));
}

async function mustContinue(before, now, proofBetween, step, { older, other }) {
  const sizes = { before: before.size, now: now.size };
  if (now.size < before.size) throw new Refused(step, older(sizes));
  const held = now.size === before.size ? same(now.root, before.root) : await continuesFrom(before, now, proofBetween);
  if (!held) throw new Refused(step, other(sizes));
}

async function continuesFrom(before, now, proofBetween) {
  try {
    const proof = (await proofBetween(before.size, now.size)).map(fromHex);
    return await continues(before.size, before.root, now.size, now.root, proof);
  } catch (error) {
    const refused = error.status >= 400 && error.status < 500; // it has no proof between states that it showed itself
    if (error instanceof Unable && !refused) throw error;
    return false;
  }
}
