"""What the report tells: figures of a home's ledger, gathered once from verified journeys. Integers only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.cli.report.entries import Entry, Grain, Spread, entry_of, label_of, spread
from ledger.cli.report.summaries import (
    Comparison,
    ModeFacts,
    NodeFacts,
    PartnerFacts,
    Rates,
    mode_of,
    modes_of,
    nodes_of,
    partners_of,
    rates_of,
    year_on_year,
)
from ledger.codes import Mode, Role
from ledger.common.periods import DAY, Period
from ledger.network.performance import NetworkFigures, network
from ledger.network.routes import EXPECTED, Market, Route, Window
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard, Tallies
from ledger.scores.samples import case_of
from ledger.shipments.history import Journeys

LATE_BUCKETS = ((1, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, None))
"""Days late, rounded up, both ends included."""
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class LaneFacts:
    lane: str
    mode: str
    shipments: int
    late: int
    lateness: Spread
    figures: NetworkFigures
    penalties: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A row of the table of expected delivery times, with what was found."""

    market: Market
    mode: Mode
    window: Window
    found: NetworkFigures | None


@dataclass(frozen=True, slots=True)
class Bucket:
    label: str
    due: int
    late: int


@dataclass(frozen=True, slots=True)
class Debtor:
    """What one partner owes: `share_ppm` of all penalties in the currency, `running_ppm` together with those before."""

    partner: int
    name: str
    shipments: int
    amount: int
    share_ppm: int
    running_ppm: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything on the page. `currency` is the one with most shipments, and the one of amounts without another.

    `replay`: the records come from a history, entered and signed by the replay and not by those whom they name.
    """

    title: str
    period: Period
    log_size: int
    root: str
    origin: str
    entries: tuple[Entry, ...]
    all: NetworkFigures | None
    lanes: tuple[LaneFacts, ...]
    windows: tuple[WindowFacts, ...]
    buckets: tuple[Bucket, ...]
    grain: Grain
    histogram: tuple[tuple[str, int], ...]
    lateness: Spread
    currency: str
    penalties: Mapping[str, tuple[int, int]]
    debtors: tuple[Debtor, ...]
    scores: tuple[Scorecard, ...]
    unscored: int
    causes: tuple[tuple[str, int], ...]
    names: Mapping[int, str]
    withheld: int
    unpromised: int
    rates: Rates | None
    modes: tuple[ModeFacts, ...]
    partners: tuple[PartnerFacts, ...]
    nodes: tuple[NodeFacts, ...]
    comparison: Comparison | None
    replay: bool
    notes: tuple[str, ...] = ()

    @property
    def late(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.late)


def gather(
    journeys: Journeys,
    period: Period,
    card: Card,
    names: Mapping[int, str],
    *,
    title: str,
    log: tuple[int, str, str],
    replay: bool = False,
) -> Facts:
    """The facts of a period, judged at `period.at`. `log`: size, root and origin of the checkpoint they stand on."""
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
            continue
        if statement.promised_at not in period or (statement.stopped_at is None and statement.promised_at >= period.at):
            continue
        entries.append(entry_of(case))
    whole = network(journeys, period).get("all")
    grouped = network(journeys, period, by=_lane_key)
    by_window = network(journeys, period, by=_window_key)
    tallies = Tallies(journeys, period)
    cards = [tallies.score(p, role, card) for role in (Role.CARRIER, Role.SUPPLIER, Role.BROKER) if role in card.roles
             for p in tallies.partners(role)]  # fmt: skip
    scored = sorted((c for c in cards if c.score is not None), key=lambda c: (-c.shipments, c.partner, c.role))
    grain = _grain(entries)
    currency = _commonest(entry.currency for entry in entries)
    return Facts(
        title=title,
        period=period,
        log_size=log[0],
        root=log[1],
        origin=log[2],
        entries=tuple(entries),
        all=whole,
        lanes=tuple(_lanes(entries, grouped)),
        windows=tuple(
            WindowFacts(market, mode, window, by_window.get(_joined(market, mode.name)))
            for (market, mode), window in EXPECTED.items()
        ),
        buckets=tuple(_buckets(entries, grain)),
        grain=grain,
        histogram=tuple(_histogram(entries)),
        lateness=spread([entry.late_seconds for entry in entries if entry.late]),
        currency=currency,
        penalties=_penalties(entries),
        debtors=tuple(_debtors(entries, currency, names)),
        scores=tuple(scored),
        unscored=len(cards) - len(scored),
        causes=tuple(_causes(whole)),
        names=names,
        withheld=withheld,
        unpromised=unpromised,
        rates=rates_of(entries, currency),
        modes=tuple(modes_of(entries, currency)),
        partners=tuple(partners_of(entries, cards, currency, names)),
        nodes=tuple(nodes_of(whole, names)),
        comparison=year_on_year(journeys, period, entries, currency),
        replay=replay,
    )


def _joined(*parts: str) -> str:
    return _SEPARATOR.join(parts)


def _lane_key(route: Route) -> str:
    return _joined(lane_of(route), mode_of(route))


def lane_of(route: Route) -> str:
    """What is known of where goods went from and to."""
    if route.origin and route.destination:
        return route.lane
    return f"to {route.destination}" if route.destination else f"from {route.origin}" if route.origin else "not stated"


def _window_key(route: Route) -> str:
    return _joined(route.market or "", mode_of(route) if route.mode is None else route.mode.name)


def _lanes(entries: Sequence[Entry], grouped: Mapping[str, NetworkFigures]) -> Iterable[LaneFacts]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(_lane_key(entry.route), []).append(entry)
    for key in sorted(found, key=lambda k: (-len(found[k]), k)):
        if key not in grouped:
            continue
        lane, mode = key.split(_SEPARATOR)
        mine = found[key]
        penalties: Counter[str] = Counter()
        for entry in mine:
            penalties[entry.currency] += entry.amount
        late = [entry.late_seconds for entry in mine if entry.late]
        yield LaneFacts(lane, mode, len(mine), len(late), spread(late), grouped[key], dict(penalties))


def _grain(entries: Sequence[Entry]) -> Grain:
    if not entries:
        return Grain.MONTH
    times = [entry.promised_at for entry in entries]
    months = (max(times) - min(times)) // (30 * DAY)
    return Grain.MONTH if months <= 24 else Grain.QUARTER if months <= 144 else Grain.YEAR


def _buckets(entries: Sequence[Entry], grain: Grain) -> Iterable[Bucket]:
    due: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for entry in entries:
        label = label_of(entry.promised_at, grain)
        due[label] += 1
        late[label] += entry.late
    return [Bucket(label, due[label], late[label]) for label in _between(due, entries, grain)]


def _between(due: Mapping[str, int], entries: Sequence[Entry], grain: Grain) -> list[str]:
    """All labels from the first to the last, those without any shipment too: a gap is a fact."""
    if not due:
        return []
    step, last = 27 * DAY, max(entry.promised_at for entry in entries)
    moment, labels = min(entry.promised_at for entry in entries), dict[str, None]()
    while moment < last:
        labels[label_of(moment, grain)] = None
        moment += step
    labels[label_of(last, grain)] = None
    return sorted(labels)


def _histogram(entries: Sequence[Entry]) -> Iterable[tuple[str, int]]:
    yield "on time", sum(not entry.late for entry in entries)
    for least, most in LATE_BUCKETS:
        label = f"{least}–{most}" if most else f"over {least - 1}"
        yield label, sum(entry.late and least <= entry.days_late <= (most or entry.days_late) for entry in entries)


def _penalties(entries: Sequence[Entry]) -> Mapping[str, tuple[int, int]]:
    """By currency: as capped, and before the caps."""
    found: dict[str, tuple[int, int]] = {}
    for entry in entries:
        capped, uncapped = found.get(entry.currency, (0, 0))
        found[entry.currency] = capped + entry.amount, uncapped + entry.uncapped
    return found


def _debtors(entries: Sequence[Entry], currency: str, names: Mapping[int, str]) -> Iterable[Debtor]:
    owed: Counter[int] = Counter()
    shipments: Counter[int] = Counter()
    for entry in entries:
        if entry.amount and entry.currency == currency:
            owed[entry.liable] += entry.amount
            shipments[entry.liable] += 1
    total, running = sum(owed.values()), 0
    for partner, amount in sorted(owed.items(), key=lambda pair: (-pair[1], pair[0])):
        running += amount
        name = names.get(partner, f"partner {partner}" if partner else "nobody named")
        yield Debtor(partner, name, shipments[partner], amount, amount * 10**6 // total, running * 10**6 // total)


def _causes(figures: NetworkFigures | None) -> Iterable[tuple[str, int]]:
    if figures is None:
        return []
    named = {cause.name.lower().replace("_", " "): seconds for cause, seconds in figures.customs_seconds.items()}
    return sorted(((name, seconds) for name, seconds in named.items() if seconds), key=lambda pair: -pair[1])


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(values)
    return max(sorted(counted), key=counted.__getitem__, default="")
