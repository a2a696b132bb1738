"""The words of charts: titles, how to read them, and the names of series and places."""

from enum import Enum

from ledger.charts.chart import Chart, Days, Place, Subject, Unit, Unnamed
from ledger.codes import Regime
from ledger.common.periods import HOUR
from ledger.explain.text import Text, say, sentences
from ledger.explain.units import UNKNOWN, money, points, rounded_money, span, whole
from ledger.explain.words import name_of, word
from ledger.network.customs import Office
from ledger.penalties.causes import LateCause

_TITLES = {
    Subject.SCORE_TREND: say("Score by period"),
    Subject.DELIVERY_TIMES: say("Delivery times against the expected window"),
    Subject.LATE: say("Late shipments by when they were promised, and cause"),
    Subject.CUSTOMS_HOURS: say("Time held by customs, by office and cause"),
    Subject.PROMISED: say("Shipments by when they were promised"),
    Subject.LATE_DAYS: say("How late shipments were"),
}
_READ = {
    Subject.SCORE_TREND: say(
        "Each dot is the score of a period; its line is where the score lies with 95 % certainty."
    ),
    Subject.DELIVERY_TIMES: say("The height of a column is how many deliveries arrived on that day of their way."),
    Subject.LATE: say("The height of a column is how many shipments promised for that time were late."),
    Subject.OWED: say("The height of a column is what is owed for shipments promised for that time."),
    Subject.OWES: say("The height of a column is what this partner owes for shipments promised for that time."),
    Subject.IS_OWED: say("The height of a column is what this partner is owed for shipments promised for that time."),
    Subject.CUSTOMS_HOURS: say("The height of a column is how long goods were held there."),
    Subject.PROMISED: say("The height of a column is how many shipments were promised for that time."),
    Subject.LATE_DAYS: say("The height of a column is how many shipments were late by so many days, rounded up."),
}
_AXES = {
    Subject.SCORE_TREND: say("points, 0 to 100"),
    Subject.DELIVERY_TIMES: say("deliveries, by day of arrival"),
    Subject.LATE: say("shipments"),
    Subject.CUSTOMS_HOURS: say("hours"),
    Subject.PROMISED: say("shipments"),
    Subject.LATE_DAYS: say("shipments, by days late"),
}
_PLACES = {
    Subject.DELIVERY_TIMES: say("Day"),
    Subject.LATE_DAYS: say("Days late"),
    Subject.CUSTOMS_HOURS: say("Office"),
}
_SERIES: dict[Enum, Text] = {
    Unnamed.SCORE: say("Score"),
    Unnamed.IN_TIME: say("In time"),
    Unnamed.LATE: say("Shipments"),
    Unnamed.IN_WINDOW: say("In the expected window"),
    Unnamed.BEFORE_WINDOW: say("Before it"),
    Unnamed.AFTER_WINDOW: say("After it: abnormally long"),
    Unnamed.NO_WINDOW: say("No window is expected"),
    Unnamed.OTHER_CAUSES: say("Other causes"),
    LateCause.DELIVERED: say("Delivered late"),
    LateCause.CUSTOMS: say("Held by customs, which counts"),
    LateCause.NOT_TAKEN: say("Offered or refused late"),
    LateCause.NEVER_DELIVERED: say("Never delivered"),
    LateCause.UNDER_WAY: say("Still under way"),
}
CELL, TOGETHER, BETWEEN, AS_TABLE = say("Period"), say("Together"), say("Between"), say("The figures as a table")


def title(chart: Chart) -> Text:
    currency = chart.currency or say("no stated currency")
    match chart.subject:
        case Subject.OWED:
            return say("Owed in {currency}, by when it was promised, and cause", currency=currency)
        case Subject.OWES:
            return say("What it owes in {currency}, by when it was promised, and cause", currency=currency)
        case Subject.IS_OWED:
            return say("What it is owed in {currency}, by when it was promised, and cause", currency=currency)
        case subject:
            return _TITLES[subject]


def how_to_read(chart: Chart) -> Text:
    """What is where, and how large it gets: for those who hear it too."""
    if chart.unit is Unit.POINTS:
        return _READ[chart.subject]
    return sentences((_READ[chart.subject], say("The largest is {most}.", most=value(chart, chart.largest))))


def axis(chart: Chart) -> Text:
    """What the scale counts."""
    if chart.unit is Unit.MONEY:
        return say("whole {currency}", currency=chart.currency) if chart.currency else say("amount")
    return _AXES[chart.subject]


def places_title(chart: Chart) -> Text:
    return _PLACES.get(chart.subject, CELL)


def series_name(code: Enum) -> Text:
    """Causes of holds have their own names."""
    return _SERIES.get(code) or name_of(code)


def place_name(place: Place) -> str:
    match place:
        case Days(least, None):
            return say("{least} and more", least=least)
        case Days(least, most):
            return whole(least) if least == most else say("{least}–{most}", least=least, most=most)
        case Office(jurisdiction, regime):
            return say("{country} {regime}", country=jurisdiction, regime=word(Regime, regime))
        case name:
            return name


def value(chart: Chart, number: int | None) -> Text:
    """In full, as a table has it."""
    if number is None:
        return say(UNKNOWN)
    match chart.unit:
        case Unit.POINTS:
            return points(number)
        case Unit.COUNT:
            return whole(number)
        case Unit.MONEY:
            return money(number, chart.currency)
        case Unit.SECONDS:
            return span(number)


def tick(chart: Chart, number: int) -> Text:
    """Short, as a scale has it."""
    match chart.unit:
        case Unit.POINTS:
            return whole(number // 100)
        case Unit.COUNT:
            return whole(number)
        case Unit.MONEY:
            return rounded_money(number) if chart.currency else whole(number)
        case Unit.SECONDS:
            return whole(number // HOUR)


def between(chart: Chart, low: int | None, high: int | None) -> Text:
    """The ends between which a value lies."""
    if low is None or high is None:
        return say(UNKNOWN)
    return say("{low} and {high}", low=value(chart, low), high=value(chart, high))
