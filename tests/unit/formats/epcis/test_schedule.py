"""When scheduled queries run: against a reckoning of another kind, which tries every second or minute."""

from calendar import timegm
from contextlib import suppress
from datetime import UTC, datetime
from time import gmtime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.errors import MalformedRecord
from ledger.formats.epcis.schedule import FIELDS, parse_schedule

NOON = timegm((2026, 1, 30, 12, 0, 0))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        ({"hour": "1", "minute": "5"}, "2026-01-30T12:00:00", "2026-01-31T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-01-30T01:05:00", "2026-01-31T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-01-30T01:04:59", "2026-01-30T01:05:00"),
        ({"second": "0", "minute": "0", "dayOfWeek": "[1-5]"}, "2026-01-30T23:00:00", "2026-02-02T00:00:00"),
        ({"hour": "2"}, "2026-01-30T02:10:00", "2026-01-30T02:11:00"),
        ({"second": "0/30"}, "2026-01-30T02:10:00", "2026-01-30T02:10:30"),
        ({"dayOfMonth": "31", "hour": "0", "minute": "0"}, "2026-01-31T12:00:00", "2026-03-31T00:00:00"),
        ({"dayOfMonth": "29", "month": "2", "hour": "0", "minute": "0"}, "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ({"dayOfMonth": "29", "month": "2", "hour": "0", "minute": "0"}, "2096-03-01T00:00:00", "2104-02-29T00:00:00"),
        ({"minute": "59", "second": "59,3,[10-12]"}, "2026-12-31T23:59:12", "2026-12-31T23:59:59"),
        ({"minute": "59", "second": "59,3,[10-12]"}, "2026-12-31T23:59:59", "2027-01-01T00:59:03"),
    ],
)
def test_examples(fields: dict[str, str], after: str, expected: str) -> None:
    assert parse_schedule(fields).next_after(at(after)) == at(expected)


def field(name: str) -> st.SearchStrategy[str]:
    least, most = FIELDS[name]
    numbers = st.integers(least, most)
    ranges = st.tuples(numbers, numbers).map(lambda pair: f"[{min(pair)}-{max(pair)}]")
    steps = st.tuples(numbers, st.integers(1, 30)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(numbers.map(str), ranges, steps), min_size=1, max_size=3).map(",".join)


def holds(text: str, number: int, most: int) -> bool:
    """Whether a field matches a number, read without the product's parser."""
    for element in text.split(","):
        if element.startswith("["):
            first, last = element.strip("[]").split("-")
            if int(first) <= number <= int(last):
                return True
        elif "/" in element:
            start, step = element.split("/")
            if int(start) <= number <= most and (number - int(start)) % int(step) == 0:
                return True
        elif int(element) == number:
            return True
    return False


def matches(fields: dict[str, str], time: int) -> bool:
    parts = gmtime(time)
    numbers = {
        "second": parts.tm_sec, "minute": parts.tm_min, "hour": parts.tm_hour, "dayOfMonth": parts.tm_mday,
        "month": parts.tm_mon, "dayOfWeek": parts.tm_wday + 1,
    }  # fmt: skip
    whole = {"second": "0"} | fields
    return all(holds(text, numbers[name], FIELDS[name][1]) for name, text in whole.items())


@given(
    st.fixed_dictionaries({}, optional={name: field(name) for name in ("second", "minute", "hour")}),
    st.integers(NOON, NOON + 100_000_000),
)
@settings(max_examples=150, deadline=None)
def test_times_of_the_day_are_those_that_trying_every_second_finds(fields: dict[str, str], time: int) -> None:
    assume(fields)
    found = parse_schedule(fields).next_after(time)
    assert found is not None
    stop = min(found, time + 4_000)
    assert not any(matches(fields, one) for one in range(time + 1, stop))
    assert found <= time + 24 * 3600
    assert matches(fields, found)


@given(
    st.fixed_dictionaries({}, optional={name: field(name) for name in ("dayOfMonth", "month", "dayOfWeek")}),
    st.integers(NOON, NOON + 2_000_000_000),
)
@settings(max_examples=150, deadline=None)
def test_days_are_those_that_trying_every_day_finds(days: dict[str, str], time: int) -> None:
    fields = {**days, "hour": "6", "minute": "30"}
    schedule = None
    with suppress(MalformedRecord):
        schedule = parse_schedule(fields)
    if schedule is None:
        first = timegm((2024, 1, 1, 6, 30, 0))
        assert not any(matches(fields, first + day * 86_400) for day in range(366 * 4)), "it never comes"
        return
    found = schedule.next_after(time)
    day = time - time % 86_400 + 6 * 3600 + 30 * 60
    tried = (day + number * 86_400 for number in range(41 * 366))
    assert found == next(one for one in tried if one > time and matches(fields, one))


@pytest.mark.parametrize(
    "fields",
    [
        {}, [], None, "1", {"hours": "1"}, {"hour": 1}, {"hour": ""}, {"hour": "24"}, {"hour": "[5-1]"}, {"hour": "1,"},
        {"second": "60"}, {"dayOfMonth": "0"}, {"dayOfWeek": "8"}, {"month": "13"}, {"minute": "*"}, {"minute": "0/0"},
        {"minute": "-1"}, {"minute": "[1-]"}, {"minute": "1-5"}, {"minute": "٣"}, {"minute": "1," * 101 + "1"},
        {"dayOfMonth": "30", "month": "2"}, {"dayOfMonth": "31", "month": "4,6"}, {"hour": None}, {"hour": ["1"]},
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(fields: Any) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_schedule(fields)
    assert refused.value.where.startswith("schedule")
