// What acceptance would have against a handoff, by what this device knows: twin of the checks in ledger/services/intake, as far
// as known state decides them. What only the service or the chain can decide is told apart: what others recorded since, keys
// and goods that this device has never heard of, and what waits for a predecessor.
import { gettext as _, ngettext } from "../gettext.js";
import { partnerText } from "../signing/describe.js";
import { moment } from "../signing/units.js";
import { Outcome, RECORDS } from "../verify/records.js";
import { contentFaults } from "./content.js";
import { REFUSALS, closedGates, handles, moved } from "./custody.js";

const HANDOFF = RECORDS.Handoff.number;
const signs = (types) => Math.floor(types / 2 ** (HANDOFF - 1)) % 2 === 1;
const inForce = ({ since, until }, now) => since <= now && (until === null || now < until);

const WHY = {
  [Outcome.STALE]: (count) => ngettext("{count} shipment has moved on since: another record used its sequence.", "{count} shipments have moved on since: other records used their sequences.", count),
  [Outcome.NOT_HELD]: (count) => ngettext("{count} shipment is not held by who gives it.", "{count} shipments are not held by who gives them.", count),
  [Outcome.ENDED]: (count) => ngettext("{count} shipment has ended.", "{count} shipments have ended.", count),
  [Outcome.WRONG_KEY]: (count) => ngettext("{count} shipment is for another recipient's key.", "{count} shipments are for another recipient's key.", count),
  [Outcome.COUNT]: (count) => ngettext("The packages of {count} shipment do not agree with its exceptions.", "The packages of {count} shipments do not agree with their exceptions.", count),
  [Outcome.FORBIDDEN]: (count) => ngettext("{count} shipment takes no further record.", "{count} shipments take no further record.", count),
};

// {refused, breach, open, outcomes, changes}. `refused`: sentences on what acceptance would refuse; `breach`: clearances that are
// not released; `open`: what only the service and the chain can say. `keys`: {releaser, receiver}, addresses of who signed, or
// null for who has yet to; while one has, it is a proposal, which may leave nothing stale and pass no closed gate.
export function judge(message, keys, world, now) {
  const refused = contentFaults(message, now);
  if (refused.length) return { refused, breach: [], open: [], outcomes: [], changes: new Map() };
  const open = [];
  const time = Math.max(now, world.at); // keys go by the chain's time, of which this device's clock may be behind
  for (const side of ["releaser", "receiver"]) judgeKey(message[side], keys[side], world, time, refused, open);
  if (keys.releaser !== null && keys.releaser === keys.receiver) refused.push(_("One key signed for both sides."));
  const taker = world.partner(message.receiver);
  if (taker?.suspended) refused.push(_("{partner} is suspended, and takes nothing.", { partner: partnerText(message.receiver, world.names) }));
  const roles = message.receiver === 0 ? 0 : taker?.roles ?? 0;
  const before = message.items.map(({ shipment }) => world.holding(shipment));
  judgeAddressee(message, taker, roles, before, world, refused, open);
  const between = { releaser: message.releaser, receiver: message.receiver, releaserKey: keys.releaser, receiverKey: keys.receiver, roles };
  const changes = new Map();
  const outcomes = message.items.map((item, i) => {
    const done = moved(item, between, changes.get(item.shipment) ?? before[i]);
    done.changes.forEach((holding, shipment) => changes.set(shipment, holding));
    return done.outcome;
  });
  const proposed = keys.releaser === null || keys.receiver === null;
  judgeOutcomes(outcomes, proposed, refused, open);
  const breach = judgeGates(message, before, roles, proposed, refused);
  return { refused, breach, open, outcomes, changes };
}

function judgeKey(partner, key, world, now, refused, open) {
  const who = partnerText(partner, world.names);
  if (partner === 0) {
    if (key !== null && world.owner(key) !== null) refused.push(_("The recipient's key is a partner's, who would deliver to itself."));
    return;
  }
  if (key === null) {
    const known = world.partner(partner);
    if (known === null) open.push(_("This device does not know {partner}.", { partner: who }));
    else if (!known.keys.some((one) => inForce(one, now) && signs(one.types))) refused.push(_("{partner} has no key that may sign handoffs.", { partner: who }));
    return;
  }
  const owner = world.owner(key);
  if (owner === null) open.push(_("This device does not know the key {key}, which signed for {partner}: it may be newer, or nobody's.", { key, partner: who }));
  else if (owner.partner !== partner) refused.push(_("It is signed for {partner} with a key of {other}.", { partner: who, other: partnerText(owner.partner, world.names) }));
  else if (!signs(owner.types)) refused.push(_("The key of {partner} may not sign handoffs.", { partner: who }));
  else if (!inForce(owner, now)) refused.push(_("The key of {partner} is in force from {from} until {until} only.", { partner: who, from: moment(owner.since), until: moment(owner.until ?? owner.since) }));
}

function judgeAddressee({ receiver }, taker, roles, before, world, refused, open) {
  if (receiver !== 0 && handles(roles)) return;
  const values = { partner: partnerText(receiver, world.names) };
  if (receiver !== 0 && taker === null) return; // said already
  if (before.some((holding) => holding !== null && !holding.partial && holding.consignee !== receiver)) {
    refused.push(_("{partner} is neither carrier nor warehouse nor locker, nor the consignee of all of these goods.", values));
  } else if (before.some((holding) => holding?.partial)) open.push(_("Whether {partner} is the consignee of these goods is not known to this device.", values));
}

// A record is refused when none of its items could take effect; a proposal already when one has moved on.
function judgeOutcomes(outcomes, proposed, refused, open) {
  const count = (wanted) => outcomes.filter((outcome) => outcome === wanted).length;
  const hopeless = outcomes.every((outcome) => REFUSALS.has(outcome));
  const said = (outcome) => hopeless || (proposed && outcome === Outcome.STALE);
  for (const [outcome, why] of Object.entries(WHY)) {
    const number = count(Number(outcome));
    if (number) (said(Number(outcome)) ? refused : open).push(why(number));
  }
  const unknown = count(Outcome.UNKNOWN);
  if (unknown) open.push(ngettext("This device knows nothing about {count} shipment: who holds it, and how many packages.", "This device knows nothing about {count} shipments: who holds them, and how many packages.", unknown));
  const ahead = count(Outcome.AHEAD);
  if (ahead) open.push(ngettext("{count} shipment waits for a record that comes before.", "{count} shipments wait for records that come before.", ahead));
}

function judgeGates({ items, receiver }, before, roles, proposed, refused) {
  const closed = items.flatMap(({ sequence }, i) => (before[i] !== null && sequence === before[i].sequence ? closedGates(before[i], receiver, roles) : []));
  const named = [...new Set(closed.map(({ jurisdiction, regime }) => _("{country}, procedure {regime}", { country: jurisdiction, regime: String(regime) })))];
  const said = named.map((gate) => _("Not released by customs: {gate}.", { gate }));
  if (proposed) refused.push(...said);
  return said;
}
