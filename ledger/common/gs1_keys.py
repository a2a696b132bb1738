"""GS1 identification keys: numbers of a fixed length that end in a check digit.

Source: GS1 General Specifications, section 7.9.
"""

from ledger.errors import MalformedRecord


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


def digits_only(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _check_key(text: str, length: int, name: str, where: str) -> None:
    if len(text) != length or not digits_only(text):
        raise MalformedRecord(f"not a {name}", where=where, expected=f"{length} digits", found=text[:40])
    if check_digit(text[:-1]) != text[-1]:
        raise MalformedRecord(
            f"wrong check digit of a {name}", where=where, expected=text[:-1] + check_digit(text[:-1]), found=text
        )
