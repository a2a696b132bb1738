"""The search finds what trying every way finds, and what a solver proves."""

import random
from collections.abc import Iterator

import pytest

from ledger.errors import RuleBroken
from ledger.planning.routes import search as module
from ledger.planning.routes.search import MOST_STEPS, Edge, Path, Search


def walked(search: Search, legs: tuple[int, ...]) -> Path:
    """What a way comes to, leg by leg: work and departure at its start, the leg, customs and receipt at its end."""
    cost, at = 0, search.depart
    for number, leg in enumerate(legs):
        edge = search.edges[leg]
        for place, spent, work in ((edge.origin, 0, search.between * bool(number)), (edge.origin, 0, 0),
                                   (edge.destination, edge.seconds, edge.customs)):  # fmt: skip
            at = search.worked(place, at + spent, work)
        cost += edge.cost
    return Path(search.total(cost, at), cost, at, legs)


def every_way(search: Search) -> Iterator[Path]:
    """All ways without a place twice, by trying each."""

    def onward(place: str, legs: tuple[int, ...], seen: frozenset[str]) -> Iterator[Path]:
        if place == search.destination:
            path = walked(search, legs)
            if search.deadline is None or path.arrival <= search.deadline:
                yield path
        elif len(legs) < MOST_STEPS:
            for leg, edge in enumerate(search.edges):
                if edge.origin == place and edge.destination not in seen:
                    yield from onward(edge.destination, (*legs, leg), seen | {edge.destination})

    return onward(search.origin, (), frozenset((search.origin,)))


def some_edge(chance: random.Random, places: list[str]) -> Edge:
    origin, destination = chance.sample(places, 2)
    return Edge(origin, destination, chance.randint(0, 20), chance.randint(0, 20), chance.choice([0, 0, 5]))


def some_network(seed: int) -> Search:
    """Few places, prices and times that often tie, a capped quadratic penalty, closed days, perhaps a deadline."""
    chance = random.Random(seed)
    places = [f"N{number}" for number in range(chance.randint(2, 7))]
    edges = tuple(some_edge(chance, places) for _ in range(chance.randint(1, 15)))
    due, alpha, cap = chance.randint(0, 30), chance.randint(0, 5), chance.randint(0, 60)
    closed = {(place, week) for place in places for week in range(40) if chance.random() < 0.15}

    def worked(place: str, at: int, work: int) -> int:
        while work or (place, at // 7) in closed:
            if (place, at // 7) not in closed:
                work -= 1
                at += 1
            else:
                at = (at // 7 + 1) * 7
        return at

    return Search(
        edges,
        places[0],
        places[1],
        chance.randint(0, 9),
        lambda cost, arrival: cost + min(cap, alpha * max(0, arrival - due) ** 2),
        worked,
        chance.choice([0, 3]),
        chance.choice([None, None, 25]),
    )


def compared(seeds: range) -> tuple[int, int, int]:
    """How many networks had a way, more than five ways, and a penalty that chose another way than the price would."""
    reached = several = moved = 0
    for seed in seeds:
        search = some_network(seed)
        tried = sorted(every_way(search), key=lambda path: path.total)
        found = search.ways(5)
        assert [path.total for path in found] == [path.total for path in tried[:5]], seed
        assert len({path.legs for path in found}) == len(found), seed
        assert all(search.follow(path.legs) == path == walked(search, path.legs) for path in found), seed
        if not tried:
            continue
        assert search.bound is not None
        assert search.bound <= found[0].total
        reached += 1
        several += len(tried) > 5
        moved += found[0].cost > min(path.cost for path in tried)
    return reached, several, moved


def test_random_networks_agree_with_trying_every_way() -> None:
    reached, several, moved = compared(range(400))
    assert reached > 200
    assert several > 30
    assert moved > 10


@pytest.mark.drill
def test_ten_thousand_random_networks_agree_with_trying_every_way() -> None:
    reached, several, moved = compared(range(400, 10_400))
    assert reached > 5_000
    assert several > 1_000
    assert moved > 250


def test_the_order_of_the_legs_changes_no_total() -> None:
    for seed in range(100):
        search = some_network(seed)
        turned = Search(
            search.edges[::-1], search.origin, search.destination, search.depart, search.total, search.worked,
            search.between, search.deadline,
        )  # fmt: skip
        assert [path.total for path in search.ways(4)] == [path.total for path in turned.ways(4)]


def large_network(seed: int, places: int) -> Search:
    """A grid of places with lanes to near and far ones; a deadline that the cheapest way misses."""
    chance = random.Random(seed)
    edges = []
    for number in range(places):
        for _ in range(6):
            other = min(places - 1, max(0, number + chance.choice([-3, 5, 20, 60, 120, places // 5])))
            if other != number:
                length = abs(other - number)
                edges.append(
                    Edge(f"P{number}", f"P{other}", chance.randint(1, 30) * length, chance.randint(1, 30) * length)
                )
    return Search(tuple(edges), "P0", f"P{places - 1}", deadline=places * 9)


def solved(search: Search) -> tuple[float, float]:
    """Value and bound of the same question as a mixed-integer program: a flow of one, at most so many legs, in time."""
    highspy = pytest.importorskip("highspy")
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(option, value)
    infinite, count = highspy.kHighsInf, len(search.edges)
    for leg, edge in enumerate(search.edges):
        solver.addVar(0, 1)
        solver.changeColCost(leg, edge.cost)
        solver.changeColIntegrality(leg, highspy.HighsVarType.kInteger)
    for place in {end for edge in search.edges for end in edge[:2]}:
        out = [leg for leg, edge in enumerate(search.edges) if edge.origin == place]
        into = [leg for leg, edge in enumerate(search.edges) if edge.destination == place]
        net = (place == search.origin) - (place == search.destination)
        solver.addRow(net, net, len(out) + len(into), [*out, *into], [1.0] * len(out) + [-1.0] * len(into))
    every = list(range(count))
    solver.addRow(0, MOST_STEPS, count, every, [1.0] * count)
    if search.deadline is not None:
        times = [float(edge.seconds) for edge in search.edges]
        solver.addRow(0, search.deadline - search.depart, count, every, times)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return infinite, infinite
    return solver.getInfo().objective_function_value, solver.getInfo().mip_dual_bound


@pytest.mark.parametrize("seed", range(3))
def test_a_solver_finds_no_cheaper_way_through_a_large_network_in_time(seed: int) -> None:
    search = large_network(seed, 400)
    (found,) = search.ways(1)
    value, bound = solved(search)
    assert round(value) == found.total
    assert bound > found.total - 1, "no integer lies between the solver's bound and the way"
    relaxed = Search(search.edges, search.origin, search.destination)
    assert relaxed.ways(1)[0].total < found.total, "the deadline costs something"


def test_there_may_be_no_way() -> None:
    search = Search((Edge("A", "B", 1, 1), Edge("C", "D", 1, 1)), "A", "D")
    assert search.ways(3) == []
    assert search.bound is None
    assert Search((Edge("A", "B", 1, 9),), "A", "B", deadline=8).ways(3) == []


def test_no_way_has_more_legs_than_allowed() -> None:
    line = tuple(Edge(f"P{number}", f"P{number + 1}", 1, 1) for number in range(MOST_STEPS + 1))
    assert Search(line, "P0", f"P{MOST_STEPS}").ways(1)[0].total == MOST_STEPS
    assert Search(line, "P0", f"P{MOST_STEPS + 1}").ways(1) == []


def test_a_network_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LABELS", 20)
    with pytest.raises(RuleBroken, match="too many ways"):
        large_network(1, 400).ways(1)


def test_legs_that_do_not_hang_together_are_no_way() -> None:
    with pytest.raises(RuleBroken, match="begins elsewhere"):
        Search((Edge("A", "B", 1, 1), Edge("C", "D", 1, 1)), "A", "D").follow((0, 1))
