"""What one who asks for figures of a network may know: which shipments, and which papers about them."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.records.types import ShipmentTerms
from ledger.records.verification import VerifiedRecord


@dataclass(frozen=True, slots=True)
class Sight:
    """`terms`: whether the shipments under these terms count. `papers`: whether what another record says of them in its
    private parts is told; if not it is unknown, and counted as such.
    """

    terms: Callable[[ShipmentTerms], bool]
    papers: Callable[[VerifiedRecord], bool]


EVERYTHING = Sight(lambda _: True, lambda _: True)
