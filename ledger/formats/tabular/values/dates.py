"""What a cell of a column of dates says: a day, or a time of day, in the way that was settled for its column.

Nothing is tried in turn: the order of day and month, what two digits of a year and a bare number mean, and what
midnight means are given. What a text could mean otherwise is `date_order`'s to judge, beforehand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from ledger.formats.tabular.mapping.import_map import Midnight, NumberMeans, Order
from ledger.formats.tabular.table import Cell, Unreadable, shown
from ledger.formats.tabular.values.date_texts import LONGEST, MONTH_FIRST, NAMED, NUMERIC, is_number
from ledger.formats.tabular.values.layouts import layout_pattern

_FIRST_SERIAL = {"excel-1900": (date(1899, 12, 30), 61), "excel-1904": (date(1904, 1, 1), 0)}
"""Serial 60 of the 1900 system is a day that never was, so what comes before it is off by one, and not read."""
_MOST_SERIAL = 2_958_465
_DAY = 86_400
LATEST = 2**40


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is read. `order` None: no text in it has day and month in numbers; likewise the others.

    `months`: the names by which months are called beside the English ones, in lower case, with their number.
    """

    order: Order | None = None
    two_digit_years: int | None = None
    number: NumberMeans | None = None
    midnight: Midnight | None = None
    layout: str = ""
    months: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell says. `clock` None: a day without a time; `zone` None: at the destination."""

    day: date
    clock: time | None = None
    zone: timezone | None = None


def read_date(cell: Cell, reading: Reading) -> Told:
    """What `cell` says. Raises `Unreadable`."""
    if isinstance(cell, datetime):
        return _with_midnight(Told(cell.date(), cell.time().replace(microsecond=0)), reading, cell)
    if isinstance(cell, date):
        return Told(cell)
    if isinstance(cell, str) and len(cell) > LONGEST:
        raise Unreadable(f"not a date: {shown(cell)}")
    if reading.layout:
        match = layout_pattern(reading.layout).fullmatch(str(cell))
        if not match:
            raise Unreadable(f"not a date written {reading.layout}: {shown(cell)}")
        parts = match.groupdict()
        month = _month(parts["month"], reading, cell) if parts.get("month") else int(parts["b"])
        return _with_midnight(_made(parts["year"], month, parts["day"], parts, reading, cell), reading, cell)
    if is_number(cell):
        return _with_midnight(_numbered(Decimal(str(cell)), str(cell), reading), reading, cell)
    return _with_midnight(_written(str(cell), reading), reading, cell)


def _written(text: str, reading: Reading) -> Told:
    if match := NUMERIC.fullmatch(text):
        a, b, c = match["a"], match["b"], match["c"]
        if len(a) >= 3 or reading.order == "ymd":
            year, month, day = a, b, c
        else:
            # Without an order the column has only days that are the same either way.
            year, month, day = (c, b, a) if reading.order == "dmy" else (c, a, b)
        return _made(year, int(month), day, match.groupdict(), reading, text)
    match = NAMED.fullmatch(text) or MONTH_FIRST.fullmatch(text)
    if not match:
        raise Unreadable(f"not a date: {shown(text)}")
    year_first = len(match["a"]) >= 3 or (len(match["c"]) < 3 and reading.order == "ymd")
    year, day = (match["a"], match["c"]) if year_first else (match["c"], match["a"])
    return _made(year, _month(match["month"], reading, text), day, match.groupdict(), reading, text)


def _month(name: str, reading: Reading, cell: Cell) -> int:
    number = (reading.months or {}).get(name.casefold().rstrip("."))
    if number is None:
        raise Unreadable(f"not a date: {shown(cell)} names no month (dates.months names those of other languages)")
    return number


def _made(year: str, month: int, day: str, parts: Mapping[str, str | None], reading: Reading, cell: Cell) -> Told:
    try:
        when = date(_year(year, reading, cell), month, int(day))
        clock, zone = _clock(parts)
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"not a date: {shown(cell)}") from None
    return Told(when, clock, zone)


def _year(text: str, reading: Reading, cell: Cell) -> int:
    if len(text) == 4:
        return int(text)
    if len(text) != 2:
        raise Unreadable(f"not a date: {shown(cell)}")
    if reading.two_digit_years is None:
        raise Unreadable(f"a year of two digits: {shown(cell)}")
    first = reading.two_digit_years
    return first + (int(text) - first) % 100


def _clock(parts: Mapping[str, str | None]) -> tuple[time | None, timezone | None]:
    if not parts.get("hour"):
        return None, None
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    zone = parts.get("zone")
    if not zone:
        return time(hour, minute, second), None
    if zone in ("Z", "z", "UTC"):
        return time(hour, minute, second), UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if away > timedelta(hours=14):
        raise ValueError(zone)
    return time(hour, minute, second), timezone(-away if zone[0] == "-" else away)


def _numbered(number: Decimal, text: str, reading: Reading) -> Told:
    match reading.number:
        case "excel-1900" | "excel-1904":
            start, least = _FIRST_SERIAL[reading.number]
            if not least <= number <= _MOST_SERIAL:
                raise Unreadable(f"not a serial day of {reading.number}: {shown(text)}")
            days, seconds = divmod(round(number * _DAY), _DAY)
            clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
            return Told(start + timedelta(days=days), None if number == int(number) else clock)
        case "unix" | "unix-ms":
            seconds = int(number) // (1000 if reading.number == "unix-ms" else 1)
            if not 0 < seconds < LATEST:
                raise Unreadable(f"out of range: {shown(text)}")
            try:
                moment = datetime.fromtimestamp(seconds, UTC)
            except (ValueError, OverflowError, OSError):
                raise Unreadable(f"out of range: {shown(text)}") from None
            return Told(moment.date(), moment.time(), UTC)
        case "yyyymmdd":
            if not re.fullmatch("[0-9]{8}", text):
                raise Unreadable(f"not a date of eight digits: {shown(text)}")
            try:
                return Told(date(int(text[:4]), int(text[4:6]), int(text[6:])))
            except ValueError:
                raise Unreadable(f"not a date: {shown(text)}") from None
        case _:
            raise Unreadable(f"a bare number: {shown(text)}")


def _with_midnight(told: Told, reading: Reading, cell: Cell) -> Told:
    """A time of 00:00:00 as the map says that it is meant."""
    if told.clock != time() or (reading.number in ("unix", "unix-ms") and is_number(cell)):
        return told
    return Told(told.day) if reading.midnight == "day" else told
