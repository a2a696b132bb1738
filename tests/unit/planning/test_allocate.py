"""Allocation equals brute force on small networks, and its bound is exact."""

import itertools
import random
from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

import pytest

from ledger.errors import MalformedRecord
from ledger.planning.allocate import Allocation, Available, Lack, Network, Pair, Spot, Way, allocate
from ledger.planning.optimum import Answer, Proof

pytest.importorskip("highspy")
A, B = "09506000134352", "09506000134369"
K = TypeVar("K")
V = TypeVar("V")


def random_network(rng: random.Random) -> Network:
    """Small enough to try all: at most four transfers of a few packages."""
    warehouses = range(1, rng.randrange(3, 5))
    spots = [Spot(w, gtin) for w in warehouses for gtin in (A, B)]
    giving = rng.sample(spots, rng.randrange(1, 3))
    others = [spot for spot in spots if spot not in giving]
    lacking = rng.sample(others, min(len(others), rng.randrange(1, 4)))
    pairs = [Pair(a, b) for a, b in itertools.permutations(warehouses, 2)]
    ways = {
        pair: Way(rng.randrange(0, 8), rng.choice((0, rng.randrange(1, 25))))
        for pair in rng.sample(pairs, min(len(pairs), 4))
    }
    lacks = {}
    for spot in lacking:
        packages = rng.randrange(1, 5)
        lacks[spot] = Lack(packages, rng.randrange(0, 15), rng.choice((0, 0, 0, rng.randrange(0, packages + 1))))
    return Network(
        "EUR",
        {spot: Available(rng.randrange(0, 5)) for spot in giving},
        lacks,
        ways,
        {w: Available(rng.randrange(0, 9)) for w in warehouses if rng.random() < 0.6},
        {A: rng.randrange(0, 4)} if rng.random() < 0.5 else {},
    )


def brute_force(network: Network) -> int | None:
    """The best of all plans, each checked against the words of the model; None: there is none."""
    choices = [
        (pair, spot.gtin)
        for pair in network.ways
        for spot in network.available
        if spot.warehouse == pair.origin and Spot(pair.destination, spot.gtin) in network.lacks
    ]
    tops = [
        min(network.available[Spot(p.origin, g)].packages, network.lacks[Spot(p.destination, g)].packages)
        for p, g in choices
    ]
    best = None
    for plan in itertools.product(*(range(top + 1) for top in tops)):
        out, into, room, used = Counter[Spot](), Counter[Spot](), Counter[int](), set()
        money = 0
        for (pair, gtin), count in zip(choices, plan, strict=True):
            if not count:
                continue
            out[Spot(pair.origin, gtin)] += count
            into[Spot(pair.destination, gtin)] += count
            room[pair.destination] += count * network.volume.get(gtin, 1)
            used.add(pair)
            money += count * (network.lacks[Spot(pair.destination, gtin)].value - network.ways[pair].per_package)
        money -= sum(network.ways[pair].per_consignment for pair in used)
        fits = (
            all(network.available[spot].packages >= n for spot, n in out.items())
            and all(lack.least <= into[spot] <= lack.packages for spot, lack in network.lacks.items())
            and all(room[w] <= space.packages for w, space in network.space.items())
        )
        if fits and (best is None or money > best):
            best = money
    return best


def shuffled(network: Network, rng: random.Random) -> Network:
    def mixed(mapping: Mapping[K, V]) -> dict[K, V]:
        return dict(rng.sample([*mapping.items()], len(mapping)))

    return Network(
        network.currency, mixed(network.available), mixed(network.lacks), mixed(network.ways), mixed(network.space),
        mixed(network.volume),
    )  # fmt: skip


def compare(seed: int, seen: Counter[str]) -> None:
    rng = random.Random(seed)
    network = random_network(rng)
    plan, wanted = allocate(network), brute_force(network)
    assert plan.optimum.objective == wanted, seed
    assert allocate(shuffled(network, rng)) == plan
    if wanted is None:
        assert plan.optimum.answer is Answer.INFEASIBLE
        assert plan.transfers == ()
        seen["infeasible"] += 1
        return
    assert plan.optimum.answer is Answer.OPTIMAL
    assert plan.optimum.bound == wanted == plan.served - plan.moving
    assert keeps_to(network, plan)
    seen[str(plan.optimum.proof)] += 1
    seen["moved"] += bool(plan.transfers)
    seen["loss"] += wanted < 0


def keeps_to(network: Network, plan: Allocation) -> bool:
    out, into = Counter[Spot](), Counter[Spot]()
    for transfer in plan.transfers:
        out[Spot(transfer.origin, transfer.gtin)] += transfer.packages
        into[Spot(transfer.destination, transfer.gtin)] += transfer.packages
    return all(network.available[s].packages >= n for s, n in out.items()) and all(
        network.lacks[s].packages >= n for s, n in into.items()
    )


def test_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(400):
        compare(seed, seen)
    assert min(seen[name] for name in ("infeasible", "prices", "moved", "loss")) > 5, seen
    assert seen["moved"] > 100


@pytest.mark.drill
def test_ten_thousand_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(10_000):
        compare(seed, seen)
    assert seen["search"] > 20, seen


def test_what_is_told_is_what_is_moved() -> None:
    network = Network(
        "EUR",
        {Spot(1, A): Available(10), Spot(2, A): Available(10)},
        {Spot(3, A): Lack(12, 50)},
        {Pair(1, 3): Way(3), Pair(2, 3): Way(4)},
        {3: Available(11)},
    )
    plan = allocate(network)
    assert [(t.origin, t.packages) for t in plan.transfers] == [(1, 10), (2, 1)]
    assert (plan.served, plan.moving) == (550, 34)
    assert (plan.optimum.objective, plan.optimum.proof, plan.optimum.gap_ppm) == (516, Proof.PRICES, 0)


def test_a_consignment_that_does_not_pay_stays() -> None:
    network = Network("EUR", {Spot(1, A): Available(10)}, {Spot(3, A): Lack(5, 10)}, {Pair(1, 3): Way(2, 40)})
    assert allocate(network).transfers == ()
    network = Network("EUR", {Spot(1, A): Available(10)}, {Spot(3, A): Lack(6, 10)}, {Pair(1, 3): Way(2, 40)})
    assert allocate(network).optimum.objective == 8


@pytest.mark.parametrize(
    "network",
    [
        Network("EUR", {Spot(1, A): Available(-1)}, {}, {}),
        Network("EUR", {}, {}, {Pair(1, 1): Way(0)}),
        Network("EUR", {Spot(1, A): Available(5)}, {Spot(2, A): Lack(5, 2**41)}, {Pair(1, 2): Way(0)}),
    ],
)
def test_senseless_numbers_are_refused(network: Network) -> None:
    with pytest.raises(MalformedRecord):
        allocate(network)
