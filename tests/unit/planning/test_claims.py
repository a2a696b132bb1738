"""Plans that are told are confirmed without a solver, and refused where a number in them is another."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from ledger.common.figure import to_json
from ledger.errors import MalformedRecord, Misconfigured, VerificationFailed
from ledger.planning import cover as cover_module
from ledger.planning import optimum, relaxation
from ledger.planning.allocate import Allocation, Available, Lack, Network, Pair, Spot, Way, allocate
from ledger.planning.cover import Cover, Coverage, Demand, Share, Site, cover

GTINS = ("00000000000017", "00000000000024")


def network(random: Random) -> Network:
    houses = range(1, 5)
    spots = [Spot(house, gtin) for house in houses for gtin in GTINS]
    return Network(
        "EUR",
        {spot: Available(random.randrange(9)) for spot in spots},
        {spot: Lack(random.randrange(6), random.randrange(1, 40)) for spot in spots if random.random() < 0.6},
        {
            Pair(one, other): Way(random.randrange(20), random.choice((0, 0, 15)))
            for one in houses
            for other in houses
            if one != other
        },
        {house: Available(random.randrange(12)) for house in houses},
    )


def coverage(random: Random) -> Coverage:
    areas = {f"A{i}": Demand(random.randrange(1, 50)) for i in range(6)}
    capacity = random.choice((None, None, 80))
    sites = {number: Site(capacity) for number in range(1, 5)}
    shares = {
        (site, area): Share(random.randrange(9), 8 + random.randrange(3))
        for site in sites
        for area in areas
        if random.random() < 0.8
    }
    return Coverage(sites, areas, shares, random.randrange(1, 4))


def told(plan: Allocation | Cover) -> dict[str, Any]:
    return {"plan": to_json(plan), "prices": [str(price) for price in plan.prices]}


def without_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise Misconfigured("not installed", where=name)

    for module in (optimum, cover_module, relaxation):
        monkeypatch.setattr(module, "library", missing)


@pytest.mark.parametrize("seeds", [range(25), pytest.param(range(25, 2_000), marks=pytest.mark.drill)])
def test_a_plan_is_confirmed_as_it_was_made(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for seed in seeds:
        random = Random(seed)
        one, other = network(random), coverage(random)
        made.append((one, allocate(one), other, cover(other)))
    without_solver(monkeypatch)
    met: Counter[str] = Counter()
    for one, allocation, other, service in made:
        assert allocate(one, told=told(allocation)) == allocation
        assert cover(other, told=told(service)) == service
        met.update((str(allocation.optimum.proof), str(service.optimum.proof)))
        for plan, again in (
            (allocation, lambda t, n=one: allocate(n, told=t)),
            (service, lambda t, n=other: cover(n, told=t)),
        ):
            for name, value in (("objective", 1), ("bound", 1), ("bound", -1)):
                if name == "bound" and plan.optimum.proof is optimum.Proof.NONE:
                    continue  # where the search stopped, the bound is its word
                answer = told(plan)
                number = answer["plan"]["optimum"][name]
                answer["plan"]["optimum"][name] = int(number) + value
                with pytest.raises(VerificationFailed):
                    again(answer)
            if plan.optimum.proof is optimum.Proof.PRICES and plan.prices:
                answer = told(plan) | {"prices": [str(price + (1 << 40)) for price in plan.prices]}
                with pytest.raises(VerificationFailed, match="prices"):
                    again(answer)
                met["prices"] += 1
    assert met["prices"] > len(seeds) // 2
    assert met["search"]


def test_what_keeps_no_limit_or_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(3)
    one, other = network(random), coverage(random)
    allocation, service = told(allocate(one)), told(cover(other))
    without_solver(monkeypatch)
    transfers, services = allocation["plan"]["transfers"], service["plan"]["services"]
    assert transfers
    assert services
    for change in ({"packages": 10**6}, {"gtin": "0"}, {"origin": 99}):
        with pytest.raises(VerificationFailed):
            allocate(one, told=allocation | {"plan": allocation["plan"] | {"transfers": [transfers[0] | change]}})
    for change in ({"site": 99}, {"area": "nowhere"}):
        with pytest.raises(VerificationFailed):
            cover(other, told=service | {"plan": service["plan"] | {"services": [services[0] | change]}})
    for wrong in ({"transfers": None}, {"transfers": [1]}, {"optimum": None}, {"transfers": [{"packages": "x"}]}):
        with pytest.raises(MalformedRecord):
            allocate(one, told=allocation | {"plan": allocation["plan"] | wrong})
