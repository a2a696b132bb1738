"""Which way goods should go: the least of what carriers ask, what goods cost on the way, and what lateness costs.

That is eq. 1 of the route model, min Σ(d·c + t·v): d·c is what the rate cards ask, by kilometre, consignment and
package; v, what a unit of time costs, is the holding cost and the delay penalty of the terms, min(α·late², cap). Time
is `p50` of each leg's verified deliveries, or `p90`: a way is judged by one of them and shown by both. The p90 of a way
is the sum of its legs' and no percentile of the way: mostly too cautious, as legs are seldom all late, but not surely.

Goods wait where they are to be handed over or received on a public holiday of that place's country, and neither customs
nor whoever works at them between two legs goes on with it on one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from ledger.common.figure import Amount, Currency, Seconds, figure
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord
from ledger.planning.calendars import Holidays
from ledger.planning.routes.failures import Failure, Part, parts_of
from ledger.planning.routes.legs import Consignment, LeftOut, Leg, Offers, PlaceCode, Without, legs_of
from ledger.planning.routes.search import MOST_LABELS, Edge, Path, Search

LATEST = 4_070_908_800
"""2099-01-01: nobody knows the holidays of a later departure."""
MOST_WAYS = 10
LARGEST = 2**63
"""Of values, prices and α: no sum of them loses a digit, nor takes long."""


class Judged(StrEnum):
    """By which time a way is chosen."""

    P50 = "p50"
    P90 = "p90"


@dataclass(frozen=True, slots=True)
class Lateness:
    """The delay penalty of terms: from the second `due` on (promise and grace), as RECORDS' rule; `alpha` in minor
    units per day², accrual ends after `lost_after` seconds."""

    due: int
    alpha: int
    cap: int
    lost_after: int

    def of(self, arrival: int) -> int:
        """Minor units."""
        late = min(max(0, arrival - self.due), self.lost_after)
        return min(self.alpha * late * late // (DAY * DAY), self.cap)


@dataclass(frozen=True, slots=True)
class Question:
    """A consignment from `origin` to `destination`, ready at the second `depart`. `holding`: what it costs a day on the
    way, in minor units. `between`: seconds of work at it wherever it changes. `deadline`: the last second of arrival,
    by the time that ways are judged by."""

    origin: str
    destination: str
    consignment: Consignment
    depart: int
    lateness: Lateness | None = None
    holding: int = 0
    between: int = 0
    deadline: int | None = None
    judged: Judged = Judged.P50
    ways: int = 3
    without: Without = field(default_factory=Without)


@figure("arrives", "late", "holding", "penalty", "cost")
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a way comes to in one time: `cost` = charges + holding + penalty. Seconds in UTC, seconds, minor units."""

    arrives: Seconds
    late: Seconds
    holding: Amount
    penalty: Amount
    cost: Amount


@figure("legs", "charge", "p50", "p90", "thin", "failures")
@dataclass(frozen=True, slots=True)
class Way:
    """`charge`: what its carriers ask. `thin`: of one leg or more too few deliveries are known to rely on. `failures`:
    what is left when one of its places, modes or partners fails."""

    legs: tuple[Leg, ...]
    charge: Amount
    p50: Outcome
    p90: Outcome
    failures: tuple[Failure, ...] = ()

    @property
    def thin(self) -> bool:
        return any(leg.time.thin for leg in self.legs)

    def judged(self, by: Judged) -> Outcome:
        return self.p50 if by is Judged.P50 else self.p90


@figure(
    "origin", "destination", "packages", "currency", "value", "depart", "judged", "ways", "cost", "bound", "gap",
    ("left_out", "left_out"), "no_calendar", "legs_offered",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The best `ways`, the best first. `cost` is that of the first, and exactly the least that any way has (of at most
    six legs, no place twice); `bound` is what a reckoning apart says that none falls below, the charges and holding of
    the cheapest way at the arrival of the quickest, and `gap` what lies between. `no_calendar`: countries whose
    holidays are not known."""

    origin: PlaceCode
    destination: PlaceCode
    packages: int
    currency: Currency
    value: Amount
    depart: Seconds
    judged: Judged
    ways: tuple[Way, ...]
    bound: Amount | None
    left_out: Mapping[LeftOut, int]
    no_calendar: tuple[PlaceCode, ...]
    legs_offered: int

    @property
    def cost(self) -> Amount | None:
        return self.ways[0].judged(self.judged).cost if self.ways else None

    @property
    def gap(self) -> Amount | None:
        return None if self.cost is None or self.bound is None else self.cost - self.bound


def plan_route(offers: Offers, question: Question, holidays: Holidays) -> RoutePlan:
    """The plan. Raises `MalformedRecord` for a question that makes no sense, `RuleBroken` for too large a network."""
    _check(question)
    legs, left_out = legs_of(offers, question.consignment, (question.origin, question.destination), question.without)
    network = _Network(legs, question, holidays)
    ways = _with_failures(network, [network.way(path) for path in network.search.ways(question.ways)])
    known = {place[:2] for leg in network.legs for place in (leg.origin, leg.destination)}
    return RoutePlan(
        question.origin,
        question.destination,
        question.consignment.packages,
        question.consignment.currency,
        question.consignment.value,
        question.depart,
        question.judged,
        ways,
        network.search.bound if ways else None,
        left_out,
        tuple(country for country in holidays.unknown if country in known),
        len(network.legs),
    )


@dataclass(frozen=True)
class _Network:
    legs: tuple[Leg, ...]
    question: Question
    holidays: Holidays
    budget: list[int] = field(default_factory=lambda: [MOST_LABELS])

    @cached_property
    def search(self) -> Search:
        return self._search(self.question.judged)

    def way(self, path: Path) -> Way:
        legs = tuple(self.legs[leg] for leg in path.legs)
        charge = sum(leg.charge for leg in legs)
        return Way(legs, charge, self._outcome(path, Judged.P50), self._outcome(path, Judged.P90))

    def _outcome(self, path: Path, by: Judged) -> Outcome:
        same, q = self._search(by).follow(path.legs), self.question
        charge = sum(self.legs[leg].charge for leg in path.legs)
        penalty = q.lateness.of(same.arrival) if q.lateness else 0
        late = max(0, same.arrival - q.lateness.due) if q.lateness else 0
        return Outcome(same.arrival, late, same.total - charge - penalty, penalty, same.total)

    def _search(self, by: Judged) -> Search:
        q = self.question

        def total(cost: int, arrival: int) -> int:
            held = q.holding * (arrival - q.depart) // DAY
            return cost + held + (q.lateness.of(arrival) if q.lateness else 0)

        edges = tuple(_edge(leg, by) for leg in self.legs)
        deadline = q.deadline if by is q.judged else None
        ends = q.origin, q.destination, q.depart
        return Search(edges, *ends, total, self.holidays.worked, q.between, deadline, self.budget)


def _edge(leg: Leg, by: Judged) -> Edge:
    held, seconds = (leg.holding_p50, leg.time.p50) if by is Judged.P50 else (leg.holding_p90, leg.time.p90)
    customs = leg.time.customs
    return Edge(leg.origin, leg.destination, leg.charge + held, seconds - customs, customs)


def _with_failures(network: _Network, ways: Sequence[Way]) -> tuple[Way, ...]:
    """Each way with what is left when a part of it fails. What several ways have in common is searched for once."""
    parts = {part: without for way in ways for part, without in parts_of(way.legs)}
    left = {part: _failure(network, part, without, ways[0]) for part, without in parts.items()}
    return tuple(replace(way, failures=tuple(left[part] for part, _ in parts_of(way.legs))) for way in ways)


def _failure(network: _Network, part: Part, without: Without, best: Way) -> Failure:
    judged = network.question.judged
    legs = tuple(leg for leg in network.legs if not without.hits(leg.partner, leg.mode, (leg.origin, leg.destination)))
    found = replace(network, legs=legs).search.ways(1)
    if not found:
        return Failure(*part, None, None, None)
    path = found[0]
    more = path.total - best.judged(judged).cost
    return Failure(*part, path.total, more, path.arrival, tuple(legs[leg] for leg in path.legs))


def _check(question: Question) -> None:
    if question.origin == question.destination:
        raise MalformedRecord("origin and destination are one place", where="destination", found=question.origin)
    if not 1 <= question.ways <= MOST_WAYS:
        raise MalformedRecord("not a number of ways", where="ways", expected=f"1 to {MOST_WAYS}", found=question.ways)
    for place in (question.origin, question.destination):
        if place in question.without.places:
            raise MalformedRecord("an end of the way cannot be left out", where="without", found=place)
    if not 0 <= question.depart < LATEST:
        raise MalformedRecord("not a departure", where="depart", expected="before 2099", found=question.depart)
    terms = question.lateness
    goods = question.consignment
    owed = (terms.alpha, terms.cap) if terms else ()
    amounts = (goods.value, goods.customs, question.holding, question.between, *owed)
    if goods.packages < 1 or not all(0 <= amount < LARGEST for amount in amounts):
        raise MalformedRecord(
            "not in range", where="question", expected="a package or more, amounts from 0 to 2^63", found=max(amounts)
        )
