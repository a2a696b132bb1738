// What a device at a dock knows: what the service told it last, and on top of it what was signed here since by both sides.
import { ShipmentState } from "../verify/records.js";
import { moved } from "./custody.js";

// Whether both sides have signed a handoff of this device.
export const isComplete = ({ signatures }) => Boolean(signatures.releaser && signatures.receiver);

// {own, at, names, holding(shipment), partner(number), partners(), owner(key), held(): [shipment, holding][]}. `dock`: what GET
// /v1/dock answered; `handoffs`: of this device, the oldest first; `book`: {names, owner} as the log signed them, which says
// whose key is whose: the service alone is not believed.
export function worldOf(dock, handoffs, { names, owner }) {
  const holdings = new Map([...dock.coming, ...dock.shipments].map((one) => [one.shipment, one]));
  const partners = new Map(dock.partners.map((one) => [one.id, one]));
  const owners = new Map(dock.partners.flatMap(({ id, keys }) => keys.filter(({ address }) => owner(address)?.partner === id).map((key) => [key.address, { partner: id, ...key }])));
  for (const entry of handoffs) {
    if (isComplete(entry) && entry.state !== "refused" && entry.state !== "replaced") overlay(holdings, entry.message, partners);
  }
  return {
    own: dock.partner,
    at: dock.at,
    names,
    holding: (shipment) => holdings.get(shipment) ?? null,
    partner: (number) => partners.get(number) ?? null,
    partners: () => [...partners.values()],
    owner: (key) => owners.get(key) ?? null,
    held: () => [...holdings].filter(([, { custodian, state }]) => custodian === dock.partner && state === ShipmentState.OPEN),
  };
}

// What both sides signed is so, whether the service has heard of it or not. Of goods that this device knew nothing about it
// knows from then on what the handoff says.
function overlay(holdings, message, partners) {
  const roles = partners.get(message.receiver)?.roles ?? 0;
  for (const item of message.items) {
    const known = holdings.get(item.shipment) ?? null;
    const recipient = known?.recipient_key ?? null;
    const between = { releaser: message.releaser, receiver: message.receiver, releaserKey: recipient, receiverKey: recipient, roles };
    if (known !== null) moved(item, between, known).changes.forEach((holding, shipment) => holdings.set(shipment, { ...holding, shipment }));
    else if (item.packages > 0) holdings.set(item.shipment, fromHandoff(item, message.receiver));
  }
}

function fromHandoff({ shipment, sequence, packages }, custodian) {
  const unknown = { consignor: null, consignee: null, recipient_key: null, requires: [], terms: null, partial: true };
  return { shipment, custodian, packages, sequence: sequence + 1, state: ShipmentState.OPEN, remainder: false, ...unknown };
}
