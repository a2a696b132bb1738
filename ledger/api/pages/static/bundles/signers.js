// Who must sign each record, in the order of its signatures. Twin of ledger/records/signers.py.
import { msg } from "../verify/messages.js";
import { AmendmentKind, Assurance, StatementKind } from "../verify/records.js";
import { Told } from "../verify/refusals.js";
import { childId, remainderId } from "./shipment_ids.js";

const WITNESSED = new Set([StatementKind.DESTROYED, StatementKind.ABANDONED]);
const BY_ONE = new Set(["Attestation", "Revocation", "Recall", "RecallAnswer", "Endorsement", "Observation", "BonusAward", "Dispute", "Ruling", "Claim"]);

const partnerSigner = (partner, field) => ({ kind: "partner", partner, field });
const COUNCIL = { kind: "council" };

// The signers of a record: partner {partner, field}, recipient {shipments}, master {partner, itself}, granted {key}, anchor
// {logId}, or the council, who take as many places as the others leave. `context`: a Context. Throws Told where what is needed
// is not there.
export function expectedSigners(record, context) {
  return record.type === "Amendment" ? amendmentSigners(record.message, context) : signersOf(record);
}

function signersOf({ type, message: m }) {
  if (BY_ONE.has(type)) return [partnerSigner(m.by, "by")];
  switch (type) {
    case "RegistryChange":
      return [COUNCIL];
    case "KeyGrant":
      return [{ kind: "master", partner: m.partner, itself: null }, { kind: "granted", key: m.key }];
    case "KeyRevoke":
      return [{ kind: "master", partner: m.partner, itself: m.key }];
    case "ShipmentTerms":
      return inOrder(m, ["consignor", "holder"], m.parents.map(({ shipment }) => shipment));
    case "Handoff":
      return inOrder(m, ["releaser", "receiver"], m.items.map(({ shipment }) => shipment));
    case "Split":
      return inOrder(m, ["by"], [m.shipment]);
    case "Statement":
      return inOrder(m, WITNESSED.has(m.kind) ? ["by", "counterparty"] : ["by"], [m.shipment]);
    case "Override":
      return [COUNCIL, ...inOrder(m, ["receiver"], [m.shipment])];
    case "Clearance":
      return inOrder(m, m.assurance === Assurance.AUTHORITY_SIGNED ? ["by"] : ["by", "declarant"], null);
    case "BonusAgreement":
      return inOrder(Object.fromEntries(m.parties.map(({ partner }, i) => [i, partner])), m.parties.map((_, i) => i), null);
    case "Checkpoint":
      return [{ kind: "anchor", logId: m.logId }];
    default:
      return []; // outcomes, which the log writes
  }
}

// Each partner once; 0 is the recipient key of `shipments`, where the record has any, and signs last.
function inOrder(message, fields, shipments) {
  const signers = [];
  let recipient = false;
  for (const field of fields) {
    const partner = message[field];
    if (partner === 0 && shipments !== null) recipient = true;
    else if (!signers.some((one) => one.partner === partner)) signers.push(partnerSigner(partner, field));
  }
  return recipient ? [...signers, { kind: "recipient", shipments }] : signers;
}

function amendmentSigners({ target, kind }, context) {
  const amended = context.record(target);
  if (amended === undefined) throw new Told(msg("what it amends is not here"));
  if (amended.type === "Amendment" || amended.type === "Outcome") throw new Told(msg("it amends what nobody can amend"));
  const signers = expectedSigners(amended, context);
  if (kind !== AmendmentKind.TERMS && kind !== AmendmentKind.RELIEF) return signers;
  const terms = amended.type === "ShipmentTerms" ? amended : shipmentsOf(amended).map((shipment) => context.termsOf(shipment)).find((one) => one !== undefined);
  if (terms === undefined) throw new Told(msg("the terms behind what it amends are not here"));
  const { commercial } = terms.message;
  if (typeof commercial === "string") throw new Told(msg("who must sign it stands in prices that are withheld here"));
  const named = new Set([0, ...signers.map(({ partner }) => partner)]);
  const more = ["liable", "beneficiary"].filter((field) => !named.has(commercial[field]) && named.add(commercial[field]));
  const last = signers.filter((one) => one.kind === "recipient");
  return [...signers.filter((one) => one.kind !== "recipient"), ...more.map((field) => partnerSigner(commercial[field], field)), ...last];
}

function shipmentsOf({ type, message }) {
  if (type === "Handoff" || type === "Clearance") return message.items.map(({ shipment }) => shipment);
  return ["Split", "Statement", "Override"].includes(type) ? [message.shipment] : [];
}

// What a record alone does not say about its signers, from the records of a bundle.
export class Context {
  constructor(records) {
    this.records = new Map(records.map((record) => [record.id, record]));
    this.parents = null;
  }

  record(id) {
    return this.records.get(id);
  }

  // The terms under which a shipment goes: its own, or those of the shipment that it was parted from.
  termsOf(shipment) {
    this.parents ??= new Map([...this.records.values()].flatMap(openings));
    let id = shipment;
    while (this.parents.has(id)) id = this.parents.get(id);
    const found = this.records.get(id);
    return found?.type === "ShipmentTerms" ? found : undefined;
  }
}

// [child, parent] of each shipment that the record can have opened from another.
function openings({ type, message }) {
  if (type === "Split") return message.children.map((_, i) => [childId(message.shipment, message.sequence, i), message.shipment]);
  if (type === "Handoff") return message.items.map(({ shipment, sequence }) => [remainderId(shipment, sequence), shipment]);
  return [];
}
