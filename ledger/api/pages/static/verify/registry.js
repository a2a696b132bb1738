// The registry of partners, keys, roles and council at one moment of its signed history, with what can be asked of it.
// How each record changes it stands in registry_rules.js. Twin of ledger/registry/state.py and history.py.
import { Role } from "./records.js";

export const NO_END = 2 ** 40 - 1;
export const MASTER_KEY = 1;
export const DEVICE_KEY = 2;
export const COUNCIL_KEY = 3;
export const ANCHOR_KEY = 4;
export const CONTRACT = 5;
export const NO_SCOPE = "0x" + "00".repeat(32);

export class Registry {
  // As the registry's constructor left it. `genesis`: council, threshold and delay of the trust file.
  constructor({ council, threshold, delay }) {
    this.delay = delay;
    this.sequence = 0;
    this.threshold = threshold;
    this.nextThreshold = 0;
    this.nextThresholdFrom = 0;
    this.lasting = new Set(council);
    this.addresses = new Map(council.map((key) => [key, address(COUNCIL_KEY, 0, 0)]));
    this.partners = new Map(); // id → {since, document, suspendedUntil, roles: "role scope" → since}
    this.logs = new Map(); // logId → anchor key
    this.contracts = new Map(); // kind → {latest, before}
    this.rules = new Set();
  }

  inForce(key, time) {
    const known = this.addresses.get(key);
    return known !== undefined && known.since <= time && time < known.until;
  }

  // How many council members must sign.
  needed(time) {
    return this.nextThresholdFrom > 0 && this.nextThresholdFrom <= time ? this.nextThreshold : this.threshold;
  }

  // Whose key it is for records of this type number, or null.
  partnerOf(key, typeNumber, time) {
    if (!this.inForce(key, time)) return null;
    const { partner, scopes } = this.addresses.get(key);
    return (BigInt(scopes) >> BigInt(typeNumber - 1)) & 1n ? partner : null;
  }

  suspended(partner, time) {
    const known = this.partners.get(partner);
    return known !== undefined && time < known.suspendedUntil;
  }

  // Whether the partner has the role in force and is not suspended.
  hasRole(partner, role, scope, time) {
    const since = this.partners.get(partner)?.roles.get(`${role} ${scope}`);
    return since !== undefined && since <= time && !this.suspended(partner, time);
  }

  // The partners whose brand role covers a GTIN of 14 digits; its indicator digit does not count.
  brandsOf(gtin, time) {
    const brands = [];
    for (const [id, { roles }] of this.partners) {
      for (const [held, since] of roles) {
        const [role, scope] = held.split(" ");
        if (Number(role) === Role.BRAND && since <= time && gtin.slice(1).startsWith(scopeText(scope))) brands.push(id);
      }
    }
    return brands;
  }

  // The contract of a kind in force.
  contract(kind, time) {
    const { latest, before } = this.contracts.get(kind) ?? {};
    return [latest, before].find((key) => key !== undefined && this.inForce(key, time)) ?? null;
  }
}

export function address(kind, partner, since, until = NO_END, scopes = 0, contractKind = 0) {
  return { kind, partner, since, until, scopes, contractKind };
}

// The ASCII text of a scope that stands left-aligned in 32 bytes; null for other bytes.
export function scopeText(scope) {
  const digits = scope.slice(2).replace(/(00)*$/, "").match(/../g) ?? [];
  const text = String.fromCharCode(...digits.map((pair) => parseInt(pair, 16)));
  return /^[\x21-\x7e]+$/.test(text) ? text : null;
}
