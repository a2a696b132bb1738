"""JSON in and out: RFC 8785 canonical text out, and a parser that refuses what signs ambiguously.

Refused on the way in: duplicate keys, floats, NaN and Infinity, integers beyond 2^53 − 1, lone surrogates, more than
`MAX_DEPTH` levels, more than `max_size` bytes.
"""

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

import rfc8785

from ledger.errors import MalformedRecord

NUMBER_BITS = 48
"""Integers up to this width are JSON numbers, wider ones decimal strings (RFC 8785 numbers are doubles)."""
"""Integers up to this width are JSON numbers, wider ones decimal strings: other parsers read numbers as doubles."""

MAX_SIZE = 1 << 20
MAX_DEPTH = 12
_SAFE_INTEGER = 2**53 - 1
# Possessive, closing quote optional: an unterminated string is taken whole, and the scan stays linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_NO_MARKS = bytes(set(range(256)) - set(b'[{]}"'))
_ROUND = bytes.maketrans(b"[{]}", b"(())")
_BEYOND_BMP = re.compile(rb"[\xf0-\xf4]|\\u[dD][89a-fA-F]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def canonical_json(value: Any) -> bytes:
    """The RFC 8785 form of `value`: sorted keys, no spaces, UTF-8."""
    return rfc8785.dumps(value)


def wide_as_text(value: Mapping[str, Any]) -> dict[str, Any]:
    """`value` with every integer over 48 bits as a decimal string, as everywhere in Lading's JSON; lists for tuples."""
    return {name: _narrow(entry) for name, entry in value.items()}


def _narrow(value: Any) -> Any:
    if isinstance(value, Mapping):
        return wide_as_text(value)
    if isinstance(value, list | tuple):
        return [_narrow(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << NUMBER_BITS:
        return str(value)
    return value


def prints_as(value: Any, text: bytes) -> bool:
    """Whether `text`, from which `parse_json` made `value`, is its RFC 8785 form. Much faster than printing it anew.

    Without characters beyond U+FFFF, keys sort alike by code points and by UTF-16 units, and the standard library
    prints strings, integers and literals as RFC 8785 wants them.
    """
    if _BEYOND_BMP.search(text):
        return canonical_json(value) == text
    return _PRINTER.encode(value).encode() == text


def without_mark(text: bytes) -> bytes:
    """What somebody sent or saved, without the byte order mark that some editors put in front of UTF-8.

    RFC 8259, section 8.1, lets a reader pass it over. `parse_json` refuses it: nothing that is signed begins with one.
    """
    return text.removeprefix(codecs.BOM_UTF8)


def parse_json(text: bytes, *, max_size: int = MAX_SIZE, where: str = "body") -> Any:
    """The value that `text` describes; raises `MalformedRecord` for anything refused above."""
    if len(text) > max_size:
        raise MalformedRecord("too large", where=where, expected=f"at most {max_size} bytes", found=len(text))
    check_depth(text, where)

    try:
        decoded = text.decode()
        value = _DECODER.decode(decoded)
        if _ESCAPED_SURROGATE.search(decoded):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except _Refused as refused:
        raise MalformedRecord(refused.what, where=where, expected=refused.expected, found=refused.found[:80]) from None
    except UnicodeDecodeError:
        raise MalformedRecord("not UTF-8", where=where, expected="JSON in UTF-8") from None
    except UnicodeEncodeError:
        raise MalformedRecord("not valid Unicode (a lone surrogate)", where=where) from None
    except json.JSONDecodeError as error:
        raise MalformedRecord(
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}", where=where, expected="JSON"
        ) from None


class _Refused(Exception):
    """What JSON may have, and signs ambiguously."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(what)
        self.what, self.expected, self.found = what, expected, found


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > _SAFE_INTEGER:
        raise _Refused("integer too large for a JSON number", "a decimal string", digits[:40])
    return int(digits)


def _no_float(digits: str) -> float:
    raise _Refused("not an integer", "integers only", digits[:40])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Refused("duplicate key", "each key once", double)
    return result


_PRINTER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)


def check_depth(text: bytes, where: str, most: int = MAX_DEPTH) -> None:
    """Raise `MalformedRecord` for JSON that is nested deeper than any of ours. A parser that is not asked before may
    need more of the stack than there is, and the process ends: the EVM library lets Python nest without measure.
    """
    if text.count(b"[") + text.count(b"{") <= most or _is_flat(text, most):
        return
    depth = 0
    for bracket in _STRING.sub(b"", text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            raise MalformedRecord("nested too deeply", where=where, expected=f"at most {most} levels")


def _is_flat(text: bytes, most: int) -> bool:
    """Whether `text` has so few levels, found without looking at each bracket: level by level they go away in pairs.

    False where they do not match, which is left to whoever looks at each.
    """
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")  # whatever quote is left begins or ends a string
    left = b"".join(text.translate(_ROUND, _NO_MARKS).split(b'"')[::2])
    for _ in range(most):
        left = left.replace(b"()", b"")
    return not left
