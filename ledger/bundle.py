"""Bundles: what a stranger needs to check a shipment, a partner or an award without database, node or network.

A bundle holds the registry's history, the records with their signatures and opened parts, the outcomes that the log
wrote, an inclusion proof of each to one checkpoint, the log's statement that these are all, the rules and the figures.
What is trusted comes from elsewhere: the trust file. `verify_bundle` keeps apart what it *proves* (signatures, keys,
inclusion, arithmetic) and what only the log *attests* (that nothing is missing, what the chain decided).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger import merkle
from ledger.bundle_format import Bundle, BundledRecord, Trust, parse_bundle
from ledger.checkpoint import Leaf, LogIdentity
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.concerns import child_id
from ledger.errors import LadingError, VerificationFailed
from ledger.figures import check_figures
from ledger.ids import KeyAddress, RecordId, to_hex
from ledger.notes import TreeHead
from ledger.records import (
    REMAINDER_INDEX,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Outcome,
    Record,
    RegistryChange,
    ShipmentTerms,
    Split,
)
from ledger.registry import RecordedAt, RegistryHistory
from ledger.signing import Domain, recover
from ledger.verification import Facts, VerifiedRecord, verify_record

REGISTRY_RECORDS = (RegistryChange, KeyGrant, KeyRevoke)
NOT_FINAL = (Code.AHEAD, Code.UNKNOWN)
PROVED, ATTESTED = "proved", "attested by the log"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of verification. `basis` says whether it is proved here or attested by the log."""

    name: str
    ok: bool
    basis: str
    expected: str = ""
    found: str = ""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.ok,
            "basis": self.basis,
            "expected": self.expected,
            "found": self.found,
            "why": self.why,
        }


@dataclass
class _Work:
    """What the steps find out, in their order."""

    bundle: Bundle
    trust: Trust
    log: LogIdentity | None = None
    head: TreeHead | None = None
    history: RegistryHistory | None = None
    domain: Domain | None = None
    ids: dict[int, RecordId] = field(default_factory=dict)
    verified: list[VerifiedRecord] = field(default_factory=list)


def verify_bundle(data: bytes, trust: Trust) -> list[Step]:
    """Check a bundle against what is trusted; every step up to the first that fails, which says why.

    1. format      it is a bundle, and prints as it was read
    2. log         its log is one of the trusted
    3. checkpoint  the log signed it
    4. inclusion   each record, with its signatures and opened parts, is a leaf under the checkpoint
    5. registry    changes without a gap from the trusted genesis, each signed by the council in force
    6. signatures  each record was signed by its signers, with keys valid at its place
    7. complete    the log's signed statement that these are all records about the subject
    8. outcomes    what the log says the chain decided, for every record that has a chain track
    9. figures     penalties, scores and awards come out the same again
    """
    work: _Work | None = None
    steps: list[Step] = []

    def parse() -> str:
        nonlocal work
        work = _Work(parse_bundle(data), trust)
        return f"{len(work.bundle.records)} records about {work.bundle.subject}"

    todo: list[tuple[str, str, Callable[[], str]]] = [("format", PROVED, parse)]
    todo += [
        (name, basis, lambda step=step: step(_started(work)))  # type: ignore[misc]
        for name, basis, step in (
            ("log", PROVED, _log),
            ("checkpoint", PROVED, _checkpoint),
            ("inclusion", PROVED, _inclusion),
            ("registry", PROVED, _registry),
            ("signatures", PROVED, _signatures),
            ("complete", ATTESTED, _complete),
            ("outcomes", ATTESTED, _outcomes),
            ("figures", PROVED, _figures),
        )
    ]
    for name, basis, run in todo:
        try:
            steps.append(Step(name, True, basis, why=run()))
        except LadingError as error:
            where = f"{error.where}: " if error.where else ""
            steps.append(
                Step(name, False, basis, error.expected, error.found, f"{where}{error.what}. {error.mend}".strip())
            )
            break
    return steps


def _started(work: _Work | None) -> _Work:
    if work is None:
        raise VerificationFailed("the bundle was not read", where="format")
    return work


def _log(work: _Work) -> str:
    for log in work.trust.logs:
        if log.origin == work.bundle.origin:
            work.log = log
            return log.origin
    raise VerificationFailed(
        "the bundle's log is not in the trust file",
        where="log",
        expected=", ".join(log.origin for log in work.trust.logs),
        found=work.bundle.origin,
    )


def _checkpoint(work: _Work) -> str:
    if work.log is None:
        raise VerificationFailed("no log", where="checkpoint")
    work.head = work.log.verify_checkpoint(work.bundle.checkpoint.encode())
    return f"{work.head.size} leaves under {to_hex(work.head.root)}"


def _inclusion(work: _Work) -> str:
    head, work.domain = _head(work), _domain(work)
    for record in work.bundle.records:
        record_id = work.domain.record_id(record.signed.record)
        if record.signed.record.MONEY:
            record_id = _money_id(work, record)
        leaf = Leaf.of(record.signed.record.NUMBER, record_id, record.signed.signature_bytes(), record.log_time)
        try:
            merkle.verify_inclusion(
                merkle.leaf_hash(leaf.encode()), record.index, head.size, list(record.proof), head.root
            )
        except VerificationFailed as error:
            raise VerificationFailed(
                "this record is not the one in the log",
                where=f"records[{record.index}] {type(record.signed.record).__name__}",
                expected=error.expected,
                found=error.found,
                mend="A field, an opened part, a signature, the log time or the proof was altered.",
            ) from None
        work.ids[record.index] = record_id
    return f"all {len(work.ids)} records are leaves of the log"


def _check_leaf(record: BundledRecord, record_id: RecordId, head: TreeHead) -> None:
    leaf = Leaf.of(record.signed.record.NUMBER, record_id, record.signed.signature_bytes(), record.log_time)
    leaf_hash = merkle.leaf_hash(leaf.encode())
    merkle.verify_inclusion(leaf_hash, record.index, head.size, list(record.proof), head.root)


def _money_id(work: _Work, record: BundledRecord) -> RecordId:
    """Money records bind the pool's address: that of any pool that the council ever opened."""
    pools = [
        change.key
        for change in (r.signed.record for r in work.bundle.records)
        if isinstance(change, RegistryChange)
        and change.action == RegistryAction.OPEN_CONTRACT
        and change.number == ContractKind.BONUS
    ]
    base = _domain(work)
    head = _head(work)
    for pool in pools:
        record_id = Domain(base.consortium_id, base.chain_id, pool).record_id(record.signed.record)
        leaf = Leaf.of(record.signed.record.NUMBER, record_id, record.signed.signature_bytes(), record.log_time)
        try:
            merkle.verify_inclusion(
                merkle.leaf_hash(leaf.encode()), record.index, head.size, list(record.proof), head.root
            )
        except VerificationFailed:
            continue
        work.domain = Domain(base.consortium_id, base.chain_id, pool)
        return record_id
    return base.record_id(record.signed.record)


def _registry(work: _Work) -> str:
    history = RegistryHistory(work.trust.genesis)
    events = _events(work)
    changes = [r for r in work.bundle.records if isinstance(r.signed.record, REGISTRY_RECORDS)]
    placed = []
    for record in changes:
        facts = facts_of(record.index, record.log_time, events.get(work.ids[record.index], []))
        if facts.block_number is None or facts.block_time is None or facts.event_index is None:
            continue  # not recorded by the chain yet: without effect
        placed.append((facts, record))
    for facts, record in sorted(placed, key=lambda p: (p[0].block_number or 0, p[0].event_index or 0)):
        keys = _keys(work, record)
        at = RecordedAt(facts.block_number or 0, facts.block_time or 0, facts.event_index or 0, facts.outcome_index)
        history.apply(record.signed.record, keys, at)  # type: ignore[arg-type]
    work.history = history
    return f"{history.next_sequence - 1} changes without a gap"


def _signatures(work: _Work) -> str:
    history = work.history or RegistryHistory(work.trust.genesis)
    domain, events = _domain(work), _events(work)
    context = _Context(work)
    for record in work.bundle.records:
        if isinstance(record.signed.record, Outcome):
            continue
        facts = facts_of(record.index, record.log_time, events.get(work.ids[record.index], []))
        work.verified.append(verify_record(record.signed, domain, facts, history, context))
    return f"{len(work.verified)} signed records, each by the keys of its signers at its time"


def _complete(work: _Work) -> str:
    log, head = work.log, _head(work)
    statement = work.bundle.complete
    if log is None or statement.size != head.size or statement.subject != work.bundle.subject:
        raise VerificationFailed(
            "the statement is about something else",
            where="complete",
            expected=f"{work.bundle.subject} at size {head.size}",
            found=f"{statement.subject} at size {statement.size}",
        )
    about = [
        work.ids[r.index] for r in work.bundle.records if not isinstance(r.signed.record, (*REGISTRY_RECORDS, Outcome))
    ]
    log.verify_complete(statement, about)
    return f"the log says that these {len(about)} records are all there are about {work.bundle.subject}"


def _outcomes(work: _Work) -> str:
    events = _events(work)
    known = {work.ids[r.index] for r in work.bundle.records}
    for target, found in events.items():
        if target not in known:
            raise VerificationFailed(
                "an outcome of a record that is not in the bundle",
                where=f"records[{found[0][0]}]",
                found=to_hex(target),
            )
    return f"{sum(len(found) for found in events.values())} outcomes; a full audit or a node proves them"


def _figures(work: _Work) -> str:
    records = {work.ids[r.index]: r.signed.record for r in work.bundle.records}
    return check_figures(work.bundle.figures, work.bundle.rules, work.verified, records)


def facts_of(index: int, log_time: int, events: Sequence[tuple[int, Outcome]]) -> Facts:
    """What log and chain say of a record whose `Outcome` records are `events` (log index, record), in any order.

    The first final outcome of an item stands; an item without one stands as AHEAD.
    """
    codes: dict[int, Code] = {}
    first: tuple[int, Outcome] | None = None
    last = 0
    for place, event in sorted(events, key=lambda e: e[0]):
        new = {i: Code(c) for i, c in enumerate(event.outcomes) if c not in NOT_FINAL and i not in codes}
        if new:
            codes |= new
            first = first or (place, event)
            last = place
    if first is None:
        return Facts(index, log_time)
    event = first[1]
    return Facts(
        log_index=index,
        logged_at=log_time,
        block_number=event.blockNumber,
        block_time=event.blockTime,
        event_index=event.eventIndex,
        outcomes=tuple(codes.get(i, Code.AHEAD) for i in range(max(codes) + 1)),
        outcome_index=last,
    )


class _Context:
    """A `SignerContext` on the bundle's own records."""

    def __init__(self, work: _Work) -> None:
        self._records: dict[bytes, Record] = {work.ids[r.index]: r.signed.record for r in work.bundle.records}
        self._parents: dict[bytes, bytes] = {}
        for record in self._records.values():
            self._parents |= dict(_openings(record))

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        while shipment in self._parents:
            shipment = self._parents[shipment]
        found = self._records.get(shipment)
        return found if isinstance(found, ShipmentTerms) else None

    def record(self, record_id: bytes) -> Record | None:
        return self._records.get(record_id)


def _openings(record: Record) -> Iterator[tuple[bytes, bytes]]:
    """(child, parent) of each shipment that the record can have opened from another."""
    if isinstance(record, Split):
        for i in range(len(record.children)):
            yield child_id(record.shipment, record.sequence, i), record.shipment
    elif isinstance(record, Handoff):
        for item in record.items:
            yield child_id(item.shipment, item.sequence, REMAINDER_INDEX), item.shipment


def _events(work: _Work) -> Mapping[RecordId, list[tuple[int, Outcome]]]:
    found: dict[RecordId, list[tuple[int, Outcome]]] = {}
    for record in work.bundle.records:
        if isinstance(record.signed.record, Outcome):
            found.setdefault(RecordId(record.signed.record.record), []).append((record.index, record.signed.record))
    return found


def _keys(work: _Work, record: BundledRecord) -> list[KeyAddress]:
    return [recover(work.ids[record.index], signature) for signature in record.signed.signatures]


def _head(work: _Work) -> TreeHead:
    if work.head is None:
        raise VerificationFailed("no checkpoint", where="checkpoint")
    return work.head


def _domain(work: _Work) -> Domain:
    return work.domain or Domain(work.trust.genesis.consortium_id, work.trust.chain_id)
