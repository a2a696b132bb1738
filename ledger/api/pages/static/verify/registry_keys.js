// How addresses enter the registry and end, and what partners themselves do with their keys. Twin of ledger/registry/keys.py.
import { msg } from "./messages.js";
import { Told } from "./refusals.js";
import { DEVICE_KEY, MASTER_KEY, address } from "./registry.js";

export const NO_KEY = "0x" + "00".repeat(20);
const MAX_DEVICE_PERIOD = 90 * 86400;
const DEVICE_TYPES = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22];
const DEVICE_SCOPES = DEVICE_TYPES.reduce((bits, number) => bits + 2 ** (number - 1), 0);

// Throws why, a message, unless it holds.
export function require(held, why) {
  if (!held) throw new Told(why);
}

export function grantKey(registry, r, keys, time) {
  require(r.validFrom < r.validUntil && r.validUntil - r.validFrom <= MAX_DEVICE_PERIOD && time < r.validUntil, msg("no period for a device key"));
  require(r.scopes !== 0 && (BigInt(r.scopes) & ~BigInt(DEVICE_SCOPES)) === 0n, msg("no scopes for a device key"));
  require(keys.length === 2 && keys[1] === r.key, msg("not signed by a master key and by the granted key"));
  requireMaster(registry, r.partner, keys[0], time);
  require(r.actor === 0 || registry.partners.has(r.actor), msg("the actor is no partner"));
  require(!registry.suspended(r.partner, time), msg("a suspended partner grants no keys"));
  enter(registry, r.key, address(DEVICE_KEY, r.partner, Math.max(r.validFrom, time), r.validUntil, r.scopes));
}

export function revokeOwnKey(registry, r, keys, time) {
  require(keys.length === 1, msg("not signed by one key"));
  if (keys[0] !== r.key) requireMaster(registry, r.partner, keys[0], time);
  endKey(registry, r, time);
}

export function endKey(registry, r, time) {
  const known = registry.addresses.get(r.key);
  require(known !== undefined && known.kind <= DEVICE_KEY && known.partner === r.partner, msg("not a key of this partner"));
  require(known.until > time, msg("the key is not valid any more"));
  known.until = time;
}

function requireMaster(registry, id, key, time) {
  const known = registry.addresses.get(key);
  require(known?.kind === MASTER_KEY && known.partner === id && registry.inForce(key, time), msg("not signed by a master key"));
}

// An address enters once, as one thing.
export function enter(registry, key, entry) {
  require(key !== NO_KEY && !registry.addresses.has(key), msg("the address is known already"));
  registry.addresses.set(key, entry);
}
