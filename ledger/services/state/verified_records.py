"""Verified records out of the store: the only thing that numbers are computed from.

The keys of what stands there are recovered, unless this process did so before for the very same digest and signature,
and judged at the record's place: a row that was edited yields no number.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from ledger.bundle.subject import NUMBERS_NEED
from ledger.codes import StatementKind
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError
from ledger.records import index_keys
from ledger.records.disclosure import join
from ledger.records.evidence import Evidence
from ledger.records.types import REMAINDER_INDEX, Outcome, Record, ShipmentTerms, Statement
from ledger.records.verification import Facts, VerifiedRecord, as_known_at, verify_recovered
from ledger.services.home.consortium import Consortium
from ledger.services.state import shipment_state
from ledger.services.state.bonus_pools import domain_of
from ledger.services.state.current_registry import CurrentRegistry
from ledger.shipments import outcome_facts
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import outcomes, shipments, tracing
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.projections.shipments import Shipment
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks


@dataclass(frozen=True, slots=True)
class Settled:
    """What the chain said of some records: their items' final outcomes, and the rows that tell of these."""

    items: dict[RecordId, list[ItemOutcome]]
    told: dict[RecordId, StoredRecord]

    def of(self, record_id: RecordId) -> tuple[list[ItemOutcome], dict[RecordId, Outcome]]:
        """A record's outcomes, and the events behind them. Raises `MalformedRecord` where one of these was damaged."""
        items = self.items.get(record_id, [])
        events = (self.told[item.outcome_record] for item in items if item.outcome_record in self.told)
        return items, {row.record_id: cast(Outcome, row.record) for row in events}


class VerifiedRecords:
    """Records of one connection's snapshot in verified form, by all `evidence` of time there is unless it is given."""

    def __init__(
        self,
        connection: Connection,
        consortium: Consortium,
        registry: CurrentRegistry,
        evidence: Evidence | None = None,
    ) -> None:
        self._connection = connection
        self._deployment = consortium.deployment
        self._domain = consortium.deployment.domain()
        self.evidence = registry.evidence.of(connection, consortium) if evidence is None else evidence
        self._registry = registry

    def of_shipment(self, shipment: bytes) -> list[VerifiedRecord]:
        """Everything that bears on a shipment's numbers: its own records, its ancestors', those of all that its goods
        became, and what amends or endorses them.
        """
        return list(self._verified(self.rows_of_shipments([shipment])))

    def verify(self, rows: Iterable[StoredRecord], settled: Settled | None = None) -> Iterator[VerifiedRecord]:
        """The verified form of each row that bears on numbers. `settled`: of these rows, where it was read before."""
        yield from self._verified([row for row in rows if row.type_number in NUMBERS_NEED], settled)

    def rows_of_shipment(self, shipment: bytes) -> list[StoredRecord]:
        """The same records as they are stored, in log order."""
        return self.rows_of_shipments([shipment])

    def rows_of_shipments(
        self, wanted: Iterable[bytes], known: Mapping[bytes, Shipment] | None = None
    ) -> list[StoredRecord]:
        """Those of several shipments, read together: each once, in log order. `known`: shipments that this snapshot is
        known to hold.
        """
        keys = [to_hex(relative) for relative in self._lineages(wanted, known or {})]
        rows = records.about_many(self._connection, index_keys.SHIPMENT, keys, types=NUMBERS_NEED)
        new = list(rows)
        while new:  # an amendment can be endorsed in its turn
            keys = [to_hex(record_id) for record_id in new]
            related = records.about_many(self._connection, index_keys.RECORD, keys, types=NUMBERS_NEED)
            new = [record_id for record_id in related if record_id not in rows]
            rows |= related
        return sorted(rows.values(), key=lambda row: row.log_index)

    def all(self, types: Iterable[int] = NUMBERS_NEED) -> Iterator[VerifiedRecord]:
        """Every record of `types` in log order, a thousand at a time."""
        batch: list[StoredRecord] = []
        for row in records.stream(self._connection, types=tuple(types)):
            batch.append(row)
            if len(batch) == 1000:
                yield from self._verified(batch)
                batch = []
        yield from self._verified(batch)

    def known_at(self, size: int) -> list[VerifiedRecord]:
        """Every record of `NUMBERS_NEED` below `size`, as known at it."""
        return list(as_known_at(self.all(), size, self.evidence.times))

    def tendered_known_at(self, size: int) -> list[VerifiedRecord]:
        """Of these what bears on families of goods that were tendered: all that disputes can hang on, and far less."""
        tops = {
            self._top(row.record.shipment): None
            for row in records.stream(self._connection, stop=size, types=(Statement.NUMBER,))
            if isinstance(row.record, Statement) and row.record.kind == StatementKind.TENDER
        }
        return list(as_known_at(self.verify(self.rows_of_shipments(tops)), size, self.evidence.times))

    def since(self, start: int) -> Iterator[VerifiedRecord]:
        """Every record of `NUMBERS_NEED` from the log index `start` on, and those before it of which an `Outcome`
        from there on speaks; each once.
        """
        told: dict[RecordId, None] = {}

        def batches() -> Iterator[list[StoredRecord]]:
            batch: list[StoredRecord] = []
            for row in records.stream(self._connection, start, types=(*NUMBERS_NEED, Outcome.NUMBER)):
                if row.type_number == Outcome.NUMBER:
                    told[RecordId(cast(Outcome, row.record).record)] = None
                else:
                    batch.append(row)
                if len(batch) == 1000:
                    yield batch
                    batch = []
            yield batch

        for batch in batches():
            yield from self._verified(batch)
        before = records.get_many(self._connection, told).values()
        yield from self.verify([row for row in before if row.log_index < start])

    def between(self, start: int, stop: int) -> Iterator[VerifiedRecord]:
        """Every record of `NUMBERS_NEED` with start ≤ log index < stop, in log order."""
        for batch in chunks(records.stream(self._connection, start, stop, types=NUMBERS_NEED), 1000):
            yield from self._verified(batch)

    def named(self, record_ids: Iterable[RecordId]) -> list[VerifiedRecord]:
        """These records, in log order; those that are not in the log are missing."""
        rows = records.get_many(self._connection, record_ids)
        return list(self._verified(sorted(rows.values(), key=lambda row: row.log_index)))

    def sound(self, record_ids: Sequence[RecordId]) -> list[VerifiedRecord]:
        """As `named`, but a row that was edited is passed over: the audit names it."""
        try:
            return self.named(record_ids)
        except LadingError:
            result: list[VerifiedRecord] = []
            for record_id in record_ids:
                with suppress(LadingError):
                    result += self.named([record_id])
            return result

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return shipment_state.terms_of(self._connection, shipment)

    def record(self, record_id: bytes) -> Record | None:
        row = records.get(self._connection, RecordId(record_id))
        return None if row is None else openings.richest(self._connection, row)

    def _top(self, shipment: bytes) -> bytes:
        """What terms opened, of which `shipment` was split or left behind."""
        while (row := shipments.get(self._connection, shipment)) is not None and row.parent:
            shipment = row.parent
        return shipment

    def _lineages(self, wanted: Iterable[bytes], read: Mapping[bytes, Shipment]) -> set[bytes]:
        """The shipments themselves, their ancestors, and all that their goods became: what was split from them or left
        behind, and the terms under which they went on. What was left behind stands for what it is missing from.
        """
        known: dict[bytes, Shipment | None] = {}
        asked = list(wanted)
        level = set(asked)
        while level:
            unread = level - read.keys()
            known |= {shipment: read.get(shipment) for shipment in level}
            known |= shipments.get_many(self._connection, unread) if unread else {}
            level = {row.parent for row in known.values() if row is not None and row.parent} - known.keys()
        result, level = set(known), {_standing(shipment, known) for shipment in asked}
        while level:
            level = tracing.below(self._connection, level) - result
            result |= level
        return result

    def settled(self, rows: Iterable[StoredRecord]) -> Settled:
        items = outcomes.of_many(self._connection, (row.record_id for row in rows))
        told = {item.outcome_record for known in items.values() for item in known}
        return Settled(items, records.get_many(self._connection, told))

    def facts(self, rows: Collection[StoredRecord], settled: Settled | None = None) -> dict[RecordId, Facts]:
        """What log and chain say of each row, its signatures unread: since when it is known, and on whose word.

        Left out is one of which an edited row speaks: the audit names that.
        """
        said = self.settled(rows) if settled is None else settled
        result: dict[RecordId, Facts] = {}
        for row in rows:
            with suppress(LadingError):
                result[row.record_id] = facts_of(row, *said.of(row.record_id), self.evidence)
        return result

    def _verified(self, rows: Sequence[StoredRecord], settled: Settled | None = None) -> Iterator[VerifiedRecord]:
        said = self.settled(rows) if settled is None else settled
        parts = openings.of_many(self._connection, rows)
        for row in rows:
            signed = row.signed
            facts = facts_of(row, *said.of(row.record_id), self.evidence)
            rich = type(signed)(join(signed.record, parts[row.record_id]), signed.signatures)
            rich.record.check(type(rich.record).__name__)
            recovered = self._registry.signer_keys.recovered(rich, self._id_of(rich.record, row))
            yield verify_recovered(recovered, facts, self._registry.history, self)

    def _id_of(self, record: Record, row: StoredRecord) -> RecordId:
        """The digest of what stands there, about money under the pool that it is of; of an edited row another one."""
        domain = domain_of(self._connection, self._deployment, record, row.record_id) if record.MONEY else None
        return (domain or self._domain).record_id(record)


def _standing(shipment: bytes, known: Mapping[bytes, Shipment | None]) -> bytes:
    """What stands for `shipment`: itself, or for what was left behind the first ancestor that was not."""
    while (row := known.get(shipment)) is not None and row.child_index == REMAINDER_INDEX and row.parent is not None:
        shipment = row.parent
    return shipment


def facts_of(row: StoredRecord, items: list[ItemOutcome], events: dict[RecordId, Outcome], evidence: Evidence) -> Facts:
    """What log and chain say of a record; see `ledger.shipments.outcome_facts`."""
    told = {item.log_index: events[item.outcome_record] for item in items if item.outcome_record in events}
    return outcome_facts.facts_of(row.log_index, row.log_time, list(told.items()), evidence)
