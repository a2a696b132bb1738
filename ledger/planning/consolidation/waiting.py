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
from ledger.planning.consolidation.mass import MayOpen, verified_grams
from ledger.records.eip712 import Withheld
from ledger.records.types import Place, ShipmentTerms
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.history import Journeys

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
    """`grams`: of what is in it, where somebody but the consignor stands for it (see `mass` beside)."""

    shipment: RecordId
    consignor: int
    holder: int
    packages: int
    grams: int | None
    group: Group


def waiting(
    journeys: Journeys, wanted: Callable[[ShipmentTerms], bool], options: tuple[Classes, int], may_open: MayOpen
) -> tuple[tuple[Waiting, ...], Mapping[Unfit, int]]:
    """Every shipment under terms that are `wanted` which nobody has moved yet, in the chain's order; and how many wait
    besides but are kept out, and why. `options`: the classes of goods, and the second at which masses are attested,
    by claims that whoever plans `may_open`.
    Returns and goods that were split, sold, lost or taken over wait for nothing."""
    result: list[Waiting] = []
    kept_out: Counter[Unfit] = Counter()
    for shipment in journeys.openings():
        terms = journeys.terms[shipment].record
        touched = journeys.moves(shipment) or journeys.statements(shipment) or journeys.onward(shipment)
        if not wanted(terms) or touched or journeys.split_of(shipment) or terms.purpose == Purpose.RETURN:
            continue
        one = _waiting(journeys, RecordId(shipment), terms, options, may_open)
        if isinstance(one, Waiting):
            result.append(one)
        else:
            kept_out[one] += 1
    return tuple(result), {reason: kept_out[reason] for reason in sorted(kept_out)}


def _waiting(
    journeys: Journeys, shipment: RecordId, terms: ShipmentTerms, options: tuple[Classes, int], may_open: MayOpen
) -> Waiting | Unfit:
    ends = [_code(place) for place in (terms.origin, terms.destination)]
    if not all(ends):
        return Unfit.PLACE
    try:
        promised = terms_in_force(journeys, shipment).commercial.promisedAt
    except NotFound:
        promised = 0
    if not promised:
        return Unfit.PROMISE
    classes, at = options
    goods = classes.of(terms.contents)
    if isinstance(goods, Unfit):
        return goods
    week = ((promised // DAY + _MONDAY) // 7 * 7 - _MONDAY) * DAY
    mode = Mode(terms.mode) if terms.mode in set(Mode) else Mode.NOT_SPECIFIED
    group = Group(ends[0], ends[1], mode, max(0, week), goods)
    grams = verified_grams(journeys, shipment, terms, at, may_open)
    return Waiting(shipment, terms.consignor, terms.holder, terms.packages, grams, group)


def _code(place: Place | Withheld) -> str:
    return (place.locode or place.country) if isinstance(place, Place) else ""
