"""What the chain says of this log: every record that it took, what became of each item, and what was anchored."""

import json
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.chain.abi import AbiType, encode
from ledger.chain.client import Log, Receipt
from ledger.chain.events import RecordedEvent, decode_event
from ledger.codes import Outcome as Code
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.common.periods import HOUR
from ledger.errors import LadingError
from ledger.log.leaf import Leaf
from ledger.merkle import leaf_hash
from ledger.records.disclosure import split
from ledger.records.recovered import recover_keys
from ledger.records.signing import SignedRecord
from ledger.records.types import Checkpoint, Outcome, Record
from ledger.registry.state import AddressKind
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.services.audit.findings import Findings
from ledger.services.audit.replay import Place, Rules
from ledger.services.audit.rows.copied import Copied
from ledger.services.audit.rows.log_rows import Tell
from ledger.services.home.home import Home
from ledger.services.relay.chain_reader import OPEN, Settling, TimedEvent, read_ranges
from ledger.services.relay.courier import refused_calls
from ledger.store import records
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks, text_of
from ledger.store.rowwise import Row

LAG = HOUR
"""Seconds of the chain's time that a node may lie behind."""


EventLeaves = tuple[TimedEvent, list[tuple[RecordId, SignedRecord]]]
"""An event and the leaves that follow from it."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint that the chain took: where it stands there."""

    size: int
    root: bytes
    block: int
    transaction: bytes
    time: int


@dataclass
class ChainFacts:
    """What one walk over the chain found out.

    `recovered`: rows for published records that the log has not. `unfollowed`: leaves that the log need not have yet.
    `newest`: the latest block of which the log has an outcome. `reached`: the time of the last block walked to, and
    `waits_since` that of the first event which is not in the log yet. `blocks`: in which block each transaction is.
    `opened`: the contracts of `contracts` that whoever followed the chain so far knows; `first`: those of the founding.
    """

    anchors: dict[int, Anchored] = field(default_factory=dict)
    recovered: dict[RecordId, Row] = field(default_factory=dict)
    outcome_ids: set[RecordId] = field(default_factory=set)
    contracts: dict[bytes, str] = field(default_factory=dict)
    unfollowed: int = 0
    waits_since: int = 0
    reached: int = 0
    blocks: dict[bytes, int] = field(default_factory=dict)
    opened: dict[bytes, str] = field(default_factory=dict)
    first: frozenset[bytes] = frozenset()
    newest: int = 0


@dataclass(frozen=True)
class Resumed:
    """From where a walk goes on that does not begin with the first block: the last block that an earlier audit read,
    what `rules` and `contracts` were then, and the first leaf that came since.

    `look_up` puts records from before that leaf into the copy, and in `settled` what of their items was final by then.
    """

    after: int
    rules: Rules
    contracts: Mapping[bytes, str]
    first: int
    look_up: Callable[[Collection[RecordId]], None]
    settled: Mapping[RecordId, Mapping[int, int]]


class ChainAudit:
    """One walk. `copied` holds the sound rows of the log; `wanted` are records that were published and are not sound.

    Events after block `followed` need not be in the log yet; they are only counted.
    """

    def __init__(
        self,
        home: Home,
        copied: Copied,
        wanted: dict[RecordId, Leaf],
        findings: Findings,
        resumed: Resumed | None = None,
    ) -> None:
        self._copy = copied.copy
        self._known = copied.known
        self._chain = home.chain
        self._deployment = home.deployment
        self._log_id = home.log_id
        self._wanted = wanted
        self._findings = findings
        self._resumed = resumed
        self.rules = Rules(home.deployment.genesis) if resumed is None else resumed.rules
        self.facts = ChainFacts()
        self._settling = Settling(home.domain, None if resumed is None else resumed.settled)
        self._strangers: set[bytes] = set()

    def run(self, followed: int, last: int, tell: Tell) -> ChainFacts:
        """Walk to block `last`.

        1. Checkpoints of this log are what is anchored.
        2. Registry, custody and clearance are replayed by the pure rules; the contract must have said the same.
        3. Every record that the chain took is in the log, and so is every final outcome.
        4. Every outcome in the log is one of these, or a rejection that the chain bears out.
        5. Every contract that recorded anything was opened by the council's signatures.
        """
        resumed = self._resumed
        self.facts.contracts = self._deployment.names() if resumed is None else dict(resumed.contracts)
        self.facts.opened = {} if resumed is None else dict(resumed.contracts)
        after, known = (None, None) if resumed is None else (resumed.after, resumed.contracts)
        for blocks in read_ranges(self._chain, self._deployment, last, after=after, contracts=known):
            tell("chain", blocks.end.number, last)
            if resumed is not None:
                resumed.look_up({timed.event.record_id for timed in blocks.events})
            expected = [(timed, self._settling.leaves(timed)) for timed in blocks.events]
            there = records.get_many(self._copy, {record_id for _, leaves in expected for record_id, _ in leaves})
            for timed in blocks.events:
                self._note_anchor(timed)  # 1.
                self._check_opened(timed)  # 5.
                self._replay(timed, there.get(timed.event.record_id))  # 2.
                self.facts.blocks[timed.event.log.transaction] = timed.event.log.block
            self._compare(expected, there, followed)  # 3.
            if blocks.end.number <= followed:
                self.facts.opened = dict(blocks.contracts)
            self.facts.contracts = dict(blocks.contracts)
            self.facts.reached = blocks.end.timestamp
        self.facts.first = frozenset(self._deployment.contracts.values())
        self._check_outcomes()  # 4.
        return self.facts

    # --- 1, 2 --------------------------------------------------------------------------------------------------------

    def _note_anchor(self, timed: TimedEvent) -> None:
        event = timed.event
        record = event.signed.record
        if isinstance(record, Checkpoint) and record.logId == self._log_id:
            anchored = Anchored(record.size, record.root, event.log.block, event.log.transaction, timed.time)
            self.facts.anchors.setdefault(record.size, anchored)

    def _check_opened(self, timed: TimedEvent) -> None:
        log = timed.event.log
        if log.address == self._deployment.registry or log.address in self._strangers:
            return
        known = self.rules.history.at_block(log.block, timed.time, log.index).address(KeyAddress(log.address))
        if known is None or known.kind != AddressKind.CONTRACT or known.since > timed.time:
            self._strangers.add(log.address)
            self._findings.add(
                timed.event.record_id,
                f"contract {to_hex(log.address)}",
                "a contract that the council opened",
                timed.event.contract,
                f"it recorded in block {log.block} without having been opened: consortium.json was altered",
            )

    def _replay(self, timed: TimedEvent, row: StoredRecord | None) -> None:
        """`row`: the record in the log, whose keys are known where it bears the very signatures of the event."""
        event = timed.event
        place = Place(event.log.block, timed.time, event.log.index)
        where = f"block {place.block}, event {place.index}"
        try:
            if row is not None and row.signature_list == event.signed.signatures:
                keys = self._known.of(row)
            else:
                keys = recover_keys(event.record_id, event.signed.signatures)
            expected = self.rules.judge(event, place, keys)
        except LadingError as error:
            self._findings.add(
                event.record_id,
                "outcomes",
                f"a revert: {error}",
                event.outcomes,
                f"the chain recorded in {where} what the rules refuse: the contract or its state is not Lading's",
            )
            return
        if expected is not None and expected != event.outcomes:
            item = next(i for i, code in enumerate(expected) if code != event.outcomes[i])
            self._findings.add(
                event.record_id,
                f"outcomes[{item}]",
                _code(expected[item]),
                _code(event.outcomes[item]),
                f"the chain says in {where} what the rules do not: the contract or its state is not Lading's",
            )

    # --- 3 -----------------------------------------------------------------------------------------------------------

    def _compare(self, expected: Sequence[EventLeaves], there: Container[RecordId], followed: int) -> None:
        for timed, leaves in expected:
            event = timed.event
            for record_id, signed in leaves:
                if isinstance(signed.record, Outcome):
                    self.facts.outcome_ids.add(record_id)
                if record_id in self._wanted:
                    self._recover(record_id, signed)
                elif record_id not in there and event.log.block > followed:
                    self.facts.unfollowed += 1
                    self.facts.waits_since = self.facts.waits_since or timed.time
                elif record_id not in there:
                    self._missing(record_id, signed.record, event)

    def _recover(self, record_id: RecordId, signed: SignedRecord) -> None:
        """Keep what the chain knows of a published record whose row is not sound."""
        leaf = self._wanted[record_id]
        public = split(signed.record)[0]
        signatures = signed.signature_bytes()
        again = Leaf.of(public.NUMBER, record_id, signatures, leaf.log_time)
        self.facts.recovered.setdefault(
            record_id,
            {
                "record_id": record_id,
                "type_number": public.NUMBER,
                "log_time": leaf.log_time,
                "leaf_hash": leaf_hash(again.encode()),
                "signatures": signatures,
                "message": text_of(public.to_json()),
            },
        )

    def _missing(self, record_id: RecordId, record: Record, event: RecordedEvent) -> None:
        where = f"block {event.log.block}, event {event.log.index}"
        if isinstance(record, Outcome):
            self._findings.add(
                event.record_id,
                "Outcome",
                f"{to_hex(record_id)}: {', '.join(map(_code, record.outcomes))}",
                "no such record",
                f"the chain settled this record in {where}, but the log has no such outcome: withheld or deleted",
            )
        else:
            self._findings.add(
                record_id,
                "records",
                f"{type(record).__name__} of {where}",
                "no such record",
                "the chain took this record, but the log does not have it: withheld or deleted",
            )

    # --- 4 -----------------------------------------------------------------------------------------------------------

    def _check_outcomes(self) -> None:
        first = 0 if self._resumed is None else self._resumed.first
        for batch in chunks(records.stream(self._copy, first, types=[Outcome.NUMBER]), 500):
            if self._resumed is not None:  # what is rejected may lie before
                told = [row for row in batch if row.record_id not in self.facts.outcome_ids]
                self._resumed.look_up({RecordId(cast(Outcome, row.record).record) for row in told})
            for row in batch:
                self._check_outcome(row, cast(Outcome, row.record))

    def _check_outcome(self, row: StoredRecord, outcome: Outcome) -> None:
        if row.record_id in self.facts.outcome_ids:
            self.facts.newest = max(self.facts.newest, outcome.blockNumber)
            return
        target = records.get(self._copy, RecordId(outcome.record))
        problem = self._rejection_problem(outcome, target.signed if target else None)
        if problem:
            self._findings.add(
                outcome.record,
                "Outcome",
                "what the chain says",
                f"{to_hex(row.record_id)}: {', '.join(map(_code, outcome.outcomes))}",
                f"leaf {row.log_index} gives this record an outcome that the chain does not bear out: {problem}",
            )

    def _rejection_problem(self, outcome: Outcome, target: SignedRecord | None) -> str:
        """Why an outcome without an event is no rejection either; empty when it is one."""
        if Code.REJECTED not in outcome.outcomes:
            return "there is no such event"
        if target is None:
            return "the rejected record is not in the log"
        codes = self._settling.codes(RecordId(outcome.record), len(outcome.outcomes))
        expected = bytes(Code.REJECTED if code == OPEN else code for code in codes)
        submit_by = getattr(target.record, "submitBy", 0)
        receipt, block = self._chain.receipt(outcome.transaction), self._chain.block(outcome.blockNumber)
        refused = self._refused(receipt) if receipt is not None and receipt.block == outcome.blockNumber else []
        if outcome.record in self._settling.finished or outcome.outcomes != expected:
            return "the chain settled items that are rejected here"
        if not refused:
            return "there is no such transaction that reverted"
        if block is None or block.timestamp != outcome.blockTime or not 0 < submit_by < block.timestamp:
            return "a rejection is final only after submitBy"
        if not any(self._takes(call, outcome, target.record.NUMBER) for call in refused):
            return "the transaction that reverted carried another record"
        return ""

    def _refused(self, receipt: Receipt) -> list[bytes]:
        """The calls that a transaction made in vain: its own, or some of those that the courier carried."""
        if not receipt.succeeded:
            return [self._chain.input(receipt.transaction) or b""]
        courier = self._deployment.courier
        return [] if courier is None else refused_calls(self._chain, courier, receipt)

    def _takes(self, call: bytes, outcome: Outcome, type_number: int) -> bool:
        """Whether a call that was refused holds the record: read as if it had been taken."""
        data = encode([AbiType("bytes"), AbiType("bytes")], [call, outcome.outcomes])
        topics = (RECORDED_TOPIC, outcome.record, type_number.to_bytes(32, "big"))
        log = Log(outcome.target, topics, data, outcome.blockNumber, outcome.transaction, 0)
        contract = self.facts.contracts.get(outcome.target, "")
        domains = [self._deployment.domain(), self._deployment.domain(outcome.target)]
        return bool(contract) and any(isinstance(decode_event(log, contract, d), RecordedEvent) for d in domains)


def check_anchors(
    facts: ChainFacts, root_of: Callable[[Iterable[int]], dict[int, bytes]], size: int, findings: Findings
) -> int:
    """The newest anchored size; every anchored root must be the log's own at its size."""
    roots = root_of(facts.anchors)
    for anchored in facts.anchors.values():
        result = roots.get(anchored.size)
        if result != anchored.root:
            findings.add(
                "",
                f"anchor of size {anchored.size}",
                anchored.root,
                result if result is not None else f"{size} leaves only",
                f"the log does not contain the tree that was anchored in block {anchored.block}: leaves were altered, "
                "or an old state was restored",
            )
    return max(facts.anchors, default=0)


def check_followed(facts: ChainFacts, final: int, followed: int, findings: Findings) -> None:
    """A node that follows the chain, or did so a moment ago, may lag; events that wait long are kept out.

    A node that was killed has what its chain recorded last still to read, and on a chain of its own nothing comes
    after that. So an event's age is measured by the newest block, not by the clock.
    """
    if not facts.unfollowed:
        return
    where = "", "chain_cursor", final, followed
    events = f"{facts.unfollowed} events of final blocks are not in the log"
    if facts.reached - facts.waits_since <= LAG:
        findings.note(*where, f"{events} yet: they are not judged. Serve this home, then audit again")
    else:
        findings.add(
            *where,
            f"{events}, although later blocks came long ago: no node follows the chain, or it was made "
            "to stop. Serve this home, then audit again",
        )


def contracts_in_meta(text: str | None) -> dict[bytes, int]:
    """What the database remembers of contracts that the council opened later: address to kind."""
    try:
        return {bytes.fromhex(entry["address"][2:]): int(entry["kind"]) for entry in json.loads(text or "[]")}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _code(value: int) -> str:
    return Code(value).name.lower() if value in set(Code) else str(value)
