// The steps of a check that are about the records: the registry replayed from its beginning, who signed, and what the chain is
// said to have decided. As log_steps.js. Twin of ledger/bundle/bundle_checks.py and outcome_checks.py.
import { fromHex, toHex } from "../verify/bytes.js";
import { msg } from "../verify/messages.js";
import { ContractKind } from "../verify/records.js";
import { Told } from "../verify/refusals.js";
import { recover } from "../verify/secp256k1.js";
import { isMoney } from "../verify/typed.js";
import { byContracts, eventsOf, factsOf } from "./facts.js";
import { History } from "./history.js";
import { judge } from "./judging.js";
import { Context } from "./signers.js";

const OF_REGISTRY = new Set(["RegistryChange", "KeyGrant", "KeyRevoke"]);
const WITHOUT_CHAIN = new Set(["Outcome", "Amendment", "Endorsement", "Observation", "RecallAnswer"]);
const KIND_OF = new Map([
  ...["ShipmentTerms", "Handoff", "Split", "Statement", "Override"].map((type) => [type, ContractKind.CUSTODY]),
  ["Clearance", ContractKind.CLEARANCE],
  ...["Attestation", "Revocation", "Recall"].map((type) => [type, ContractKind.ATTESTATION]),
]);
const entry = ({ index, type }) => ({ index, type });

// Gives each record its `facts` and, once they are needed, its `keys`.
export async function buildRegistry(work) {
  work.events = eventsOf(work.records);
  for (const record of work.records) record.facts = factsOf(work.events.get(record.id));
  const placed = work.records.filter(({ type, facts }) => OF_REGISTRY.has(type) && facts.block !== null);
  placed.sort(({ facts: { block: one } }, { facts: { block: other } }) => (one.number === other.number ? one.event - other.event : one.number < other.number ? -1 : 1));
  work.history = new History(work.trust.genesis);
  for (const record of placed) {
    for (const event of byContracts(work.events.get(record.id), record.facts)) {
      if (event.target !== work.trust.registry) throw new Told(msg("A change is not of the registry in the trust file."));
    }
    const { block, outcomeIndex } = record.facts;
    const keys = keysOf(record);
    try {
      work.history.add({ record, keys, block, outcomeIndex });
    } catch (error) {
      const why = error.words ?? msg("it cannot be read");
      throw new Told(msg("The registry cannot have recorded its change in entry {index}: {why}.", { index: record.index, why }));
    }
    await work.pace();
  }
  const count = work.history.latest.sequence;
  return { words: msg("{count} changes of the registry follow each other from its beginning without a gap, each signed by the council then in force.", { count }) };
}

export async function checkSignatures(work) {
  const context = new Context(work.records);
  const questions = [];
  for (const record of work.records) {
    if (record.type === "Outcome") {
      if (record.signatures.length) throw new Told(msg("Only the log itself writes outcomes, and nobody signs them."));
      continue;
    }
    keysOf(record);
    await work.pace();
    const ask = (registry, time) => {
      try {
        judge(record, registry, time, work.history, context);
      } catch (error) {
        throw new Told(msg("Entry {index} ({type}): {why}.", { ...entry(record), why: error.words ?? msg("it cannot be read") }));
      }
    };
    questions.push({ at: work.history.at(record), ask });
  }
  await work.history.visit(questions, work.pace);
  return { words: msg("Signed records, each with the keys of its signers at its time: {count}.", { count: questions.length }) };
}

// The keys behind a record's signatures, recovered once; throws Told.
function keysOf(record) {
  try {
    record.keys ??= record.signatures.map((signature) => toHex(recover(record.digest, fromHex(signature))));
  } catch {
    throw new Told(msg("A signature of entry {index} ({type}) is none.", entry(record)));
  }
  return record.keys;
}

export async function checkOutcomes(work) {
  const ids = new Set(work.records.map(({ id }) => id));
  if ([...work.events.keys()].some((id) => !ids.has(id))) throw new Told(msg("Here is what became of a record, but not the record."));
  let waiting = 0;
  const questions = [];
  for (const record of work.records.filter(({ type }) => !WITHOUT_CHAIN.has(type))) {
    const { type, facts, pool } = record;
    if (facts.block === null && facts.outcomes.length === 0) waiting++;
    if (facts.block === null || OF_REGISTRY.has(type)) continue;
    const kind = KIND_OF.get(type) ?? ContractKind.BONUS;
    for (const { index, target, blockNumber, blockTime, eventIndex } of byContracts(work.events.get(record.id), facts)) {
      const ask = (registry, time) => {
        const contract = isMoney(type) && type !== "BonusAgreement" ? pool : registry.contract(kind, time);
        if (target !== contract) throw new Told(msg("The outcome in entry {index} is not one of the contract that was in force.", { index }));
      };
      questions.push({ at: work.history.atBlock({ number: blockNumber, time: blockTime, event: eventIndex }), ask });
    }
  }
  await work.history.visit(questions, work.pace);
  const count = [...work.events.values()].flat().length;
  const words = waiting
    ? msg("Outcomes by the contracts in force: {count}; records that have none yet: {waiting}. That the chain decided so is the log's word.", { count, waiting })
    : msg("Outcomes by the contracts in force: {count}. That the chain decided so is the log's word.", { count });
  return { words };
}
