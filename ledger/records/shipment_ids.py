"""Ids of shipments that a record opens beside those that it names: children of a split, remainders of short items."""

from ledger.common.keccak import keccak256
from ledger.records.types import REMAINDER_INDEX, Handoff, Override, Record, Split


def child_id(parent: bytes, sequence: int, index: int) -> bytes:
    """Id of the child `index` (from 0) of the record at `sequence`: keccak256(abi.encode(parent, sequence, index))."""
    return keccak256(parent + sequence.to_bytes(32, "big") + index.to_bytes(32, "big"))


def remainder_id(parent: bytes, sequence: int) -> bytes:
    """Id of what was missing from the short item that named `sequence`."""
    return child_id(parent, sequence, REMAINDER_INDEX)


def parent_of(record: Record, shipment: bytes) -> tuple[bytes, int] | None:
    """The parent and index of the child or remainder `shipment`, if it is `record` that would open it."""
    match record:
        case Split():
            parent, sequence, indexes = record.shipment, record.sequence, range(len(record.children))
            return next(((parent, i) for i in indexes if child_id(parent, sequence, i) == shipment), None)
        case Handoff() | Override():
            for entry in record.items if isinstance(record, Handoff) else (record,):
                if remainder_id(entry.shipment, entry.sequence) == shipment:
                    return entry.shipment, REMAINDER_INDEX
            return None
        case _:
            return None
