"""The custody projection: shipments, their custody lines, clearances and goods, from outcomes in log order.

A stretch of the log is read ahead and written at once: a few statements for each record would be most of the time.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from ledger.codes import APPLIED, StatementKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import FOREVER
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.custody.rules import Holding
from ledger.custody.transition import Effect, effect_of
from ledger.errors import LadingError
from ledger.records.disclosure import join
from ledger.records.shipment_ids import parent_of
from ledger.records.signers import shipments_of
from ledger.records.types import (
    REMAINDER_INDEX,
    Amendment,
    Clearance,
    Goods,
    Handoff,
    Outcome,
    Override,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.services.state import parties_projection, shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.matters_projection import note_clearance_matters, note_statement
from ledger.shipments.parties import Course, course_after
from ledger.store import migrate, openings, records
from ledger.store.database import Connection
from ledger.store.projections import outcomes, parties, shipments, unendorsed
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.projections.shipments import ClearanceState, ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord

trouble = logging.getLogger("lading.projections")
_OPENERS = (ShipmentTerms.NUMBER, Split.NUMBER)


class CustodyProjection:
    """One stretch in one transaction: `move` each outcome in log order, then `write`. It is a `effects.State`."""

    def __init__(self, connection: Connection, registry: CurrentRegistry, targets: Iterable[StoredRecord]) -> None:
        """`targets`: the records whose outcomes will come; what they touch is read now."""
        self._connection = connection
        self._registry = registry
        rows = list(targets)
        self._rows = {row.record_id: row for row in rows}
        touched = {shipment for row in rows for shipment in _touched(row)}
        stored = shipments.get_many(connection, touched)
        self._known = {shipment: stored.get(shipment) for shipment in touched}
        self._lengths = dict.fromkeys(touched, 0) | shipments.step_counts(connection, touched)
        openers = (row for row in rows if row.type_number in _OPENERS)
        self._parts = openings.of_many(connection, openers, named="contents")
        self._changed: dict[bytes, Shipment] = {}
        self._steps: list[CustodyStep] = []
        self._anew: set[bytes] = set()
        self._numbered: list[StoredRecord] = []
        self._goods: list[tuple[str, str, bytes]] = []
        self._cleared: set[bytes] = set()

    def move(self, event: StoredRecord, target: StoredRecord, items: Sequence[ItemOutcome]) -> None:
        """Take in `items`, those outcomes of `target` that the leaf `event` brought."""
        at = items[0]
        record = target.record
        # The registry as it stood at this very event: later changes of the same block do not count.
        event_index = cast(Outcome, event.record).eventIndex
        view = self._registry.history.at_block(at.block_number, at.block_time, event_index)
        effect = Effect(tuple(Code.REJECTED for _ in items))
        try:
            if any(item.outcome != Code.REJECTED for item in items):
                signers = signers_of(view, record, self._registry.signer_keys.of(target))
                effect = effect_of(record, target.record_id, signers, RegistryFacts(view), self, at.block_time)
        except LadingError as error:
            trouble.error("the rules refuse what the chain recorded: %s %s", to_hex(target.record_id), error)
        for item in items:
            if item.item < len(effect.outcomes) and effect.outcomes[item.item] != item.outcome:
                expected = effect.outcomes[item.item]
                trouble.error("outcome of %s item %d: %s", to_hex(target.record_id), item.item, expected.name)
        self._note_holdings(target, effect, at)
        if isinstance(record, Handoff | Clearance):
            self._numbered.append(target)
        if isinstance(record, Clearance):
            self._note_clearance_steps(record, target.record_id, items)
        else:
            self._note_steps(target, items)

    def write(self) -> None:
        """Put everything that changed into the tables."""
        shipments.put(self._connection, list(self._changed.values()))
        shipments.add_steps(self._connection, self._steps)
        shipments.add_goods(self._connection, self._goods)
        note_clearance_matters(self._connection, self._changed, self._cleared)
        self._note_parties()

    def _note_parties(self) -> None:
        """Who takes goods over has a new part in them, and ends their way if they are for it, and all else is as it
        was: by far the most frequent. What else happens is worked out from all that is stored of the shipment.
        """
        moves = [step for step in self._steps if step.shipment not in self._anew and step.outcome in APPLIED]
        parties_projection.derive(self._connection, self._anew, self._rows)
        parties.add_custodians(
            self._connection, ((self._changed[step.shipment], str(step.to_partner)) for step in moves)
        )
        last = {step.shipment: step.occurred_at for step in moves}
        ended = ((row, last[shipment]) for shipment, row in self._changed.items() if shipment in last and row.ended_at)
        parties.note_ended(self._connection, ended)
        unendorsed.note_ended(self._connection, [row.terms for row in self._changed.values() if row.ended_at])
        parties_projection.note_numbers(self._connection, self._numbered)

    # --- the state, as of the outcome at hand ------------------------------------------------------------------------

    def holding(self, shipment: bytes) -> Holding | None:
        row = self._shipment(shipment)
        return None if row is None else shipment_state.holding_of(row)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return shipment_state.clearance(self._connection, key)

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return 0  # it has a final outcome, so the chain found it ready

    def _shipment(self, shipment: bytes) -> Shipment | None:
        if shipment not in self._known:
            self._known[shipment] = shipments.get(self._connection, shipment)
        return self._known[shipment]

    # --- what changes ------------------------------------------------------------------------------------------------

    def _note_holdings(self, target: StoredRecord, effect: Effect, item: ItemOutcome) -> None:
        for shipment, holding in effect.holdings.items():
            before = self._shipment(shipment)
            row = before or self._opened(target, shipment, holding, item)
            after = shipment_state.with_holding(row, holding, now=item.block_time)
            if isinstance(target.record, Handoff | Override) and after.custodian != row.custodian:
                after = replace(after, due_at=getattr(target.record, "dueAt", 0) or FOREVER)
            self._known[shipment] = self._changed[shipment] = after
            if before is None:
                self._anew.add(shipment)
                self._goods += _goods_of(shipment, self._contents(target, shipment, row.terms))
        states = [
            ClearanceState(
                key.shipment, key.jurisdiction.decode(), key.regime, slot.status, slot.sequence, target.record_id
            )
            for key, slot in effect.clearances.items()
        ]
        shipments.put_clearances(self._connection, states)

    def _note_steps(self, target: StoredRecord, items: Sequence[ItemOutcome]) -> None:
        record = target.record
        for item in items:
            shipment, kind, moved = _line(record, target.record_id, item.item)
            if kind == "opened" or self._shipment(shipment) is not None:  # else nobody ever opened it
                self._add_step(target, item, shipment, kind, moved)
            row = self._shipment(shipment)
            if isinstance(record, Statement) and row is not None:
                own = (step for step in self._steps if step.shipment == shipment)
                note_statement(self._connection, target, row, item, own)
        if isinstance(record, ShipmentTerms) and items[0].outcome in APPLIED:
            for parent in record.parents:
                self._add_step(target, items[0], parent.shipment, "continued", (record.consignor, record.holder, 0, 0))

    def _add_step(
        self, target: StoredRecord, item: ItemOutcome, shipment: bytes, kind: str, moved: tuple[int, int, int, int]
    ) -> None:
        """A line of the custody chain; skipped items stand there too, with their outcome."""
        if shipment not in self._lengths:
            self._lengths |= {shipment: 0} | shipments.step_counts(self._connection, [shipment])
        length = self._lengths[shipment]
        self._lengths[shipment] = length + 1
        occurred = getattr(target.record, "occurredAt", item.block_time)
        step = CustodyStep(
            shipment, length, target.record_id, item.item, kind, *moved, item.outcome, occurred,
            item.block_number, item.block_time, target.log_index,
        )  # fmt: skip
        self._steps.append(step)
        if not _is_move(step):
            self._anew.add(shipment)
        row = self._shipment(shipment)
        if row is not None and (course := course_after(Course(row.course), step)) != row.course:
            self._known[shipment] = self._changed[shipment] = replace(row, course=int(course))

    def _note_clearance_steps(self, record: Clearance, record_id: RecordId, items: Sequence[ItemOutcome]) -> None:
        letters = record.jurisdiction.decode()
        steps = []
        for item in items:
            shipment = record.items[item.item].shipment
            if self._shipment(shipment) is None:
                continue
            self._cleared.add(shipment)
            earlier = [
                step
                for step in shipments.clearance_steps(self._connection, shipment)
                if (step.jurisdiction, step.regime) == (letters, record.regime)
            ]
            steps.append(
                ClearanceStep(
                    shipment, letters, record.regime, len(earlier), record_id, record.by, record.declarant,
                    record.status, record.holdCause, record.causedBy, record.assurance, item.outcome, record.occurredAt,
                    item.block_number, item.block_time, item.log_index,
                )
            )  # fmt: skip
        shipments.add_clearance_steps(self._connection, steps)
        self._anew |= {step.shipment for step in steps}

    def _contents(self, target: StoredRecord, shipment: bytes, terms: RecordId) -> object:
        """The goods that `target` opened `shipment` with: its own contents, or for a remainder those of the terms."""
        if target.type_number in _OPENERS:
            return _own_contents(join(target.record, self._parts[target.record_id]), shipment)
        stored = records.get(self._connection, terms)
        return () if stored is None else _own_contents(shipment_state.opened(self._connection, stored), shipment)

    def _opened(self, row: StoredRecord, shipment: bytes, holding: Holding, item: ItemOutcome) -> Shipment:
        """The first row of a shipment that this record opened: by terms, as a child, or as a remainder."""
        terms: RecordId = row.record_id
        parent, index, source, due_at = None, None, row.record, FOREVER
        if not isinstance(source, ShipmentTerms):
            parent, index = _parent_of(source, shipment)
            above = self._shipment(parent)
            terms = RecordId(parent) if above is None else above.terms
            due_at = FOREVER if above is None else above.due_at
            stored = records.get(self._connection, terms)
            source = stored.record if stored else source
        public = source if isinstance(source, ShipmentTerms) else None
        parents = [[to_hex(p.shipment), p.sequence] for p in public.parents] if public and parent is None else []
        return Shipment(
            shipment=shipment,
            terms=terms,
            parent=parent,
            child_index=index,
            parents=json.dumps(parents),
            consignor=holding.slot.consignor,
            consignee=holding.slot.consignee,
            custodian=holding.slot.custodian,
            recipient_key=holding.recipient_key,
            purpose=public.purpose if public else 0,
            mode=public.mode if public else 0,
            fulfilment=public.fulfilment if public else 0,
            packages=holding.slot.packages,
            sequence=holding.slot.sequence,
            state=int(holding.slot.state),
            requires=shipment_state.requirements_text(holding.slot),
            released=0,
            flags=int(holding.slot.flags),
            opened_at=item.block_time,
            opened_block=item.block_number,
            opened_index=item.log_index,
            ended_at=None,
            due_at=due_at,
            course=int(Course.STRAY) if index == REMAINDER_INDEX else 0,
        )


def note_opened(connection: Connection, row: StoredRecord) -> None:
    """Note what private parts of `row` tell, now that more of them are open than at its outcome: which goods the
    shipments are that it opened, what is promised of them, and by which numbers they are found.
    """
    migrate.claim_projections(connection)  # who brings them forward meanwhile may have read what was open before
    record = shipment_state.opened(connection, row)
    below = list(_opened_under(connection, row))
    for shipment in below:
        shipments.add_goods(connection, _goods_of(shipment, _own_contents(record, shipment)))
    if isinstance(record, ShipmentTerms):
        parties_projection.under_terms(connection, [row.record_id])
    elif isinstance(record, Amendment):
        parties_projection.note_amendment(connection, row)
    elif isinstance(record, Handoff | Clearance) and outcomes.of(connection, row.record_id):
        parties_projection.note_numbers(connection, [row])
    else:
        parties_projection.derive(connection, below)


def note_erased(connection: Connection, row: StoredRecord) -> None:
    """As `note_opened`, from nothing: now that less of `row` is open."""
    migrate.claim_projections(connection)
    shipments.remove_goods(connection, _opened_under(connection, row))
    note_opened(connection, row)


def _opened_under(connection: Connection, row: StoredRecord) -> Iterator[bytes]:
    """The shipments whose goods `row` tells: a split's children; of terms, its own and what remained of it anywhere."""
    record = row.record
    if not any(item.outcome in APPLIED for item in outcomes.of(connection, row.record_id)):
        return  # another record may have opened what this one only wanted to
    if isinstance(record, Split):
        below = shipments.children(connection, record.shipment)
        yield from (child.shipment for child in below if child.child_index != REMAINDER_INDEX)
    elif isinstance(record, ShipmentTerms):
        yield row.record_id
        above = [bytes(row.record_id)]
        while above:
            below = shipments.children(connection, above.pop())
            above += [child.shipment for child in below]
            yield from (child.shipment for child in below if child.child_index == REMAINDER_INDEX)


def _is_move(step: CustodyStep) -> bool:
    return step.kind in ("handoff", "override") and bool(step.packages)


def _touched(row: StoredRecord) -> tuple[bytes, ...]:
    """Shipments that a record names or, being terms, opens."""
    record = row.record
    if isinstance(record, ShipmentTerms):
        return (row.record_id, *(parent.shipment for parent in record.parents))
    return shipments_of(record)


def _own_contents(record: Record, shipment: bytes) -> object:
    if isinstance(record, Split):
        return record.children[_parent_of(record, shipment)[1]].contents
    return record.contents if isinstance(record, ShipmentTerms) else ()


def _goods_of(shipment: bytes, contents: object) -> list[tuple[str, str, bytes]]:
    parts = contents if isinstance(contents, tuple) else ()
    return [(part.gtin.zfill(14), part.lot, shipment) for part in parts if isinstance(part, Goods) and part.gtin]


def _parent_of(record: Record, shipment: bytes) -> tuple[bytes, int]:
    parent = parent_of(record, shipment)
    if parent is None:
        raise LookupError(f"{to_hex(shipment)} was not opened by this record")
    return parent


def _line(record: Record, record_id: RecordId, item: int) -> tuple[bytes, str, tuple[int, int, int, int]]:
    """Shipment, kind of step, and (from, to, packages, exceptions) of a record's item."""
    match record:
        case ShipmentTerms():
            return record_id, "opened", (record.consignor, record.holder, record.packages, 0)
        case Handoff():
            entry = record.items[item]
            return entry.shipment, "handoff", (record.releaser, record.receiver, entry.packages, entry.exceptions)
        case Split():
            packages = sum(child.packages for child in record.children)
            return record.shipment, "split", (record.by, record.by, packages, 0)
        case Statement():
            return record.shipment, StatementKind(record.kind).name.lower(), (record.by, record.counterparty, 0, 0)
        case Override():
            return record.shipment, "override", (record.releaser, record.receiver, record.packages, record.exceptions)
        case _:
            raise LookupError(type(record).__name__)
