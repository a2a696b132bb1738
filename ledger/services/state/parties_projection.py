"""The projection of who has a part in which shipment, and by which private numbers its readers find it.

What is written follows from what is stored alone: a shipment's row, its lines, the terms and their amendments as far as
they are open. So it is the same in whatever order that came, and after a rebuild.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ledger.codes import AmendmentKind
from ledger.common.ids import RecordId
from ledger.common.search_text import squeezed
from ledger.records.types import REMAINDER_INDEX, Amendment, Clearance, Duty, Handoff, Load, ShipmentTerms
from ledger.services.state.matters_projection import note_unendorsed
from ledger.shipments.parties import (
    EVERYBODY,
    READS_TERMS,
    Part,
    Promise,
    disputed_until,
    held_since,
    lineage_of,
    parts_of,
    promise_of,
    stopped_at,
)
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import identifiers, parties, shipments, tracing
from ledger.store.projections.identifiers import DECLARATION, LOAD, LOT, ORDER, Identifier
from ledger.store.projections.parties import Party
from ledger.store.projections.shipments import ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord

_TELLING = ("commercial", "origin", "destination")
"""The parts of terms that lists need."""
_OPENS_PARTS = Part.CONSIGNOR | Part.CONSIGNEE
"""Of who has a part in a child, those who may read in the split which goods it got; who split it may too."""


def derive(
    connection: Connection, ids: Iterable[bytes], at_hand: Mapping[RecordId, StoredRecord] | None = None
) -> None:
    """Bring what is kept about these shipments up to what is stored: rows that follow from it no more are removed.

    `at_hand`: records that were read already.
    """
    wanted = set(ids)
    if not wanted:
        return
    known = _Known.of(connection, wanted, at_hand or {})
    note_unendorsed(connection, known.terms, known.amendments)
    expected: list[Party] = []
    numbers: set[Identifier] = set()
    for row in known.wanted:
        mine = list(_parties(known, row))
        expected += mine
        numbers.update(_identifiers(known, row, mine))
    found = set(parties.of_shipments(connection, (row.shipment for row in known.wanted)))
    keys = {_key(row) for row in expected}
    parties.remove(connection, [row for row in found if _key(row) not in keys])
    parties.put_parties(connection, [row for row in expected if row not in found])
    _put(connection, {row.shipment for row in known.wanted}, numbers)


def under_terms(connection: Connection, terms: Iterable[bytes]) -> None:
    """`derive` all shipments under these terms: they were amended, or more or less of them is open."""
    derive(connection, (row.shipment for row in shipments.under_terms(connection, terms)))


def note_amendment(connection: Connection, row: StoredRecord) -> None:
    """Take in a record that amends terms."""
    record = row.record
    if isinstance(record, Amendment) and record.kind == AmendmentKind.TERMS:
        under_terms(connection, [record.target])


def note_numbers(connection: Connection, signed: Iterable[StoredRecord]) -> None:
    """Let the parties of these handoffs and clearances find them by container or SSCC, or by customs' reference, as far
    as that is open, and nobody else.

    Who sends or receives all of the goods may read it too, as `ledger.services.views.records` says.
    """
    rows = {row.record_id: row for row in signed}
    parts = openings.of_many(connection, rows.values(), paths=("load", "duty"))
    numbered: dict[RecordId, tuple[Handoff | Clearance, str, str]] = {}
    for record_id, row in rows.items():
        load, duty = parts[record_id].get("load"), parts[record_id].get("duty")
        if isinstance(row.record, Handoff) and isinstance(load, Load) and squeezed(load.identifier):
            numbered[record_id] = row.record, LOAD, squeezed(load.identifier)
        if isinstance(row.record, Clearance) and isinstance(duty, Duty) and squeezed(duty.mrn):
            numbered[record_id] = row.record, DECLARATION, squeezed(duty.mrn)
    named = {item.shipment for record, *_ in numbered.values() for item in record.items}
    goods = shipments.get_many(connection, named)
    numbers = {
        Identifier(who, value, kind, rows[record_id].log_index, record_id)
        for record_id, (record, kind, value) in numbered.items()
        for who in (EVERYBODY, *map(str, _readers_of(record, goods)))
    }
    _put(connection, rows.keys(), numbers)


def _readers_of(record: Handoff | Clearance, goods: Mapping[bytes, Shipment]) -> set[int]:
    rows = [goods.get(item.shipment) for item in record.items]
    ends = [{row.consignor, row.consignee} if row is not None else set[int]() for row in rows]
    if isinstance(record, Clearance):
        named = {record.by, record.declarant, record.causedBy}
    else:
        named = {record.releaser, record.receiver}
    return (named | set.intersection(*ends)) - {0}


def _put(connection: Connection, targets: Collection[bytes], expected: set[Identifier]) -> None:
    """Let what these targets are found by be just what is expected."""
    if not targets:
        return
    found = set(identifiers.of_targets(connection, targets))
    identifiers.remove(connection, list(found - expected))
    identifiers.put_identifiers(connection, list(expected - found))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored about some shipments, read together. `rows`: theirs and their ancestors'."""

    wanted: Sequence[Shipment]
    rows: Mapping[bytes, Shipment]
    steps: Mapping[bytes, Sequence[CustodyStep]]
    decisions: Mapping[bytes, Sequence[ClearanceStep]]
    terms: Mapping[RecordId, ShipmentTerms]
    amendments: Mapping[RecordId, Sequence[Amendment]]
    goods: Mapping[bytes, Sequence[tuple[str, str]]]

    @classmethod
    def of(cls, connection: Connection, ids: set[bytes], at_hand: Mapping[RecordId, StoredRecord]) -> "_Known":
        rows = level = shipments.get_many(connection, ids)
        wanted = list(rows.values())
        while above := {row.parent for row in level.values() if row.parent is not None} - rows.keys():
            level = shipments.get_many(connection, above)
            rows = {**rows, **level}
        steps = shipments.steps_of_many(connection, (row.shipment for row in wanted))
        decisions = shipments.clearance_steps_of_many(connection, rows)
        terms = {row.terms for row in wanted}
        return cls(
            wanted,
            rows,
            steps,
            decisions,
            _opened_terms(connection, terms, at_hand),
            _amendments(connection, terms),
            tracing.goods_in(connection, (row.shipment for row in wanted)),
        )

    def lineage(self, shipment: bytes) -> tuple[bytes, ...]:
        return lineage_of(shipment, lambda one: self.rows[one].parent if one in self.rows else None)

    def holds(self, row: Shipment) -> Iterator[ClearanceStep]:
        """Clearances of its ancestors until each parted from it, then its own, in log order."""
        line = self.lineage(row.shipment)
        for shipment, child in pairwise(line):
            parted = self.rows[child].opened_index
            yield from (step for step in self.decisions.get(shipment, ()) if step.log_index < parted)
        yield from self.decisions.get(row.shipment, ())

    def promise(self, row: Shipment) -> Promise:
        terms = self.terms.get(row.terms)
        if terms is None:
            return Promise()
        return promise_of(terms, self.amendments.get(row.terms, ()), self.lineage(row.shipment))


def _opened_terms(
    connection: Connection, ids: set[RecordId], at_hand: Mapping[RecordId, StoredRecord]
) -> dict[RecordId, ShipmentTerms]:
    known = {one: at_hand[one] for one in ids if one in at_hand}
    rows = known | records.get_many(connection, ids - known.keys())
    parts = openings.of_many(connection, rows.values(), paths=_TELLING)
    result: dict[RecordId, ShipmentTerms] = {}
    for record_id, row in rows.items():
        if isinstance(row.record, ShipmentTerms):
            # Kept parts were checked when they came, and the audit checks them: here that would take half of the time.
            opened: Any = parts[record_id]
            result[record_id] = replace(row.record, **opened)
    return result


def _amendments(connection: Connection, terms: set[RecordId]) -> dict[RecordId, list[Amendment]]:
    rows = records.naming(connection, terms, types=[Amendment.NUMBER])
    parts = openings.of_many(connection, rows.values(), paths=("changes",)) if rows else {}
    result: dict[RecordId, list[Amendment]] = {}
    for record_id, row in rows.items():  # in log order
        if isinstance(row.record, Amendment):
            opened: Any = parts[record_id]
            result.setdefault(RecordId(row.record.target), []).append(replace(row.record, **opened))
    return result


def _parties(known: _Known, row: Shipment) -> Iterator[Party]:
    steps, own = known.steps.get(row.shipment, ()), known.decisions.get(row.shipment, ())
    promise = known.promise(row)
    held = held_since(row.state, known.holds(row))
    disputed = disputed_until(steps, (row.consignor, row.consignee))
    stopped = stopped_at(row.state, row.ended_at, steps, promise.report_lag)
    everybody = {EVERYBODY: Part(0), **parts_of(known.terms.get(row.terms), row.custodian, steps, own)}
    for who, roles in everybody.items():
        told = promise if who == EVERYBODY or roles & READS_TERMS else Promise()
        yield Party(
            who=who,
            opened_at=row.opened_at,
            opened_index=row.opened_index,
            shipment=row.shipment,
            roles=int(roles),
            state=row.state,
            mode=row.mode,
            held_since=held,
            disputed_until=disputed,
            due_at=told.due_at,
            report_lag=told.report_lag if told.due_at is not None else None,
            stopped_at=stopped if told.due_at is not None else None,
            origin=told.origin,
            destination=told.destination,
            order_ref=told.order_ref,
        )


def _identifiers(known: _Known, row: Shipment, readers: Iterable[Party]) -> Iterator[Identifier]:
    order = squeezed(known.promise(row).order_ref or "")
    lots = {squeezed(lot) for _, lot in known.goods.get(row.shipment, ())} - {""}
    # The goods of a child stand in the split, those of anything else in the terms.
    from_split = row.parent is not None and row.child_index != REMAINDER_INDEX
    splitter = _first_custodian(row, known.steps.get(row.shipment, ()))
    for who, roles in ((reader.who, Part(reader.roles)) for reader in readers):
        reads_terms = who == EVERYBODY or bool(roles & READS_TERMS)
        reads_goods = (
            who == EVERYBODY or bool(roles & _OPENS_PARTS) or who == str(splitter) if from_split else reads_terms
        )
        if order and reads_terms:
            yield Identifier(who, order, ORDER, row.opened_index, row.shipment)
        if reads_goods:
            yield from (Identifier(who, lot, LOT, row.opened_index, row.shipment) for lot in lots)


def _first_custodian(row: Shipment, steps: Iterable[CustodyStep]) -> int:
    return next((step.from_partner for step in steps if step.kind in ("handoff", "override")), row.custodian)


def _key(row: Party) -> tuple[str, bytes]:
    return row.who, row.shipment
