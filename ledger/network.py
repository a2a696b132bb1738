"""How a network of lanes performs: delivery times, abnormal delays, legs, customs, cost, and failures by node.

A shipment belongs to the period in which its clock stopped, or, while it runs, to that of its promise. Delivery time
runs from the first handoff on the way (the opening, where the only handoff is the delivery) to the counter-signed
delivery, as counted. A delay is abnormal when delivery took longer than the market and mode are expected to take.
Integers only; a figure that nothing is known about is None.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from ledger.codes import ClearanceStatus, HoldCause, Mode, StatementKind
from ledger.delivery import StopKind, moved
from ledger.ids import RecordId
from ledger.journeys import Found, Journeys, part_of
from ledger.records import Clearance, Place
from ledger.recourse import legs_of
from ledger.score_samples import Case, Period, case_of, own_moves

DAY = 86_400
HOUR = 3_600
MILLION = 1_000_000
_RELEASED = {ClearanceStatus.RELEASED, ClearanceStatus.RELEASED_WITH_CONDITIONS}
_STUMBLES = {ClearanceStatus.HELD, ClearanceStatus.REFUSED, ClearanceStatus.AMENDED, ClearanceStatus.SEIZED}


class Market(StrEnum):
    UNITED_STATES = "United States"
    EUROPE = "Europe"
    SOUTHEAST_ASIA = "Southeast Asia"
    LATIN_AMERICA = "Latin America"


_EUROPE = """
    AD AL AT BA BE BG BY CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE
    SI SK SM UA VA
"""
_SOUTHEAST_ASIA = "BN ID KH LA MM MY PH SG TH TL VN"
_LATIN_AMERICA = "AR BO BR BZ CL CO CR CU DO EC GT GY HN HT MX NI PA PE PR PY SR SV UY VE"
MARKETS: Mapping[Market, frozenset[str]] = {
    Market.UNITED_STATES: frozenset({"US"}),
    Market.EUROPE: frozenset(_EUROPE.split()),
    Market.SOUTHEAST_ASIA: frozenset(_SOUTHEAST_ASIA.split()),
    Market.LATIN_AMERICA: frozenset(_LATIN_AMERICA.split()),
}
"""Countries (ISO 3166-1 alpha-2) of the markets in RECORDS' table."""


@dataclass(frozen=True, slots=True)
class Window:
    """Expected delivery time in days, both ends included."""

    least: int
    most: int


Windows = Mapping[tuple[Market, Mode], Window]
EXPECTED: Windows = {
    (Market.UNITED_STATES, Mode.AIR): Window(6, 8),
    (Market.UNITED_STATES, Mode.MARITIME): Window(13, 15),
    (Market.EUROPE, Mode.AIR): Window(7, 9),
    (Market.EUROPE, Mode.MARITIME): Window(14, 17),
    (Market.SOUTHEAST_ASIA, Mode.AIR): Window(3, 5),
    (Market.SOUTHEAST_ASIA, Mode.MARITIME): Window(8, 10),
    (Market.LATIN_AMERICA, Mode.AIR): Window(8, 10),
    (Market.LATIN_AMERICA, Mode.MARITIME): Window(16, 21),
}


@dataclass(frozen=True, slots=True)
class Route:
    """What a shipment is grouped by: country codes, or the places' names where no code is stated; empty or None where
    a part is withheld or nothing says.
    """

    origin: str
    destination: str
    market: Market | None
    mode: Mode | None
    carrier: int

    @property
    def lane(self) -> str:
        return f"{self.origin or '?'} → {self.destination or '?'}"


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """Items that a partner passed on or lost, and how many of them with new exceptions or not at all."""

    handled: int
    failed: int

    @property
    def failure_ppm(self) -> int | None:
        return _ppm(self.failed, self.handled)


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """Figures of one group. Times in seconds, shares in parts per million, money in minor units by currency.

    `timed` deliveries have a delivery time, `windowed` also an expected window. `median` is the middle one, or the mean
    of the middle two rounded down; `p90` the smallest that at least nine in ten do not exceed. `evidence`: the records
    that opened, stopped and held the shipments.
    """

    shipments: int
    delivered: int
    packages: int
    timed: int
    mean_seconds: int | None
    median_seconds: int | None
    p90_seconds: int | None
    windowed: int
    abnormal: int
    legs_due: int
    legs_in_time: int
    procedures: int
    first_time: int
    customs_seconds: Mapping[HoldCause, int]
    freight: Mapping[str, int]
    penalties: Mapping[str, int]
    nodes: Mapping[int, NodeFigures]
    evidence: tuple[RecordId, ...]

    @property
    def abnormal_ppm(self) -> int | None:
        """The abnormal delay rate."""
        return _ppm(self.abnormal, self.windowed)

    @property
    def legs_ppm(self) -> int | None:
        """The compliance of legs."""
        return _ppm(self.legs_in_time, self.legs_due)

    @property
    def first_time_ppm(self) -> int | None:
        """The share of customs procedures released without hold, refusal or amendment."""
        return _ppm(self.first_time, self.procedures)

    def cost_per_shipment(self, currency: str) -> int | None:
        """Freight and penalties over shipments, rounded down."""
        return _over(self.freight.get(currency, 0) + self.penalties.get(currency, 0), self.shipments)

    def cost_per_package(self, currency: str) -> int | None:
        return _over(self.freight.get(currency, 0) + self.penalties.get(currency, 0), self.packages)


@dataclass(slots=True)
class _Sums:
    shipments: int = 0
    delivered: int = 0
    packages: int = 0
    times: list[int] = field(default_factory=list)
    windowed: int = 0
    abnormal: int = 0
    legs_due: int = 0
    legs_in_time: int = 0
    procedures: int = 0
    first_time: int = 0
    customs_seconds: Counter[HoldCause] = field(default_factory=Counter)
    freight: Counter[str] = field(default_factory=Counter)
    penalties: Counter[str] = field(default_factory=Counter)
    handled: Counter[int] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    evidence: dict[RecordId, None] = field(default_factory=dict)

    def figures(self) -> NetworkFigures:
        times = sorted(self.times)
        count = len(times)
        middle = count // 2
        return NetworkFigures(
            shipments=self.shipments,
            delivered=self.delivered,
            packages=self.packages,
            timed=count,
            mean_seconds=_over(sum(times), count),
            median_seconds=(times[middle] + times[(count - 1) // 2]) // 2 if times else None,
            p90_seconds=times[-(-9 * count // 10) - 1] if times else None,
            windowed=self.windowed,
            abnormal=self.abnormal,
            legs_due=self.legs_due,
            legs_in_time=self.legs_in_time,
            procedures=self.procedures,
            first_time=self.first_time,
            customs_seconds=dict(self.customs_seconds),
            freight=dict(self.freight),
            penalties=dict(self.penalties),
            nodes={node: NodeFigures(self.handled[node], self.failed[node]) for node in sorted(self.handled)},
            evidence=tuple(self.evidence),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in two periods; None where nothing was known."""

    figure: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before


def network(
    journeys: Journeys,
    period: Period,
    by: Callable[[Route], str] | None = None,
    windows: Windows = EXPECTED,
) -> dict[str, NetworkFigures]:
    """Figures of all shipments in `period`, grouped by what `by` says of their route, or together as "all".

    Shipments whose commercial terms are withheld here are left out: nothing is known about them.
    """
    sums: dict[str, _Sums] = {}
    for shipment in journeys.shipments():
        case = case_of(journeys, shipment, period)
        if case is None or not case.lines or not _in_period(case):
            continue
        route = route_of(case)
        _add(sums.setdefault(by(route) if by else "all", _Sums()), case, route, windows)
    return {key: sums[key].figures() for key in sorted(sums)}


def compare(before: NetworkFigures, after: NetworkFigures) -> tuple[Change, ...]:
    """The plain figures of two periods side by side."""
    names = [f.name for f in fields(NetworkFigures) if f.type in ("int", "int | None", int, int | None)]
    names += ["abnormal_ppm", "legs_ppm", "first_time_ppm"]
    return tuple(Change(name, getattr(before, name), getattr(after, name)) for name in names)


def route_of(case: Case) -> Route:
    """The route of a shipment: countries of origin and destination, mode, and the partner that delivered it."""
    origin, destination = _country(case.terms.origin), _country(case.terms.destination)
    market = next((name for name, countries in MARKETS.items() if destination in countries), None)
    mode = Mode(case.terms.mode) if case.terms.mode in set(Mode) else None
    moves = case.portions[case.lines[0].shipment].moves
    carrier = moves[-1].releaser if moves else case.terms.holder
    return Route(origin, destination, market, mode, carrier)


def _in_period(case: Case) -> bool:
    line = case.lines[0]
    return (line.stop.at if line.stop is not None else case.t0) in case.period


def _add(sums: _Sums, case: Case, route: Route, windows: Windows) -> None:
    statement = case.statement
    sums.shipments += 1
    sums.packages += sum(line.packages for line in case.lines)
    commercial = case.force.commercial
    if freight := part_of(commercial.freight, statement.share):
        sums.freight[commercial.currency] += freight
    if statement.amount:
        sums.penalties[commercial.currency] += statement.amount
    _add_time(sums, case, route, windows)
    for line in case.lines:
        portion = case.portions[line.shipment]
        own = {move.verified.id for move in portion.moves if move.shipment == portion.shipment}
        for leg in legs_of(case.journeys, portion, line, case.force, case.terms.consignee)[0]:
            if leg.handoff in own and leg.due_at < case.period.at:
                sums.legs_due += 1
                sums.legs_in_time += not leg.overrun_seconds
        for held in line.holds:
            cause = HoldCause(held.hold.cause) if held.hold.cause in set(HoldCause) else HoldCause.UNKNOWN
            sums.customs_seconds[cause] += held.seconds
            sums.evidence[held.hold.held.id] = None
        _add_nodes(sums, case, line.shipment)
        _add_procedures(sums, case.journeys.clearances(line.shipment))
        sums.evidence.update(dict.fromkeys(case.proof(line)))


def _add_time(sums: _Sums, case: Case, route: Route, windows: Windows) -> None:
    line = max(case.lines, key=lambda entry: entry.counted_until)
    stopped = line.stop
    delivered = stopped is not None and stopped.kind is StopKind.DELIVERY
    sums.delivered += delivered
    moves = [move for move in case.portions[line.shipment].moves if not move.refused]
    # Where the delivery is the only handoff, the goods left when the terms were opened, for all that is known.
    way = moves[:-1] if delivered else moves
    began = moved(case.journeys, way[0], case.force.commercial.reportLag).at if way else case.opened_at
    ended = stopped.at if stopped is not None else case.period.at
    if ended < began:
        return
    seconds = ended - began
    if delivered:
        sums.times.append(seconds)
    window = windows.get((route.market, route.mode)) if route.market and route.mode is not None else None
    if window is not None:
        abnormal = seconds > window.most * DAY
        # Goods still on their way are abnormal once the window has passed, and not judged before.
        if delivered or abnormal:
            sums.windowed += 1
            sums.abnormal += abnormal


def _add_nodes(sums: _Sums, case: Case, shipment: bytes) -> None:
    for move, new in own_moves(case.portions[shipment]):
        sums.handled[move.releaser] += 1
        sums.failed[move.releaser] += bool(new)
    for found in case.journeys.statements(shipment):
        if found.record.kind in (StatementKind.LOST, StatementKind.DESTROYED):
            sums.handled[found.record.by] += 1
            sums.failed[found.record.by] += 1


def _add_procedures(sums: _Sums, clearances: Iterable[Found[Clearance]]) -> None:
    stumbled: set[tuple[bytes, int]] = set()
    done: set[tuple[bytes, int]] = set()
    for found in clearances:
        pair = (found.record.jurisdiction, found.record.regime)
        if pair in done:
            continue
        if found.record.status in _STUMBLES:
            stumbled.add(pair)
        if found.record.status in _RELEASED:
            done.add(pair)
            sums.procedures += 1
            sums.first_time += pair not in stumbled


def _country(place: object) -> str:
    """The country; where a place names none (histories have names, not codes), what the place is called."""
    return place.country or place.name if isinstance(place, Place) else ""


def _over(total: int, count: int) -> int | None:
    return total // count if count else None


def _ppm(part: int, whole: int) -> int | None:
    return part * MILLION // whole if whole else None
