"""Which records a bundle holds: each by its id, and what other records need of it."""

from collections.abc import Iterator, Mapping

from ledger import merkle
from ledger.bundle.format import BundledRecord
from ledger.common.ids import RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.log.leaf import Leaf
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signing import Domain
from ledger.records.types import Handoff, Record, ShipmentTerms, Split


def is_leaf_of(record: BundledRecord, domains: list[Domain]) -> bool:
    """Whether the record is in a log of one of these domains."""
    try:
        return bool(identify(record, domains))
    except VerificationFailed:
        return False


def identify(record: BundledRecord, domains: list[Domain]) -> RecordId:
    """The record's id, in that of the domains that gives its claimed leaf. Raises `VerificationFailed`."""
    body, signatures = record.signed.record, record.signed.signature_bytes()
    result = b""
    for domain in domains if body.MONEY else domains[:1]:
        record_id = domain.record_id(body)
        result = merkle.leaf_hash(Leaf.of(body.NUMBER, record_id, signatures, record.log_time).encode())
        if result == record.leaf_hash:
            return record_id
    raise VerificationFailed(
        "this record is not the one in the log",
        where=record.where,
        expected=to_hex(record.leaf_hash),
        found=to_hex(result),
        mend="A field, an opened part, a signature, the log time or the leaf hash was altered.",
    )


class BundledContext:
    """A `SignerContext` on the bundle's own records."""

    def __init__(self, records: Mapping[RecordId, Record]) -> None:
        self._records: dict[bytes, Record] = {bytes(i): record for i, record in records.items()}
        self._parents: dict[bytes, bytes] = {}
        for record in self._records.values():
            self._parents |= dict(_openings(record))

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        while shipment in self._parents:
            shipment = self._parents[shipment]
        result = self._records.get(shipment)
        return result if isinstance(result, ShipmentTerms) else None

    def record(self, record_id: bytes) -> Record | None:
        return self._records.get(record_id)


def _openings(record: Record) -> Iterator[tuple[bytes, bytes]]:
    """(child, parent) of each shipment that the record can have opened from another."""
    if isinstance(record, Split):
        for i in range(len(record.children)):
            yield child_id(record.shipment, record.sequence, i), record.shipment
    elif isinstance(record, Handoff):
        for item in record.items:
            yield remainder_id(item.shipment, item.sequence), item.shipment
