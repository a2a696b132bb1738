"""What the store holds about shipments, read together: a few statements, however many shipments there are.

Records are handed out verified where they verify. Where one was edited, the shipments that it bears on go without: what
the projections tell of them is told all the same, and the audit names the record.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.verification import Facts
from ledger.services.state.verified_records import Settled, VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord


@dataclass(frozen=True, slots=True)
class ShipmentRows:
    """By shipment, its lines; by record, the row and what log and chain say of it.

    `journeys`: the verified records, of many shipments together where all verify; None where one was edited.
    """

    custody: Mapping[bytes, Sequence[CustodyStep]]
    clearances: Mapping[bytes, Sequence[ClearanceStep]]
    rows: Mapping[RecordId, StoredRecord]
    settled: Settled
    facts: Mapping[RecordId, Facts]
    journeys: Mapping[bytes, Journeys | None]
    openers: Mapping[int, RecordId]
    """By log index of its outcome, the record that opened a child or remainder."""

    def opener_of(self, row: Shipment) -> RecordId | None:
        """The record that opened a child or remainder; None for what terms opened."""
        return self.openers.get(row.opened_index) if row.parent else None


def read_shipments(connection: Connection, verified: VerifiedRecords, wanted: Collection[Shipment]) -> ShipmentRows:
    ids = [row.shipment for row in wanted]
    custody = shipments.steps_of_many(connection, ids)
    clearances = shipments.clearance_steps_of_many(connection, ids)
    stored = verified.rows_of_shipments(ids, {row.shipment: row for row in wanted})
    known = {row.record_id: row for row in stored}
    # An index that lost an entry must not take a step from the story.
    named = {step.record_id for line in custody.values() for step in line} | {row.terms for row in wanted}
    named |= {step.record_id for line in clearances.values() for step in line}
    known |= records.get_many(connection, named - known.keys())
    settled = verified.settled(known.values())
    return ShipmentRows(
        custody=custody,
        clearances=clearances,
        rows=known,
        settled=settled,
        facts=verified.facts(known.values(), settled),
        journeys=_verified_journeys(verified, ids, stored, settled),
        openers=_openers(settled),
    )


def journeys_of(
    verified: VerifiedRecords, wanted: Sequence[bytes], known: Mapping[bytes, Shipment] | None = None
) -> dict[bytes, Journeys | None]:
    """The verified records of each of these shipments, read together; None where one was edited. `known`: rows that
    were read before.
    """
    return _verified_journeys(verified, wanted, verified.rows_of_shipments(wanted, known)) if wanted else {}


def _verified_journeys(
    verified: VerifiedRecords, wanted: Sequence[bytes], rows: Iterable[StoredRecord], settled: Settled | None = None
) -> dict[bytes, Journeys | None]:
    try:
        return dict.fromkeys(wanted, Journeys(verified.verify(rows, settled)))
    except LadingError:
        if len(wanted) == 1:
            return dict.fromkeys(wanted)
        return {shipment: known for one in wanted for shipment, known in journeys_of(verified, [one]).items()}


def _openers(settled: Settled) -> dict[int, RecordId]:
    return {item.log_index: record_id for record_id, items in settled.items.items() for item in items}
