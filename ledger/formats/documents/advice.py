"""An advice of despatch, whatever format it came in: what it says, and nothing else."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger.common.gs1_keys import check_gln, check_gtin, check_load, sscc_in
from ledger.errors import MalformedRecord

MAX_DOCUMENT = 4 << 20
"""Bytes of a document: four times what the longest manifest takes."""
MOST_LINES = 200
_OFFSET = re.compile(r"(?:Z|([+-])(0[0-9]|1[0-4]):([0-5][0-9]))$")
T = TypeVar("T")
_QUANTITY = re.compile(r"\+?([0-9]{1,20})(?:\.0*)?")
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12,14}")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (`2026-11-30`), perhaps a time of it (`14:05:00`), and the offset from UTC in seconds where it is told."""

    day: str
    time: str = ""
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A party or a place: `gln` 13 digits, `country` two letters, each may be empty."""

    name: str = ""
    gln: str = ""
    country: str = ""
    locode: str = ""


NOWHERE = Site()


@dataclass(frozen=True, slots=True)
class AdvisedLine:
    """`number`: the line's own, to which an advice of receipt refers. `quantity`: -1 while none was told.
    `unit`: as the document spells it.
    """

    number: str
    gtin: str
    lot: str = ""
    quantity: int = -1
    unit: str = ""
    description: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """`kind`: the format's name for the document. `packages`: 0 where it does not say. `units`: SSCCs of its logistic
    units. `load`: a waybill or container, empty where none is told.
    """

    kind: str
    number: str
    issued: Moment
    supplier: Site
    customer: Site
    lines: tuple[AdvisedLine, ...]
    carrier: Site = NOWHERE
    origin: Site = NOWHERE
    destination: Site = NOWHERE
    order: str = ""
    packages: int = 0
    units: tuple[str, ...] = ()
    load: str = ""
    mode: str = ""
    despatched: Moment | None = None
    expected: Moment | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A format that `lading document in` reads: a module that has one is an adapter, see `docs/guides/adapters.md`.

    `read`: an advice of a document's bytes; raises `MalformedRecord` for whatever it cannot read. Documents are told
    apart by `root`, the root element of XML as `{namespace}name`, or by how they begin (`begins`), after spaces and a
    byte order mark.
    """

    name: str
    read: Callable[[bytes], Advice]
    begins: tuple[bytes, ...] = ()
    root: str = ""


def checked(advice: Advice, where: str) -> Advice:
    """The advice; raises `MalformedRecord` where it lacks its number, a line or a party."""
    if not advice.number:
        raise MalformedRecord("the document has no number", where=where, expected="the number of the despatch advice")
    if not 0 < len(advice.lines) <= MOST_LINES:
        expected = f"1 to {MOST_LINES} lines"
        raise MalformedRecord("no lines, or too many", where=where, expected=expected, found=len(advice.lines))
    for line in advice.lines:
        if line.quantity < 0:
            at = f"{where}, line {line.number}"
            raise MalformedRecord("a line without a quantity", where=at, expected="how much was despatched")
    return advice


def whole(text: str, where: str) -> int:
    """A quantity that is a whole number, however many zeros follow its point; raises `MalformedRecord`."""
    match = _QUANTITY.fullmatch(text.strip())
    value = int(match[1]) if match is not None else -1
    if not 0 <= value < 2**64:
        raise MalformedRecord(
            "not a whole quantity",
            where=where,
            expected="a whole number that is not negative",
            found=text[:40],
            mend="Have it stated in a smaller unit: records hold whole numbers.",
        )
    return value


def once(value: T, before: T | None, where: str) -> T:
    """The value; raises `MalformedRecord` where another was told before: of two, nobody knows which one counts."""
    if before is not None and before != value:
        raise MalformedRecord(
            "told twice, and differently", where=where, expected="one of them", mend="Have it sent again."
        )
    return value


def counted(told: Sequence[int], units: Sequence[str]) -> int:
    """How many packages these are: as told once, else one a logistic unit. Told several times, of pallets and of
    cartons on them, it is not known which are the packages: 0.
    """
    return told[0] if len(told) == 1 else 0 if told else len(units)


def gtin_of(text: str, where: str) -> str:
    """A GTIN in 14 digits, its check digit right; raises `MalformedRecord`."""
    if not _DIGITS.fullmatch(text):
        raise MalformedRecord("not a GTIN", where=where, expected="8, 12, 13 or 14 digits", found=text[:40])
    check_gtin(text.zfill(14), where)
    return text.zfill(14)


def gln_of(text: str, where: str) -> str:
    check_gln(text, where)
    return text


def unit_of(text: str, where: str) -> str:
    """A logistic unit's number: an SSCC in 18 digits, its check digit right, or what else the document calls it.
    Raises `MalformedRecord`."""
    check_load(text, where)
    return sscc_in(text) or text


def day_of(text: str, where: str) -> str:
    """`20261130` or `2026-11-30` as the latter; raises `MalformedRecord`."""
    digits = text.strip().replace("-", "")
    if not re.fullmatch(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", digits):
        raise MalformedRecord("not a date", where=where, expected="CCYYMMDD", found=text[:40])
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def time_of(text: str, where: str) -> str:
    """`1405` or `140500` as `14:05:00`; empty for nothing. Raises `MalformedRecord`."""
    digits = text.strip().replace(":", "")
    if not digits:
        return ""
    if not re.fullmatch(r"([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?[0-9]{0,2}", digits):
        raise MalformedRecord("not a time", where=where, expected="HHMM or HHMMSS", found=text[:40])
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6] or '00'}"


def moment_of(day: str, time: str, where: str) -> Moment | None:
    """A date and a time of XML Schema, which may tell its offset (`14:05:00.5+01:00`); None for no date. Raises
    `MalformedRecord`."""
    if not day:
        return None
    told = _OFFSET.search(time)
    offset: int | None = None
    if told is not None:
        time = time[: told.start()]
        sign, hours, minutes = (told[1] or "+"), int(told[2] or 0), int(told[3] or 0)
        offset = (hours * 3600 + minutes * 60) * (-1 if sign == "-" else 1)
    return Moment(day_of(day[:10], where), time_of(time.partition(".")[0], where), offset)
