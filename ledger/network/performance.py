"""How a network of lanes performs: delivery times, abnormal delays, legs, customs, cost, and failures by node.

A shipment belongs to the period in which its clock stopped (of goods that came apart: for the last of them), or,
while it runs, to that of its promise; one that was split before, to the period of the split. Delivery time runs
from the first handoff on the way (the opening, where the only handoff is the delivery) to the counter-signed delivery,
as counted. A delay is abnormal when delivery took longer than the market and mode are expected to take.
Integers only; a figure that nothing is known about is None.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, TypeVar

from ledger.codes import RELEASES, ClearanceStatus, HoldCause, StatementKind
from ledger.common.distribution import distribution
from ledger.common.figure import Currency, Pattern, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY, FOREVER, Period
from ledger.common.spans import Span, measure
from ledger.errors import NotFound
from ledger.network.routes import EXPECTED, Route, Windows, route_of
from ledger.penalties.lateness import PortionLine, beyond_accrual, lateness_of
from ledger.penalties.recourse import legs_of
from ledger.records.types import ShipmentTerms
from ledger.scores.samples import Case, case_of, own_moves
from ledger.shipments.amendments import corrected
from ledger.shipments.clock_stop import StopKind, moved
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part
from ledger.shipments.portions import part_of

K = TypeVar("K", bound=Hashable)
MILLION = 1_000_000
_STUMBLES = {
    ClearanceStatus.HELD,
    ClearanceStatus.REFUSED,
    ClearanceStatus.AMENDED,
    ClearanceStatus.SEIZED,
    ClearanceStatus.DESTROYED,
}


@figure("partner", "handled", "failed", "failure_ppm")
@dataclass(frozen=True, slots=True)
class NodeFigures:
    """Items that a partner passed on or lost, and how many of them with new exceptions or not at all."""

    partner: PartnerId
    handled: int
    failed: int

    @property
    def failure_ppm(self) -> int | None:
        return _ppm(self.failed, self.handled)


@figure(
    "shipments", "delivered", "packages", "timed", "mean_seconds", "median_seconds", "p90_seconds", "windowed",
    "abnormal", "legs_due", "legs_in_time", "procedures", "first_time", "held_seconds", "abnormal_ppm", "legs_ppm",
    "first_time_ppm", "customs_seconds", "freight", "penalties", "indicative",
    ("cost_per_shipment", "costs_per_shipment"), ("cost_per_package", "costs_per_package"), ("nodes", "by_node"),
    "records", "evidence",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """Figures of one group. Times in seconds, shares in parts per million, money in minor units, by each currency in
    which something was stated.

    `timed` deliveries have a delivery time, `windowed` also an expected window. `median` is the middle one, or the mean
    of the middle two rounded down; `p90` the smallest that at least nine in ten do not exceed. `evidence`: the records
    that opened, stopped and held the shipments. `customs_seconds` are those under a hold of that cause; `held_seconds`
    under any, where holds of two causes that overlap count once. `penalties` are a cost; `indicative` ones, whose
    liable has neither signed nor endorsed the terms, are none.
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
    held_seconds: int
    freight: Mapping[Currency, int]
    penalties: Mapping[Currency, int]
    indicative: Mapping[Currency, int]
    nodes: Mapping[int, NodeFigures]
    evidence: tuple[RecordId, ...]

    @property
    def by_node(self) -> tuple[NodeFigures, ...]:
        return tuple(self.nodes.values())

    @property
    def records(self) -> int:
        """How many the figures rest on."""
        return len(self.evidence)

    @property
    def costs_per_shipment(self) -> Mapping[Currency, int | None]:
        return {currency: self.cost_per_shipment(currency) for currency in self.freight}

    @property
    def costs_per_package(self) -> Mapping[Currency, int | None]:
        return {currency: self.cost_per_package(currency) for currency in self.freight}

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
    held_seconds: int = 0
    freight: Counter[str] = field(default_factory=Counter)
    penalties: Counter[str] = field(default_factory=Counter)
    indicative: Counter[str] = field(default_factory=Counter)
    handled: Counter[int] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    evidence: dict[RecordId, None] = field(default_factory=dict)

    def figures(self) -> NetworkFigures:
        times = distribution(self.times)
        currencies = sorted({*self.freight, *self.penalties, *self.indicative})
        handled = ((PartnerId(node), self.handled[node], self.failed[node]) for node in sorted(self.handled))
        return NetworkFigures(
            shipments=self.shipments,
            delivered=self.delivered,
            packages=self.packages,
            timed=times.count,
            mean_seconds=times.mean,
            median_seconds=times.median,
            p90_seconds=times.p90,
            windowed=self.windowed,
            abnormal=self.abnormal,
            legs_due=self.legs_due,
            legs_in_time=self.legs_in_time,
            procedures=self.procedures,
            first_time=self.first_time,
            customs_seconds=dict(sorted(self.customs_seconds.items())),
            held_seconds=self.held_seconds,
            freight={currency: self.freight[currency] for currency in currencies},
            penalties={currency: self.penalties[currency] for currency in currencies},
            indicative={currency: self.indicative[currency] for currency in currencies},
            nodes={node: NodeFigures(node, items, failed) for node, items, failed in handled},
            evidence=tuple(self.evidence),
        )


@figure("figure", "before", "after", "difference")
@dataclass(frozen=True, slots=True)
class Change:
    """One figure in two periods; None where nothing was known."""

    figure: Annotated[str, Pattern("[a-z0-9_]+")]
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
    wanted: Callable[[ShipmentTerms], bool] = lambda _: True,
) -> dict[str, NetworkFigures]:
    """Figures of all shipments in `period`, grouped by what `by` says of their route, or together as "all".

    Only of shipments under terms that are `wanted`. Those whose commercial terms are withheld here are left out:
    nothing is known about them.
    """
    result = figures_by(journeys, period, by or (lambda _: "all"), windows, wanted)
    return {key: result[key] for key in sorted(result)}


def figures_by(
    journeys: Journeys,
    period: Period,
    by: Callable[[Route], K],
    windows: Windows = EXPECTED,
    wanted: Callable[[ShipmentTerms], bool] = lambda _: True,
) -> dict[K, NetworkFigures]:
    """What `network` gives, grouped by any key, in no order."""
    sums: dict[K, _Sums] = {}
    for shipment in journeys.shipments():
        try:
            if not wanted(journeys.terms_of(shipment).record):
                continue
        except NotFound:
            continue
        case = case_of(journeys, shipment, period)
        if case is None or not _in_period(case):
            continue
        route = route_of(case)
        _add(sums.setdefault(by(route), _Sums()), case, route, windows)
    return {key: match.figures() for key, match in sums.items()}


def compare(before: NetworkFigures, after: NetworkFigures) -> tuple[Change, ...]:
    """The plain figures of two periods side by side."""
    names = [f.name for f in fields(NetworkFigures) if f.type in ("int", "int | None", int, int | None)]
    names += ["abnormal_ppm", "legs_ppm", "first_time_ppm"]
    return tuple(Change(name, getattr(before, name), getattr(after, name)) for name in names)


def _in_period(case: Case) -> bool:
    if case.lines:
        line = _last(case)
        return (line.stop.at if line.stop is not None else case.t0) in case.period
    split = case.portion.split
    return (split.record.occurredAt if split is not None else case.t0) in case.period


def _last(case: Case) -> PortionLine:
    """The goods whose clock stopped last, or still runs: not before them has all of the shipment arrived."""
    return max(case.lines, key=lambda line: line.stop.at if line.stop is not None else FOREVER)


def _add(sums: _Sums, case: Case, route: Route, windows: Windows) -> None:
    """Goods count where they went in the end, so a shipment that was split counts as its children; what was done to
    them before counts at the shipment to which it was done, once.
    """
    if case.lines:
        sums.shipments += 1
        sums.packages += sum(line.packages for line in case.lines)
        commercial = case.force.commercial
        if freight := part_of(commercial.freight, case.statement.share):
            sums.freight[commercial.currency] += freight
        if case.statement.amount:
            amounts = sums.indicative if case.statement.indicative else sums.penalties
            amounts[commercial.currency] += case.statement.amount
        _add_time(sums, case, route, windows)
    else:
        sums.evidence[case.statement.terms] = None
    for line in case.lines:
        sums.evidence.update(dict.fromkeys(case.proof(line)))
    _add_legs(sums, case)
    _add_customs(sums, case)
    _add_nodes(sums, case)
    _add_procedures(sums, case)


def _add_legs(sums: _Sums, case: Case) -> None:
    """A leg that ran when its goods parted is out when the last of them is."""
    own = {move.verified.id for move in case.journeys.moves(case.shipment)}
    in_time: dict[RecordId, bool] = {}
    for goods in case.travelled():
        for leg in legs_of(case.journeys, goods.line, case.terms.consignee)[0]:
            if leg.handoff in own and leg.due_at < case.period.at:
                in_time[leg.handoff] = not leg.overrun_seconds and in_time.get(leg.handoff, True)
    sums.legs_due += len(in_time)
    sums.legs_in_time += sum(in_time.values())


def _add_customs(sums: _Sums, case: Case) -> None:
    """Seconds under hold, each once a cause: until they part at the parent, from then on at each child."""
    spans: dict[HoldCause, list[Span]] = {}
    lines, portion = [line for line in case.lines if line.shipment == case.shipment], case.portion
    if not lines and portion.split is not None and case.statement.part_of is None:
        at = min(case.period.at, portion.split.record.occurredAt)
        line = lateness_of(case.journeys, Part(portion), case.terms, case.opened_at, case.force, at)
        lines = [beyond_accrual(case.journeys, line, case.terms, case.opened_at, at)]
    parted = case.journeys.origins.get(case.shipment)
    begun = parted.occurred_at if parted is not None else 0
    for line in lines:
        for held in line.holds:
            cause = HoldCause(held.hold.cause) if held.hold.cause in set(HoldCause) else HoldCause.UNKNOWN
            spans.setdefault(cause, []).append((max(begun, held.span[0]), held.span[1]))
            sums.evidence[held.hold.held.id] = None
    for cause, match in spans.items():
        sums.customs_seconds[cause] += measure(match, 0, FOREVER)
    sums.held_seconds += measure((span for match in spans.values() for span in match), 0, FOREVER)


def _add_time(sums: _Sums, case: Case, route: Route, windows: Windows) -> None:
    line = _last(case)
    stopped = line.stop
    delivered = stopped is not None and stopped.kind is StopKind.DELIVERY
    sums.delivered += delivered
    moves = [move for move in line.part.portion.moves if not move.refused]
    # Where the delivery is the only handoff, the goods left when the terms were opened, for all that is known.
    way = moves[:-1] if delivered else moves
    began = moved(case.journeys, way[0], case.force.commercial).at if way else case.opened_at
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


def _add_nodes(sums: _Sums, case: Case) -> None:
    for move, new in own_moves(case.portion):
        sums.handled[move.releaser] += 1
        sums.failed[move.releaser] += bool(new)
    for match in case.journeys.statements(case.shipment):
        if match.record.kind in (StatementKind.LOST, StatementKind.DESTROYED):
            sums.handled[match.record.by] += 1
            sums.failed[match.record.by] += 1


def _add_procedures(sums: _Sums, case: Case) -> None:
    """Customs procedures that began with this shipment. One that was not over when the goods were split is over when
    it is for all of them.

    Due is what was released, stumbled or came to an end without a release, and what nobody released though the goods
    have arrived, ended or are overdue.
    """
    begun = {(c.record.jurisdiction, c.record.regime) for c in case.journeys.clearances(case.shipment)}
    above = {
        (c.record.jurisdiction, c.record.regime)
        for ancestor, origin in case.portion.path
        if origin is not None
        for c in case.journeys.clearances(ancestor)
    }
    overdue = case.statement.promised > 0 and case.t0 < case.period.at
    over = overdue or any(line.stop or line.ending for line in case.lines)
    for pair in sorted(begun - above):
        released, clean = _outcome(case.journeys, case.shipment, pair)
        if released or not clean or over:
            sums.procedures += 1
            sums.first_time += released and clean


def _outcome(journeys: Journeys, shipment: bytes, pair: tuple[bytes, int]) -> tuple[bool, bool]:
    """Whether customs released all these goods, and whether nothing went wrong before that."""
    steps = [
        corrected(journeys, match)[0]
        for match in journeys.clearances(shipment)
        if (match.record.jurisdiction, match.record.regime) == pair
    ]
    for step in sorted(steps, key=lambda step: step.occurredAt):
        if step.status in RELEASES:
            return True, True
        if step.status in _STUMBLES:
            return any(later.status in RELEASES for later in steps), False
    parts = [_outcome(journeys, child, pair) for child in journeys.children(shipment)]
    return bool(parts) and all(released for released, _ in parts), all(clean for _, clean in parts)


def _over(total: int, count: int) -> int | None:
    return total // count if count else None


def _ppm(part: int, whole: int) -> int | None:
    return part * MILLION // whole if whole else None
