"""Which way goods should go: the least of what carriers ask, what goods cost on the way, and what lateness costs.

That is eq. 1 of the route model, min Σ(d·c + t·v): d·c is what the rate cards ask, by kilometre, consignment and
package; v, what a unit of time costs, is the holding cost and the delay penalty of the terms, min(α·late², cap). Time
is `p50` of each leg's verified deliveries, or `p90`: a way is judged by one of them and shown by both. The p90 of a way
is the sum of its legs' and no percentile of the way: mostly too cautious, as legs are seldom all late, but not surely.

Goods wait where they are to be handed over, cleared or received on a public holiday of that place's country.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeVar

from ledger.common.figure import Amount, Currency, Pattern, Seconds, figure
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord
from ledger.planning.calendars import Holidays
from ledger.planning.routes.legs import Consignment, LeftOut, Leg, Offers, PlaceCode, Without, legs_of
from ledger.planning.routes.search import Edge, Path, Search

T = TypeVar("T")
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
    way, in minor units. `between`: seconds it stays wherever it changes. `deadline`: the last second of arrival, by the
    time that ways are judged by."""

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


@figure("legs", "charge", "p50", "p90", "thin")
@dataclass(frozen=True, slots=True)
class Way:
    """`charge`: what its carriers ask. `thin`: of one leg or more too few deliveries are known to rely on."""

    legs: tuple[Leg, ...]
    charge: Amount
    p50: Outcome
    p90: Outcome

    @property
    def thin(self) -> bool:
        return any(leg.time.thin for leg in self.legs)

    def judged(self, by: Judged) -> Outcome:
        return self.p50 if by is Judged.P50 else self.p90


class Fails(StrEnum):
    PLACE = "place"
    MODE = "mode"
    PARTNER = "partner"


@figure("fails", "name", "cost", "more")
@dataclass(frozen=True, slots=True)
class Failure:
    """What the best way costs when this place, mode or partner of the first way fails, and how much `more` that is;
    None: there is no way then."""

    fails: Fails
    name: Annotated[str, Pattern("[A-Za-z0-9_]{1,20}")]
    cost: Amount | None
    more: Amount | None


@figure(
    "origin", "destination", "packages", "currency", "value", "depart", "judged", "ways", "cost", "bound", "gap",
    "failures", ("left_out", "left_out"), "no_calendar", "legs_offered",
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
    failures: tuple[Failure, ...]
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
    network = _Network(offers, question, holidays)
    ways = tuple(network.way(path) for path in network.search.ways(question.ways))
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
        tuple(_failures(offers, question, holidays, ways[0])) if ways else (),
        network.left_out,
        tuple(country for country in holidays.unknown if country in known),
        len(network.legs),
    )


@dataclass(frozen=True)
class _Network:
    offers: Offers
    question: Question
    holidays: Holidays

    @cached_property
    def _made(self) -> tuple[tuple[Leg, ...], Mapping[LeftOut, int]]:
        q = self.question
        return legs_of(self.offers, q.consignment, (q.origin, q.destination), q.without)

    @property
    def legs(self) -> tuple[Leg, ...]:
        return self._made[0]

    @property
    def left_out(self) -> Mapping[LeftOut, int]:
        return self._made[1]

    @cached_property
    def search(self) -> Search:
        return self._search(self.question.judged)

    def way(self, path: Path) -> Way:
        legs = tuple(self.legs[leg] for leg in path.legs)
        return Way(legs, sum(leg.charge for leg in legs), *(self._outcome(path, by) for by in Judged))

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
        return Search(edges, q.origin, q.destination, q.depart, total, self.holidays.open_from, q.between, deadline)


def _edge(leg: Leg, by: Judged) -> Edge:
    held, seconds = (leg.holding_p50, leg.time.p50) if by is Judged.P50 else (leg.holding_p90, leg.time.p90)
    return Edge(leg.origin, leg.destination, leg.charge + held, seconds)


def _failures(offers: Offers, question: Question, holidays: Holidays, best: Way) -> Iterator[Failure]:
    """Each place that the best way passes, each mode and partner that it uses, left out by itself."""
    q, cost = question.without, best.judged(question.judged).cost
    modes, partners = (_once([getattr(leg, name) for leg in best.legs]) for name in ("mode", "partner"))
    trials = (
        *((Fails.PLACE, leg.destination, replace(q, places=q.places | {leg.destination})) for leg in best.legs[:-1]),
        *((Fails.MODE, mode.name.lower(), replace(q, modes=q.modes | {mode})) for mode in modes),
        *((Fails.PARTNER, str(partner), replace(q, partners=q.partners | {partner})) for partner in partners),
    )
    for fails, name, without in trials:
        found = _Network(offers, replace(question, without=without), holidays).search.ways(1)
        instead = found[0].total if found else None
        yield Failure(fails, name, instead, None if instead is None else instead - cost)


def _once(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))


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
    amounts = (question.consignment.value, question.holding, *((terms.alpha, terms.cap) if terms else ()))
    if question.consignment.packages < 1 or not all(0 <= amount < LARGEST for amount in amounts):
        raise MalformedRecord(
            "not in range", where="question", expected="a package or more, amounts from 0 to 2^63", found=max(amounts)
        )
