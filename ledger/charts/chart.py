"""A chart without words: what it is about, the places along its axis, and one value a series at each of them.

Words, pictures and tables are made by `ledger.drawing`, from nothing else than this.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

from ledger.network.customs import Office


class Subject(StrEnum):
    """What a chart shows."""

    SCORE_TREND = "score_trend"
    DELIVERY_TIMES = "delivery_times"
    LATE = "late"
    OWED = "owed"
    """By everybody."""
    OWES = "owes"
    """By one partner."""
    IS_OWED = "is_owed"
    """To one partner."""
    CUSTOMS_HOURS = "customs_hours"
    PROMISED = "promised"
    LATE_DAYS = "late_days"


class Unit(StrEnum):
    POINTS = "points"
    """Hundredths of a point."""
    COUNT = "count"
    MONEY = "money"
    """Minor units of the chart's currency."""
    SECONDS = "seconds"


class Days(NamedTuple):
    """Whole days, rounded up, both ends included; `most` None: or more."""

    least: int
    most: int | None


class Unnamed(StrEnum):
    """Series that no code of the records names."""

    SCORE = "score"
    IN_TIME = "in_time"
    LATE = "late"
    IN_WINDOW = "in_window"
    BEFORE_WINDOW = "before_window"
    AFTER_WINDOW = "after_window"
    NO_WINDOW = "no_window"
    OTHER_CAUSES = "other_causes"


Place = str | Days | Office
"""Along the axis: the name of a calendar unit (`2026-03`, `2026 Q1`), days, or a customs office."""


@dataclass(frozen=True, slots=True)
class Series:
    """`code`: a member of an enumeration. `values`: one a place, None where nothing is known. `low` and `high`: the
    ends between which each lies, where the series has such; None where its value is.
    """

    code: Enum
    values: tuple[int | None, ...]
    low: tuple[int | None, ...] = ()
    high: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """`series` stand on each other where there are several; each has as many values as there are `places`."""

    subject: Subject
    unit: Unit
    places: tuple[Place, ...]
    series: tuple[Series, ...]
    currency: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see: no value, or all of them 0."""
        return not any(value for one in self.series for value in one.values)

    @property
    def largest(self) -> int:
        """The largest value, or the largest sum of series at one place; of values with ends, the largest end."""
        ends = [end or 0 for one in self.series for end in one.high]
        sums = [sum(one.values[i] or 0 for one in self.series) for i in range(len(self.places))]
        return max([*ends, *sums], default=0)


def without_nothing(series: list[Series]) -> tuple[Series, ...]:
    """Those with anything to see."""
    return tuple(one for one in series if any(one.values))
