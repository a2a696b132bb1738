"""The figures of the delivery report: a period's shipments by time, lane, mode and partner, and what they cost.

`compute_report` takes verified journeys and gives integers, codes and ids; names, sentences and charts are made from
them elsewhere (`ledger.explain.report`, `ledger.cli.report`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.codes import Fulfilment, HoldCause, Mode, Role
from ledger.common.periods import DAY, Grain, Period, grain_between, unit_of
from ledger.network.contributions import Contribution
from ledger.network.performance import MILLION, NetworkFigures, NodeFigures, contributions_by, figures_by, network
from ledger.network.report_entries import Entry, Rates, Summary, entry_of, largest_first, rates_of, summary_of
from ledger.network.routes import EXPECTED, Market, Window
from ledger.network.turnover import Turnover, turnover
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard
from ledger.scores.samples import case_of
from ledger.scores.tallies import Tallies
from ledger.shipments.history import Journeys

YEAR = 365 * DAY
LATE_CLASSES = ((1, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, None))
"""Days late, rounded up, both ends included."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Country or place of origin and destination (empty where not stated) with the mode; `figures` by when clocks
    stopped.
    """

    origin: str
    destination: str
    mode: Mode
    sums: Summary
    figures: NetworkFigures


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A row of the table of expected delivery times, with the figures of its deliveries."""

    market: Market
    mode: Mode
    window: Window
    figures: NetworkFigures | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A calendar unit (numbered as `unit_of` does): shipments promised in it, and the late ones among them."""

    unit: int
    due: int
    late: int


@dataclass(frozen=True, slots=True)
class LateClass:
    """Shipments that were late by `least` to `most` days (None: or more), rounded up."""

    least: int
    most: int | None
    shipments: int


@dataclass(frozen=True, slots=True)
class Debtor:
    """What one partner owes: `share_ppm` of all penalties in the currency, `running_ppm` together with those before."""

    partner: int
    shipments: int
    amount: int
    share_ppm: int
    running_ppm: int


@dataclass(frozen=True, slots=True)
class ModeFigures:
    """All shipments that went by one mode."""

    mode: Mode
    sums: Summary


@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """Shipments that one partner was liable for, and its score in the role in which most of its shipments count."""

    partner: int
    sums: Summary
    score: Scorecard | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two periods: promised shipments by their promise, network figures by when their clock stopped."""

    start: int
    end: int
    sums: Summary
    figures: NetworkFigures | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of the same length, one after the other."""

    before: Side
    after: Side


@dataclass(frozen=True, slots=True)
class FulfilmentFigures:
    """Shipments of one fulfilment (None: not stated) by when their clock stopped: in the whole period, and in each year
    of the comparison (None: none).
    """

    fulfilment: Fulfilment | None
    figures: NetworkFigures
    before: NetworkFigures | None
    after: NetworkFigures | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period. `currency` is the one with most shipments, and the one of amounts without another.

    `network`: by when clocks stopped, None without any shipment; `contributions`: of each shipment by itself.
    `penalties` by currency: as capped, and before the caps. `scores` are those with a value, `unscored` the number of
    the others. `withheld` and `unpromised` shipments are left out: their commercial terms are not known here, or
    promise no time.
    """

    period: Period
    entries: tuple[Entry, ...]
    currency: str
    sums: Summary
    network: NetworkFigures | None
    contributions: tuple[Contribution, ...]
    lanes: tuple[Lane, ...]
    windows: tuple[WindowRow, ...]
    grain: Grain
    buckets: tuple[Bucket, ...]
    late_classes: tuple[LateClass, ...]
    penalties: Mapping[str, tuple[int, int]]
    rates: Rates | None
    debtors: tuple[Debtor, ...]
    scores: tuple[Scorecard, ...]
    unscored: int
    causes: tuple[tuple[HoldCause, int], ...]
    modes: tuple[ModeFigures, ...]
    partners: tuple[PartnerFigures, ...]
    nodes: tuple[tuple[int, NodeFigures], ...]
    comparison: Comparison | None
    fulfilments: tuple[FulfilmentFigures, ...]
    turnover: tuple[Turnover, ...]
    withheld: int
    unpromised: int

    @property
    def late(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.late)

    @property
    def owed(self) -> tuple[int, int]:
        """Penalties in the report's currency: as capped, and before the caps."""
        return self.penalties.get(self.currency, (0, 0))


def compute_report(journeys: Journeys, period: Period, card: Card) -> Report:
    """The figures of a period, judged at `period.at`, with scores by `card`."""
    entries, withheld, unpromised = _entries(journeys, period)
    whole = network(journeys, period).get("all")
    tallies = Tallies(journeys, period)
    cards = [tallies.score(p, role, card) for role in (Role.CARRIER, Role.SUPPLIER, Role.BROKER) if role in card.roles
             for p in tallies.partners(role)]  # fmt: skip
    scored = sorted((c for c in cards if c.score is not None), key=lambda c: (-c.shipments, c.partner, c.role))
    by_window = figures_by(journeys, period, lambda route: (route.market, route.mode))
    grain = _grain(entries)
    currency = _commonest(entry.currency for entry in entries)
    comparison = year_on_year(journeys, period, entries, currency)
    return Report(
        period=period,
        entries=tuple(entries),
        currency=currency,
        sums=summary_of(entries, currency),
        network=whole,
        contributions=tuple(contributions_by(journeys, period, lambda _: "all").get("all", ())),
        lanes=tuple(_lanes(journeys, period, entries, currency)),
        windows=tuple(
            WindowRow(market, mode, window, by_window.get((market, mode)))
            for (market, mode), window in EXPECTED.items()
        ),
        grain=grain,
        buckets=tuple(_buckets(entries, grain)),
        late_classes=tuple(_late_classes(entries)),
        penalties=_penalties(entries),
        rates=rates_of(entries, currency),
        debtors=tuple(_debtors(entries, currency)),
        scores=tuple(scored),
        unscored=len(cards) - len(scored),
        causes=tuple(_causes(whole)),
        modes=tuple(
            ModeFigures(mode, summary_of(mine, currency))
            for mode, mine in largest_first(entries, lambda entry: entry.mode)
        ),
        partners=tuple(_partners(entries, cards, currency)),
        nodes=tuple(_nodes(whole)),
        comparison=comparison,
        fulfilments=tuple(_fulfilments(journeys, period, comparison)),
        turnover=turnover(journeys, period).get("all", ()),
        withheld=withheld,
        unpromised=unpromised,
    )


def year_on_year(journeys: Journeys, period: Period, entries: Sequence[Entry], currency: str) -> Comparison | None:
    """The last year of promises beside the year before; None where either has no shipment."""
    if not entries:
        return None
    end = max(entry.promised_at for entry in entries) + 1

    def side(start: int) -> Side:
        span = Period(start, start + YEAR, period.at)
        sums = summary_of([entry for entry in entries if entry.promised_at in span], currency)
        return Side(span.start, span.end, sums, network(journeys, span).get("all"))

    before, after = side(end - 2 * YEAR), side(end - YEAR)
    return Comparison(before, after) if before.sums.shipments and after.sums.shipments else None


def _fulfilments(journeys: Journeys, period: Period, comparison: Comparison | None) -> Iterator[FulfilmentFigures]:
    """In the order of their codes, what is not stated last; nothing where no shipment states any."""

    def figures(span: Period) -> Mapping[Fulfilment | None, NetworkFigures]:
        return figures_by(journeys, span, lambda route: route.fulfilment)

    whole = figures(period)
    if not whole.keys() - {None}:
        return
    sides = (comparison.before, comparison.after) if comparison is not None else ()
    before, after = [figures(Period(side.start, side.end, period.at)) for side in sides] or ({}, {})
    for name in (*Fulfilment, None):
        if name in whole:
            yield FulfilmentFigures(name, whole[name], before.get(name), after.get(name))


def _entries(journeys: Journeys, period: Period) -> tuple[list[Entry], int, int]:
    """Shipments promised for the period whose clock stopped or whose promise has passed; also how many are withheld,
    and how many promise nothing. Goods that were split count as their children.
    """
    entries: list[Entry] = []
    withheld = unpromised = 0
    for shipment in journeys.shipments():
        case = case_of(journeys, shipment, period)
        if case is None:
            withheld += 1
            continue
        statement = case.statement
        if not case.lines or statement.part_of is not None:
            continue
        if not statement.promised:
            unpromised += 1
        elif statement.promised_at in period and (
            statement.stopped_at is not None or statement.promised_at < period.at
        ):
            entries.append(entry_of(case))
    return entries, withheld, unpromised


def _lanes(journeys: Journeys, period: Period, entries: Sequence[Entry], currency: str) -> Iterator[Lane]:
    """Most shipments first; lanes on which no clock stopped in the period are left out."""
    figures = figures_by(
        journeys, period, lambda route: (route.origin, route.destination, route.mode or Mode.NOT_SPECIFIED)
    )
    for key, mine in largest_first(entries, lambda entry: (entry.route.origin, entry.route.destination, entry.mode)):
        if key in figures:
            yield Lane(*key, summary_of(mine, currency), figures[key])


def _grain(entries: Sequence[Entry]) -> Grain:
    if not entries:
        return Grain.MONTH
    times = [entry.promised_at for entry in entries]
    return grain_between(min(times), max(times))


def _buckets(entries: Sequence[Entry], grain: Grain) -> Iterator[Bucket]:
    """All units from the first to the last, those without any shipment too: a gap is a fact."""
    units = [unit_of(entry.promised_at, grain) for entry in entries]
    due = Counter(units)
    late = Counter(unit for unit, entry in zip(units, entries, strict=True) if entry.late)
    for unit in range(min(units), max(units) + 1) if units else ():
        yield Bucket(unit, due[unit], late[unit])


def _late_classes(entries: Sequence[Entry]) -> Iterator[LateClass]:
    """Those that are not late first."""
    for least, most in ((0, 0), *LATE_CLASSES):
        number = sum(least <= entry.days_late <= (entry.days_late if most is None else most) for entry in entries)
        yield LateClass(least, most, number)


def _penalties(entries: Sequence[Entry]) -> Mapping[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for entry in entries:
        capped, uncapped = totals.get(entry.currency, (0, 0))
        totals[entry.currency] = capped + entry.amount, uncapped + entry.uncapped
    return totals


def _debtors(entries: Sequence[Entry], currency: str) -> Iterator[Debtor]:
    """Who owes most first."""
    owed: Counter[int] = Counter()
    shipments: Counter[int] = Counter()
    for entry in entries:
        if entry.amount and entry.currency == currency:
            owed[entry.liable] += entry.amount
            shipments[entry.liable] += 1
    total, running = sum(owed.values()), 0
    for partner, amount in sorted(owed.items(), key=lambda pair: (-pair[1], pair[0])):
        running += amount
        yield Debtor(partner, shipments[partner], amount, amount * MILLION // total, running * MILLION // total)


def _partners(entries: Sequence[Entry], cards: Sequence[Scorecard], currency: str) -> Iterator[PartnerFigures]:
    """Most shipments first."""
    best: dict[int, Scorecard] = {}
    for card in cards:
        known = best.get(card.partner)
        if known is None or card.shipments > known.shipments:
            best[card.partner] = card
    for partner, mine in largest_first(entries, lambda entry: entry.liable):
        yield PartnerFigures(partner, summary_of(mine, currency), best.get(partner))


def _nodes(figures: NetworkFigures | None) -> Sequence[tuple[int, NodeFigures]]:
    """Those with most failures first."""
    nodes = figures.nodes if figures else {}
    return sorted(nodes.items(), key=lambda node: (-node[1].failed, -node[1].handled, node[0]))


def _causes(figures: NetworkFigures | None) -> Sequence[tuple[HoldCause, int]]:
    """Causes of customs holds with their seconds, the longest first."""
    held = figures.customs_seconds if figures else {}
    return sorted(((cause, seconds) for cause, seconds in held.items() if seconds), key=lambda pair: -pair[1])


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(values)
    return max(sorted(counted), key=counted.__getitem__, default="")
