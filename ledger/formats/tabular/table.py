"""What a file of rows holds before anybody says what it means: headings, cells, and where each row stands."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_COLUMNS = 1_000
_SHOWN = 60

Cell = str | int | Decimal | date
"""Text as records can hold it (NFC, no NUL, no space at the ends), or what a workbook or JSON says it is.

A `datetime` is a time of day too; a `date` that is none is a day without one.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused: its rows, and the bytes that a workbook may unpack to, for a few
    kilobytes can be made to hold terabytes."""

    rows: int = 1_000_000
    unpacked: int = 1 << 30


WHOLE_FILES = Limits()


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: where it begins in the file, counted from 1 as a text editor or spreadsheet counts."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line of which nothing can be made, where it stands and why; `column` empty where the whole line is meant."""

    line: int
    column: str
    reason: str
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read: `unusable` are lines that are no rows of this heading. `told`: what was settled in reading."""

    heading: tuple[str, ...]
    rows: tuple[Row, ...]
    unusable: tuple[Unusable, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the file leaves open and nobody may guess: `key` of the map answers it.

    `proof` are the lines that show it, each with what stands there; `choices` what the key may be set to.
    """

    key: str
    what: str
    proof: tuple[tuple[int, str], ...] = ()
    choices: str = ""

    def __str__(self) -> str:
        lines = "; ".join(f"line {line}: {found}" for line, found in self.proof)
        setting = f"Set {self.key} in the map" + (f": {self.choices}." if self.choices else ".")
        return f"{self.what}{f' ({lines})' if lines else ''}. {setting}"


class Unreadable(ValueError):
    """A cell that does not say what its column should: the message is the reason, without the `column`."""

    column = ""


def clean(text: str) -> str:
    """Text as records can hold it."""
    return unicodedata.normalize("NFC", text.replace("\0", "")).strip()


def shown(cell: Cell) -> str:
    """A cell in a sentence, cut off."""
    text = str(cell)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def as_text(cell: Cell) -> str:
    """A cell as text: numbers as they are written without signs, days as ISO 8601."""
    match cell:
        case str():
            return cell
        case Decimal():
            return f"{cell:f}"
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def is_empty(row: Sequence[Cell]) -> bool:
    return all(cell == "" for cell in row)
