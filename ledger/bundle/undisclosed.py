"""Which parts that figures rest on are withheld: what was not shown must be told, or leaving it out would pay."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.common.figure import figure
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.records.eip712 import Withheld
from ledger.records.types import ShipmentTerms
from ledger.shipments.closed import closed_amendments, closed_places, contents_closed
from ledger.shipments.history import Journeys

NO_SHIPMENT = bytes(32)


class WithheldKind(StrEnum):
    """Which part of a record is not shown."""

    COMMERCIAL = "commercial"
    CONTENTS = "contents"
    ORIGIN = "origin"
    DESTINATION = "destination"
    CHANGES = "changes"
    PLACE = "place"
    CLAIMS = "claims"
    DUTY = "duty"
    LOAD = "load"
    DETAILS = "details"


@figure("shipment", "record", "part")
@dataclass(frozen=True, slots=True, order=True)
class WithheldPart:
    """`part` of the record `record` (terms, an amendment, a tender, or a handoff to a locker; of a whole ledger any
    record), which the figures of `shipment` rest on, is not shown. The claims of an attestation are of no shipment:
    zeros.
    """

    shipment: bytes
    record: bytes
    part: WithheldKind


def withheld_parts(journeys: Journeys) -> list[WithheldPart]:
    """What is withheld of each shipment and what short items left of it, ascending: prices, contents, places, and
    amendments of its terms, handoffs, statements and clearances. Without the prices a penalty is not stated at all, nor
    while an amendment may change it; without contents the products are not known; without places nobody can say what is
    usual on the lane, or whether a tender or a locker stopped the clock.
    """
    result: set[WithheldPart] = set()
    for shipment in journeys.shipments():
        if shipment != journeys.own_shipment(shipment):
            continue
        try:
            terms = journeys.terms_of(shipment)
        except NotFound:
            continue
        result |= {WithheldPart(shipment, terms.verified.id, part) for part in _parts(terms.record)}
        # What a split or later terms made of the goods stands for itself.
        names = {name for portion in journeys.portions(shipment) for name, _ in portion.path}
        result |= {WithheldPart(shipment, record, WithheldKind.PLACE) for record in closed_places(journeys, names)}
        result |= {
            WithheldPart(shipment, record, WithheldKind.CHANGES) for record in closed_amendments(journeys, names)
        }
    return sorted(result)


def closed_claims(attestations: Iterable[RecordId]) -> list[WithheldPart]:
    """The same of attested numbers, on which scores rest and whose claims are not shown."""
    return sorted({WithheldPart(NO_SHIPMENT, record, WithheldKind.CLAIMS) for record in attestations})


def told_apart(parts: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Of how many shipments a part is not shown, and how many claims are not, by the JSON of these parts."""
    named = {(part["shipment"], part["record"]) for part in parts}
    claims = {record for shipment, record in named if shipment == to_hex(NO_SHIPMENT)}
    return len({shipment for shipment, _ in named} - {to_hex(NO_SHIPMENT)}), len(claims)


def _parts(terms: ShipmentTerms) -> Iterator[WithheldKind]:
    for kind in (WithheldKind.COMMERCIAL, WithheldKind.ORIGIN, WithheldKind.DESTINATION):
        if isinstance(getattr(terms, kind), Withheld):
            yield kind
    if contents_closed(terms):
        yield WithheldKind.CONTENTS
