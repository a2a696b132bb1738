// Whether the keys behind a record's signatures were its signers' where it stands. Twin of verify_recovered in
// ledger/records/verification.py.
import { msg } from "../verify/messages.js";
import { RECORDS } from "../verify/records.js";
import { Told } from "../verify/refusals.js";
import { COUNCIL_KEY } from "../verify/registry.js";
import { isApplied } from "./facts.js";
import { expectedSigners } from "./signers.js";

const LOG_ONLY = new Set(["Amendment", "Endorsement", "Observation", "RecallAnswer"]);

// Throws Told unless `record.keys` are those of its signers in `registry` at `time`.
export function judge(record, registry, time, history, context) {
  const plan = spread(expectedSigners(record, context), record.keys.length);
  const holder = (key) => history.holder(registry, key, RECORDS[record.type].number, time, record.facts.block !== null);
  plan.forEach((signer, i) => judgeOne(signer, record.keys[i], record, registry, time, holder, context));
  checkCouncil(record.keys.filter((_, i) => plan[i].kind === "council"), registry, time);
  if (new Set(record.keys).size !== record.keys.length) throw new Told(msg("one key signed for two"));
}

// One signer a signature: the council takes as many places as the others leave.
function spread(signers, count) {
  const others = signers.filter(({ kind }) => kind !== "council").length;
  const council = others < signers.length;
  if (council ? count <= others : count !== others) throw new Told(msg("it bears {count} signatures, not those of all its signers", { count }));
  return signers.flatMap((signer) => (signer.kind === "council" ? Array(count - others).fill(signer) : [signer]));
}

function judgeOne(signer, key, record, registry, time, holder, context) {
  const held = (holds, why) => {
    if (!holds) throw new Told(why);
  };
  switch (signer.kind) {
    case "partner": {
      const { partner } = signer;
      held(holder(key)?.partner === partner, msg("not signed by a key that was partner {partner}'s then, and for such records", { partner: String(partner) }));
      break;
    }
    case "master": {
      const owner = holder(key);
      held(key === signer.itself || (owner?.master && owner.partner === signer.partner), msg("not signed by a master key"));
      break;
    }
    case "granted":
      held(key === signer.key, msg("not signed by a master key and by the granted key"));
      break;
    case "recipient":
      held(isRecipient(signer.shipments, key, record, context), msg("not signed by the one-time key that the shipment's terms name"));
      break;
    case "anchor": {
      const anchor = registry.logs.get(signer.logId);
      held(anchor === key && registry.inForce(key, time), msg("not signed by the log's key for the chain"));
    }
  }
}

// Every shipment whose item was applied names this key; of a record that only the log has, at least one does. While the chain
// has applied nothing, nothing is claimed.
function isRecipient(shipments, key, { type, facts }, context) {
  const matches = shipments.map((shipment) => context.termsOf(shipment)?.message.recipientKey === key);
  const applied = facts.outcomes.map(isApplied);
  if (applied.length === matches.length) return matches.every((match, i) => match || !applied[i]);
  return matches.includes(true) || !(LOG_ONLY.has(type) || applied.includes(true));
}

function checkCouncil(keys, registry, time) {
  if (keys.length === 0) return;
  if (!keys.every((key, i) => i === 0 || keys[i - 1] < key)) throw new Told(msg("council signatures do not ascend"));
  const member = (key) => registry.addresses.get(key)?.kind === COUNCIL_KEY && registry.inForce(key, time);
  if (!keys.every(member)) throw new Told(msg("signed by somebody outside the council"));
  const counts = { needed: registry.needed(time), count: keys.length };
  if (counts.count < counts.needed) throw new Told(msg("{needed} council members must sign, {count} did", counts));
}
