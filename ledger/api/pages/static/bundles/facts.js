// What the log says the chain made of each record, from the outcomes in a bundle. Twin of ledger/shipments/outcome_facts.py.
import { fromHex } from "../verify/bytes.js";
import { msg } from "../verify/messages.js";
import { Outcome } from "../verify/records.js";
import { Told } from "../verify/refusals.js";

const NOT_FINAL = new Set([Outcome.AHEAD, Outcome.UNKNOWN, Outcome.ANNOUNCED]);
const APPLIED = new Set([Outcome.APPLIED, Outcome.APPLIED_IN_BREACH]);
export const isApplied = (code) => APPLIED.has(code);

// By record id the outcomes about it, [{index, ...message, codes}], in the log's order; throws Told for an unknown one.
export function eventsOf(records) {
  const events = new Map();
  for (const { type, message, index } of records) {
    if (type !== "Outcome") continue;
    const codes = [...fromHex(message.outcomes)];
    if (!codes.every((code) => code >= 1 && code <= Outcome.ANNOUNCED)) throw new Told(msg("An outcome is unknown."));
    const about = events.get(message.record) ?? [];
    events.set(message.record, [...about, { ...message, index, codes, blockNumber: BigInt(message.blockNumber) }]);
  }
  return events;
}

// {outcomes: a code an item, block: {number, time, event} or null, outcomeIndex} of a record with these outcomes: the first final
// one of an item stands, and a record that the chain rejected as a whole was never judged there.
export function factsOf(events = []) {
  const codes = new Map();
  let first = null;
  let outcomeIndex = null;
  for (const event of events) {
    const fresh = [...event.codes.entries()].filter(([item, code]) => !NOT_FINAL.has(code) && !codes.has(item));
    for (const [item, code] of fresh) codes.set(item, code);
    if (fresh.length) {
      first ??= event;
      outcomeIndex = event.index;
    }
  }
  if (first === null) return { outcomes: [], block: null, outcomeIndex };
  const outcomes = Array.from({ length: Math.max(...codes.keys()) + 1 }, (_, item) => codes.get(item) ?? Outcome.AHEAD);
  const judged = outcomes.some((code) => code !== Outcome.REJECTED);
  const block = judged ? { number: first.blockNumber, time: first.blockTime, event: first.eventIndex } : null;
  return { outcomes, block, outcomeIndex };
}

// Of a record's outcomes those that contracts gave: one with rejected items is the log's own, unless it places the record.
export const byContracts = (events, { block }) => events.filter(({ codes, blockNumber }) => !codes.includes(Outcome.REJECTED) || blockNumber === block?.number);
