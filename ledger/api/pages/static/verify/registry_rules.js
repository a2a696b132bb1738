// What each record of the registry does, and why it may be refused: the rules of PartnerRegistry.sol once more, twin of
// ledger/registry/rules.py. A refusal is thrown, and leaves the registry unfit for use.
import { msg } from "./messages.js";
import { ContractKind, RegistryAction as A, Role } from "./records.js";
import { ANCHOR_KEY, CONTRACT, COUNCIL_KEY, MASTER_KEY, NO_END, NO_SCOPE, address, scopeText } from "./registry.js";
import { NO_KEY, endKey, enter, grantKey, require, revokeOwnKey } from "./registry_keys.js";

const ALL_SCOPES = 2 ** 32 - 1;
const MAX_COUNCIL = 32;
const MAX_SCOPES = 200;
const ROLES = new Set(Object.values(Role));
const KINDS = new Set(Object.values(ContractKind));
const USED = new Map([
  [A.ADMIT, "notBefore partner key document"],
  [A.SUSPEND, "partner"],
  [A.REINSTATE, "notBefore partner"],
  [A.ADD_KEY, "notBefore partner key"],
  [A.REVOKE_KEY, "partner key"],
  [A.GRANT_ROLE, "notBefore partner role scope"],
  [A.REVOKE_ROLE, "partner role scope"],
  [A.ADD_COUNCIL_MEMBER, "notBefore key"],
  [A.REMOVE_COUNCIL_MEMBER, "notBefore key"],
  [A.SET_THRESHOLD, "notBefore number"],
  [A.REGISTER_LOG, "notBefore partner key scope number document"],
  [A.RETIRE_LOG, "scope"],
  [A.OPEN_CONTRACT, "notBefore key number"],
  [A.CLOSE_CONTRACT, "notBefore key number"],
  [A.ADOPT_RULES, "number document"],
]);
const UNUSED = { notBefore: 0, partner: 0, key: NO_KEY, role: 0, scope: NO_SCOPE, number: 0, document: NO_SCOPE };

// Let a record of the registry, signed by `keys` in their order, take effect in a block at `time`.
export function apply(registry, { type, message }, keys, time) {
  if (type === "RegistryChange") change(registry, message, keys, time);
  else if (type === "KeyGrant") grantKey(registry, message, keys, time);
  else revokeOwnKey(registry, message, keys, time);
}

function change(registry, r, keys, time) {
  require(r.sequence === registry.sequence + 1, msg("change {next} of the registry is missing: here is {here}", { next: registry.sequence + 1, here: r.sequence }));
  require(USED.has(r.action), msg("no such action"));
  const used = USED.get(r.action).split(" ");
  for (const [field, empty] of Object.entries(UNUSED)) {
    require(used.includes(field) || r[field] === empty, msg("a change of this kind does not use {field}", { field }));
  }
  requireCouncil(registry, keys, time);
  ACTIONS[r.action](registry, r, time);
  registry.sequence = r.sequence;
}

function requireCouncil(registry, keys, time) {
  const counts = { needed: registry.needed(time), count: keys.length };
  require(counts.count >= counts.needed, msg("{needed} council members must sign, {count} did", counts));
  keys.forEach((key, i) => {
    require(i === 0 || keys[i - 1] < key, msg("council signatures do not ascend"));
    const known = registry.addresses.get(key);
    require(known?.kind === COUNCIL_KEY && registry.inForce(key, time), msg("signed by somebody outside the council"));
  });
}

const ACTIONS = {
  [A.ADMIT](registry, r, time) {
    require(r.partner !== 0 && !registry.partners.has(r.partner), msg("the partner is admitted already"));
    const since = force(registry, r, time);
    enter(registry, r.key, address(MASTER_KEY, r.partner, since, NO_END, ALL_SCOPES));
    registry.partners.set(r.partner, { since, document: r.document, suspendedUntil: 0, roles: new Map() });
  },
  [A.SUSPEND](registry, r) {
    require(partner(registry, r).suspendedUntil !== NO_END, msg("the partner is suspended already"));
    partner(registry, r).suspendedUntil = NO_END;
  },
  [A.REINSTATE](registry, r, time) {
    require(partner(registry, r).suspendedUntil === NO_END, msg("the partner is not suspended"));
    partner(registry, r).suspendedUntil = force(registry, r, time);
  },
  [A.ADD_KEY](registry, r, time) {
    enter(registry, r.key, address(MASTER_KEY, r.partner, forceForPartner(registry, r, time), NO_END, ALL_SCOPES));
  },
  [A.REVOKE_KEY](registry, r, time) {
    endKey(registry, r, time);
  },
  [A.GRANT_ROLE](registry, r, time) {
    const { roles } = partner(registry, r);
    require(!roles.has(role(r)), msg("the partner has this role already"));
    const since = forceForPartner(registry, r, time);
    const scopes = [...roles.keys()].filter((held) => held.startsWith(`${r.role} `));
    require(scopes.length < MAX_SCOPES, msg("too many scopes of one role"));
    roles.set(role(r), since);
  },
  [A.REVOKE_ROLE](registry, r) {
    require(partner(registry, r).roles.delete(role(r)), msg("the partner does not have this role"));
  },
  [A.ADD_COUNCIL_MEMBER](registry, r, time) {
    enter(registry, r.key, address(COUNCIL_KEY, 0, force(registry, r, time)));
    require(registry.lasting.size < MAX_COUNCIL, msg("the council is full"));
    registry.lasting.add(r.key);
  },
  [A.REMOVE_COUNCIL_MEMBER](registry, r, time) {
    require(registry.lasting.delete(r.key), msg("no council member"));
    requireMembers(registry, Math.max(registry.needed(time), registry.nextThreshold), time);
    registry.addresses.get(r.key).until = force(registry, r, time);
  },
  [A.SET_THRESHOLD](registry, r, time) {
    require(r.number > 0, msg("nobody would have to sign"));
    requireMembers(registry, r.number, time);
    registry.threshold = registry.needed(time); // one that is not in force yet is replaced
    registry.nextThreshold = r.number;
    registry.nextThresholdFrom = force(registry, r, time);
  },
  [A.REGISTER_LOG](registry, r, time) {
    require(r.scope !== NO_SCOPE && !registry.logs.has(r.scope), msg("the log is registered already"));
    require(r.document === NO_SCOPE ? r.number === 0 : registry.logs.has(r.document), msg("the predecessor is not registered"));
    enter(registry, r.key, address(ANCHOR_KEY, r.partner, forceForPartner(registry, r, time)));
    registry.logs.set(r.scope, r.key);
  },
  [A.RETIRE_LOG](registry, r, time) {
    const known = registry.addresses.get(registry.logs.get(r.scope));
    require(known?.until === NO_END, msg("no such log, or retired already"));
    known.until = time;
  },
  [A.OPEN_CONTRACT](registry, r, time) {
    require(KINDS.has(r.number), msg("no such kind of contract"));
    const { latest, before } = registry.contracts.get(r.number) ?? {};
    const closed = latest === undefined ? 0 : registry.addresses.get(latest).until;
    require(closed !== NO_END, msg("a contract of this kind is open"));
    require(before === undefined || registry.addresses.get(before).until <= time, msg("the contract before is not closed yet"));
    enter(registry, r.key, address(CONTRACT, 0, Math.max(force(registry, r, time), closed), NO_END, 0, r.number));
    registry.contracts.set(r.number, { latest: r.key, before: latest });
  },
  [A.CLOSE_CONTRACT](registry, r, time) {
    const known = registry.addresses.get(r.key);
    require(KINDS.has(r.number) && known?.contractKind === r.number && known.until === NO_END, msg("no such contract is open"));
    known.until = force(registry, r, time);
  },
  [A.ADOPT_RULES](registry, r) {
    require(r.document !== NO_SCOPE && !registry.rules.has(r.document), msg("these rules are adopted already"));
    registry.rules.add(r.document);
  },
};

function requireMembers(registry, needed, time) {
  const members = [...registry.lasting].filter((key) => registry.addresses.get(key).since <= time);
  require(members.length >= needed, msg("the council could not reach its threshold"));
}

function partner(registry, r) {
  require(registry.partners.has(r.partner), msg("no such partner"));
  return registry.partners.get(r.partner);
}

function role(r) {
  const text = scopeText(r.scope);
  const fits = { [Role.CUSTOMS]: /^[A-Z]{2}$/.test(text), [Role.ISSUER]: r.scope !== NO_SCOPE, [Role.BRAND]: /^[0-9]{4,12}$/.test(text) };
  require(ROLES.has(r.role) && (fits[r.role] ?? r.scope === NO_SCOPE), msg("no such role, or no scope for it"));
  return `${r.role} ${r.scope}`;
}

// When a change recorded now comes into force.
function force(registry, r, time) {
  const since = Math.max(r.notBefore, time + registry.delay);
  require(since < NO_END, msg("never in force"));
  return since;
}

const forceForPartner = (registry, r, time) => Math.max(force(registry, r, time), partner(registry, r).since);
