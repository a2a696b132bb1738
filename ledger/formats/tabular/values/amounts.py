"""Numbers as people write them: `1,234.50`, `1.234,50`, `1 234,50`. Exact, and never a float.

The signs are given; under which of the two decimal signs a text can be read at all is `amount_signs`'s to judge.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal

from ledger.formats.tabular.mapping.import_map import Numbers
from ledger.formats.tabular.table import Cell, Unreadable, shown

SPACES = " \u00a0\u202f\u2009"
"""What stands between thousands in texts that go by ISO 80000-1: a space, and the kinds that break no line."""
APOSTROPHES = "'\u2019"
_MOST = 2**96
_MOST_DIGITS = 40
_OTHER = {".": ",", ",": "."}


def _pattern(decimal: str, groups: str) -> re.Pattern[str]:
    grouped = (
        rf"[1-9][0-9]{{0,2}}(?:(?P<sign>[{re.escape(groups)}])[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*)" if groups else "(?!)"
    )
    return re.compile(rf"(?P<whole>[0-9]+|{grouped})(?:{re.escape(decimal)}(?P<rest>[0-9]+))?")


_PATTERNS = {
    (decimal, thousands): _pattern(decimal, signs)
    for decimal, other in _OTHER.items()
    for thousands, signs in (
        (None, other + SPACES + APOSTROPHES),
        ("", ""),
        (other, other),
        (" ", SPACES),
        ("'", APOSTROPHES),
    )
}


def number_of(text: str, decimal: str, thousands: str | None) -> Decimal | None:
    """The number that `text` is with this decimal sign and sign between thousands (None: any that can be none of
    decimals); None where it is none."""
    if len(text) > _MOST_DIGITS:
        return None
    match = _PATTERNS[decimal or ".", thousands].fullmatch(text)
    if match is None:
        return None
    whole = "".join(filter(str.isdigit, match["whole"]))
    return Decimal(f"{whole}.{match['rest'] or '0'}")


def read_number(cell: Cell, numbers: Numbers) -> Decimal:
    """The number in a cell, not negative. Raises `Unreadable`."""
    if isinstance(cell, int | Decimal):
        number: Decimal | None = Decimal(cell)
    else:
        number = number_of(str(cell), numbers.decimal, numbers.thousands)
    if number is None or number < 0:
        raise Unreadable(f"not an amount: {shown(cell)}")
    return number


def read_whole(cell: Cell, numbers: Numbers, least: int, most: int) -> int:
    """A whole number from `least` to `most`. Raises `Unreadable`."""
    try:
        number = read_number(cell, numbers)
    except Unreadable:
        number = Decimal(-1)
    if number != number.to_integral_value() or not least <= number <= most:
        raise Unreadable(f"not a whole number from {least} to {most}: {shown(cell)}")
    return int(number)


def minor_units(cell: Cell, numbers: Numbers, digits: int) -> int:
    """An amount in minor units, of which there are 10^`digits` in a unit.

    Raises `Unreadable`, also for what is no whole minor unit, unless the map has such amounts rounded (half to even).
    """
    number = read_number(cell, numbers)
    units = number.scaleb(digits)
    whole = units.to_integral_value(rounding=ROUND_HALF_EVEN)
    if whole != units and not numbers.rounding:
        raise Unreadable(f"not a whole number of minor units ({digits} decimals, numbers.rounding): {shown(cell)}")
    if whole >= _MOST:
        raise Unreadable(f"out of range: {shown(cell)}")
    return int(whole)
