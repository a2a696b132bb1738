"""Identifiers of parties whose form PEPPOL's common rules check, by their ISO 6523 scheme (codes of the list ICD)."""

import re
from collections.abc import Callable

_MOD11 = (3, 2, 7, 6, 5, 4, 3, 2)
_ABN = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def _is_gln(text: str) -> bool:
    """GS1's check digit (General Specifications 7.9): weights 3 and 1 from the right."""
    if not re.fullmatch(r"[0-9]+", text):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text[:-1]), start=1))
    return (10 - weighted % 10) % 10 == int(text[-1])


def _is_norwegian(text: str) -> bool:
    """Nine digits, the last by modulus 11."""
    if not re.fullmatch(r"[0-9]{9}", text):
        return False
    weighted = sum(int(digit) * weight for digit, weight in zip(text[:-1], _MOD11, strict=True))
    return (11 - weighted % 11) % 11 == int(text[-1])


def _is_belgian(text: str) -> bool:
    """Ten digits, the last two 97 less the first eight modulo 97."""
    return re.fullmatch(r"[0-9]{10}", text) is not None and 97 - int(text[:8]) % 97 == int(text[8:])


def _is_swedish(text: str) -> bool:
    """Ten digits, the last by Luhn (ISO/IEC 7812-1 annex B)."""
    if not re.fullmatch(r"[0-9]{10}", text):
        return False
    doubled = [int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(text)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_abn(text: str) -> bool:
    """Eleven digits, the first less one, weighted, a multiple of 89."""
    if not re.fullmatch(r"[0-9]{11}", text):
        return False
    return (sum(int(digit) * weight for digit, weight in zip(text, _ABN, strict=True)) - 10) % 89 == 0


IDENTIFIERS: dict[str, tuple[str, Callable[[str], bool], str]] = {
    "0088": ("R040", _is_gln, "a GLN has its check digit"),
    "0192": ("R041", _is_norwegian, "a Norwegian organisation number has 9 digits and its check digit"),
    "0208": ("R043", _is_belgian, "a Belgian enterprise number has 10 digits and its check digits"),
    "0007": ("R049", _is_swedish, "a Swedish organisation number has 10 digits and its check digit"),
    "0151": ("R050", _is_abn, "an Australian business number has 11 digits and its check digits"),
}
"""By scheme the rule, whether a text holds to it, and what it says."""
