"""Lengths of time in seconds, and the periods of figures: from and until, the last so many days, quarters, months."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ledger.errors import MalformedRecord

DAY = 86_400
HOUR = 3_600
CLOCK_SKEW = 15 * 60
"""Seconds that `occurredAt` may be ahead of the clock that accepts or records it."""
FOREVER = 2**40 - 1
LONGEST_ROLLING = 3_660
"""Days: ten years."""
_FIRST_YEAR, _LAST_YEAR = 1970, 9999


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, judged at `at` (at most `end` matters), all in seconds UTC."""

    start: int
    end: int
    at: int

    def __contains__(self, second: int) -> bool:
        return self.start <= second < self.end

    def due(self, deadline: int) -> bool:
        """Whether the deadline lies in the period and has passed."""
        return deadline in self and deadline < self.at


class Step(StrEnum):
    QUARTER = "quarter"
    MONTH = "month"


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
    months = 3 if step is Step.QUARTER else 1
    at = datetime.fromtimestamp(now, UTC)
    number = (at.year * 12 + at.month - 1) // months
    found = []
    for n in range(number - count + 1, number + 1):
        if n * months // 12 >= _FIRST_YEAR and (n + 1) * months // 12 <= _LAST_YEAR:
            start, end = _month(n * months), _month((n + 1) * months)
            found.append((_name(n * months, step), Period(start, end, min(now, end))))
    return found


def _month(number: int) -> int:
    return int(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp())


def _name(month: int, step: Step) -> str:
    year, within = divmod(month, 12)
    return f"{year} Q{within // 3 + 1}" if step is Step.QUARTER else f"{year}-{within + 1:02}"
