"""Routes as somebody asks for them: by places and packages, or for a shipment that the ledger knows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.attested.fx import Rate, day_of
from ledger.attested.rate_card import RateCard
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, FOREVER, Period
from ledger.errors import MalformedRecord, NotFound, NotPermitted
from ledger.explain.plans.route import sentences
from ledger.planning.calendars import Holidays, holidays_of
from ledger.planning.distances import Distances, Position
from ledger.planning.leg_times import LegTimes
from ledger.planning.routes.legs import Consignment, Exchanges, Offers, Without
from ledger.planning.routes.plan import Judged, Lateness, Question, RoutePlan, plan_route
from ledger.planning.stated import distances_of, mode_of, place_of, times_of
from ledger.records.types import Place
from ledger.scores.samples import case_of
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.planning.inputs import Known, looked_at
from ledger.services.views.records import Reader
from ledger.shipments.default_terms import LOST_AFTER
from ledger.shipments.portions import part_of

MOST_WITHOUT = 20


@dataclass(frozen=True, slots=True)
class RouteAsked:
    """A route as it is asked for; None and empty: by the shipment, or by default. Places are UN/LOCODEs or countries,
    amounts minor units, times UTC seconds. `within`: so many days back deliveries tell times, 0: all. `distance` and
    `time` as `ledger.planning.stated` reads them."""

    shipment: bytes = b""
    origin: str = ""
    destination: str = ""
    packages: int | None = None
    currency: str = ""
    value: int | None = None
    depart: int | None = None
    promised: int | None = None
    alpha: int | None = None
    cap: int | None = None
    lost_after: int = LOST_AFTER
    holding: int = 0
    between: int = 0
    customs: int = 0
    deadline: int | None = None
    judged: Judged = Judged.P50
    ways: int = 3
    without: Sequence[str] = ()
    without_mode: Sequence[str] = ()
    without_partner: Sequence[int] = ()
    distance: Sequence[str] = ()
    time: Sequence[str] = ()
    holidays: bool = True
    within: int = 0
    rates: int = 0
    """The partner by whose attested rates of exchange prices in other currencies count; 0: they are left out."""
    older: int = 0
    """By how many days a rate may be older than the day of the plan."""


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """A plan, what it was asked, and as of when the ledger was looked at."""

    plan: RoutePlan
    question: Question
    shipment: bytes
    at: int

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        """Without `evidence` the records that the times rest on are not named; those of prices always are."""
        plan = to_json(self.plan)
        if not evidence:
            for way in plan["ways"]:
                for leg in way["legs"]:
                    leg["records"] = None
        return {
            "at": self.at,
            "shipment": to_hex(self.shipment) if self.shipment else None,
            "plan": plan,
            "explanation": list(sentences(self.plan)),
        }


def route_for(
    numbers: Numbers, reader: Reader | None, now: int, asked: RouteAsked, known: Mapping[bool, Mapping[str, Position]]
) -> RouteAnswer:
    """The plan for `reader`; None: whoever runs this home. `known`: where places lie, True for goods by air.

    Raises `NotPermitted` for the public and for a shipment of others, `NotFound`, `MalformedRecord`, `RuleBroken` for
    too large a network, `Misconfigured` without the library of holidays.
    """
    stated = LegTimes(stated=times_of(asked.time))
    distances = Distances(known[False], known[True], distances_of(asked.distance))
    with looked_at(numbers, reader, now) as ledger:
        question = _question(ledger, asked, now)
        since = ledger.at - asked.within * DAY if asked.within else 0
        cards, times = ledger.cards(question.depart), ledger.times(since)
        exchanges = _exchanges(ledger, asked, cards, question.consignment.currency)
    offers = Offers(cards, replace(stated, verified=times), distances, exchanges)
    plan = plan_route(offers, question, _holidays(offers, question) if asked.holidays else Holidays())
    return RouteAnswer(plan, question, asked.shipment, ledger.at)


def _exchanges(ledger: Known, asked: RouteAsked, cards: Iterable[RateCard], currency: str) -> Exchanges:
    """The rates of the day of the plan that the reader may reckon with."""
    if not asked.rates:
        return Exchanges()
    rates, day = ledger.rates(asked.rates), day_of(ledger.at)
    found = {of: rates.on(day, (of, currency), asked.older) for of in {card.currency for card in cards}}
    return Exchanges(asked.rates, {of: rate for of, rate in found.items() if isinstance(rate, Rate)})


def _holidays(offers: Offers, question: Question) -> Holidays:
    named = {place for card in offers.cards for rate in card.rates for place in (rate.origin, rate.destination)}
    return holidays_of({place[:2] for place in (*named, question.origin, question.destination)}, question.depart)


def _question(ledger: Known, asked: RouteAsked, now: int) -> Question:
    said = _of_shipment(ledger, asked) if asked.shipment else asked
    for name, value in (("origin", said.origin), ("destination", said.destination), ("currency", said.currency)):
        if not value:
            raise MalformedRecord("not said, and no shipment says it", where=name)
    promised, alpha = said.promised, said.alpha or 0
    if (promised is None) != (said.alpha is None):
        raise MalformedRecord("both or neither", where="promised", expected="promised and alpha")
    # Without a cap of its own a penalty grows until accrual ends.
    cap = said.cap if said.cap is not None else 2**62
    return Question(
        place_of(said.origin, "origin"),
        place_of(said.destination, "destination"),
        Consignment(1 if said.packages is None else said.packages, said.currency, said.value or 0, said.customs),
        now if said.depart is None else said.depart,
        None if promised is None else Lateness(promised, alpha, cap, said.lost_after),
        said.holding,
        said.between,
        said.deadline,
        said.judged,
        said.ways,
        _without(said),
    )


def _without(asked: RouteAsked) -> Without:
    if max(map(len, (asked.without, asked.without_mode, asked.without_partner))) > MOST_WITHOUT:
        raise MalformedRecord("too many", where="without", expected=f"at most {MOST_WITHOUT} of a kind")
    return Without(
        frozenset(place_of(place, "without") for place in asked.without),
        frozenset(mode_of(mode, "without_mode") for mode in asked.without_mode),
        frozenset(asked.without_partner),
    )


def _of_shipment(ledger: Known, asked: RouteAsked) -> RouteAsked:
    """What is asked, filled in by the terms in force of a shipment: its packages, value, promise and penalty, from
    where it was last handed over."""
    terms = ledger.journeys.terms_of(asked.shipment)
    if not ledger.wanted(terms.record):
        raise NotPermitted("these are not your terms", where="shipment", mend="Sign in with a key of a party.")
    case = case_of(ledger.journeys, RecordId(asked.shipment), Period(0, FOREVER, ledger.at))
    if case is None:
        raise NotFound("the prices of this shipment are withheld here", where="shipment", found=to_hex(asked.shipment))
    commercial, share = case.force.commercial, case.statement.share
    seen = [terms.record.origin, *(move.handoff.place for move in case.portion.moves if move.handoff is not None)]
    places = [code for place in seen if (code := _code(place))]
    own: dict[str, Any] = {
        "origin": places[-1] if places else "",
        "destination": _code(terms.record.destination),
        "packages": case.portion.packages,
        "currency": commercial.currency,
        "value": part_of(commercial.value, share),
        "promised": commercial.promisedAt + commercial.grace if commercial.promisedAt else None,
        "alpha": part_of(commercial.alpha, share) if commercial.promisedAt else None,
        "cap": part_of(commercial.penaltyCap, share),
    }
    said = {name: value for name in own if (value := getattr(asked, name)) not in (None, "")}
    return replace(asked, **{**own, **said, "lost_after": commercial.lostAfter})


def _code(place: object) -> str:
    return (place.locode or place.country) if isinstance(place, Place) else ""
