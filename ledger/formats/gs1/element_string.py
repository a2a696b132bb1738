"""Element strings: what a barcode holds, as a scanner sends it or as people write it.

A scanner puts a symbology identifier in front (`]C1`, `]d2`, `]Q3` …; ISO/IEC 15424) and separates values of no fixed
length by the group separator; people put the identifiers in brackets.
Source: GS1 General Specifications, sections 5.4.3.7, 7.8 and 4.14.
"""

import re

from ledger.common.gs1_keys import digits_only
from ledger.errors import MalformedRecord
from ledger.formats.gs1.application_identifiers import FIXED_LENGTHS, ai_at_start, described
from ledger.formats.gs1.elements import FNC1, GROUP_SEPARATOR, Element, Elements
from ledger.formats.gs1.value_checks import element

MOST = 512
"""Most characters of a message: the longest symbols hold less than that of this kind."""
_SYMBOLS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
"""GS1-128, DataBar and composite, Data Matrix, QR Code, DotCode."""
_RETAIL = {"]E0": 13, "]E4": 8, "]I1": 14}
"""EAN-13, UPC-A, UPC-E; EAN-8; ITF-14: a GTIN alone."""
_COMPOSITE = "|]e0"
"""Between a retail barcode and the composite component above it, where both come as one message."""
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|[^(])*)", re.DOTALL)


def is_message(text: str) -> bool:
    """Whether a text gives itself away as an element string: by what stands in front, or by its separators."""
    return text.startswith((*_SYMBOLS, *_RETAIL, FNC1, GROUP_SEPARATOR, "(")) or GROUP_SEPARATOR in text


def parse(text: str, where: str = "code") -> Elements:
    """The elements of a message with its symbology identifier, with FNC1 (`^` or the group separator) in front, in
    brackets, or as the bare characters.

    An identifier may come twice with the same value alone. Raises `MalformedRecord`.
    """
    if len(text) > MOST:
        raise _bad("message too long", where, f"at most {MOST} characters", str(len(text)))
    if text.startswith("("):
        found = _of_brackets(text, where)
    elif text[:3] in _RETAIL:
        digits, composite, rest = text[3:].partition(_COMPOSITE)
        found = (_retail(digits, _RETAIL[text[:3]], where), *(_of_scan(rest, where) if composite else ()))
    else:
        found = _of_scan(text.removeprefix(text[:3] if text[:3] in _SYMBOLS else ""), where)
    once = dict.fromkeys(found)
    if len({one.ai for one in once}) < len(once):
        raise _bad("one application identifier with two values", where, "each once", text)
    return Elements(tuple(once))


def _of_scan(text: str, where: str) -> tuple[Element, ...]:
    rest = text.replace(GROUP_SEPARATOR, FNC1).removeprefix(FNC1)
    found = []
    while rest:
        ai = ai_at_start(rest)
        if not ai:
            raise _bad("no application identifier here", where, "its digits in front of each value", rest)
        rest = rest[len(ai) :]
        length = FIXED_LENGTHS.get(ai[:2])
        value = rest.partition(FNC1)[0] if length is None else rest[:length]
        found.append(element(ai, value, where))
        rest = rest[len(value) :].removeprefix(FNC1)  # which may stand behind a value of fixed length too
    return _some(found, where)


def _of_brackets(text: str, where: str) -> tuple[Element, ...]:
    found, end = [], 0
    for match in _BRACKETED.finditer(text):
        if match.start() != end or described(match[1]) is None:
            break
        found.append(element(match[1], match[2].replace("\\(", "(").strip(), where))
        end = match.end()
    if end < len(text):
        raise MalformedRecord(
            "not an application identifier in brackets",
            where=where,
            expected="(01)…(10)…(21)…",
            found=text[end : end + 40],
            mend=r"A bracket that opens within a value is written \(.",
        )
    return _some(found, where)


def _retail(digits: str, length: int, where: str) -> Element:
    if len(digits) != length or not digits_only(digits):
        raise _bad("not a GTIN", where, f"{length} digits", digits)
    return element("01", digits.rjust(14, "0"), where)


def _some(found: list[Element], where: str) -> tuple[Element, ...]:
    if not found:
        raise _bad("an empty message", where, "at least one element", "nothing")
    return tuple(found)


def _bad(what: str, where: str, expected: str, found: str) -> MalformedRecord:
    return MalformedRecord(what, where=where, expected=expected, found=found.replace(GROUP_SEPARATOR, FNC1)[:80])
