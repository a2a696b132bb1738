"""Shipments summed up for the report: by mode and partner, what the terms say, and one year beside the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger.cli.report.entries import Entry, Spread, spread
from ledger.codes import Mode
from ledger.common.periods import DAY, Period
from ledger.network.performance import NetworkFigures, network
from ledger.network.routes import Route
from ledger.scores.composite import Scorecard
from ledger.shipments.history import Journeys

YEAR = 365 * DAY
NO_MODE = "mode not stated"
K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class Rates:
    """What the terms in one currency say of penalties, least and most. `cap_bps`: parts of the value in 10,000, where
    all caps are the same part of it, rounded down.
    """

    alpha: tuple[int, int]
    cap: tuple[int, int]
    cap_bps: int | None
    grace: tuple[int, int]


def rates_of(entries: Iterable[Entry], currency: str) -> Rates | None:
    """None where no terms in this currency state a penalty."""
    mine = [entry for entry in entries if entry.currency == currency and entry.alpha]
    if not mine:
        return None

    def ends(values: Iterable[int]) -> tuple[int, int]:
        found = sorted(values)
        return found[0], found[-1]

    dearest = max(mine, key=lambda entry: entry.value)
    part = -(-dearest.cap * 10_000 // dearest.value) if dearest.value else None
    same = part is not None and all(entry.value * part // 10_000 == entry.cap for entry in mine)
    return Rates(
        ends(entry.alpha for entry in mine),
        ends(entry.cap for entry in mine),
        part if same else None,
        ends(entry.grace for entry in mine),
    )


@dataclass(frozen=True, slots=True)
class Money:
    """Freight in one currency over the shipments that state any: their number, packages, the sum, and the penalties of
    the same shipments.
    """

    shipments: int
    packages: int
    freight: int
    penalties: int

    @property
    def per_shipment(self) -> int | None:
        return self.freight // self.shipments if self.shipments else None

    @property
    def per_package(self) -> int | None:
        return self.freight // self.packages if self.packages else None


def freight_of(entries: Iterable[Entry], currency: str) -> Money:
    stated = [entry for entry in entries if entry.currency == currency and entry.freight]
    return Money(
        len(stated),
        sum(entry.packages for entry in stated),
        sum(entry.freight for entry in stated),
        sum(entry.amount for entry in stated),
    )


@dataclass(frozen=True, slots=True)
class ModeFacts:
    """All shipments that went by one mode."""

    mode: str
    shipments: int
    late: int
    lateness: Spread
    freight: Money
    penalty: int


def mode_of(route: Route) -> str:
    return mode_name(Mode.NOT_SPECIFIED if route.mode is None else route.mode)


def mode_name(mode: Mode) -> str:
    names = {Mode.NOT_SPECIFIED: NO_MODE, Mode.MARITIME: "sea"}
    return names.get(mode) or mode.name.lower().replace("_", " ")


def modes_of(entries: Iterable[Entry], currency: str) -> Iterator[ModeFacts]:
    """Most shipments first."""
    for mode, mine in _largest_first(entries, lambda entry: mode_of(entry.route)):
        late = [entry.late_seconds for entry in mine if entry.late]
        penalty = sum(entry.amount for entry in mine if entry.currency == currency)
        yield ModeFacts(mode, len(mine), len(late), spread(late), freight_of(mine, currency), penalty)


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """Shipments that one partner was liable for, and its score in the role in which most of its shipments count."""

    partner: int
    name: str
    shipments: int
    late: int
    lateness: Spread
    penalty: int
    score: Scorecard | None


def partners_of(
    entries: Iterable[Entry], cards: Sequence[Scorecard], currency: str, names: Mapping[int, str]
) -> Iterator[PartnerFacts]:
    """Most shipments first."""
    best: dict[int, Scorecard] = {}
    for card in cards:
        known = best.get(card.partner)
        if known is None or card.shipments > known.shipments:
            best[card.partner] = card
    for partner, mine in _largest_first(entries, lambda entry: entry.liable):
        late = [entry.late_seconds for entry in mine if entry.late]
        yield PartnerFacts(
            partner,
            names.get(partner, f"partner {partner}" if partner else "nobody named"),
            len(mine),
            len(late),
            spread(late),
            sum(entry.amount for entry in mine if entry.currency == currency),
            best.get(partner),
        )


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A partner through whose hands goods went: items passed on or lost, and those that failed."""

    name: str
    handled: int
    failed: int


def nodes_of(figures: NetworkFigures | None, names: Mapping[int, str]) -> Iterator[NodeFacts]:
    """Those with most failures first."""
    nodes = figures.nodes if figures else {}
    for partner in sorted(nodes, key=lambda p: (-nodes[p].failed, -nodes[p].handled, p)):
        yield NodeFacts(names.get(partner, f"partner {partner}"), nodes[partner].handled, nodes[partner].failed)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two periods: promised shipments by their promise, network figures by when their clock stopped."""

    start: int
    end: int
    shipments: int
    late: int
    lateness: Spread
    freight: Money
    penalty: int
    figures: NetworkFigures | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of the same length, one after the other."""

    before: Side
    after: Side


def year_on_year(journeys: Journeys, period: Period, entries: Sequence[Entry], currency: str) -> Comparison | None:
    """The last year of promises beside the year before; None where either has no shipment."""
    if not entries:
        return None
    end = max(entry.promised_at for entry in entries) + 1
    sides = []
    for start in (end - 2 * YEAR, end - YEAR):
        span = Period(start, start + YEAR, period.at)
        mine = [entry for entry in entries if entry.promised_at in span]
        late = [entry.late_seconds for entry in mine if entry.late]
        sides.append(
            Side(
                start,
                start + YEAR,
                len(mine),
                len(late),
                spread(late),
                freight_of(mine, currency),
                sum(entry.amount for entry in mine if entry.currency == currency),
                network(journeys, span).get("all"),
            )
        )
    before, after = sides
    return Comparison(before, after) if before.shipments and after.shipments else None


def _largest_first(entries: Iterable[Entry], key: Callable[[Entry], K]) -> list[tuple[K, list[Entry]]]:
    groups: dict[K, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
