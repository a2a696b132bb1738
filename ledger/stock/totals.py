"""Stock summed up by partner, place, GTIN, lot and unit: on hand, in transit, missing, due, overdue, ageing, expiry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from ledger.common.figure import Seconds, figure
from ledger.common.ids import PartnerId
from ledger.common.periods import DAY
from ledger.provenance.contents import Gtin, Line, Quantity, Sku, Text, quantity_text
from ledger.provenance.units import code_of
from ledger.stock.courses import Location
from ledger.stock.expiry import Expiries, Expiry
from ledger.stock.holdings import Holding, HoldingState

AGES = (30, 60, 90, 180)
"""Days in stock up to which the ageing groups reach, the last group being what lies there longer."""
_NONE = Fraction(0)


class Key(NamedTuple):
    """What is summed up together. `place` None: nobody says where."""

    partner: int
    place: Location | None
    sku: Sku


@figure(
    "partner", "place", "gtin", "lot", "unit", "on_hand", "in_transit", "missing", "due", "overdue", "ages", "oldest",
    "expiry.until", "expired", "exact",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Total:
    """One partner's stock of one lot at one place. `on_hand`, `in_transit`, `missing`: what the partner holds.

    `due`: what others hold that is on its way to the partner as consignee, at the destination that terms name;
    `overdue`: how much of that has passed its promise. `ages`: what is on hand by how long the partner has had it, in
    groups up to `AGES` days and beyond. `oldest`: since when it has had the longest kept. `expired`: whether `expiry`
    has passed. `exact`: no part of it was shared out by packages.
    """

    partner: PartnerId
    place: Location | None
    gtin: Gtin
    lot: Text
    unit: Text
    on_hand: Quantity
    in_transit: Quantity
    missing: Quantity
    due: Quantity
    overdue: Quantity
    ages: tuple[Quantity, ...]
    oldest: Seconds | None
    expiry: Expiry | None
    expired: bool
    exact: bool


@dataclass(slots=True)
class _Sums:
    held: dict[HoldingState, Fraction] = field(default_factory=dict)
    due: Fraction = _NONE
    overdue: Fraction = _NONE
    ages: list[Fraction] = field(default_factory=lambda: [_NONE] * (len(AGES) + 1))
    oldest: int | None = None
    exact: bool = True


def totals(holdings: Iterable[Holding], at: int, expiries: Expiries) -> list[Total]:
    """The sums of what was held at `at`, by partner, place and goods in the order of these."""
    sums: dict[Key, _Sums] = {}
    for holding in holdings:
        for line in holding.goods:
            sku = counted_as(line)
            own = sums.setdefault(Key(holding.holder, holding.place, sku), _Sums())
            own.held[holding.state] = own.held.get(holding.state, _NONE) + line.quantity
            own.exact = own.exact and line.exact
            if holding.state is HoldingState.ON_HAND:
                own.ages[age_group(at - holding.since)] += line.quantity
                own.oldest = holding.since if own.oldest is None else min(own.oldest, holding.since)
            if holding.on_its_way:
                due = sums.setdefault(Key(holding.consignee, holding.destination, sku), _Sums())
                due.due += line.quantity
                due.exact = due.exact and line.exact
                if holding.due_at is not None and holding.due_at < at:
                    due.overdue += line.quantity
    ordered = sorted(sums, key=lambda key: (key.partner, key.place or (), key.sku))
    return [_total(key, sums[key], at, expiries.of(key.sku.gtin, key.sku.lot)) for key in ordered]


def keys_of(holding: Holding) -> Iterator[Key]:
    """Of all sums that count some of it."""
    for line in holding.goods:
        sku = counted_as(line)
        yield Key(holding.holder, holding.place, sku)
        if holding.on_its_way:
            yield Key(holding.consignee, holding.destination, sku)


def counted_as(line: Line) -> Sku:
    """What it is summed up with: `kg` is the same unit as `KGM`. Other units stay apart, even where they convert."""
    return line.sku._replace(unit=code_of(line.unit))


def age_group(seconds: int) -> int:
    """Which of the groups of `AGES` so long a stay falls into: whole days, a group's last day included."""
    return sum(1 for most in AGES if seconds >= (most + 1) * DAY)


def _total(key: Key, sums: _Sums, at: int, expiry: Expiry | None) -> Total:
    held = {state: quantity_text(sums.held.get(state, _NONE)) for state in HoldingState}
    return Total(
        partner=PartnerId(key.partner),
        place=key.place,
        gtin=key.sku.gtin,
        lot=key.sku.lot,
        unit=key.sku.unit,
        on_hand=held[HoldingState.ON_HAND],
        in_transit=held[HoldingState.IN_TRANSIT],
        missing=held[HoldingState.MISSING],
        due=quantity_text(sums.due),
        overdue=quantity_text(sums.overdue),
        ages=tuple(map(quantity_text, sums.ages)),
        oldest=sums.oldest,
        expiry=expiry,
        expired=expiry is not None and expiry.until < at,
        exact=sums.exact,
    )
