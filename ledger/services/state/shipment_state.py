"""Between the projection's rows and the values that the rules work on."""

import json
from collections.abc import Iterator
from dataclasses import replace

from ledger.codes import Gate, ShipmentState
from ledger.common.ids import RecordId, to_hex
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.custody.rules import Flag, Holding, Requirement, Slot
from ledger.records.index_keys import SHIPMENT
from ledger.records.shipment_ids import parent_of
from ledger.records.types import Handoff, Override, Record, ShipmentTerms, Split
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import Shipment
from ledger.store.records import StoredRecord

NOTHING_REQUIRED = "[]"
_OPENERS = (Split.NUMBER, Handoff.NUMBER, Override.NUMBER)
_MOST_OPENERS = 100
_DEEPEST = 100
"""Splits of splits that are looked through; deeper ones have to be recorded first."""


def holding(connection: Connection, shipment: bytes) -> Holding | None:
    """Slot and recipient key of a shipment that the chain has recorded."""
    row = shipments.get(connection, shipment)
    return None if row is None else holding_of(row)


def holding_of(row: Shipment) -> Holding:
    requirements = tuple(
        Requirement(letters.encode(), regime, Gate(gate), relay, bool(row.released >> i & 1))
        for i, (letters, regime, gate, relay) in enumerate(
            json.loads(row.requires) if row.requires != NOTHING_REQUIRED else ()
        )
    )
    slot = Slot(
        custodian=row.custodian,
        consignee=row.consignee,
        consignor=row.consignor,
        packages=row.packages,
        requirements=requirements,
        sequence=row.sequence,
        state=ShipmentState(row.state),
        flags=Flag(row.flags),
    )
    return Holding(slot, row.recipient_key)


def with_holding(row: Shipment, value: Holding, *, now: int) -> Shipment:
    """`row` brought up to `value`; `now` is when it ended, if it has just ended."""
    slot = value.slot
    ended = slot.state != ShipmentState.OPEN
    return replace(
        row,
        consignor=slot.consignor,
        consignee=slot.consignee,
        custodian=slot.custodian,
        recipient_key=value.recipient_key,
        packages=slot.packages,
        sequence=slot.sequence,
        state=int(slot.state),
        requires=requirements_text(slot),
        released=sum(1 << i for i, requirement in enumerate(slot.requirements) if requirement.released),
        flags=int(slot.flags),
        ended_at=(row.ended_at or now) if ended else None,
    )


def requirements_text(slot: Slot) -> str:
    return json.dumps([[r.jurisdiction.decode(), r.regime, int(r.gates), r.relay] for r in slot.requirements])


def clearance(connection: Connection, key: SlotKey) -> ClearanceSlot | None:
    for state in shipments.clearances(connection, key.shipment):
        if (state.jurisdiction.encode(), state.regime) == (key.jurisdiction, key.regime):
            return ClearanceSlot(state.sequence, state.status)
    return None


def openers(connection: Connection, shipment: bytes) -> Iterator[tuple[StoredRecord, bytes | None]]:
    """The records of the log that would open `shipment`, each with the parent it is taken from (None: by terms).

    The id of a child is a hash of its parent's, so whatever opens it, the parent is the same.
    """
    if row := records.get(connection, RecordId(shipment)):
        yield row, None
        return
    for row in records.listing(connection, SHIPMENT, to_hex(shipment), types=_OPENERS, limit=_MOST_OPENERS):
        if above := parent_of(row.record, shipment):
            yield row, above[0]


def terms_id(connection: Connection, shipment: bytes) -> RecordId:
    """The record whose terms govern `shipment`: its own, or for a child those of its ancestor, recorded or pending."""
    for _ in range(_DEEPEST):
        if row := shipments.get(connection, shipment):
            return row.terms
        above = next((parent for _, parent in openers(connection, shipment)), None)
        if above is None:
            break
        shipment = above
    return RecordId(shipment)


def terms_of(connection: Connection, shipment: bytes) -> ShipmentTerms | None:
    """The terms that govern `shipment`, opened as far as they are kept; pending ones too."""
    stored = records.get(connection, terms_id(connection, shipment))
    record = None if stored is None else opened(connection, stored)
    return record if isinstance(record, ShipmentTerms) else None


def opened(connection: Connection, row: StoredRecord) -> Record:
    """The record with every private part that is kept."""
    return openings.richest(connection, row)
