"""When a standing query is executed: the QuerySchedule of EPCIS 2.0 (section 8.2.5.3), in UTC.

Each field is a list of numbers and of ranges as `[8-17]`; a time matches where each of its parts matches. A field that
is left out matches whatever it is, but `second`, which is 0 then: GS1's own example of "every morning at 1.05am" gives
none. A step as `0/30` is not in the standard's grammar, but in GS1's examples.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.errors import MalformedRecord

FIELDS: Mapping[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""The least and the greatest number of each; the first day of a week is Monday."""
LONGEST = 200
"""Characters of a field."""
YEARS = 41
"""In which whatever ever comes does: 29 February is a given day of the week once in 28 years, around 2100 in 40."""
_ELEMENT = re.compile(r"(\d{1,2})|\[(\d{1,2})-(\d{1,2})\]|(\d{1,2})/(\d{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The numbers that match, ascending, by field. `given`: the fields as they were written."""

    given: Mapping[str, str]
    numbers: Mapping[str, tuple[int, ...]]

    def next_after(self, time: int) -> int | None:
        """The first time that matches after `time`, both in UTC seconds; None where none comes within `YEARS` years."""
        start = datetime.fromtimestamp(time + 1, UTC)
        today = start.date()
        for day in self._days(today):
            earliest = (start.hour, start.minute, start.second) if day == today else (0, 0, 0)
            if (found := self._in_day(earliest)) is not None:
                hour, minute, second = found
                return int(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC).timestamp())
        return None

    def _days(self, start: date) -> Iterator[date]:
        months, days, weekdays = (self.numbers[name] for name in ("month", "dayOfMonth", "dayOfWeek"))
        for year in range(start.year, min(start.year + YEARS, date.max.year + 1)):
            for month in months:
                if (year, month) < (start.year, start.month):
                    continue
                first = date(year, month, 1)
                for day in days:
                    if day > monthrange(year, month)[1]:
                        break
                    found = first + timedelta(days=day - 1)
                    if found >= start and found.isoweekday() in weekdays:
                        yield found

    def _in_day(self, earliest: tuple[int, int, int]) -> tuple[int, int, int] | None:
        """The first hour, minute and second that match, from `earliest` on."""
        hours, minutes, seconds = (self.numbers[name] for name in ("hour", "minute", "second"))
        for hour in hours:
            if hour < earliest[0]:
                continue
            for minute in minutes:
                if (hour, minute) < earliest[:2]:
                    continue
                for second in seconds:
                    if (hour, minute, second) >= earliest:
                        return hour, minute, second
        return None


def parse_schedule(members: object) -> Schedule:
    """The schedule with these fields. Raises `MalformedRecord`, also for one that never comes."""
    if not isinstance(members, Mapping) or not members:
        raise MalformedRecord("no schedule", where="schedule", expected=f"some of {', '.join(FIELDS)}")
    if unknown := [name for name in members if name not in FIELDS]:
        raise MalformedRecord("no such field", where="schedule", expected=", ".join(FIELDS), found=str(unknown[0])[:40])
    numbers = {name: tuple(range(least, most + 1)) for name, (least, most) in FIELDS.items()} | {"second": (0,)}
    numbers |= {name: _numbers(name, value) for name, value in members.items()}
    schedule = Schedule({name: members[name] for name in FIELDS if name in members}, numbers)
    if schedule.next_after(0) is None:
        raise MalformedRecord("a day that never comes", where="schedule.dayOfMonth", found=members.get("dayOfMonth"))
    return schedule


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    least, most = FIELDS[name]
    problem = MalformedRecord(
        "not a field of a schedule",
        where=f"schedule.{name}",
        expected=f"numbers from {least} to {most} and ranges as [{least}-{most}], with commas between, as a text",
        found=str(value)[:80],
    )
    if not isinstance(value, str) or len(value) > LONGEST:
        raise problem
    found: set[int] = set()
    for text in value.split(","):
        matched = _ELEMENT.fullmatch(text)
        if matched is None:
            raise problem
        one, first, last, start, step = (None if part is None else int(part) for part in matched.groups())
        if one is not None:
            first = last = one
        elif start is not None:
            first, last = start, most
        if first is None or last is None or not least <= first <= last <= most or step == 0:
            raise problem
        found.update(range(first, last + 1, step or 1))
    return tuple(sorted(found))
