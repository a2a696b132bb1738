"""Moments as people write them: ISO 8601 with the offset of the place that is meant."""

import re
from datetime import datetime

from ledger.errors import MalformedRecord

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def seconds_of(text: str, where: str) -> int:
    """UTC seconds of a moment such as `2026-12-01T17:00:00+08:00` or `2026-12-01T09:00Z`.

    Raises `MalformedRecord` for anything else: a day, or a time without an offset, ends at another moment in each time
    zone, and nobody is asked here which one is meant.
    """
    if _MOMENT.fullmatch(text) is None:
        is_day = _DAY.fullmatch(text) is not None
        example = f"{text}T23:59:59+08:00" if is_day else "2026-12-01T17:00:00+08:00"
        raise MalformedRecord(
            "not a moment",
            where=where,
            expected=f"UTC seconds, or a date and time with its offset, such as {example}",
            found=text[:40],
            mend="A day ends at another moment in each time zone: say it with the offset of the place." * is_day,
        )
    try:
        seconds = int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        raise MalformedRecord("no such day or time", where=where, expected="a moment", found=text[:40]) from None
    if seconds < 0:
        raise MalformedRecord("before all records", where=where, expected="1970-01-01 or later", found=text[:40])
    return seconds
