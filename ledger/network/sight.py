"""What one who asks for figures of a network may know: which shipments, and which papers about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.errors import NotFound
from ledger.records.types import ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys


@dataclass(frozen=True, slots=True)
class Sight:
    """`terms`: whether the shipments under these terms count. `papers`: whether what another record says of them in its
    private parts is told; if not it is unknown, and counted as such.
    """

    terms: Callable[[ShipmentTerms], bool]
    papers: Callable[[VerifiedRecord], bool]


EVERYTHING = Sight(lambda _: True, lambda _: True)


def shipments_under(journeys: Journeys, wanted: Callable[[ShipmentTerms], bool]) -> Iterator[bytes]:
    """Every shipment whose terms are known and `wanted`, in the order of `Journeys.shipments`."""
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment).record
        except NotFound:
            continue
        if wanted(terms):
            yield shipment
