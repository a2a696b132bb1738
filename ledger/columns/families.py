"""Families: shipments that must be read together, because goods or papers lead from one to the other.

A family is what terms opened, all that was split or left behind from it, and whatever later terms name as parents. The
numbers of one need no record of another, but for what is everybody's: attestations, revocations, recalls and brands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.common.ids import RecordId
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import shipments_of
from ledger.records.types import (
    Amendment,
    Attestation,
    Endorsement,
    Handoff,
    Override,
    Recall,
    RegistryChange,
    Revocation,
    ShipmentTerms,
    Split,
)
from ledger.records.verification import VerifiedRecord

EVERYBODYS = Attestation | Recall | Revocation | RegistryChange


class FamilyRecords(NamedTuple):
    """The records of some families, in the order in which they were given, and what terms opened in these.

    A record about several families is in the share of each.
    """

    records: tuple[VerifiedRecord, ...]
    opened: frozenset[bytes]


class Families:
    """Which shipments belong together, by the least id of what terms opened among them."""

    def __init__(self, records: Iterable[VerifiedRecord]) -> None:
        self._above: dict[bytes, bytes] = {}
        for verified in records:
            record = verified.record
            if isinstance(record, ShipmentTerms):
                self._join(verified.id, *(parent.shipment for parent in record.parents))
            elif isinstance(record, Split):
                children = (child_id(record.shipment, record.sequence, i) for i in range(len(record.children)))
                self._join(record.shipment, *children)
            elif isinstance(record, Handoff):
                for item in record.items:
                    self._join(item.shipment, remainder_id(item.shipment, item.sequence))
            elif isinstance(record, Override):
                self._join(record.shipment, remainder_id(record.shipment, record.sequence))

    def of(self, shipment: bytes) -> bytes:
        """One id for all shipments of a family, whatever the order of the records."""
        top = shipment
        while (above := self._above.get(top, top)) != top:
            top = above
        while (above := self._above.get(shipment, top)) != top:  # the next one asks a shorter way
            self._above[shipment], shipment = top, above
        return top

    def _join(self, *shipments: bytes) -> None:
        tops = sorted({self.of(shipment) for shipment in shipments})
        for top in tops:
            self._above[top] = tops[0]


def split(records: Sequence[VerifiedRecord], parts: int) -> list[FamilyRecords]:
    """The records in so many shares, every family whole in one of them, by its id."""
    families = Families(records)

    def chosen(family: bytes) -> int:
        return int.from_bytes(family[-8:], "big") % parts

    return shares(records, {shipment: chosen(families.of(shipment)) for shipment in _opened(records)}, families, parts)


def shares(
    records: Sequence[VerifiedRecord], chosen: Mapping[bytes, int], families: Families, parts: int
) -> list[FamilyRecords]:
    """The same with the share `chosen` for what terms opened; shipments of one family go into one share."""
    share_of = {families.of(shipment): number for shipment, number in chosen.items()}
    kept: list[list[VerifiedRecord]] = [[] for _ in range(parts)]
    about: dict[RecordId, frozenset[int]] = {}
    everywhere = frozenset(range(parts))
    waiting: dict[bytes, list[VerifiedRecord]] = {}

    def where(verified: VerifiedRecord) -> frozenset[int] | None:
        record = verified.record
        if isinstance(record, EVERYBODYS):
            return everywhere
        if isinstance(record, Amendment | Endorsement):
            return about.get(RecordId(record.target))
        named = [verified.id] if isinstance(record, ShipmentTerms) else []
        found = (share_of.get(families.of(shipment)) for shipment in (*named, *shipments_of(record)))
        return frozenset(number for number in found if number is not None)

    def place(verified: VerifiedRecord) -> None:
        targets = where(verified)
        if targets is None:
            waiting.setdefault(verified.record.target, []).append(verified)  # type: ignore[attr-defined]
            return
        about[verified.id] = targets
        for number in targets:
            kept[number].append(verified)
        for later in waiting.pop(verified.id, ()):
            place(later)

    for verified in records:
        place(verified)
    opened: list[set[bytes]] = [set() for _ in range(parts)]
    for shipment, number in chosen.items():
        opened[number].add(shipment)
    return [FamilyRecords(tuple(own), frozenset(names)) for own, names in zip(kept, opened, strict=True)]


def _opened(records: Iterable[VerifiedRecord]) -> Iterator[bytes]:
    return (verified.id for verified in records if isinstance(verified.record, ShipmentTerms))
