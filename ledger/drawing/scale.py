"""The scale of an axis: from 0 in equal, round steps."""

from ledger.charts.chart import Chart, Unit
from ledger.common.periods import HOUR
from ledger.explain.units import digits_of

_FULL = 10_000
"""Hundredths of a point."""
STEPS = 4


def ticks(chart: Chart) -> list[int]:
    """0 and up to five more, the last at or above all values; scores always from 0 to 100."""
    if chart.unit is Unit.POINTS:
        return [_FULL * i // STEPS for i in range(STEPS + 1)]
    unit = _unit(chart)
    largest = max(1, -(-chart.largest // unit))
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size * (STEPS + 1) >= largest:
                step = factor * size
                return [i * step * unit for i in range(-(-largest // step) + 1)]
        size *= 10


def _unit(chart: Chart) -> int:
    match chart.unit:
        case Unit.MONEY:
            return 10 ** digits_of(chart.currency) if chart.currency else 1
        case Unit.SECONDS:
            return HOUR
        case _:
            return 1
