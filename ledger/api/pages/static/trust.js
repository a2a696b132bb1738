// The trust file that this browser relies on: pinned at its first visit, given as a file, or named by the fingerprint in a
// printed link (#trust=0x…). Another one is refused: whoever could change it could change everything else with it.
import { sha256, toHex, utf8 } from "./verify/bytes.js";
import { canonical } from "./verify/canonical.js";
import { msg } from "./verify/messages.js";
import { isPolicy } from "./verify/note.js";
import { Refused } from "./verify/refusals.js";

const firstVisit = (hash) =>
  msg(
    "This is your browser's first visit: it takes the service's own trust file, keeps it, and refuses another from now on. Compare its fingerprint with somebody you trust: {hash}.",
    { hash },
  );
const STORED = "lading-trust";
const FILE = "file";
const RELIED_ON = ["chainId", "cometbft", "consortiumId", "genesis", "lading", "logs", "registry", "witnesses"];
const HEX32 = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;

// What a verifier relies on: all but what the registry's history, or the log's own signature, tells as well.
const core = (trust) => Object.fromEntries(RELIED_ON.filter((name) => name in trust).map((name) => [name, trust[name]]));

const fingerprint = async (trust) => toHex(await sha256(utf8(canonical(core(trust)))));

// Whether a service's file says nothing that the other does not: the same, but for logs of other operators.
function within(served, trust) {
  const others = new Set(trust.logs.map(canonical));
  return canonical({ ...core(served), logs: [] }) === canonical({ ...core(trust), logs: [] }) && served.logs.every((log) => others.has(canonical(log)));
}

// The same trust file if it is one; throws Refused.
export function wellFormed(trust) {
  const { lading, consortiumId, genesis, registry, logs, witnesses } = trust ?? {};
  const council = genesis?.council;
  const fits =
    lading === "trust/1" &&
    HEX32.test(consortiumId) &&
    ADDRESS.test(registry) &&
    Array.isArray(council) &&
    council.every((member, i) => ADDRESS.test(member) && (i === 0 || council[i - 1] < member)) &&
    Number.isSafeInteger(genesis.threshold) &&
    genesis.threshold >= 1 &&
    genesis.threshold <= council.length &&
    Number.isSafeInteger(genesis.delay) &&
    genesis.delay >= 0 &&
    Array.isArray(logs) &&
    logs.every(({ origin, key }) => typeof origin === "string" && HEX32.test(key)) &&
    (witnesses === undefined || isPolicy(witnesses));
  if (!fits) throw new Refused("trust", msg("What should be the trust file is none."));
  return trust;
}

// The fingerprint that the link names, if it names one.
function printed() {
  const named = new URLSearchParams(location.hash.slice(1)).get("trust") ?? new URLSearchParams(location.search).get("trust");
  return named === null ? null : named.toLowerCase().replace(/^(0x)?/, "0x");
}

// The trust file that this browser keeps, {trust, given}: `given` by its reader, or the service's own of the first visit; null
// where it keeps none.
export function keptTrust() {
  const kept = stored();
  return kept === null ? null : { trust: kept.trust, given: kept.source === FILE };
}

function stored() {
  try {
    const { trust, source } = JSON.parse(localStorage.getItem(STORED));
    return { trust: wellFormed(trust), source };
  } catch {
    return null; // nothing that we wrote, or a browser that keeps nothing
  }
}

// The trust file to rely on, and `keep`, which pins it once everything else has held. Throws Refused where the one that the
// service shows is not the one that was pinned or printed.
export async function trusted(served, say) {
  const [named, before] = [printed(), stored()];
  const trust = before?.trust ?? core(wellFormed(served));
  const found = await fingerprint(trust);
  if (before !== null && !within(wellFormed(served), trust)) {
    const given = msg("This service shows another trust file than the one that you gave it. Ask whom you trust which is right.");
    const kept = msg("This service shows another trust file than the one that it has kept since its first visit. Ask whom you trust which is right.");
    throw new Refused("trust", before.source === FILE ? given : kept);
  }
  if (named !== null && named !== found) {
    throw new Refused("trust", msg("The link that you followed names another trust file than the one here."));
  }
  if (before !== null) {
    const hash = short(found);
    const given = msg("The trust file is the one that you gave: {hash}.", { hash });
    const kept = msg("The trust file is the one that your browser has kept since its first visit: {hash}.", { hash });
    say("trust", before.source === FILE ? given : kept);
  } else if (named !== null) {
    say("trust", msg("The trust file is the one that the link names: {hash}.", { hash: short(found) }));
  } else {
    say("trust", firstVisit(found), null);
  }
  return { trust, keep: () => before ?? pin({ trust, source: "first visit" }) };
}

// Rely on a trust file that the reader chose, from now on.
export const give = (text) => pin({ trust: core(wellFormed(JSON.parse(text))), source: FILE });

function pin(kept) {
  try {
    localStorage.setItem(STORED, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing is on its first visit every time, and says so
  }
}

const short = (hash) => `${hash.slice(0, 10)}…${hash.slice(-4)}`;
