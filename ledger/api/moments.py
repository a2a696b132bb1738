"""Times as people and programs write them in an address."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from ledger.common.periods import DAY, FOREVER
from ledger.errors import MalformedRecord

When = Annotated[str, Query(max_length=20, description="A day as YYYY-MM-DD (UTC), or UTC seconds")]


def second_of(text: str, where: str, *, through: bool = False) -> int | None:
    """UTC seconds of a day or of a number of seconds; None where nothing is said. `through`: the end of that day.

    Raises `MalformedRecord`.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= FOREVER:
        return int(text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return int(day.timestamp()) + (DAY if through else 0)
    except (ValueError, OverflowError):
        raise MalformedRecord("not a day", where=where, expected="YYYY-MM-DD, or UTC seconds", found=text) from None
