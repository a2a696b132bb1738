"""Balance: how far stock is from its target in each warehouse, and the transfers that bring it nearer for their cost.

    min Σ ((Imax − I) / Imax)²

over products and warehouses with a target, where `Imax` is the target and `I` what is there. Moving costs money, so the
plan maximises `worth` · (sum before − sum after) − cost, where `worth` is what a sum smaller by one is worth in minor
units: one warehouse that stood empty and now stands at its target. Goods move once: what comes in does not go on.
Products do not touch each other here, so that each is a problem of its own.

The problem is convex and separable, so a plan of whole packages is optimal exactly when no exchange of one package
along a cycle of the residual network improves it (Ahuja, Magnanti and Orlin, Network Flows, 1993, chapter 14).
Exchanges of large steps come first, halved until single packages improve nothing. All is reckoned in integers, and the
prices found on the way give an exact bound that equals the plan: the proof does not rest on how it was found.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import lcm
from typing import NamedTuple

from ledger.common.figure import Currency, figure
from ledger.common.ids import PartnerId
from ledger.errors import MalformedRecord
from ledger.planning.allocate import Available, Gtin, Pair, Records, Spot, Way
from ledger.planning.optimum import MILLION, Answer, Optimum, Proof

MOST_WAREHOUSES = 60
"""That keep one product: the work grows with about the fourth power of their number."""
MOST_WORK = 400_000
"""The cubes of these numbers, of all products together: some seconds of work."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a warehouse has of a product, and what it should have: `target` packages; 0: it has none, and what lies
    there counts in no sum, but may go where it is wanted."""

    stock: int
    target: int
    records: Records = ()

    def distance(self, stock: int) -> Fraction:
        return Fraction((self.target - stock) ** 2, self.target**2) if self.target else Fraction(0)


@dataclass(frozen=True, slots=True)
class Shelves:
    """What is to be balanced. Costs of ways are for each package: one for a consignment is for `allocate` to weigh.
    `available`: what a warehouse may give at most; by default all that it has.
    """

    currency: str
    worth: int
    shelves: Mapping[Spot, Shelf]
    ways: Mapping[Pair, Way]
    available: Mapping[Spot, Available]

    def check(self) -> None:
        """Raises `MalformedRecord` for numbers that make no sense, and more warehouses than can be planned."""
        counts: dict[str, int] = defaultdict(int)
        for spot, shelf in self.shelves.items():
            counts[spot.gtin] += 1
            if shelf.target < 0 or shelf.stock < 0:
                raise MalformedRecord("a number below 0", where="shelves", expected="0 or more", found=str(spot))
        if (most := max(counts.values(), default=0)) > MOST_WAREHOUSES:
            raise MalformedRecord(
                "too many warehouses", where="shelves", expected=f"at most {MOST_WAREHOUSES} a product", found=most
            )
        if (work := sum(count**3 for count in counts.values())) > MOST_WORK:
            raise MalformedRecord(
                "too much to balance at once", where="shelves", expected="fewer products or warehouses", found=work
            )
        if self.worth < 0 or any(way.per_package < 0 for way in self.ways.values()):
            raise MalformedRecord("a number below 0", where="ways", expected="0 or more")


@figure("warehouse", "gtin", "target", "before", "after", "distance_before_ppm", "distance_after_ppm", "records")
@dataclass(frozen=True, slots=True)
class Level:
    """One product in one warehouse, before and after the plan, in packages; its part of the sum in millionths, rounded
    down.
    """

    warehouse: PartnerId
    gtin: Gtin
    target: int
    before: int
    after: int
    records: Records

    @property
    def distance_before_ppm(self) -> int:
        return (self.target - self.before) ** 2 * MILLION // self.target**2 if self.target else 0

    @property
    def distance_after_ppm(self) -> int:
        return (self.target - self.after) ** 2 * MILLION // self.target**2 if self.target else 0


@figure("origin", "destination", "gtin", "packages", "cost", "reduction_ppm", "records")
@dataclass(frozen=True, slots=True)
class Shift:
    """`reduction_ppm`: how much smaller this transfer alone makes the sum, in millionths, rounded down; `cost` in minor
    units.
    """

    origin: PartnerId
    destination: PartnerId
    gtin: Gtin
    packages: int
    cost: int
    reduction: Fraction
    records: Records

    @property
    def reduction_ppm(self) -> int:
        return self.reduction * MILLION // 1


@figure("currency", "worth", "optimum", "before_ppm", "after_ppm", "cost", "shifts", "levels")
@dataclass(frozen=True, slots=True)
class Balance:
    """`shifts`: what reduces the sum most for its cost first. `optimum`: of `worth` · reduction − cost, in minor units,
    rounded down; plan and bound are compared as exact fractions before that. Sums in millionths, rounded down.
    """

    currency: Currency
    worth: int
    optimum: Optimum
    before: Fraction
    after: Fraction
    cost: int
    shifts: tuple[Shift, ...]
    levels: tuple[Level, ...]

    @property
    def before_ppm(self) -> int:
        return self.before * MILLION // 1

    @property
    def after_ppm(self) -> int:
        return self.after * MILLION // 1


def balance(shelves: Shelves) -> Balance:
    """The best transfers, the same for the same shelves in any order."""
    shelves.check()
    products: dict[str, list[Spot]] = defaultdict(list)
    for spot in sorted(shelves.shelves, key=lambda spot: (spot.gtin, spot.warehouse)):
        products[spot.gtin].append(spot)
    shifts: list[Shift] = []
    levels: list[Level] = []
    bound = Fraction(0)
    for spots in products.values():
        product = _Product(shelves, spots)
        product.improve()
        bound += product.bound()
        shifts += product.shifts()
        levels += product.levels()
    before = sum((shelves.shelves[Spot(x.warehouse, x.gtin)].distance(x.before) for x in levels), Fraction(0))
    after = sum((shelves.shelves[Spot(x.warehouse, x.gtin)].distance(x.after) for x in levels), Fraction(0))
    cost = sum(shift.cost for shift in shifts)
    worth, most = shelves.worth * (before - after) - cost, shelves.worth * before - bound
    proved = worth == most
    answer, proof = (Answer.OPTIMAL, Proof.PRICES) if proved else (Answer.LIMIT, Proof.NONE)
    optimum = Optimum(answer, worth // 1, most // 1, proof)
    shifts.sort(key=lambda s: (-s.reduction / s.cost if s.cost else -(10**30), -s.reduction, s.origin, s.destination))
    return Balance(shelves.currency, shelves.worth, optimum, before, after, cost, tuple(shifts), tuple(levels))


class _Arc(NamedTuple):
    tail: int
    head: int
    cost: int


class _Product:
    """One product. `flow[i, j]` packages go from warehouse i to j; those with i = j stay. Costs are multiplied by
    `scale`, which makes them integers. Nodes: 0 … n − 1 what warehouses have, n … 2n − 1 what they get, 2n the root.
    """

    def __init__(self, shelves: Shelves, spots: list[Spot]) -> None:
        self.spots = spots
        self.shelves = [shelves.shelves[spot] for spot in spots]
        self.count = count = len(spots)
        self.scale = lcm(*(shelf.target**2 for shelf in self.shelves if shelf.target))
        self.rates = [shelves.worth * self.scale // shelf.target**2 if shelf.target else 0 for shelf in self.shelves]
        self.ways = {
            (i, j): way
            for i in range(count)
            for j in range(count)
            if (way := shelves.ways.get(Pair(spots[i].warehouse, spots[j].warehouse))) is not None and i != j
        }
        self.costs = {pair: way.per_package * self.scale for pair, way in self.ways.items()}
        self.costs |= {(i, i): 0 for i in range(count)}
        self.free = [
            min(shelf.stock, shelves.available[spot].packages) if spot in shelves.available else shelf.stock
            for spot, shelf in zip(spots, self.shelves, strict=True)
        ]
        """What each may give; the rest stays whatever comes."""
        self.flow = dict.fromkeys(sorted(self.costs), 0)
        for i in range(count):
            self.flow[i, i] = self.free[i]
        self.level = [shelf.stock for shelf in self.shelves]
        self.tied = [shelf.stock - free for shelf, free in zip(self.shelves, self.free, strict=True)]

    def improve(self) -> None:
        step = 1 << max(self.free, default=0).bit_length()
        while step:
            while (cycle := _negative_cycle([*self._residual(step)], 2 * self.count + 1)) is not None:
                self._push(cycle, step)
            step //= 2

    def _at(self, j: int, level: int) -> int:
        """The scaled cost of `level` packages in warehouse j."""
        return self.rates[j] * (self.shelves[j].target - level) ** 2

    def _residual(self, step: int) -> Iterator[_Arc]:
        """Where `step` packages more, or fewer, can go, and what that costs in all."""
        root = 2 * self.count
        for (i, j), cost in self.costs.items():
            yield _Arc(i, self.count + j, cost * step)
            if self.flow[i, j] >= step:
                yield _Arc(self.count + j, i, -cost * step)
        for j, level in enumerate(self.level):
            here = self._at(j, level)
            yield _Arc(self.count + j, root, self._at(j, level + step) - here)
            if level - self.tied[j] >= step:
                yield _Arc(root, self.count + j, self._at(j, level - step) - here)

    def _push(self, cycle: list[tuple[int, int]], step: int) -> None:
        root, count = 2 * self.count, self.count
        for tail, head in cycle:
            if head == root:
                self.level[tail - count] += step
            elif tail == root:
                self.level[head - count] -= step
            elif tail < count:
                self.flow[tail, head - count] += step
            else:
                self.flow[head, tail - count] -= step

    def bound(self) -> Fraction:
        """What `worth` · sum + cost is at least, for any plan, by duality: exactly what the plan reaches if it is
        optimal.

        With a price for a package in each warehouse, Σ cost·x + Σ f(I) ≥ Σ given · min(cost + price) + Σ min over I of
        (f(I) − price · I): the left ones choose the cheapest place, the right ones the level that pays best.
        """
        arcs = [*self._residual(1)]
        distances = _distances(arcs, 2 * self.count + 1)
        root = distances[2 * self.count]
        prices = [root - distances[self.count + j] for j in range(self.count)]
        total = 0
        for i, free in enumerate(self.free):
            total += free * min(self.costs[i, j] + prices[j] for j in range(self.count) if (i, j) in self.costs)
        for j, price in enumerate(prices):
            total += min(self._at(j, level) - price * (level - self.tied[j]) for level in self._best(j, price))
        return Fraction(total, self.scale)

    def _best(self, j: int, price: int) -> set[int]:
        """Where rate·(target − level)² − price·level is smallest: beside its vertex, or at the end."""
        least, target, rate = self.tied[j], self.shelves[j].target, self.rates[j]
        if rate == 0:  # nothing is worth anything: levels do not matter, prices are 0
            return {least, least + sum(self.free)}
        vertex = target + price // (2 * rate)
        return {max(least, vertex), max(least, vertex + 1)}

    def shifts(self) -> Iterator[Shift]:
        for (i, j), packages in self.flow.items():
            if i != j and packages:
                giver, getter, way = self.shelves[i], self.shelves[j], self.ways[i, j]
                alone = giver.distance(giver.stock) - giver.distance(giver.stock - packages)
                alone += getter.distance(getter.stock) - getter.distance(getter.stock + packages)
                records = tuple(sorted({*chain(giver.records, getter.records, way.records)}))
                origin, destination = PartnerId(self.spots[i].warehouse), PartnerId(self.spots[j].warehouse)
                cost = way.per_package * packages
                yield Shift(origin, destination, self.spots[i].gtin, packages, cost, alone, records)

    def levels(self) -> Iterator[Level]:
        for spot, shelf, level in zip(self.spots, self.shelves, self.level, strict=True):
            yield Level(PartnerId(spot.warehouse), spot.gtin, shelf.target, shelf.stock, level, shelf.records)


def _relaxed(arcs: list[_Arc], distances: list[int], before: list[int]) -> bool:
    """One round of Bellman and Ford; whether any node came nearer."""
    nearer = False
    for tail, head, cost in arcs:
        if distances[tail] + cost < distances[head]:
            distances[head] = distances[tail] + cost
            before[head] = tail
            nearer = True
    return nearer


def _negative_cycle(arcs: list[_Arc], nodes: int) -> list[tuple[int, int]] | None:
    """A cycle in who came nearer by whom is negative; one appears within so many rounds as there are nodes."""
    distances, before = [0] * nodes, [-1] * nodes
    while _relaxed(arcs, distances, before):
        if (cycle := _cycle(before)) is not None:
            return cycle
    return None


def _cycle(before: list[int]) -> list[tuple[int, int]] | None:
    seen = [-1] * len(before)
    for start in range(len(before)):
        node = start
        while node >= 0 and seen[node] < 0:
            seen[node] = start
            node = before[node]
        if node >= 0 and seen[node] == start:
            cycle, first = [(before[node], node)], node
            node = before[node]
            while node != first:
                cycle.append((before[node], node))
                node = before[node]
            return cycle
    return None


def _distances(arcs: list[_Arc], nodes: int) -> list[int]:
    """Of arcs without a negative cycle."""
    distances, before = [0] * nodes, [-1] * nodes
    while _relaxed(arcs, distances, before):
        pass
    return distances
