"""Which parts that figures rest on are withheld: what was not shown must be told, or leaving it out would pay."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.records.eip712 import Struct, Withheld
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Found, Journeys


@dataclass(frozen=True, slots=True, order=True)
class WithheldPart:
    """`part` of the record `record` (terms or an amendment), which the figures of `shipment` rest on, is not shown."""

    shipment: bytes
    record: bytes
    part: str

    def to_json(self) -> dict[str, Any]:
        return {"shipment": to_hex(self.shipment), "record": to_hex(self.record), "part": self.part}


def is_whole(value: Struct) -> bool:
    """Whether every private part of a record is shown."""
    for member in value.members():
        found = getattr(value, member.name)
        for part in found if isinstance(found, tuple) else (found,):
            if isinstance(part, Withheld) or (isinstance(part, Struct) and not is_whole(part)):
                return False
    return True


def withheld_parts(journeys: Journeys) -> list[WithheldPart]:
    """What is withheld of each shipment that stands for itself, ascending: prices, contents, places, and amendments of
    its terms and clearances. A penalty without the prices is not stated at all; without contents the products are not
    known, and without places nobody can say what is usual on the lane.
    """
    found = []
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment)
        except NotFound:
            continue
        found += [WithheldPart(shipment, terms.verified.id, part) for part in _parts(terms.record)]
        found += [WithheldPart(shipment, record, "changes") for record in _amendments(journeys, shipment, terms)]
    return sorted(found)


def _parts(terms: ShipmentTerms) -> Iterator[str]:
    for name in ("commercial", "origin", "destination"):
        if isinstance(getattr(terms, name), Withheld):
            yield name
    if isinstance(terms.contents, Withheld) or any(isinstance(goods, Withheld) for goods in terms.contents):
        yield "contents"


def _amendments(journeys: Journeys, shipment: bytes, terms: Found[ShipmentTerms]) -> Iterator[bytes]:
    if journeys.plain_moves(shipment) is not None:
        return  # nothing amends what is plain
    ids = dict.fromkeys(name for portion in journeys.portions(shipment) for name, _ in portion.path)
    targets = [terms.verified.id, *(c.verified.id for name in ids for c in journeys.clearances(name))]
    for target in targets:
        for amendment in journeys.amendments(target):
            if isinstance(amendment.record.changes, Withheld):
                yield amendment.verified.id
