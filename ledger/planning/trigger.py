"""Triggers: when stock runs out by verified demand, which transfers prevent it, and in which order.

All is exact: demand a day is a fraction (packages that left in the window over its days), and the second of the
stock-out is what integer division gives. An order is made where stock, with what is due in time, runs out before a
transfer ordered now would have come and the safety days have passed, or where stock and all that is due lie below the
threshold that the plan sets. It brings the position up to its target, at least to the threshold. Products
that turn over fastest, or run out first, are served first, each from whoever can spare most cheaply; what comes in fits
into the space that is free.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ledger.common.figure import Amount, Currency, Seconds, figure
from ledger.common.ids import PartnerId
from ledger.common.periods import DAY
from ledger.planning.allocate import Available, Gtin, Pair, Records, Spot, Transfer, Way
from ledger.planning.plan_file import Priority
from ledger.planning.positions import Positions


@figure(
    "warehouse", "gtin", "on_hand", "due", "overdue", "sold", "per_day", "turnover", "stock_out_at", "target",
    "threshold", "triggered", "ordered", "short", "records",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Watch:
    """One product in one warehouse. Packages; `per_day` and `turnover` are exact fractions, `stock_out_at` UTC seconds
    (None: not by what the window shows). `threshold`: None where the plan sets none. `ordered`: what the plan brings;
    `short`: what nobody can spare.
    """

    warehouse: PartnerId
    gtin: Gtin
    on_hand: int
    due: int
    overdue: int
    sold: int
    per_day: Fraction
    turnover: Fraction | None
    stock_out_at: Seconds | None
    target: int
    threshold: int | None
    triggered: bool
    ordered: int
    short: int
    records: Records


@figure("currency", "at", "moving", "orders", "watched")
@dataclass(frozen=True, slots=True)
class Triggered:
    """`orders` in the order in which they were served; `moving`: what they cost to move, consignments once a way."""

    currency: Currency
    at: Seconds
    moving: Amount
    orders: tuple[Transfer, ...]
    watched: tuple[Watch, ...]


def trigger(positions: Positions, ways: Mapping[Pair, Way], space: Mapping[int, Available]) -> Triggered:
    """The orders that the rules of the plan make now."""
    rules = positions.plan.rules
    spare = {spot: positions.available(spot).packages for spot in positions.of}
    room = {warehouse: each.packages for warehouse, each in space.items()}
    before = positions.at + (rules.lead_days + rules.safety_days) * DAY
    outs = {spot: positions.stock_out_at(spot) for spot in positions.of}
    due = [spot for spot, out in outs.items() if (out is not None and out < before) or positions.is_below(spot)]
    orders: list[Transfer] = []
    wanted: dict[Spot, int] = {}
    used: set[Pair] = set()
    for spot in sorted(due, key=lambda spot: _rank(positions, outs, spot)):
        lack = wanted[spot] = positions.lack(spot, 0).packages
        for origin in _givers(spot, spare, ways, used):
            volume = positions.plan.products[spot.gtin].volume if spot.gtin in positions.plan.products else 1
            fits = lack
            if spot.warehouse in room and volume:
                fits = min(lack, room[spot.warehouse] // volume)
            packages = min(fits, spare[Spot(origin, spot.gtin)])
            if packages < rules.least:
                continue
            pair = Pair(origin, spot.warehouse)
            spare[Spot(origin, spot.gtin)] -= packages
            if spot.warehouse in room:
                room[spot.warehouse] -= packages * volume
            lack -= packages
            used.add(pair)
            orders.append(_order(positions, pair, spot.gtin, packages, ways[pair]))
    moving = sum(ways[pair].per_consignment for pair in used)
    moving += sum(ways[Pair(t.origin, t.destination)].per_package * t.packages for t in orders)
    brought = {spot: sum(t.packages for t in orders if Spot(t.destination, t.gtin) == spot) for spot in wanted}
    return Triggered(
        positions.plan.currency, positions.at, moving, tuple(orders),
        tuple(_watch(positions, spot, outs[spot], wanted.get(spot), brought.get(spot, 0)) for spot in positions.of),
    )  # fmt: skip


def _rank(positions: Positions, outs: Mapping[Spot, int | None], spot: Spot) -> tuple[object, ...]:
    turnover = positions.turnover(spot)
    fastest = -turnover if turnover is not None else Fraction(0)
    out = outs[spot]
    runs_out: tuple[object, ...] = (out is None, out)  # below a threshold, though nothing leaves: last
    first: tuple[object, ...] = (fastest, runs_out)
    if positions.plan.rules.priority is Priority.STOCK_OUT:
        first = (runs_out, fastest)
    return (*first, spot)


def _givers(spot: Spot, spare: Mapping[Spot, int], ways: Mapping[Pair, Way], used: set[Pair]) -> Iterator[int]:
    """Who can spare some, the cheapest way first; a consignment that goes anyway costs no second time."""
    result = []
    for other, packages in spare.items():
        pair = Pair(other.warehouse, spot.warehouse)
        if other.gtin == spot.gtin and packages and pair in ways:
            way = ways[pair]
            result.append((way.per_package * packages + (0 if pair in used else way.per_consignment), other.warehouse))
    yield from (warehouse for _, warehouse in sorted(result))


def _order(positions: Positions, pair: Pair, gtin: str, packages: int, way: Way) -> Transfer:
    product = positions.plan.products.get(gtin)
    worth = ((product.value if product else 0) - way.per_package) * packages
    ends = positions.of[Spot(pair.origin, gtin)].records | positions.of[Spot(pair.destination, gtin)].records
    origin, destination = PartnerId(pair.origin), PartnerId(pair.destination)
    records, charge = tuple(sorted({*ends, *way.records})), way.per_package * packages
    return Transfer(origin, destination, gtin, packages, worth, records, charge)


def _watch(positions: Positions, spot: Spot, out: int | None, wanted: int | None, brought: int) -> Watch:
    position = positions.of[spot]
    return Watch(
        PartnerId(spot.warehouse), spot.gtin, position.on_hand, sum(packages for _, packages in position.due),
        position.overdue, position.sold, positions.per_day(spot), positions.turnover(spot), out,
        positions.target(spot), positions.plan.thresholds.get(spot), wanted is not None, brought,
        (wanted or 0) - brought, tuple(sorted(position.records)),
    )  # fmt: skip
