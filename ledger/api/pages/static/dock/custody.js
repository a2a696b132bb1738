// What a handoff does to shipments. Twin of `handoff_item` and its kin in ledger/custody/handoff.py, on what this device knows.
//
// A holding: {custodian, consignee, consignor, packages, sequence, state, recipient_key, requires: [{jurisdiction, regime,
// gates, released}]}. `partial`: one that this device knows from handoffs alone, so neither consignee nor clearances.
import { concat, bigEndian, fromHex, toHex } from "../verify/bytes.js";
import { keccak256 } from "../verify/keccak.js";
import { ExceptionBit, Gate, Outcome, Role, ShipmentState } from "../verify/records.js";

const REMAINDER = 2 ** 32 - 1;
const LAST_SEQUENCE = 2 ** 16 - 1;
const { SHORT, REFUSED, OVER } = ExceptionBit;
export const BY_COUNT = SHORT | REFUSED | OVER; // what the count says itself
const HANDLING = [Role.CARRIER, Role.MAIN_CARRIER, Role.WAREHOUSE, Role.LOCKER];
export const REFUSALS = new Set([Outcome.STALE, Outcome.NOT_HELD, Outcome.ENDED, Outcome.WRONG_KEY, Outcome.COUNT, Outcome.FORBIDDEN]);

const has = (roles, role) => Math.floor(roles / 2 ** role) % 2 === 1;

// Whether a partner with these roles may take anybody's goods.
export const handles = (roles) => HANDLING.some((role) => has(roles, role));

// Id of what was missing from the short item that named `sequence`.
export const remainderId = (shipment, sequence) =>
  toHex(keccak256(concat(fromHex(shipment), bigEndian(BigInt(sequence), 32), bigEndian(BigInt(REMAINDER), 32))));

// Whether the exceptions say what the count says: refused is 0 packages, short fewer than held, over more.
export function countAgrees(packages, exceptions, held) {
  return (exceptions & BY_COUNT) === saidByCount(packages, held);
}

// The exceptions that go with a count: what the count says itself, and what else is noted.
export const withCount = (packages, noted, held) => (noted & ~BY_COUNT) | saidByCount(packages, held);

function saidByCount(packages, held) {
  if (packages === 0) return REFUSED;
  if (packages === held) return 0;
  return packages < held ? SHORT : OVER;
}

// The clearances that stand in the way of goods which `receiver` (with `roles`) takes over: those not released at the gates
// that they pass.
export function closedGates({ requires, consignee }, receiver, roles) {
  const gates = (receiver === consignee ? Gate.DELIVERY : 0) | (receiver && has(roles, Role.MAIN_CARRIER) ? Gate.HANDOVER : 0);
  return requires.filter((one) => one.gates & gates && !one.released);
}

// Whether it is not the one-time key that the goods are for; one that has yet to sign is.
const isAnother = (key, { recipient_key: wanted }) => key !== null && key !== wanted;

// {outcome, changes}: of one item, and the holdings that it makes or changes. `between`: {releaser, receiver, releaserKey,
// receiverKey, roles}, the roles being the receiver's.
export function moved(item, between, holding) {
  const none = (outcome) => ({ outcome, changes: new Map() });
  if (holding === null) return none(Outcome.UNKNOWN);
  if (holding.state !== ShipmentState.OPEN) return none(Outcome.ENDED);
  if (item.sequence !== holding.sequence) return none(item.sequence < holding.sequence ? Outcome.STALE : Outcome.AHEAD);
  if (holding.custodian !== between.releaser) return none(Outcome.NOT_HELD);
  if (between.releaser === 0 && isAnother(between.releaserKey, holding)) return none(Outcome.WRONG_KEY);
  if (between.receiver === 0 && isAnother(between.receiverKey, holding)) return none(Outcome.WRONG_KEY);
  if (holding.sequence === LAST_SEQUENCE) return none(Outcome.FORBIDDEN);
  if (!countAgrees(item.packages, item.exceptions, holding.packages)) return none(Outcome.COUNT);
  const next = { ...holding, sequence: holding.sequence + 1 };
  if (item.packages === 0) return { outcome: Outcome.APPLIED, changes: new Map([[item.shipment, next]]) };
  const delivered = between.receiver === holding.consignee;
  Object.assign(next, { custodian: between.receiver, packages: item.packages, state: delivered ? ShipmentState.DELIVERED : ShipmentState.OPEN });
  const changes = new Map([[item.shipment, next]]);
  if (item.packages < holding.packages) {
    const requires = holding.requires.map((one) => ({ ...one, released: false }));
    changes.set(remainderId(item.shipment, item.sequence), { ...holding, packages: holding.packages - item.packages, requires, sequence: 0, remainder: true });
  }
  const closed = closedGates(holding, between.receiver, between.roles).length > 0;
  return { outcome: closed ? Outcome.APPLIED_IN_BREACH : Outcome.APPLIED, changes };
}
