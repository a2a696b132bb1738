"""A partner's score from period to period, with the interval in which it lies."""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.charts.chart import Chart, Series, Subject, Unit, Unnamed


class Reading(NamedTuple):
    """The score of one period, in hundredths of a point; None where too little was delivered to tell."""

    period: str
    score: int | None
    low: int | None
    high: int | None


def score_trend(readings: Iterable[Reading]) -> Chart:
    """Periods in the order in which they come; those without a score stay gaps."""
    known = list(readings)
    series = Series(
        Unnamed.SCORE,
        tuple(one.score for one in known),
        tuple(one.low for one in known),
        tuple(one.high for one in known),
    )
    return Chart(Subject.SCORE_TREND, Unit.POINTS, tuple(one.period for one in known), (series,))
