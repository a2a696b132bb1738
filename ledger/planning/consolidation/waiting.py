"""Shipments that wait where they were opened, and what decides whether they may travel together."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from ledger.codes import Mode, Purpose
from ledger.common.figure import Pattern
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import NotFound
from ledger.planning.consolidation.classes import Classes, Unfit
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Place, ShipmentTerms
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.history import Journeys

GRAMS: Mapping[str, int] = {"GRM": 1, "KGM": 1_000, "TNE": 1_000_000}
"""Units of mass by their code of UN/ECE Recommendation 20."""
ClassName = Annotated[str, Pattern("[a-z][a-z-]{0,29}")]
_MONDAY = 3
"""1970-01-01 was a Thursday."""


class Group(NamedTuple):
    """What shipments must have in common: both places (UN/LOCODE, or the country where none is named), mode, the week
    of their promise (its Monday, UTC seconds), and the class of their goods."""

    origin: str
    destination: str
    mode: Mode
    week: int
    goods: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """`grams` None: the mass of something in it is not stated."""

    shipment: RecordId
    consignor: int
    holder: int
    packages: int
    grams: int | None
    group: Group


def waiting(
    journeys: Journeys, wanted: Callable[[ShipmentTerms], bool], classes: Classes
) -> tuple[tuple[Waiting, ...], Mapping[Unfit, int]]:
    """Every shipment under terms that are `wanted` which nobody has moved yet, in the chain's order; and how many wait
    besides but are kept out, and why. Returns and goods that were split, sold, lost or taken over wait for nothing."""
    result: list[Waiting] = []
    kept_out: Counter[Unfit] = Counter()
    for shipment in journeys.openings():
        terms = journeys.terms[shipment].record
        touched = journeys.moves(shipment) or journeys.statements(shipment) or journeys.onward(shipment)
        if not wanted(terms) or touched or journeys.split_of(shipment) or terms.purpose == Purpose.RETURN:
            continue
        one = _waiting(journeys, RecordId(shipment), terms, classes)
        if isinstance(one, Waiting):
            result.append(one)
        else:
            kept_out[one] += 1
    return tuple(result), {reason: kept_out[reason] for reason in sorted(kept_out)}


def _waiting(journeys: Journeys, shipment: RecordId, terms: ShipmentTerms, classes: Classes) -> Waiting | Unfit:
    ends = [_code(place) for place in (terms.origin, terms.destination)]
    if not all(ends):
        return Unfit.PLACE
    try:
        promised = terms_in_force(journeys, shipment).commercial.promisedAt
    except NotFound:
        promised = 0
    if not promised:
        return Unfit.PROMISE
    goods = classes.of(terms.contents)
    if isinstance(goods, Unfit):
        return goods
    week = ((promised // DAY + _MONDAY) // 7 * 7 - _MONDAY) * DAY
    mode = Mode(terms.mode) if terms.mode in set(Mode) else Mode.NOT_SPECIFIED
    group = Group(ends[0], ends[1], mode, max(0, week), goods)
    return Waiting(shipment, terms.consignor, terms.holder, terms.packages, _grams(terms.contents), group)


def _grams(contents: object) -> int | None:
    if not isinstance(contents, tuple):
        return None
    masses = [
        goods.quantity * GRAMS[goods.unit] if isinstance(goods, Goods) and goods.unit in GRAMS else None
        for goods in contents
    ]
    known = [mass for mass in masses if mass is not None]
    return sum(known) if len(known) == len(masses) and known and sum(known) else None


def _code(place: Place | Withheld) -> str:
    return (place.locode or place.country) if isinstance(place, Place) else ""
