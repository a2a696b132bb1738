"""The places that a record takes: of two that name the same one, only one can be."""

from dataclasses import dataclass

from ledger.codes import ClearanceStatus
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The `sequence` of a shipment's custody, or of its clearances in a jurisdiction under a regime (2 letters and a
    code; empty and 0 for custody).
    """

    shipment: bytes
    sequence: int
    jurisdiction: bytes = b""
    regime: int = 0


def places_of(record: Record) -> tuple[Place, ...]:
    """What `record` would use up, each once, ascending; none for what consumes no sequence."""
    match record:
        case ShipmentTerms():
            taken = {Place(parent.shipment, parent.sequence) for parent in record.parents}
        case Handoff():
            taken = {Place(item.shipment, item.sequence) for item in record.items}
        case Split() | Override():
            taken = {Place(record.shipment, record.sequence)}
        case Clearance() if record.status != ClearanceStatus.LODGED:
            taken = {Place(item.shipment, item.sequence, record.jurisdiction, record.regime) for item in record.items}
        case _:
            taken = set()
    return tuple(sorted(taken))
