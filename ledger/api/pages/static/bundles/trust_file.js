// A trust file that somebody chose, read as strictly as a bundle. Twin of parse_trust in ledger/bundle/format.py. The validators
// of a network (cometbft) are not looked into: no seal is checked here.
import { toHex } from "../verify/bytes.js";
import { msg } from "../verify/messages.js";
import { openBook } from "../verify/partner_book.js";
import { Told } from "../verify/refusals.js";
import { readCanonical, readPolicy } from "./format.js";
import { entriesOf, fieldsOf, hexOf, integerOf, textOf } from "./shape.js";

const FORMAT = "trust/1";
const FIELDS = ["lading", "consortiumId", "genesis", "chainId", "registry", "logs"];
const MORE = ["bonusPool", "cometbft", "laterPools", "partners", "witnesses"];
const MAX_COUNCIL = 32;
const MAX_DELAY = 365 * 86400;
const ORIGIN = /^[^\s+\x00-\x1f\x7f-\x9f]{1,255}$/;

// The trust file in a text; throws Told.
export async function parseTrust(text) {
  const trust = fieldsOf(readCanonical(text, "trust file"), "trust file", FIELDS, MORE);
  if (trust.lading !== FORMAT) throw new Told(msg("It is of another format than {format}: {found}.", { format: FORMAT, found: String(trust.lading).slice(0, 40) }));
  hexOf(trust.consortiumId, "trust file.consortiumId", 32);
  integerOf(trust.chainId, "trust file.chainId");
  hexOf(trust.registry, "trust file.registry", 20);
  readGenesis(trust.genesis);
  const logs = entriesOf(trust.logs, "trust file.logs", 1).map(([where, log]) => readLog(log, where));
  if (new Set(logs.map(({ origin }) => origin)).size !== logs.length) throw new Told(msg("The trust file names a log twice."));
  if ("bonusPool" in trust) hexOf(trust.bonusPool, "trust file.bonusPool", 20);
  entriesOf(trust.laterPools ?? [], "trust file.laterPools").forEach(([where, pool]) => hexOf(pool, where, 20));
  if ("witnesses" in trust) await readWitnesses(trust.witnesses, logs);
  if ("partners" in trust) await readBook(trust);
  return trust;
}

function readGenesis(genesis) {
  const { council, threshold, delay } = fieldsOf(genesis, "trust file.genesis", ["council", "threshold", "delay"]);
  const members = entriesOf(council, "trust file.genesis.council", 1, MAX_COUNCIL);
  members.forEach(([where, member]) => hexOf(member, where, 20));
  integerOf(threshold, "trust file.genesis.threshold", 1, members.length);
  integerOf(delay, "trust file.genesis.delay", 0, MAX_DELAY);
  if (!council.every((member, i) => i === 0 || council[i - 1] < member)) throw new Told(msg("The founding council of the trust file does not ascend."));
}

function readLog(log, where) {
  const { origin, key } = fieldsOf(log, where, ["origin", "key"]);
  if (!ORIGIN.test(textOf(origin, `${where}.origin`))) throw new Told(msg("{where} names no log.", { where }));
  hexOf(key, `${where}.key`, 32);
  return log;
}

async function readWitnesses(policy, logs) {
  const own = new Set(logs.map(({ key }) => key));
  for (const { publicKey } of await readPolicy(policy, "trust file.witnesses")) {
    if (own.has(toHex(publicKey))) throw new Told(msg("The trust file has a log as its own witness."));
  }
}

async function readBook(trust) {
  const { partners } = trust;
  const entries = entriesOf(partners?.entries, "trust file.partners.entries");
  const keys = entries.flatMap(([where, entry]) => entriesOf(entry?.keys, `${where}.keys`).map(([, { address }]) => address));
  const ascending = entries.every(([, entry], i) => i === 0 || entries[i - 1][1].id < entry.id);
  if (!ascending || new Set(keys).size !== keys.length) throw new Told(msg("The trust file names a partner or a key twice, or not in order."));
  try {
    await openBook(partners, trust);
  } catch {
    throw new Told(msg("No log of the trust file has signed the names in it."));
  }
}
