"""Balance equals brute force on small networks, unit by unit greed where moving is free, and its own exact bound."""

import itertools
import random
from collections import Counter
from fractions import Fraction

import pytest

from ledger.errors import MalformedRecord
from ledger.planning.allocate import Available, Pair, Spot, Way
from ledger.planning.balance import MOST_WAREHOUSES, Balance, Shelf, Shelves, balance
from ledger.planning.optimum import Answer, Proof

A, B = "09506000134352", "09506000134369"


def random_shelves(rng: random.Random) -> Shelves:
    warehouses = range(1, rng.randrange(3, 5))
    spots = [Spot(w, gtin) for w in warehouses for gtin in (A, B)]
    shelves = {spot: Shelf(rng.randrange(0, 6), rng.randrange(0, 8)) for spot in rng.sample(spots, rng.randrange(2, 5))}
    pairs = [Pair(a, b) for a, b in itertools.permutations(warehouses, 2)]
    ways = {pair: Way(rng.randrange(0, rng.choice((3, 40)))) for pair in rng.sample(pairs, min(len(pairs), 4))}
    available = {spot: Available(rng.randrange(0, 5)) for spot in shelves if rng.random() < 0.3}
    return Shelves("EUR", rng.choice((0, 20, 100, 500, 500)), shelves, ways, available)


def brute_force(shelves: Shelves) -> Fraction:
    """The best of all sets of transfers, by the words of the model."""
    total = Fraction(0)
    for gtin in (A, B):
        spots = [spot for spot in shelves.shelves if spot.gtin == gtin]
        choices = [(a, b) for a in spots for b in spots if Pair(a.warehouse, b.warehouse) in shelves.ways and a != b]
        tops = [
            min(shelves.shelves[a].stock, shelves.available[a].packages if a in shelves.available else 99)
            for a, _ in choices
        ]
        best = Fraction(0)
        for plan in itertools.product(*(range(top + 1) for top in tops)):
            out, change = Counter[Spot](), Counter[Spot]()
            cost = 0
            for (a, b), count in zip(choices, plan, strict=True):
                out[a] += count
                change[a] -= count
                change[b] += count
                cost += count * shelves.ways[Pair(a.warehouse, b.warehouse)].per_package
            limits = dict(zip((a for a, _ in choices), tops, strict=True))
            if any(n > limits[a] for a, n in out.items()):
                continue
            gain = Fraction(0)
            for spot in spots:
                x = shelves.shelves[spot]
                if x.target:  # what has no target is in no sum
                    missing = x.target - x.stock
                    gain += Fraction(missing * missing - (missing - change[spot]) ** 2, x.target * x.target)
            best = max(best, shelves.worth * gain - cost)
        total += best
    return total


def net(plan: Balance) -> Fraction:
    return plan.worth * (plan.before - plan.after) - plan.cost


def compare(seed: int, seen: Counter[str]) -> None:
    rng = random.Random(seed)
    shelves = random_shelves(rng)
    plan = balance(shelves)
    assert net(plan) == brute_force(shelves), seed
    assert (plan.optimum.answer, plan.optimum.proof) == (Answer.OPTIMAL, Proof.PRICES), seed
    mixed = Shelves(
        "EUR",
        shelves.worth,
        dict(rng.sample([*shelves.shelves.items()], len(shelves.shelves))),
        dict(rng.sample([*shelves.ways.items()], len(shelves.ways))),
        shelves.available,
    )
    assert balance(mixed) == plan
    seen["moved"] += bool(plan.shifts)
    seen["several"] += len(plan.shifts) > 1
    seen["paid"] += plan.cost > 0
    seen["still"] += not plan.shifts
    seen["without a target"] += any(not shelves.shelves[Spot(s.origin, s.gtin)].target for s in plan.shifts)


def test_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(400):
        compare(seed, seen)
    assert min(seen[name] for name in ("moved", "several", "paid", "still", "without a target")) > 20, seen


@pytest.mark.drill
def test_ten_thousand_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(10_000):
        compare(seed, seen)
    assert seen["several"] > 500, seen


@pytest.mark.parametrize("seed", range(12))
def test_where_moving_is_free_greed_by_single_packages_gives_the_same(seed: int) -> None:
    """The package that is missed least goes where it is missed most, until nothing is gained: the classical rule."""
    rng = random.Random(seed)
    spots = [Spot(w, A) for w in range(1, 9)]
    shelves = {spot: Shelf(rng.randrange(0, 300), rng.randrange(1, 200)) for spot in spots}
    ways = {Pair(a.warehouse, b.warehouse): Way(0) for a, b in itertools.permutations(spots, 2)}
    plan = balance(Shelves("EUR", 1_000, shelves, ways, {}))
    level = {spot: shelf.stock for spot, shelf in shelves.items()}

    def step(spot: Spot, by: int) -> Fraction:
        return shelves[spot].distance(level[spot] + by) - shelves[spot].distance(level[spot])

    while True:
        giver = min((spot for spot in spots if level[spot]), key=lambda spot: step(spot, -1))
        getter = min((spot for spot in spots if spot != giver), key=lambda spot: step(spot, 1))
        if step(giver, -1) + step(getter, 1) >= 0:
            break
        level[giver] -= 1
        level[getter] += 1
    assert plan.after == sum(shelves[spot].distance(level[spot]) for spot in spots)
    assert plan.shifts


def test_large_quantities_are_proved_too() -> None:
    rng = random.Random(5)
    spots = [Spot(w, A) for w in range(1, 16)]
    shelves = {spot: Shelf(rng.randrange(0, 10**7), rng.randrange(1, 10**7)) for spot in spots}
    ways = {Pair(a.warehouse, b.warehouse): Way(rng.randrange(1, 90)) for a, b in itertools.permutations(spots, 2)}
    plan = balance(Shelves("EUR", 10**9, shelves, ways, {}))
    assert plan.optimum.proof is Proof.PRICES
    assert plan.after < plan.before
    assert plan.optimum.objective is not None
    assert plan.optimum.objective > 0
    moved = Counter[int]()
    for shift in plan.shifts:
        moved[shift.origin] -= shift.packages
        moved[shift.destination] += shift.packages
    assert all(level.after == level.before + moved[level.warehouse] >= 0 for level in plan.levels)


def test_what_reduces_most_for_its_cost_comes_first() -> None:
    shelves = {Spot(1, A): Shelf(100, 10), Spot(2, A): Shelf(0, 10), Spot(3, A): Shelf(0, 10)}
    plan = balance(Shelves("EUR", 10_000, shelves, {Pair(1, 2): Way(9), Pair(1, 3): Way(2)}, {}))
    assert [shift.destination for shift in plan.shifts] == [3, 2]
    assert plan.before_ppm == 83_000_000
    assert [level.distance_before_ppm for level in plan.levels] == [81_000_000, 1_000_000, 1_000_000]


@pytest.mark.parametrize(
    "shelves",
    [
        Shelves("EUR", 1, {Spot(1, A): Shelf(1, -1)}, {}, {}),
        Shelves("EUR", 1, {Spot(1, A): Shelf(-1, 1)}, {}, {}),
        Shelves("EUR", -1, {}, {}, {}),
        Shelves("EUR", 1, {Spot(w, A): Shelf(1, 1) for w in range(MOST_WAREHOUSES + 1)}, {}, {}),
    ],
)
def test_senseless_numbers_are_refused(shelves: Shelves) -> None:
    with pytest.raises(MalformedRecord):
        balance(shelves)
