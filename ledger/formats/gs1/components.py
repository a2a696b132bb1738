"""How a compressed link holds a value: the parts of its format, one after the other.

Digits are one integer; any other part begins with three bits that say how its characters are written. A part of no
fixed length says its length first. Source: *GS1 Digital Link: Compression*, tables E and F.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ledger.errors import MalformedRecord
from ledger.formats.gs1.application_identifiers import described
from ledger.formats.gs1.bits import ALPHABET, Bits, BitWriter, bits_for_digits, bits_for_length

OWN_LENGTH_BITS = 7
"""Of the name and value of a parameter that is none of GS1's."""
_PART = re.compile(r"\+\[?(?P<kind>[NXYZ])(?P<open>\.\.)?(?P<length>\d+)(?P<optional>\])?")
_WHOLE = {"8006": "N18", "8026": "N18"} | {f"723{i}": "X..30" for i in range(10)}
"""Where the format has parts that are compressed as one."""
_DIGITS, _LOWER, _UPPER, _BASE64, _ASCII = range(5)
_HEX = "0123456789ABCDEF"
_ALPHABETS = {_LOWER: (4, _HEX.lower()), _UPPER: (4, _HEX), _BASE64: (6, ALPHABET), _ASCII: (7, "")}


@dataclass(frozen=True, slots=True)
class Part:
    """So many characters, or, where not `fixed`, at most as many; `numeric`: digits alone."""

    numeric: bool
    length: int
    fixed: bool


@lru_cache(maxsize=256)
def parts_of(ai: str) -> tuple[Part, ...]:
    """The parts of an identifier's value; empty where its format is none that links are compressed by."""
    known = described(ai)
    text = "+" + (_WHOLE.get(ai) or known.format.partition("+")[2]) if known else ""
    found = list(_PART.finditer(text.replace("[+", "+[")))
    if "".join(match[0] for match in found) != text.replace("[+", "+["):
        return ()
    return tuple(
        Part(match["kind"] == "N", int(match["length"]), match["open"] is None and match["optional"] is None)
        for match in found
    )


def read_value(ai: str, bits: Bits, where: str) -> str:
    """The next value; raises `MalformedRecord` where the bits hold none."""
    parts = parts_of(ai)
    if not parts:
        raise _bad("an application identifier that no link is compressed with", where)
    return "".join(_read_part(part, bits, where) for part in parts)


def read_text(way: int, length: int, bits: Bits, where: str) -> str:
    """So many characters, written in one of the five ways."""
    if way == _DIGITS:
        return _number(length, bits, where)
    if way not in _ALPHABETS:
        raise _bad("no such way of writing characters", where)
    width, alphabet = _ALPHABETS[way]
    codes = [bits.take(width) for _ in range(length)]
    return "".join(alphabet[code] if alphabet else chr(code) for code in codes)


def write_value(ai: str, value: str, writer: BitWriter, where: str) -> None:
    """Put a value that fits its identifier's format; raises `MalformedRecord` where no link is compressed by it."""
    parts = parts_of(ai)
    if not parts:
        raise _bad("an application identifier that no link is compressed with", where)
    start = 0
    for part in parts:
        text = value[start : start + part.length]
        start += len(text)
        way = _DIGITS if part.numeric else _narrowest(text)
        if not part.numeric:
            writer.put(way, 3)
        if not part.fixed:
            writer.put(len(text), bits_for_length(part.length))
        _write_text(way, text, writer)


def _read_part(part: Part, bits: Bits, where: str) -> str:
    way = _DIGITS if part.numeric else bits.take(3)
    length = part.length if part.fixed else bits.take(bits_for_length(part.length))
    if length > part.length:
        raise _bad("a value longer than its format", where)
    return read_text(way, length, bits, where)


def _number(length: int, bits: Bits, where: str) -> str:
    number = bits.take(bits_for_digits(length))
    if number >= 10**length:
        raise _bad("a number longer than it says", where)
    return str(number).rjust(length, "0") if length else ""


def _narrowest(text: str) -> int:
    if re.fullmatch("[0-9]+", text):
        return _DIGITS
    for way in (_UPPER, _LOWER, _BASE64):
        if text and all(c in _ALPHABETS[way][1] for c in text):
            return way
    return _ASCII


def _write_text(way: int, text: str, writer: BitWriter) -> None:
    if way == _DIGITS:
        writer.put(int(text or "0"), bits_for_digits(len(text)))
        return
    width, alphabet = _ALPHABETS[way]
    for character in text:
        writer.put(alphabet.index(character) if alphabet else ord(character), width)


def _bad(what: str, where: str) -> MalformedRecord:
    return MalformedRecord(what, where=where, expected="a link that was compressed by GS1's rules")
