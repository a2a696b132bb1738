"""How people write days and times: the patterns, and what can be seen of a text without knowing what it means."""

import re
from collections.abc import Sequence
from decimal import Decimal

from ledger.formats.tabular.table import Cell

_ENGLISH = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
LONGEST = 60
"""Characters that a date has at most; longer texts are none, and would cost time to find out."""
_TIME = (
    r"(?:[T ]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
NUMERIC = re.compile(rf"(?P<a>[0-9]{{1,4}})(?P<sign>[-/.])\s?(?P<b>[0-9]{{1,2}})(?P=sign)\s?(?P<c>[0-9]{{1,4}}){_TIME}")
NAMED = re.compile(
    r"(?:[^\W\d]{2,12}\.?,\s)?"
    rf"(?P<a>[0-9]{{1,4}})[-/. ]+(?P<month>[^\W\d]{{3,12}})\.?[-/., ]+(?P<c>[0-9]{{1,4}}){_TIME}"
)
MONTH_FIRST = re.compile(
    rf"(?P<month>[^\W\d]{{3,12}})\.?\s+(?P<a>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<c>[0-9]{{2,4}}){_TIME}"
)
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,12})?")


def month_names(names: Sequence[str]) -> dict[str, int]:
    """English names and their first three letters, and `names` with theirs as far as these tell months apart."""
    known: dict[str, int] = {}
    for of in (_ENGLISH, [name.casefold() for name in names]):
        known.update((name, number) for number, name in enumerate(of, 1))
        short = [name[:3] for name in of]
        for number, name in enumerate(short, 1):
            if short.count(name) == 1:
                known.setdefault(name, number)
    known.setdefault("sept", 9)
    return known


def numeric_parts(text: str) -> tuple[str, str, str] | None:
    """The three numbers of a date such as 03/04/2016, as they stand there; None for what is no such text."""
    match = NUMERIC.fullmatch(text) if len(text) <= LONGEST else None
    return (match["a"], match["b"], match["c"]) if match else None


def has_short_year(text: str) -> bool:
    """Whether a text is a date whose year may be two digits."""
    if len(text) > LONGEST:
        return False
    if match := NUMERIC.fullmatch(text):
        return max(len(match["a"]), len(match["c"])) < 3
    if match := NAMED.fullmatch(text) or MONTH_FIRST.fullmatch(text):
        return len(match["a"]) < 3 and len(match["c"]) < 3
    return False


def is_number(cell: Cell) -> bool:
    """Whether a cell is a bare number, which may be a serial day, a Unix time or a day without signs."""
    return isinstance(cell, int | Decimal) or (isinstance(cell, str) and bool(_NUMBER.fullmatch(cell)))
