"""Where stock stands: what each warehouse of a plan has, awaits, sells and should have, from verified records.

Plans move whole packages, so goods count here only where all packages of a shipment hold one product: what holds
several, states none or is withheld is counted in `left_out`. What a warehouse may pass on is what was delivered to it;
what it merely keeps for somebody else on the way is due there, and not here. Goods that are recalled, or past their
expiry, are in no plan; `unfit` counts them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.codes import StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.planning.allocate import Available, Lack, Records, Spot
from ledger.planning.plan_file import PlanFile
from ledger.provenance.contents import Contents
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.stock.expiry import Expiries
from ledger.stock.holdings import Holding, HoldingState, Stock
from ledger.stock.recalled import Recalled


@dataclass(frozen=True, slots=True)
class Lot:
    """One shipment in a warehouse, to take packages from: the oldest goods go first."""

    shipment: RecordId
    packages: int
    made_at: int
    holding: Holding


@dataclass(slots=True)
class Position:
    """Of one product in one warehouse. `due`: second and packages of what comes, soonest first; what is overdue is
    promised no more, and counts in `overdue` alone. `sold`: packages that left in the window, but for other warehouses
    of the plan; `held`: package-seconds in it.
    """

    on_hand: int = 0
    due: list[tuple[int, int]] = field(default_factory=list)
    overdue: int = 0
    sold: int = 0
    held: int = 0
    lots: list[Lot] = field(default_factory=list)
    records: set[RecordId] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Positions:
    """By product and warehouse as of `at` (UTC seconds), and what each warehouse holds in packages of any kind.
    `unfit`: packages there, or on their way there, that are recalled or expired.
    """

    at: int
    plan: PlanFile
    of: Mapping[Spot, Position]
    holds: Mapping[int, int]
    left_out: int
    unfit: int = 0

    @property
    def window(self) -> int:
        """Seconds."""
        return self.plan.window_days * DAY

    def per_day(self, spot: Spot) -> Fraction:
        """Packages that leave a day, by the window."""
        return Fraction(self.of[spot].sold, self.plan.window_days) if spot in self.of else Fraction(0)

    def turnover(self, spot: Spot) -> Fraction | None:
        """How often the stock of the window left in it: packages sold over packages held on average; None where
        nothing was ever there."""
        position = self.of[spot]
        return Fraction(position.sold * self.window, position.held) if position.held else None

    def stock_out_at(self, spot: Spot) -> int | None:
        """The second in which the last package leaves if it goes on as in the window and what is due comes in time;
        None: never."""
        position, rate = self.of[spot], self.per_day(spot)
        if rate == 0:
            return None
        stock = Fraction(position.on_hand)
        for due_at, packages in position.due:
            if stock * DAY < rate * (due_at - self.at):
                break
            stock += packages
        return self.at + stock * DAY // rate

    def target(self, spot: Spot) -> int:
        """Packages that should be there: as the file says, else `cover_days` of demand, rounded up, and no less than a
        threshold."""
        if spot in self.plan.targets:
            return self.plan.targets[spot]
        return max(-(-self.per_day(spot) * self.plan.rules.cover_days // 1), self.plan.thresholds.get(spot, 0))

    def is_below(self, spot: Spot) -> bool:
        """Whether stock and what is due lie below the threshold that the plan sets."""
        return self.coming(spot) < self.plan.thresholds.get(spot, 0)

    def coming(self, spot: Spot) -> int:
        """What is there when all that is due has come."""
        return self.of[spot].on_hand + sum(packages for _, packages in self.of[spot].due)

    def available(self, spot: Spot) -> Available:
        """What can be spared: what the warehouse needs for `keep_days` stays, and what the file sets as target or
        threshold."""
        keep = -(-self.per_day(spot) * self.plan.rules.keep_days // 1)
        keep = max(keep, self.plan.targets.get(spot, 0), self.plan.thresholds.get(spot, 0))
        position = self.of[spot]
        return Available(max(0, position.on_hand - keep), tuple(sorted(position.records)))

    def lack(self, spot: Spot, value: int) -> Lack:
        """What is missing to the target when all that is due has come."""
        return Lack(max(0, self.target(spot) - self.coming(spot)), value, 0, tuple(sorted(self.of[spot].records)))


def positions_of(
    stock: Stock, journeys: Journeys, plan: PlanFile, at: int, wanted: Callable[[ShipmentTerms], bool]
) -> Positions:
    """As of `at`, from the shipments under terms that are `wanted`; what the file states stands for records."""
    gathered = _Gathered(plan, at, Recalled(journeys, at), Expiries(journeys, at))
    if plan.stock is None:
        for holding in stock.at(at, plan.warehouses.__contains__):
            if wanted(journeys.terms_of(holding.shipment).record):
                gathered.holding(holding)
    else:
        for spot, packages in plan.stock.items():
            gathered.of[spot].on_hand = packages
            gathered.of[spot].held = packages * plan.window_days * DAY
            gathered.holds[spot.warehouse] += packages * _volume(plan, spot.gtin)
    if plan.demand is None:
        _sold(stock, journeys, gathered, wanted)
    else:
        for spot, packages in plan.demand.items():
            gathered.of[spot].sold = packages
    for spot in (*plan.targets, *plan.thresholds):
        gathered.of[spot] = gathered.of[spot]  # a target makes a position of its own
    for position in gathered.of.values():
        position.due.sort()
        position.lots.sort(key=lambda lot: (lot.made_at, lot.shipment))
    return Positions(at, plan, dict(sorted(gathered.of.items())), gathered.holds, gathered.left_out, gathered.unfit)


def _volume(plan: PlanFile, gtin: str) -> int:
    return plan.products[gtin].volume if gtin in plan.products else 1


class _Gathered:
    def __init__(self, plan: PlanFile, at: int, recalled: Recalled, expiries: Expiries) -> None:
        self.plan = plan
        self.at = at
        self.recalled = recalled
        self.expiries = expiries
        self.of: dict[Spot, Position] = defaultdict(Position)
        self.holds: dict[int, int] = defaultdict(int)
        self.left_out = 0
        self.unfit = 0

    def holding(self, holding: Holding) -> None:
        here, there = holding.holder in self.plan.warehouses, holding.consignee in self.plan.warehouses
        if not here and not there:
            return
        gtin = only_gtin(holding.goods, closed=holding.closed)
        if here and holding.state is HoldingState.ON_HAND:
            self.holds[holding.holder] += holding.packages * (1 if gtin is None else _volume(self.plan, gtin))
        if gtin is None:
            self.left_out += 1
        elif any(self._is_unfit(gtin, line.lot) for line in holding.goods):
            self.unfit += holding.packages
        elif holding.holder == holding.consignee:
            position = self.of[Spot(holding.holder, gtin)]
            position.on_hand += holding.packages
            position.records.update(holding.records)
            position.lots.append(Lot(holding.shipment, holding.packages, holding.made_at, holding))
        elif there and holding.state is not HoldingState.MISSING:
            position = self.of[Spot(holding.consignee, gtin)]
            position.records.update(holding.records)
            if holding.due_at is not None and holding.due_at >= self.at:
                position.due.append((holding.due_at, holding.packages))
            else:
                position.overdue += holding.packages

    def _is_unfit(self, gtin: str, lot: str) -> bool:
        expiry = self.expiries.of(gtin, lot)
        return self.recalled.of(gtin, lot) is not None or (expiry is not None and expiry.until < self.at)


def _sold(stock: Stock, journeys: Journeys, gathered: _Gathered, wanted: Callable[[ShipmentTerms], bool]) -> None:
    """What left a warehouse in the window for anybody who is none of the plan, and how much it held meanwhile."""
    warehouses, end = gathered.plan.warehouses, gathered.at
    start = end - gathered.plan.window_days * DAY
    for shipment, course in stock.courses.items():
        terms = journeys.terms_of(shipment).record
        gtin = _gtin_of(stock.contents[shipment])
        if gtin is None or not wanted(terms):
            continue
        ends = [*(step.at for step in course.steps[1:]), end if course.ended_at is None else course.ended_at]
        for i, (step, until) in enumerate(zip(course.steps, ends, strict=True)):
            own = step.holder == terms.consignee or (i == 0 and step.holder == terms.consignor)
            if step.holder not in warehouses or not own:
                continue  # what it keeps for somebody else is not its to sell
            position = gathered.of[Spot(step.holder, gtin)] if until > start and step.at < end else None
            if position is None:
                continue
            position.held += step.packages * max(0, min(until, end) - max(step.at, start))
            last = i == len(course.steps) - 1
            if not start <= until < end:
                continue
            if not last and course.steps[i + 1].holder != step.holder and terms.consignee not in warehouses:
                position.sold += course.steps[i + 1].packages
                position.records.add(course.steps[i + 1].record)
            elif last and (said := _sale(journeys, shipment)) is not None:
                position.sold += step.packages
                position.records.add(said)


def _sale(journeys: Journeys, shipment: bytes) -> RecordId | None:
    """The statement by which a shop sold the goods."""
    sold = (s for s in journeys.statements(shipment) if s.record.kind == StatementKind.SOLD)
    return next((statement.verified.id for statement in sold), None)


def _gtin_of(contents: Contents) -> str | None:
    return only_gtin(contents.lines, closed=contents.closed)


def only_gtin(goods: Iterable[object], *, closed: bool) -> str | None:
    """The one GTIN of all goods; None where there are several, none, or some are withheld."""
    gtins = {getattr(line, "gtin", "") for line in goods}
    gtin = next(iter(gtins)) if len(gtins) == 1 else ""
    return gtin if gtin and not closed else None


def records_of(positions: Positions, spot: Spot) -> Records:
    return tuple(sorted(positions.of[spot].records))
