"""What need not be kept as records: families that are plain as a whole become columns.

Of these nothing is left but the numbers. If more becomes known of such a shipment (an endorsement, an amendment, a
return, other evidence of a time), its records have to be read again, and its columns left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.columns.builder import Builder
from ledger.columns.families import Families, FamilyRecords, shares
from ledger.columns.plain_columns import PlainColumns
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys


class Sealed(NamedTuple):
    """Columns of whole families, and the records of all others and of everybody."""

    columns: PlainColumns
    rest: FamilyRecords


def sealed(records: Sequence[VerifiedRecord]) -> Sealed:
    """The records of whole families, parted into what is plain and what is not."""
    journeys, families = Journeys(records), Families(records)
    opened = list(journeys.terms)
    builder, plain, other = Builder(), list[bytes](), set[bytes]()
    for shipment in opened:
        (plain.append if _alone(journeys, shipment) else other.add)(shipment)
    rough = {families.of(shipment) for shipment in other}
    for shipment in plain:
        if families.of(shipment) in rough or not builder.add(journeys, shipment):
            other.add(shipment)
    rest, _ = shares(records, {shipment: int(shipment not in other) for shipment in opened}, families, 2)
    return Sealed(builder.built(), rest)


def together(parts: Sequence[FamilyRecords]) -> FamilyRecords:
    """The shares of other families as one."""
    records = {verified.id: verified for part in parts for verified in part.records}
    return FamilyRecords(tuple(records.values()), frozenset[bytes]().union(*(part.opened for part in parts)))


def _alone(journeys: Journeys, shipment: bytes) -> bool:
    """Whether it was opened over no other, and nothing was opened over it, split or left behind from it."""
    return not journeys.terms[shipment].record.parents and journeys.plain_moves(shipment) is not None
