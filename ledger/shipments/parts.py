"""The parts of a shipment: goods that travelled as one, from the opening of its terms to wherever they are now.

A split gives each child its part, a short item leaves one behind. Later terms that the beneficiary or the consignee
signed or endorsed end a part there; under any others the goods travel on and stay a part of the first promise, spread
evenly over the packages of the new terms. What was delivered or refused before a split stays one part.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.codes import Purpose
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found, Move, Portion


@dataclass(frozen=True, slots=True)
class Part:
    """`portion` is the whole way of these goods, its share that of the first terms. `later` are the terms over it that
    stop its clock, `consumed` those under which it was made into something else without a signature of beneficiary or
    consignee.
    """

    portion: Portion
    later: Found[ShipmentTerms] | None = None
    consumed: Found[ShipmentTerms] | None = None

    @property
    def home(self) -> frozenset[bytes]:
        """The names under which these goods went while the first terms were theirs, before any later ones."""
        last = next(i for i, (_, origin) in enumerate(self.portion.path) if origin is None)
        return frozenset(name for name, _ in self.portion.path[: last + 1])

    @property
    def promised(self) -> bytes:
        """The last of these names, a remainder's own too: its amended terms hold for these goods, which are its own."""
        return next(name for name, origin in self.portion.path if origin is None)

    @property
    def place(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The path of child indexes, by which ties are decided; remainders of one parent by their sequence."""
        origins = [origin for _, origin in self.portion.path if origin is not None]
        return tuple(origin.index for origin in origins), tuple(origin.sequence for origin in origins)


def parts_of(journeys: Journeys, shipment: bytes, beneficiary: int) -> Iterator[Part]:
    """The parts of `shipment` (one that stands for itself), in the order of their paths; none if its goods stopped
    before they were split from another.
    """
    terms = journeys.terms_of(shipment).record
    if stopped_above(journeys, shipment) is not None:
        return
    parts = [part for portion in journeys.portions(shipment) for part in _leaves(journeys, portion, terms, beneficiary)]
    yield from sorted(parts, key=lambda part: part.place)


def stopped_above(journeys: Journeys, shipment: bytes) -> bytes | None:
    """The ancestor whose goods had arrived or been refused before they were split: the penalty is stated there."""
    terms = journeys.terms_of(shipment).record
    origin = journeys.origins.get(shipment)
    above: bytes | None = None
    while origin is not None:
        if not origin.remainder and _over(journeys, journeys.portion(origin.parent), terms):
            above = journeys.own_shipment(origin.parent)
        origin = journeys.origins.get(origin.parent)
    return above


def reaches(journeys: Journeys, move: Move, terms: ShipmentTerms) -> bool:
    """Whether a handoff was offered to the consignee of `terms`, whatever terms the goods went under then."""
    if move.handoff is None or move.receiver != terms.consignee:
        return False
    return terms.consignee != NOBODY or journeys.terms_of(move.shipment).record.recipientKey == terms.recipientKey


def agreed(journeys: Journeys, later: Found[ShipmentTerms], terms: ShipmentTerms, beneficiary: int) -> bool:
    """Whether the beneficiary or the consignee of `terms` signed or endorsed later terms over their goods."""
    sides = {beneficiary, terms.consignee} - {NOBODY}
    if any(later.verified.signed_by(side) for side in sides):
        return True
    if terms.consignee == NOBODY and terms.recipientKey in later.verified.keys:
        return True
    return any(endorsement.record.by in sides for endorsement in journeys.endorsements(later.verified.id))


def _leaves(journeys: Journeys, portion: Portion, terms: ShipmentTerms, beneficiary: int) -> Iterator[Part]:
    if portion.split is not None and not _over(journeys, portion, terms):
        for child in journeys.children_of(portion):
            yield from _leaves(journeys, child, terms, beneficiary)
        return
    later = next(iter(journeys.onward(portion.shipment)), None)
    if later is None or _over(journeys, portion, terms):
        yield Part(portion)
    elif agreed(journeys, later, terms, beneficiary):
        yield Part(portion, later=later)
    elif later.record.purpose == Purpose.TRANSFORMATION:
        yield Part(portion, consumed=later)
    else:
        for following in journeys.under(portion, later):
            yield from _leaves(journeys, following, terms, beneficiary)


def _over(journeys: Journeys, portion: Portion, terms: ShipmentTerms) -> bool:
    return any(reaches(journeys, move, terms) for move in portion.moves)
