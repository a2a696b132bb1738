"""The application identifiers: which there are, how long they and their values are, and their place in a Digital Link.

Names and formats are those of the library `biip`. What it does not know stands here: lengths by the first two digits
(General Specifications, figures 7.8.5-2 and 3.2-1), keys with their qualifiers, and what may be an attribute (GS1
Digital Link: URI Syntax, sections 4.3 to 4.9).
"""

import re
from functools import lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

_FIXED = {
    18: "00", 14: "01 02 03", 16: "04", 6: "11 12 13 14 15 16 17 18 19 31 32 33 34 35 36", 2: "20", 13: "41",
}  # fmt: skip
FIXED_LENGTHS = {prefix: length for length, prefixes in _FIXED.items() for prefix in prefixes.split()}
"""Characters of the values that end without a separator, by the first two digits of the identifier."""
_DIGITS = {
    2: "00 01 02 03 10 11 12 13 15 16 17 20 21 22 30 37 90 91 92 93 94 95 96 97 98 99",
    3: "23 24 25 40 41 42 71",
    4: "31 32 33 34 35 36 39 43 70 72 80 81 82",
}
AI_LENGTHS = {prefix: length for length, prefixes in _DIGITS.items() for prefix in prefixes.split()}
"""Digits of an identifier by its first two."""

KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": (), "01": (("22", "10", "21"), ("235",)), "253": (), "255": (), "401": (), "402": (),
    "414": (("254",), ("7040",)), "415": (("8020",),), "417": (("7040",),), "8003": (), "8004": (("7040",),),
    "8006": (("22", "10", "21"),), "8010": (("8011",),), "8013": (), "8017": (("8019",),), "8018": (("8019",),),
}  # fmt: skip
"""The primary keys of a Digital Link, each with the orders in which its qualifiers may follow; any may be left out."""
_NO_ATTRIBUTES = {
    "03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020", "8030", "8110", "8111", "8112",
    "8200",
}  # fmt: skip
"""What no query may hold: qualifiers, and what says nothing of the key in the path."""
_UNKNOWN = re.compile(r"[0-9]{2,4}")
_UNKNOWN_VALUE = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,90}")


@lru_cache(maxsize=1024)
def described(ai: str) -> GS1ApplicationIdentifier | None:
    """Name and format of an identifier; None where there is none of exactly these digits."""
    try:
        result = GS1ApplicationIdentifier.extract(ai)
    except ParseError:
        return None
    return result if result.ai == ai else None


def ai_at_start(text: str) -> str:
    """The identifier that a message begins with; empty where it begins with none."""
    ai = text[: AI_LENGTHS.get(text[:2], 0)]
    return ai if ai and described(ai) is not None else ""


def may_be_unknown(ai: str) -> bool:
    """Whether these digits may be an identifier that a later edition adds: none of today's is in its way."""
    if _UNKNOWN.fullmatch(ai) is None or described(ai) is not None:
        return False
    return AI_LENGTHS.get(ai[:2], len(ai)) == len(ai)


def needs_separator(ai: str) -> bool:
    """Whether FNC1 has to follow the value, where another element does."""
    return ai[:2] not in FIXED_LENGTHS


def fits(ai: str, value: str) -> bool:
    """Whether a value has the length and characters of its identifier's format."""
    if not value or not value.isascii():
        return False
    known = described(ai)
    if known is None:
        length = FIXED_LENGTHS.get(ai[:2], len(value))
        return len(value) == length and _UNKNOWN_VALUE.fullmatch(value) is not None
    return re.fullmatch(known.pattern, ai + value) is not None


def may_be_attribute(ai: str) -> bool:
    return ai not in _NO_ATTRIBUTES


def is_path(ais: tuple[str, ...]) -> bool:
    """Whether a key and qualifiers may follow each other so in the path of a Digital Link."""
    if not ais or ais[0] not in KEYS:
        return False
    return len(ais) == 1 or any(_in_order(ais[1:], order) for order in KEYS[ais[0]])


def _in_order(ais: tuple[str, ...], order: tuple[str, ...]) -> bool:
    left = iter(order)
    return all(ai in left for ai in ais)
