"""JSON of other people: numbers keep every digit, doubled keys and NaN are refused. Printed, they are as they came.

`ledger.common.canonical` refuses fractions, which measurements have; here they are exact decimals, never floats.
"""

import json
from decimal import Decimal
from typing import Any

from ledger.common.canonical import check_depth
from ledger.errors import MalformedRecord

DEEPEST = 20
"""Levels of nesting: an answer wraps events, which may have extensions of their own, into five."""
_LONGEST_NUMBER = 40


def parse(text: bytes, *, most: int, where: str = "body") -> Any:
    """The value of a JSON text; raises `MalformedRecord`."""
    if len(text) > most:
        raise MalformedRecord("too large", where=where, expected=f"at most {most} bytes", found=len(text))
    check_depth(text, where, DEEPEST)
    try:
        value = _DECODER.decode(text.decode("utf-8-sig"))
        json.dumps(value, ensure_ascii=False, default=str).encode()
        if b"\\u0000" in text and _holds_nul(value):
            raise MalformedRecord("a text holds a NUL character", where=where)
        return value
    except UnicodeDecodeError:
        raise MalformedRecord("not UTF-8", where=where, expected="JSON in UTF-8") from None
    except UnicodeEncodeError:
        raise MalformedRecord("not valid Unicode (a lone surrogate)", where=where) from None
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise MalformedRecord(what, where=where, expected="JSON") from None
    except _Refused as refused:
        raise MalformedRecord(str(refused), where=where) from None


def dump(value: Any) -> str:
    """`value` as JSON in one line; decimals with the digits that they have."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dump, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _holds_nul(one) for name, one in value.items())
    return any(map(_holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


class _Refused(Exception):
    """What JSON may have, and no event."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"duplicate key {double[:80]!r}; each key stands once")
    return result


def _decimal(digits: str) -> Decimal:
    value = Decimal(digits) if len(digits) <= _LONGEST_NUMBER else None
    if value is None or abs(value.adjusted()) > _LONGEST_NUMBER:
        raise _Refused(f"a number with too many digits: {digits[:40]}")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise _Refused(f"a number with too many digits: {digits[:40]}")
    return int(digits)


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)
