"""Periods that figures are asked for: from and until, the last so many days, and the quarters or months before.

Calendar units (UTC) are numbered without a gap from year 0, so that they can be counted and put in order.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from ledger.common.figure import Seconds, figure
from ledger.errors import MalformedRecord

DAY = 86_400
HOUR = 3_600
MINUTE = 60
CLOCK_SKEW = 15 * 60
"""Seconds that `occurredAt` may be ahead of the clock that accepts or records it."""
FOREVER = 2**40 - 1
LONGEST_ROLLING = 3_660
"""Days: ten years."""
_FIRST_YEAR, _LAST_YEAR = 1970, 9999
_LAST_SECOND = 253_402_300_799
_BY_MONTH, _BY_QUARTER = 24, 144
"""Months (of 30 days) up to which time is cut so finely."""


@figure("start", "end", "at")
@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, judged at `at` (at most `end` matters), all in seconds UTC."""

    start: Seconds
    end: Seconds
    at: Seconds

    def __contains__(self, second: int) -> bool:
        return self.start <= second < self.end

    def due(self, deadline: int) -> bool:
        """Whether the deadline lies in the period and has passed."""
        return deadline in self and deadline < self.at


class Step(StrEnum):
    QUARTER = "quarter"
    MONTH = "month"


class Grain(IntEnum):
    """How finely a calendar is cut: the months of a unit."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12


def full_hour(now: int) -> int:
    """The last full hour. Figures that anybody may ask for are judged then, so that they stand for an hour."""
    return now - now % HOUR


def period_of(now: int, start: int | None = None, end: int | None = None, rolling: int | None = None) -> Period:
    """The period from `start` to before `end`, or the `rolling` days before `now`; by default all time.

    It is judged at its end, or at `now` while that is not over. Raises `MalformedRecord` for a period that ends before
    it starts, and for one that is given in both ways.
    """
    if rolling is not None:
        if start is not None or end is not None:
            raise MalformedRecord(
                "two periods at once", where="rolling", expected="`rolling` alone, or `start` and `end`", found=rolling
            )
        if not 1 <= rolling <= LONGEST_ROLLING:
            raise MalformedRecord(
                "not a number of days", where="rolling", expected=f"1 to {LONGEST_ROLLING}", found=rolling
            )
        return Period(max(0, now - rolling * DAY), now, now)
    first, last = 0 if start is None else start, FOREVER if end is None else end
    for name, second in (("start", first), ("end", last)):
        if not 0 <= second <= FOREVER:
            raise MalformedRecord("not a time", where=name, expected=f"UTC seconds up to {FOREVER}", found=second)
    if first >= last:
        raise MalformedRecord("the period ends before it starts", where="end", expected=f"after {first}", found=last)
    return Period(first, last, min(now, last))


def before(now: int, step: Step, count: int) -> list[tuple[str, Period]]:
    """The last `count` calendar quarters or months in UTC with their names, the running one last, oldest first."""
    grain = Grain[step.name]
    number = unit_of(now, grain)
    result = []
    for n in range(number - count + 1, number + 1):
        if n * grain // 12 >= _FIRST_YEAR and (n + 1) * grain // 12 <= _LAST_YEAR:
            start, end = _start(n, grain), _start(n + 1, grain)
            result.append((unit_name(n, grain), Period(start, end, min(now, end))))
    return result


def quarter(start: int, end: int) -> tuple[str, Period]:
    """The calendar quarter (UTC) from `start` to before `end` with its name, judged at its end.

    Raises `MalformedRecord` for any other period.
    """
    number = unit_of(start, Grain.QUARTER)
    if end > _LAST_SECOND or (start, end) != (_start(number, Grain.QUARTER), _start(number + 1, Grain.QUARTER)):
        raise MalformedRecord(
            "not a calendar quarter", where="start", expected="start and end of a quarter, UTC", found=f"{start} {end}"
        )
    return unit_name(number, Grain.QUARTER), Period(start, end, end)


def grain_between(first: int, last: int) -> Grain:
    """How finely time from `first` to `last` is cut, so that its units can be told apart."""
    months = (last - first) // (30 * DAY)
    return Grain.MONTH if months <= _BY_MONTH else Grain.QUARTER if months <= _BY_QUARTER else Grain.YEAR


def unit_of(second: int, grain: Grain) -> int:
    """The number of the calendar unit that `second` lies in; what lies after the year 9999 counts as its end."""
    at = datetime.fromtimestamp(min(second, _LAST_SECOND), UTC)
    return (at.year * 12 + at.month - 1) // grain


def unit_name(number: int, grain: Grain) -> str:
    """`2024-03`, `2024 Q1` or `2024`."""
    year, month = divmod(number * grain, 12)
    match grain:
        case Grain.MONTH:
            return f"{year}-{month + 1:02}"
        case Grain.QUARTER:
            return f"{year} Q{month // 3 + 1}"
        case Grain.YEAR:
            return str(year)


def _start(number: int, grain: Grain) -> int:
    year, month = divmod(number * grain, 12)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())
