// The registry at any moment of its history: where the chain recorded a record, or where the log has it. Twin of
// ledger/registry/history.py.
import { msg } from "../verify/messages.js";
import { Told } from "../verify/refusals.js";
import { MASTER_KEY, Registry } from "../verify/registry.js";
import { apply } from "../verify/registry_rules.js";

const LOG_ONLY = new Set([13, 14, 15, 16]); // types that no contract takes

export class History {
  constructor(genesis) {
    this.genesis = genesis;
    this.latest = new Registry(genesis);
    this.entries = [];
    this.logIndexes = [];
  }

  // Add a record of the registry: {record, keys, block: {number, time, event}, outcomeIndex}. Throws Told.
  add(entry) {
    const { record, keys, block, outcomeIndex } = entry;
    const before = this.entries.at(-1)?.block;
    if (before !== undefined && (compare(before, block) >= 0 || before.time > block.time)) {
      throw new Told(msg("two things happened at once, or time ran backwards"));
    }
    apply(this.latest, record, keys, block.time);
    this.entries.push(entry);
    this.logIndexes.push(Math.max(outcomeIndex, this.logIndexes.at(-1) ?? 0)); // counts once those of all before are there too
  }

  // The moment before an event of a block.
  atBlock(block) {
    return { count: firstFrom(this.entries, (entry) => compare(entry.block, block) >= 0), time: block.time };
  }

  // Where a record stands: on the chain if it was judged there, else in the log.
  at({ facts, index, logTime }) {
    if (facts.block !== null) return this.atBlock(facts.block);
    return { count: firstFrom(this.logIndexes, (logged) => logged >= index), time: logTime };
  }

  // Ask `questions`, [{at, ask(registry, time)}], each at its moment, the earliest first.
  async visit(questions, pace) {
    const registry = new Registry(this.genesis);
    let applied = 0;
    for (const { at, ask } of [...questions].sort((one, other) => one.at.count - other.at.count)) {
      for (; applied < at.count; applied++) {
        const { record, keys, block } = this.entries[applied];
        apply(registry, record, keys, block.time);
      }
      ask(registry, at.time);
      await pace();
    }
  }

  // Whose key it is at a moment, {partner, master}; null for nobody's, or one that may not sign such records. Of what the
  // chain has not judged also a key that came into force after the log took the record: its grant was pending then.
  holder(registry, key, typeNumber, time, judged) {
    const partner = registry.partnerOf(key, typeNumber, time);
    if (partner !== null) return { partner, master: registry.addresses.get(key).kind === MASTER_KEY };
    if (judged || LOG_ONLY.has(typeNumber)) return null;
    const [before, after] = [registry.addresses.get(key), this.latest.addresses.get(key)];
    if ((before !== undefined && before.since <= time) || after === undefined) return null;
    if (((BigInt(after.scopes) >> BigInt(typeNumber - 1)) & 1n) === 0n) return null;
    return { partner: after.partner, master: after.kind === MASTER_KEY };
  }
}

function firstFrom(list, holds) {
  const index = list.findIndex(holds);
  return index === -1 ? list.length : index;
}

function compare(one, other) {
  if (one.number !== other.number) return one.number < other.number ? -1 : 1;
  return one.event - other.event;
}
