"""A route's plan in sentences."""

from collections.abc import Iterator, Mapping

from ledger.attested.fx import day_of, day_text
from ledger.codes import Mode
from ledger.explain.text import Text, partner, say, several
from ledger.explain.units import days, moment, money, whole
from ledger.explain.words import counted, name_of
from ledger.planning.leg_times import Basis
from ledger.planning.routes.failures import Fails, Failure
from ledger.planning.routes.legs import LeftOut, Leg
from ledger.planning.routes.plan import RoutePlan, Way

BASIS: Mapping[Basis, Text] = {
    Basis.CARRIER: say("its own deliveries"),
    Basis.LANE: say("all carriers' deliveries"),
    Basis.STATED: say("stated, not verified"),
}
"""What a time rests on."""
LEFT_OUT: Mapping[LeftOut, Text] = {
    LeftOut.CURRENCY: say("their price is in another currency, and no attested rate converts it"),
    LeftOut.DISTANCE: say("their price depends on a distance that is not known here"),
    LeftOut.TIME: say("no delivery tells how long they take"),
    LeftOut.ASKED: say("they were to be left out"),
}
"""Why legs are left out."""


def sentences(plan: RoutePlan) -> Iterator[Text]:
    """What the plan says, and what it rests on."""
    if not plan.ways:
        yield say("No way leads from {origin} to {destination} by these rate cards.", **_ends(plan))
    else:
        best = plan.ways[0].judged(plan.judged)
        yield say(
            "The cheapest way from {origin} to {destination} costs {cost}: {charge} to its carriers, {holding} to hold "
            "the goods, {penalty} for lateness.",
            **_ends(plan),
            cost=money(best.cost, plan.currency),
            charge=money(plan.ways[0].charge, plan.currency),
            holding=money(best.holding, plan.currency),
            penalty=money(best.penalty, plan.currency),
        )
        for way in plan.ways:
            yield way_told(way, plan.currency)
        for failure in plan.ways[0].failures:
            yield failure_told(failure, plan.currency)
        yield from exchanges_told(plan)
        if plan.ways[0].thin:
            yield say("Of a leg of this way there are too few deliveries to rely on.")
    for reason, count in plan.left_out.items():
        yield say("{count} offered legs are left out: {reason}.", count=whole(count), reason=LEFT_OUT[reason])
    if plan.no_calendar:
        countries = ", ".join(plan.no_calendar)
        yield say("The holidays of these countries are not known here: {countries}.", countries=countries)


def exchanges_told(plan: RoutePlan) -> Iterator[Text]:
    """By which rates prices in other currencies were converted, each once."""
    exchanges = {leg.exchange for way in plan.ways for leg in way.legs if leg.exchange is not None}
    for currency, day in sorted({(one.currency, one.day) for one in exchanges}):
        yield say(
            "Prices in {currency} count by the attested rate of {day}.", currency=currency, day=day_text(day_of(day))
        )


def way_told(way: Way, currency: str) -> Text:
    return say(
        "{legs}: {median} in the time that half of the deliveries keep to, arriving {arrives}; {risk} in that of nine "
        "in ten.",
        legs=several([leg_told(leg) for leg in way.legs]),
        median=money(way.p50.cost, currency),
        arrives=moment(way.p50.arrives),
        risk=money(way.p90.cost, currency),
    )


def leg_told(leg: Leg) -> Text:
    said: dict[str, object] = {
        "origin": leg.origin,
        "destination": leg.destination,
        "mode": name_of(leg.mode),
        "partner": partner(leg.partner),
        "half": days(leg.time.p50),
        "nine": days(leg.time.p90),
    }
    if leg.issuer != leg.partner:
        return say(
            "{origin} → {destination} by {mode} with {partner} ({half} to {nine}), at the price that {issuer} says",
            **said,
            issuer=partner(leg.issuer),
        )
    return say("{origin} → {destination} by {mode} with {partner} ({half} to {nine})", **said)


def failure_told(failure: Failure, currency: str) -> Text:
    """What happens without a place, a mode or a partner."""
    name = failed(failure)
    if failure.cost is None or failure.more is None or failure.arrives is None:
        return say("Without {name} there is no way.", name=name)
    return say(
        "Without {name} the best way costs {cost}, {more} more than the first, and arrives {arrives}: {places}.",
        name=name,
        cost=money(failure.cost, currency),
        more=money(failure.more, currency),
        arrives=moment(failure.arrives),
        places=instead(failure),
    )


def instead(failure: Failure) -> str:
    """The places of the way that is left."""
    return " → ".join(failure.places)


def failed(failure: Failure) -> Text | str:
    """The place, mode or partner as people call it."""
    if failure.fails is Fails.MODE:
        return name_of(Mode[failure.name.upper()])
    return partner(int(failure.name)) if failure.fails is Fails.PARTNER else failure.name


def deliveries_told(leg: Leg) -> Text:
    """What a leg's time rests on."""
    if leg.time.basis is Basis.STATED:
        return BASIS[Basis.STATED]
    return say("{count}: {basis}", count=counted(leg.time.samples, "delivery"), basis=BASIS[leg.time.basis])


def _ends(plan: RoutePlan) -> dict[str, str]:
    return {"origin": plan.origin, "destination": plan.destination}
