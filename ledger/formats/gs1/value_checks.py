"""What a value must be beyond its format: check digits and pairs, dates, times, counts.

Source: GS1 General Specifications, sections 3 and 7.9, as GS1's syntax dictionary lists them by identifier. Lists that
change under their own keepers (countries, currencies, package types, coupons) are not looked at.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from functools import partial

from ledger.common.gs1_keys import check_digit
from ledger.errors import MalformedRecord
from ledger.formats.gs1.application_identifiers import described, fits
from ledger.formats.gs1.elements import Element

Check = Callable[[str], str]
"""Of a value in the right format: what is wrong with it; empty where nothing is."""
_WRONG_DIGIT = "wrong check digit"
_SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_SET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_PAIR_MODULUS = 1021
_SHORTEST_PREFIX = 4
"""Digits of the shortest company prefix."""


def element(ai: str, value: str, where: str) -> Element:
    """The element; raises `MalformedRecord` unless its value has the format of its identifier, and means something."""
    if not fits(ai, value):
        known = described(ai)
        form = known.format.partition("+")[2] if known else "X..90"
        raise _bad("not in the format of its application identifier", ai, value, where, f"({ai}) {form}")
    for check in _CHECKS.get(ai, ()):
        problem = check(value)
        if problem:
            meant = value[:-1] + check_digit(value[:-1]) if problem == _WRONG_DIGIT and check is _digit else ""
            raise _bad(problem, ai, value, where, meant or f"another value of ({ai})")
    return Element(ai, value)


def _bad(what: str, ai: str, value: str, where: str, expected: str) -> MalformedRecord:
    return MalformedRecord(what, where=where, expected=expected, found=f"({ai}){value}"[:80])


def check_pair(text: str) -> str:
    """The two characters that complete an alphanumeric key (section 7.9.5): primes as weights, from the right."""
    weights = _PRIMES[: len(text)]
    total = sum(_SET_82.index(c) * weight for c, weight in zip(reversed(text), weights, strict=True)) % _PAIR_MODULUS
    return _SET_32[total >> 5] + _SET_32[total & 31]


def _digit(value: str, length: int = 0) -> str:
    key = value[: length or len(value)]
    return "" if key[-1] == check_digit(key[:-1]) else _WRONG_DIGIT


def _pair(value: str) -> str:
    if len(value) < 3 or value[-2:] != check_pair(value[:-2]):
        return "wrong check character pair"
    return ""


def _prefix(value: str, start: int = 0) -> str:
    digits = value[start : start + _SHORTEST_PREFIX]
    return "" if len(digits) == _SHORTEST_PREFIX and digits.isdigit() else "does not begin with a company prefix"


def _date(value: str, start: int = 0, *, whole_month: bool = False, century: bool = False) -> str:
    """`whole_month`: the day 00 stands for all of it. Two digits of a year are read as 20yy, for leap days only."""
    text = value[start : start + (8 if century else 6)]
    if not text:
        return ""
    year, month, day = int(text[:-4]) + (0 if century else 2000), int(text[-4:-2]), int(text[-2:])
    first = 0 if whole_month else 1
    if not 1 <= month <= 12 or year < 1 or not first <= day <= monthrange(year, month)[1]:
        return "no such day"
    return ""


def _time(value: str, start: int) -> str:
    """Hour, and minute and second where they are given."""
    limits = (23, 59, 59)
    parts = re.findall("..", value[start:])
    return "" if all(int(part) <= limit for part, limit in zip(parts, limits, strict=False)) else "no such time"


def _not_before_time(value: str) -> str:
    """99:99 where no hour is set (section 3.8.20)."""
    return "" if value[6:] == "9999" else _time(value, 6)


def _piece(value: str) -> str:
    piece, total = int(value[14:16]), int(value[16:18])
    return "" if 1 <= piece <= total else "no such piece of the total"


def _percent(value: str) -> str:
    return "" if re.search("%(?![0-9A-Fa-f]{2})", value) is None else "a percent sign without two hex digits"


def _no_zero_first(value: str) -> str:
    return "a leading zero" if value[0] == "0" and len(value) > 1 else ""


def _roll(value: str) -> str:
    whole = all(int(part) for part in (value[:4], value[4:9], value[9:12]))
    return "" if whole and value[12] in "019" else "no such dimensions of a roll"


def _iban(value: str) -> str:
    turned = value[4:] + value[:4]
    if re.fullmatch("[A-Z]{2}[0-9]{2}[0-9A-Z]{1,30}", value) is None:
        return "not an IBAN"
    return "" if int("".join(str(int(c, 36)) for c in turned)) % 97 == 1 else "wrong check digits of an IBAN"


def _place(value: str) -> str:
    """Latitude + 90 and longitude + 180, in ten millionths of a degree (section 3.7.11)."""
    return "" if int(value[:10]) <= 1_800_000_000 and int(value[10:]) <= 3_600_000_000 else "no such place"


def _importer(value: str) -> str:
    return "" if re.fullmatch("[-0-9A-Z_a-z]", value[-1]) else "not an importer index"


def _letter(value: str) -> str:
    return "digits alone" if value.isdigit() else ""


_KEY = (_digit, _prefix)
_ITEM = (_digit, partial(_prefix, start=1))
_DAY = (partial(_date, whole_month=True),)
_ENCODED = (
    "4300 4301 4302 4303 4304 4305 4306 4310 4311 4312 4313 4314 4315 4316 4320 7253 7254 7256 7257 7259"  # names
)
_CHECKS: dict[str, tuple[Check, ...]] = (
    dict.fromkeys(("00", "01", "02", "03"), _ITEM)
    | dict.fromkeys(("402", "410", "411", "412", "413", "414", "415", "416", "417", "8017", "8018"), _KEY)
    | dict.fromkeys(("253", "255"), (partial(_digit, length=13), _prefix))
    | dict.fromkeys(("401", "7023", "8004", "8010"), (_prefix,))
    | dict.fromkeys(("11", "12", "13", "15", "16", "17"), _DAY)
    | dict.fromkeys(("8006", "8026"), (partial(_digit, length=14), partial(_prefix, start=1), _piece))
    | dict.fromkeys(("4326", "7006"), (_date,))
    | dict.fromkeys(("4324", "4325"), (partial(_date, whole_month=True), _not_before_time))
    | dict.fromkeys(("7003", "7011", "8008"), (_date, partial(_time, start=6)))
    | dict.fromkeys(_ENCODED.split(), (_percent,))
    | {
        "4309": (_place,),
        "7007": (_date, partial(_date, start=6)),
        "7040": (_importer,),
        "7250": (partial(_date, century=True),),
        "7251": (partial(_date, century=True), partial(_time, start=8)),
        "8001": (_roll,),
        "8003": (lambda value: _digit(value[1:14]), partial(_prefix, start=1)),
        "8007": (_iban,),
        "8011": (_no_zero_first,),
        "8013": (_pair, _prefix),
        "8014": (_pair, _prefix, _letter),
    }
)
