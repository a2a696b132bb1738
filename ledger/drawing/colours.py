"""Which of the style sheet's colours a series has: what means the same has the same in every chart."""

from enum import Enum

from ledger.charts.chart import Chart, Unnamed
from ledger.penalties.causes import LateCause

_OF: dict[Enum, int] = {
    Unnamed.IN_TIME: 0,
    Unnamed.IN_WINDOW: 0,
    Unnamed.LATE: 1,
    Unnamed.AFTER_WINDOW: 1,
    Unnamed.BEFORE_WINDOW: 2,
    Unnamed.NO_WINDOW: 4,
    Unnamed.OTHER_CAUSES: 4,
    LateCause.DELIVERED: 1,
    LateCause.CUSTOMS: 2,
    LateCause.NOT_TAKEN: 3,
    LateCause.UNDER_WAY: 4,
    LateCause.NEVER_DELIVERED: 5,
}


def colours(chart: Chart) -> list[int]:
    """By series; those that have none of their own take them in order."""
    return [_OF.get(one.code, i) for i, one in enumerate(chart.series)]
