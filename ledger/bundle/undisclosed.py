"""Which parts that figures rest on are withheld: what was not shown must be told, or leaving it out would pay."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.figure import figure
from ledger.errors import NotFound
from ledger.records.eip712 import Struct, Withheld
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found


class WithheldKind(StrEnum):
    """Which part of a record is not shown."""

    COMMERCIAL = "commercial"
    CONTENTS = "contents"
    ORIGIN = "origin"
    DESTINATION = "destination"
    CHANGES = "changes"


@figure("shipment", "record", "part")
@dataclass(frozen=True, slots=True, order=True)
class WithheldPart:
    """`part` of the record `record` (terms or an amendment), which the figures of `shipment` rest on, is not shown."""

    shipment: bytes
    record: bytes
    part: WithheldKind


def is_whole(value: Struct) -> bool:
    """Whether every private part of a record is shown."""
    for member in value.members():
        result = getattr(value, member.name)
        for part in result if isinstance(result, tuple) else (result,):
            if isinstance(part, Withheld) or (isinstance(part, Struct) and not is_whole(part)):
                return False
    return True


def withheld_parts(journeys: Journeys) -> list[WithheldPart]:
    """What is withheld of each shipment that stands for itself, ascending: prices, contents, places, and amendments of
    its terms and clearances. A penalty without the prices is not stated at all; without contents the products are not
    known, and without places nobody can say what is usual on the lane.
    """
    result = []
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment)
        except NotFound:
            continue
        result += [WithheldPart(shipment, terms.verified.id, part) for part in _parts(terms.record)]
        result += [
            WithheldPart(shipment, record, WithheldKind.CHANGES) for record in _amendments(journeys, shipment, terms)
        ]
    return sorted(result)


def _parts(terms: ShipmentTerms) -> Iterator[WithheldKind]:
    for kind in (WithheldKind.COMMERCIAL, WithheldKind.ORIGIN, WithheldKind.DESTINATION):
        if isinstance(getattr(terms, kind), Withheld):
            yield kind
    if isinstance(terms.contents, Withheld) or any(isinstance(goods, Withheld) for goods in terms.contents):
        yield WithheldKind.CONTENTS


def _amendments(journeys: Journeys, shipment: bytes, terms: Found[ShipmentTerms]) -> Iterator[bytes]:
    if journeys.plain_moves(shipment) is not None:
        return  # nothing amends what is plain
    ids = dict.fromkeys(name for portion in journeys.portions(shipment) for name, _ in portion.path)
    targets = [terms.verified.id, *(c.verified.id for name in ids for c in journeys.clearances(name))]
    for target in targets:
        for amendment in journeys.amendments(target):
            if isinstance(amendment.record.changes, Withheld):
                yield amendment.verified.id
