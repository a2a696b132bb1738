"""GS1 identification keys: numbers of a fixed length that end in a check digit.

Source: GS1 General Specifications, section 7.9.
"""

import re

from ledger.errors import MalformedRecord

_GAPS = re.compile(r"[\s\-()]")
_SSCC = re.compile(r"(?:00)?([0-9]{18})")


def check_digit(digits: str) -> str:
    """The digit that completes `digits`: weights 3, 1, 3, … from the right, modulo 10."""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def check_gtin(text: str, where: str = "gtin") -> None:
    """Raise `MalformedRecord` unless `text` is a GTIN written with 14 digits."""
    _check_key(text, 14, "GTIN", where)


def check_gln(text: str, where: str = "gln") -> None:
    """Raise `MalformedRecord` unless `text` is a global location number (13 digits)."""
    _check_key(text, 13, "GLN", where)


def check_sscc(text: str, where: str = "sscc") -> None:
    """Raise `MalformedRecord` unless `text` is a serial shipping container code (18 digits)."""
    _check_key(text, 18, "SSCC", where)


def sscc_in(text: str) -> str:
    """The 18 digits of what is written as an SSCC, with its application identifier 00 or without; empty for a container
    or waybill of another kind."""
    match = _SSCC.fullmatch(_GAPS.sub("", text))
    return match[1] if match else ""


def check_load(text: str, where: str = "load") -> None:
    """Raise `MalformedRecord` for an SSCC with a wrong check digit, before anybody signs it.

    Records that were signed are not judged by it: a load may be any carrier's number, of 18 digits too.
    """
    sscc = sscc_in(text)
    if sscc and check_digit(sscc[:-1]) != sscc[-1]:
        raise MalformedRecord(
            "wrong check digit of an SSCC",
            where=where,
            expected=sscc[:-1] + check_digit(sscc[:-1]),
            found=text[:40],
            mend="Write a carrier's own number of 18 digits with the carrier's name in front.",
        )


def digits_only(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _check_key(text: str, length: int, name: str, where: str) -> None:
    if len(text) != length or not digits_only(text):
        raise MalformedRecord(f"not a {name}", where=where, expected=f"{length} digits", found=text[:40])
    if check_digit(text[:-1]) != text[-1]:
        raise MalformedRecord(
            f"wrong check digit of a {name}", where=where, expected=text[:-1] + check_digit(text[:-1]), found=text
        )
