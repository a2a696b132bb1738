"""Inventory turnover: what went out of a partner's custody in a period, over what it held on average in it.

From custody alone (`ledger.stock.courses`), nothing is counted by hand. Out goes what somebody else took over, and what
its holder sold or left for its consignee; goods that were lost, destroyed, abandoned or seized leave without turning.
Held is measured in packages times seconds, so that the average is exact: goods that a short receipt left behind count
from when somebody is known to have them. Goods that close into other shipments of the same holder go nowhere.

By product the same in the units that terms and splits state; where only packages say how goods were parted they are
spread evenly, and then `exact` is false.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, NamedTuple

from ledger.common.figure import Pattern, figure
from ledger.common.ids import PartnerId
from ledger.common.periods import Period
from ledger.common.spans import clip
from ledger.network.routes import GROUPS, By, route_by_terms
from ledger.network.sight import EVERYTHING, Sight
from ledger.provenance.contents import Contents
from ledger.records.types import NOBODY, ShipmentTerms
from ledger.shipments.clock_stop import EndingKind, ended_alone
from ledger.shipments.history import Journeys
from ledger.stock.courses import Course, Step
from ledger.stock.holdings import Stock

MILLION = 1_000_000
_GOES_OUT = {EndingKind.SOLD, EndingKind.LEFT}


@figure("gtin", "unit", "out", "held_seconds", "turnover_ppm", "exact")
@dataclass(frozen=True, slots=True)
class GoodsTurnover:
    """Of one product in one unit: `out` in the period, `held_seconds` quantity times seconds."""

    gtin: Annotated[str, Pattern("[0-9]{0,14}")]
    unit: Annotated[str, Pattern(r".{0,64}")]
    out: Fraction
    held_seconds: Fraction
    seconds: int
    exact: bool

    @property
    def turnover_ppm(self) -> int | None:
        """Millionths of a turn in the whole period, rounded down; None where nothing was held."""
        return int(self.out * self.seconds * MILLION / self.held_seconds) if self.held_seconds else None


@figure("partner", "packages_out", "package_seconds", "seconds", "average_packages", "turnover_ppm", "closed", "goods")
@dataclass(frozen=True, slots=True)
class Turnover:
    """Of one partner in a period of `seconds`, as far as it has passed. `closed`: holdings of which some contents are
    withheld, so that `goods` lack them.
    """

    partner: PartnerId
    packages_out: int
    package_seconds: int
    seconds: int
    closed: int
    goods: tuple[GoodsTurnover, ...]

    @property
    def average_packages(self) -> int | None:
        """Held on average, rounded down."""
        return self.package_seconds // self.seconds if self.seconds else None

    @property
    def turnover_ppm(self) -> int | None:
        """Millionths of a turn in the whole period, rounded down; None where nothing was held."""
        if not self.package_seconds:
            return None
        return self.packages_out * self.seconds * MILLION // self.package_seconds


class _Stay(NamedTuple):
    """`packages`, a `share` of what the shipment opened with, with one holder from `start` until before `end`; `out` of
    them then went to somebody else.
    """

    holder: int
    packages: int
    share: Fraction
    start: int
    end: int | None
    out: int


@dataclass(slots=True)
class _Sum:
    out: int = 0
    held: int = 0
    closed: int = 0
    goods: dict[tuple[str, str], tuple[Fraction, Fraction, bool]] = field(default_factory=dict)


def turnover(
    journeys: Journeys,
    period: Period,
    by: Callable[[ShipmentTerms], str] = lambda _: "all",
    sight: Sight = EVERYTHING,
    stock: Stock | None = None,
) -> dict[str, tuple[Turnover, ...]]:
    """Of every partner that held goods in `period`, in the order of their numbers, by what `by` says of their terms.
    `stock`: of these journeys, where somebody has made it already.

    A period begins with the first of these goods, if it has not begun before, and ends where it is judged: nothing is
    known of what was held earlier, and the future has no stock.
    """
    stock = Stock(journeys) if stock is None else stock
    seen = {one: way for one, way in stock.courses.items() if sight.terms(journeys.terms_of(one).record)}
    start = max(period.start, min((course.opened_at for course in seen.values()), default=0))
    end = max(start, min(period.end, period.at))
    sums: dict[str, dict[int, _Sum]] = {}
    for shipment, course in seen.items():
        terms = journeys.terms_of(shipment).record
        goods = stock.contents[shipment] if _shows(journeys, shipment, sight) else Contents((), closed=True)
        for stay in _stays(journeys, course):
            span = clip((stay.start, end if stay.end is None else stay.end), start, end)
            leaves = stay.out if stay.end is not None and start <= stay.end < end else 0
            if stay.holder != NOBODY and (leaves or span[0] < span[1]):
                one = sums.setdefault(by(terms), {}).setdefault(stay.holder, _Sum())
                _add(one, stay, (leaves, span[1] - span[0]), goods.part(stay.share))
    return {
        group: tuple(_turnover(partner, end - start, found[partner]) for partner in sorted(found))
        for group, found in sorted(sums.items())
    }


def _stays(journeys: Journeys, course: Course) -> Iterator[_Stay]:
    """In order; without what is missing and in nobody's hands for all that is known."""
    steps = course.steps
    for i, step in enumerate(steps):
        start, following = step.at, steps[i + 1] if i + 1 < len(steps) else None
        if i == 0 and course.remainder:
            if course.found_at is None:
                return
            start = course.found_at
        end = following.at if following else course.ended_at
        yield _Stay(step.holder, step.packages, step.share, start, end, _out(journeys, course, step, following))


def _out(journeys: Journeys, course: Course, step: Step, following: Step | None) -> int:
    if following is not None:
        return min(step.packages, following.packages) if following.holder != step.holder else 0
    ending = ended_alone(journeys, course.shipment) if course.ended_at is not None else None
    return step.packages if ending is not None and ending.kind in _GOES_OUT else 0


def _shows(journeys: Journeys, shipment: bytes, sight: Sight) -> bool:
    """Whether one sees what a shipment has in it: the terms say so, or the splits that made it."""
    for name in journeys.lineage(shipment):
        origin = journeys.origins.get(name)
        if origin is not None and not origin.remainder and not sight.papers(origin.verified):
            return False
    return True


def _add(one: _Sum, stay: _Stay, counts: tuple[int, int], goods: Contents) -> None:
    leaves, seconds = counts
    one.out += leaves
    one.held += stay.packages * seconds
    one.closed += goods.closed
    share = Fraction(leaves, stay.packages) if stay.packages else Fraction(0)
    for line in goods.lines:
        out, held, exact = one.goods.get((line.gtin, line.unit), (Fraction(0), Fraction(0), True))
        one.goods[line.gtin, line.unit] = (
            out + line.quantity * share,
            held + line.quantity * seconds,
            exact and line.exact and leaves in (0, stay.packages),
        )


def _turnover(partner: int, seconds: int, one: _Sum) -> Turnover:
    goods = tuple(
        GoodsTurnover(gtin, unit, out, held, seconds, exact)
        for (gtin, unit), (out, held, exact) in sorted(one.goods.items())
    )
    return Turnover(PartnerId(partner), one.out, one.held, seconds, one.closed, goods)


def turnover_by(
    journeys: Journeys, period: Period, by: By | None, sight: Sight = EVERYTHING, stock: Stock | None = None
) -> dict[str, tuple[Turnover, ...]]:
    """By the groups of `ledger.network.routes`, or all together as "all". A carrier's group is its own stock."""
    if by is None or by is By.CARRIER:
        everybody = turnover(journeys, period, sight=sight, stock=stock)
        return everybody if by is None else {str(one.partner): (one,) for one in everybody.get("all", ())}
    group = GROUPS[by]
    return turnover(journeys, period, lambda terms: group(route_by_terms(journeys, terms, NOBODY)), sight, stock)
