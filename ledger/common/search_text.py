"""What somebody may mean who types a number or a name: the readings of a text, whatever there is of each."""

import re
import unicodedata
from dataclasses import dataclass

from ledger.errors import MalformedRecord

MOST = 200
"""Most characters of a question."""
LEAST_HEX = 8
"""Fewest hex digits of an id that is looked for by its beginning: fewer are taken for a number."""
LEAST_NAME = 2
"""Fewest letters of a name that is looked for within names."""
_LARGEST = 2**53 - 1
_HEX = re.compile(rf"(?:0x)?([0-9a-f]{{{LEAST_HEX},64}})")
_SEPARATORS = re.compile(r"[\s\-_/.()]+")
_SSCC = re.compile(r"00(\d{18})")


@dataclass(frozen=True, slots=True)
class Readings:
    """How a text may be read. `hex_digits`: the beginning of an id; `number`: a leaf, a block or a partner;
    `identifier`: an order, lot, container or SSCC as `squeezed` leaves it; `name`: within a partner's, folded.
    Empty or None where it cannot be read so.
    """

    hex_digits: str
    number: int | None
    identifier: str
    name: str


def readings(text: str) -> Readings:
    """Raises `MalformedRecord` for what nothing is called: nothing at all, control characters, or too long a text."""
    asked = text.strip()
    if not asked or len(asked) > MOST or any(unicodedata.category(c) in ("Cc", "Cs") for c in asked):
        raise MalformedRecord(
            "nothing is called so",
            where="q",
            expected=f"a number or a name of at most {MOST} characters",
            found=asked[:40] or "nothing",
        )
    hexadecimal = _HEX.fullmatch(asked.lower().removesuffix("…"))
    number = int(asked) if asked.isascii() and asked.isdigit() and int(asked) <= _LARGEST else None
    name = folded(asked)
    return Readings(
        hexadecimal[1] if hexadecimal else "", number, squeezed(asked), name if len(name) >= LEAST_NAME else ""
    )


def folded(text: str) -> str:
    """A name without what people do not tell apart: case and forms of the same letter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def squeezed(text: str) -> str:
    """An order, lot, container or SSCC without case, spaces and the marks that people leave out; of an SSCC the 18
    digits, without its application identifier. Empty where nothing is left.
    """
    result = _SEPARATORS.sub("", folded(text))
    code = _SSCC.fullmatch(result)
    return code[1] if code else result
