"""Coverage equals brute force on small networks; on large ones plan and bound are exact and close."""

import itertools
import random
from collections import Counter

import pytest

from ledger.errors import MalformedRecord
from ledger.planning import cover as module
from ledger.planning.cover import Cover, Coverage, Demand, Share, ShareTable, Site, cover, matrix_of
from ledger.planning.optimum import Answer, Proof
from ledger.planning.relaxation import relax

pytest.importorskip("highspy")


def random_coverage(rng: random.Random) -> Coverage:
    sites = {n: Site(rng.choice((None, rng.randrange(0, 12)))) for n in range(1, rng.randrange(2, 5))}
    if rng.random() < 0.4:
        sites = dict.fromkeys(sites, Site())
    areas = {name: Demand(rng.randrange(1, 6)) for name in "abcde"[: rng.randrange(1, 6)]}
    shares = {}
    for pair in itertools.product(sites, areas):
        if rng.random() < 0.8:
            deliveries = rng.randrange(0, 20)
            shares[pair] = Share(rng.randrange(0, deliveries + 1), deliveries)
    return Coverage(sites, areas, shares, rng.choice((None, 0, 1, 1, 2, 2, 3)))


def brute_force(coverage: Coverage) -> int:
    best = 0
    choices = [[None, *(n for n in coverage.sites if (n, name) in coverage.shares)] for name in coverage.areas]
    for plan in itertools.product(*choices):
        load, total = Counter[int](), 0
        for (name, demand), site in zip(coverage.areas.items(), plan, strict=True):
            if site is not None:
                load[site] += demand.packages
                total += demand.packages * coverage.shares[site, name].ppm
        fits = all((c := coverage.sites[n].capacity) is None or c >= used for n, used in load.items())
        if fits and (coverage.most_sites is None or len(load) <= coverage.most_sites):
            best = max(best, total)
    return best


def keeps_to(coverage: Coverage, plan: Cover) -> bool:
    load = Counter[int]()
    for service in plan.services:
        load[service.site] += service.demand
    fits = all((c := coverage.sites[n].capacity) is None or c >= used for n, used in load.items())
    value = sum(service.demand * service.share_ppm for service in plan.services)
    few = coverage.most_sites is None or len(load) <= coverage.most_sites
    whole = {*plan.unserved} | {service.area for service in plan.services} == {*coverage.areas}
    return fits and few and whole and value == plan.optimum.objective


def compare(seed: int, seen: Counter[str]) -> None:
    rng = random.Random(seed)
    coverage = random_coverage(rng)
    plan = cover(coverage)
    assert keeps_to(coverage, plan), seed
    assert plan.optimum.objective == plan.optimum.bound == brute_force(coverage), seed
    assert plan.optimum.answer is Answer.OPTIMAL
    mixed = Coverage(
        dict(rng.sample([*coverage.sites.items()], len(coverage.sites))),
        dict(rng.sample([*coverage.areas.items()], len(coverage.areas))),
        dict(rng.sample([*coverage.shares.items()], len(coverage.shares))),
        coverage.most_sites,
    )
    assert cover(mixed) == plan
    seen[str(plan.optimum.proof)] += 1
    seen["served"] += bool(plan.services)
    seen["unserved"] += bool(plan.unserved and plan.services)


def test_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(300):
        compare(seed, seen)
    assert min(seen[name] for name in ("prices", "served", "unserved")) > 40, seen


@pytest.mark.drill
def test_ten_thousand_plans_equal_brute_force() -> None:
    seen = Counter[str]()
    for seed in range(10_000):
        compare(seed, seen)
    assert seen["search"] > 10, seen


def middling(seed: int, *, capacity: bool) -> Coverage:
    rng = random.Random(seed)
    sites = {n: Site(rng.randrange(60, 200) if capacity else None) for n in range(1, 11)}
    areas = {f"area {i}": Demand(rng.randrange(1, 30)) for i in range(30)}
    shares = {pair: Share(rng.randrange(0, 51), 50) for pair in itertools.product(sites, areas)}
    return Coverage(sites, areas, shares, 4)


@pytest.mark.parametrize("capacity", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_the_relaxations_bound_holds_against_the_solver(
    seed: int, capacity: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the solver's help plan and bound enclose what the solver finds."""
    coverage = middling(seed, capacity=capacity)
    best = cover(coverage)
    monkeypatch.setattr(module, "MOST_SEARCHED", 0)
    alone = cover(coverage)
    assert keeps_to(coverage, alone)
    assert keeps_to(coverage, best)
    assert best.optimum.objective is not None
    assert alone.optimum.objective is not None
    assert alone.optimum.bound is not None
    assert alone.optimum.objective <= best.optimum.objective <= alone.optimum.bound
    assert alone.optimum.gap_ppm is not None
    assert alone.optimum.gap_ppm < 60_000


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_is_what_its_prices_say(seed: int) -> None:
    """Reckoned anew in plain integers: every area's price, and what the best sites gain above it."""
    coverage = middling(seed, capacity=False)
    numbers, names = sorted(coverage.sites), sorted(coverage.areas)
    matrix = matrix_of(coverage, numbers, names)
    assert matrix is not None
    found = relax(matrix)
    values, prices = matrix.values.tolist(), found.prices.tolist()
    gains = sorted((sum(max(0, v - p) for v, p in zip(row, prices, strict=True)) for row in values), reverse=True)
    assert found.bound == max(found.value, sum(prices) + sum(gains[: matrix.most]))
    best = [max(values[i][a] for i in {*found.sites.tolist()}) for a in range(len(names))]
    assert found.value == sum(best)


def test_a_table_of_shares_gives_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    numpy = pytest.importorskip("numpy")
    monkeypatch.setattr(module, "MOST_SEARCHED", 0)
    coverage = middling(1, capacity=True)
    numbers, names = sorted(coverage.sites), sorted(coverage.areas)
    on_time = numpy.array([[coverage.shares[n, a].on_time for a in names] for n in numbers], dtype=numpy.int64)
    table = ShareTable(on_time, numpy.full(on_time.shape, 50))
    assert cover(Coverage(coverage.sites, coverage.areas, {}, 4, table)) == cover(coverage)
    with pytest.raises(MalformedRecord):
        cover(Coverage(coverage.sites, coverage.areas, {}, 4, ShareTable(on_time + 60, table.deliveries)))


def test_nobody_may_serve() -> None:
    plan = cover(Coverage({1: Site()}, {"a": Demand(3)}, {}))
    assert (plan.optimum.objective, plan.unserved, plan.optimum.proof) == (0, ("a",), Proof.PRICES)
    assert cover(Coverage({1: Site()}, {"a": Demand(3)}, {(1, "a"): Share(1, 1)}, 0)).unserved == ("a",)


@pytest.mark.parametrize(
    "coverage",
    [
        Coverage({1: Site(-1)}, {}, {}),
        Coverage({1: Site()}, {"a": Demand(0)}, {}),
        Coverage({1: Site()}, {"a": Demand(1)}, {(1, "a"): Share(2, 1)}),
        Coverage({1: Site()}, {"a": Demand(1)}, {(2, "a"): Share(1, 1)}),
        Coverage({1: Site()}, {}, {}, -1),
    ],
)
def test_senseless_numbers_are_refused(coverage: Coverage) -> None:
    with pytest.raises(MalformedRecord):
        cover(coverage)
