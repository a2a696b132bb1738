"""The best ways through a network of legs, exactly and in integers.

What a way costs is a sum over its legs, its arrival follows from leg to leg (somebody may be closed when goods come),
and the total that is made least is any function of both that never falls when one of them grows: a delay penalty is
such a function, and is no sum over legs. That is why no linear solver is asked: this search takes the penalty as it is,
quadratic and capped, and calendars too, and ends with the optimum and not with a tolerance around it. Solvers are its
oracle in tests, where the total is a sum.

It sets labels (cost, arrival, legs) at places, the most promising first; a label that another one at the same place
matches in all three is dropped, which loses nothing because totals and calendars never fall (Martins 1984, "On a
multicriteria shortest path problem", Eur. J. Oper. Res. 16). The further ways are those of Lawler (1972, "A procedure
for computing the K best solutions", Management Science 18): each is the best among all that part from those before.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from ledger.errors import RuleBroken

MOST_STEPS = 6
"""Legs of one way."""
MOST_LABELS = 300_000
"""What one question may look at, all its ways and failures together, before it is refused."""
Calendar = Callable[[str, int, int], int]
"""When so many seconds of work at a place end that can begin at a second; with 0, when somebody is there. Never before
the second and the work have passed, nor earlier for a later second."""


class Edge(NamedTuple):
    """A leg: what it costs, in minor units, how long it takes, and how long customs then work at its end, in seconds.
    None is negative."""

    origin: str
    destination: str
    cost: int
    seconds: int
    customs: int = 0


class Path(NamedTuple):
    """A way: what is made least, its cost without what lateness adds, when it arrives, and its legs by their index."""

    total: int
    cost: int
    arrival: int
    legs: tuple[int, ...]


@dataclass(frozen=True)
class Search:
    """`total(cost, arrival)` is made least; it may not fall in either. `deadline`: the last second of arrival.
    `between`: seconds of work wherever goods change from a leg to the next. `budget`: labels that may be set, which
    several searches can share.
    """

    edges: Sequence[Edge]
    origin: str
    destination: str
    depart: int = 0
    total: Callable[[int, int], int] = lambda cost, _: cost
    worked: Calendar = lambda _, second, work: second + work
    between: int = 0
    deadline: int | None = None
    budget: list[int] = field(default_factory=lambda: [MOST_LABELS])

    def ways(self, count: int) -> list[Path]:
        """The best ways without a place twice, at most `count`, the best first; empty where there is none.

        Raises `RuleBroken` when the network is too large to be searched through.
        """
        start = Path(0, 0, self.depart, ())
        first = self._best(start, frozenset(), frozenset())
        waiting: list[tuple[Path, int, frozenset[int]]] = [(first, 0, frozenset())] if first else []
        result: list[Path] = []
        while waiting and len(result) < count:
            path, parted, banned = heappop(waiting)
            result.append(path)
            if len(result) == count:
                break
            head = start
            for leg in path.legs[:parted]:
                head = self._after(head, leg)
            for place in range(parted, len(path.legs)):
                # All ways that begin with these legs and go on otherwise than this one, and than those found before.
                others = (banned if place == parted else frozenset()) | {path.legs[place]}
                behind = frozenset(self.edges[leg].origin for leg in head.legs)
                found = self._best(head, others, behind)
                if found is not None:
                    heappush(waiting, (found, place, others))
                head = self._after(head, path.legs[place])
        return result

    @property
    def bound(self) -> int | None:
        """What no way falls below: the cost of the cheapest at the arrival of the quickest. None: there is no way."""
        if self.origin not in self._least_costs:
            return None
        return self.total(self._least_costs[self.origin], self.depart + self._least_seconds[self.origin])

    def follow(self, legs: Sequence[int]) -> Path:
        """The way over these legs. Raises `RuleBroken` where they do not hang together."""
        path, place = Path(0, 0, self.depart, ()), self.origin
        for leg in legs:
            if self.edges[leg].origin != place:
                raise RuleBroken("a leg that begins elsewhere", where="legs", expected=place, found=leg)
            path, place = self._after(path, leg), self.edges[leg].destination
        return path

    def _best(self, head: Path, banned: frozenset[int], behind: frozenset[str]) -> Path | None:
        """The best way that begins with `head`, then takes a leg that is not `banned`, and passes no place `behind`."""
        place = self.edges[head.legs[-1]].destination if head.legs else self.origin
        behind |= {place}  # who comes back here could take a leg that is banned
        kept: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        waiting = [(self._promise(head, place), head, place)] if place in self._least_costs else []
        while waiting:
            _, path, place = heappop(waiting)
            if place == self.destination:
                return path
            if len(path.legs) == MOST_STEPS:
                continue
            for leg in self._from.get(place, ()):
                target = self.edges[leg].destination
                if target in behind or target not in self._least_costs or (path.legs == head.legs and leg in banned):
                    continue
                further = self._after(path, leg)
                if self.deadline is not None and further.arrival + self._least_seconds[target] > self.deadline:
                    continue
                label = further.cost, further.arrival, len(further.legs)
                if any(c <= label[0] and a <= label[1] and n <= label[2] for c, a, n in kept[target]):
                    continue
                kept[target].append(label)
                self.budget[0] -= 1
                if self.budget[0] < 0:
                    raise RuleBroken(
                        "too many ways to compare",
                        where="network",
                        expected=f"at most {MOST_LABELS} partial ways",
                        mend="Leave out modes, partners or places.",
                    )
                heappush(waiting, (self._promise(further, target), further, target))
        return None

    def _after(self, path: Path, leg: int) -> Path:
        edge = self.edges[leg]
        ready = self.worked(edge.origin, path.arrival, self.between if path.legs else 0)
        arrival = self.worked(edge.destination, self.worked(edge.origin, ready, 0) + edge.seconds, edge.customs)
        cost = path.cost + edge.cost
        return Path(self.total(cost, arrival), cost, arrival, (*path.legs, leg))

    def _promise(self, path: Path, place: str) -> int:
        """What no way that goes on like this falls below."""
        return self.total(path.cost + self._least_costs[place], path.arrival + self._least_seconds[place])

    @cached_property
    def _from(self) -> Mapping[str, Sequence[int]]:
        result: defaultdict[str, list[int]] = defaultdict(list)
        for leg, edge in enumerate(self.edges):
            result[edge.origin].append(leg)
        return result

    @cached_property
    def _least_costs(self) -> Mapping[str, int]:
        return self._least(lambda edge: edge.cost)

    @cached_property
    def _least_seconds(self) -> Mapping[str, int]:
        return self._least(lambda edge: edge.seconds + edge.customs)

    def _least(self, weight: Callable[[Edge], int]) -> Mapping[str, int]:
        """The least sum of `weight` from each place to the destination (Dijkstra); others have no way there."""
        into: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            into[edge.destination].append(edge)
        result: dict[str, int] = {}
        waiting = [(0, self.destination)]
        while waiting:
            sum_, place = heappop(waiting)
            if place in result:
                continue
            result[place] = sum_
            for edge in into[place]:
                heappush(waiting, (sum_ + weight(edge), edge.origin))
        return result
