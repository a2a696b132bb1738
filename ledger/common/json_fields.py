"""Reading parsed JSON and TOML, one value at a time: each reader returns the value or raises `MalformedRecord`.

`where` names the value in errors, such as `bundle.records[3].index`; its fields are named below it. Bytes are
lower-case hex with 0x, and integers over 48 bits decimal strings, as everywhere in Lading's JSON. What people type is
read by `ledger.common.ids.bytes_from_hex` instead.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.errors import MalformedRecord

SAFE_INTEGER = 2**53 - 1
"""The largest JSON number that every parser reads alike."""
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")
_DECIMAL = re.compile(r"0|[1-9][0-9]*")
_MOST_DIGITS = 40
"""A limit before int(): parsing is quadratic in length."""
_SHOWN = 80


def shown(value: object) -> str:
    """`value` for an error, cut off."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "…"


def below(where: str, name: str) -> str:
    """The name of a field of what `where` names; of the outermost object for an empty `where`."""
    return f"{where}.{name}" if where else name


def fields_of(value: object, where: str, names: Sequence[str], *, more: Sequence[str] = ()) -> Mapping[str, Any]:
    """An object with exactly the fields `names`, and any of `more`."""
    if isinstance(value, dict) and len(value) == len(names) and all(map(value.__contains__, names)):
        return value  # nearly always, and much the fastest
    every = (*names, *more)
    if not isinstance(value, Mapping):
        result = shown(value)
        raise MalformedRecord("not an object", where=where, expected=f"an object with {', '.join(every)}", found=result)
    if unknown := sorted(str(name) for name in value if name not in every):
        raise MalformedRecord("unknown field", where=below(where, unknown[0][:_SHOWN]), expected=", ".join(every))
    if missing := next((name for name in names if name not in value), None):
        raise MalformedRecord("missing field", where=below(where, missing), expected=", ".join(every))
    return value


def text(value: object, where: str, least: int = 0, most: int | None = None) -> str:
    """A string of `least` to `most` characters."""
    if not isinstance(value, str):
        raise MalformedRecord("not a text", where=where, expected="a string", found=shown(value))
    if len(value) < least or (most is not None and len(value) > most):
        raise MalformedRecord(
            "not a text of this length", where=where, expected=f"{least} to {most} characters", found=len(value)
        )
    return value


def integer(value: object, where: str, least: int = 0, most: int = SAFE_INTEGER) -> int:
    """A number without fraction, `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise MalformedRecord("not an integer", where=where, expected=f"{least} to {most}", found=shown(value))
    if not least <= value <= most:
        raise MalformedRecord("not in range", where=where, expected=f"{least} to {most}", found=shown(value))
    return value


def wide_integer(value: object, where: str, bits: int) -> int:
    """An integer of up to `bits` bits from its decimal string; no sign, no leading zeros."""
    expected = f"uint{bits} as a decimal string"
    if not isinstance(value, str) or len(value) > _MOST_DIGITS or not _DECIMAL.fullmatch(value):
        raise MalformedRecord("not a decimal string", where=where, expected=expected, found=shown(value))
    if (number := int(value)) >= 1 << bits:
        raise MalformedRecord("not in range", where=where, expected=expected, found=shown(value))
    return number


def hex_bytes(value: object, where: str, length: int | None = None) -> bytes:
    """Bytes from 0x and lower-case hex; exactly `length` of them, where that is given."""
    expected = f"{'' if length is None else f'{length} '}bytes as 0x and lower-case hex"
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise MalformedRecord("not lower-case hex", where=where, expected=expected, found=shown(value))
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise MalformedRecord("wrong length", where=where, expected=expected, found=f"{len(data)} bytes")
    return data


def items(value: object, where: str, least: int = 0, most: int = SAFE_INTEGER) -> list[Any]:
    """A list of `least` to `most` entries."""
    if not isinstance(value, list):
        raise MalformedRecord("not a list", where=where, expected="a list", found=shown(value))
    if not least <= len(value) <= most:
        expected = f"{least} or more" if most == SAFE_INTEGER else f"{least} to {most}"
        raise MalformedRecord("wrong number of entries", where=where, expected=expected, found=len(value))
    return value


def entries(value: object, where: str, least: int = 0, most: int = SAFE_INTEGER) -> list[tuple[str, Any]]:
    """As `items`, each with its own `where`: `name[0]`, `name[1]`, …"""
    return [(f"{where}[{i}]", entry) for i, entry in enumerate(items(value, where, least, most))]
