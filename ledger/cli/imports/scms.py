"""Reading delivery histories in the layout of USAID's SCMS Delivery History Dataset.

Only what a line says is taken over; a line that lacks something needed is reported with its reason. Dates without a
time mean 23:59:59 UTC of that day, amounts are US dollars and become cents.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from ledger.codes import Mode
from ledger.errors import MalformedRecord

CURRENCY = "USD"
VENDOR, PROGRAMME = "Vendor: ", "Programme: "
"""How partners of a replay are named: what the file calls them, behind what they are in it."""
COLUMNS = (
    "ID", "ASN/DN #", "Country", "Vendor INCO Term", "Shipment Mode", "Scheduled Delivery Date",
    "Delivered to Client Date", "Vendor", "Item Description", "Line Item Quantity", "Line Item Value",
    "Freight Cost (USD)", "PO / SO #",
)  # fmt: skip
MODES = {"Air": Mode.AIR, "Air Charter": Mode.AIR, "Ocean": Mode.MARITIME, "Truck": Mode.ROAD}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOST_PACKAGES = 2**32 - 1
_MOST_AMOUNT = 2**96
_THOUSANDS = r"[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9}"
_WHOLE = re.compile(_THOUSANDS)
_AMOUNT = re.compile(rf"({_THOUSANDS})(?:\.([0-9]{{1,30}}))?")


@dataclass(frozen=True, slots=True)
class Line:
    """One usable line. Times in UTC seconds, amounts in cents; `freight` is 0 where the file has no figure."""

    id: str
    note: str
    order: str
    vendor: str
    country: str
    incoterm: str
    mode: Mode
    promised_at: int
    delivered_at: int
    packages: int
    value: int
    freight: int
    description: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line that cannot be replayed: its number in the file (the heading is line 1) and why."""

    line: int
    reason: str


def read_lines(content: bytes) -> Iterator[Line | Unusable]:
    """Each line of the file in order.

    Raises `MalformedRecord` when the file is not text, has no heading or lacks a column.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedRecord("not UTF-8 text", where=f"byte {error.start}", expected="a CSV file in UTF-8") from None
    # The file has CR, LF or CRLF line ends; csv reads all three from universal newlines.
    rows = csv.reader(io.StringIO(re.sub(r"\r\n?", "\n", text)))
    try:
        heading = next(rows)
    except StopIteration:
        raise MalformedRecord("the file is empty", where="line 1", expected="a heading") from None
    missing = [name for name in COLUMNS if name not in heading]
    if missing:
        raise MalformedRecord(
            "columns are missing", where="line 1", expected=", ".join(COLUMNS), found=f"no {', '.join(missing)}"
        )
    seen: dict[str, int] = {}
    number = 1
    try:
        for number, row in enumerate(rows, 2):
            if not row:
                continue
            yield _line(number, heading, row, seen)
    except csv.Error as error:
        yield Unusable(number + 1, f"not CSV from here on: {error}")


def _line(number: int, heading: list[str], row: list[str], seen: dict[str, int]) -> Line | Unusable:
    if len(row) != len(heading):
        return Unusable(number, f"{len(row)} fields where the heading has {len(heading)}")
    # As records hold text: NFC, no NUL.
    cells = {
        name: unicodedata.normalize("NFC", value.replace("\0", "")).strip()
        for name, value in zip(heading, row, strict=True)
    }
    identifier = cells["ID"]
    if identifier in seen:
        return Unusable(number, f"ID {identifier!r} stands already in line {seen[identifier]}")
    try:
        line = Line(
            id=_name(cells, "ID"),
            note=_name(cells, "ASN/DN #"),
            order=cells["PO / SO #"][:120],
            vendor=_name(cells, "Vendor"),
            country=_name(cells, "Country"),
            incoterm=cells["Vendor INCO Term"][:120],
            mode=MODES.get(cells["Shipment Mode"], Mode.NOT_SPECIFIED),
            promised_at=last_second(cells["Scheduled Delivery Date"], "Scheduled Delivery Date"),
            delivered_at=last_second(cells["Delivered to Client Date"], "Delivered to Client Date"),
            packages=_packages(cells["Line Item Quantity"]),
            value=cents(cells["Line Item Value"], "Line Item Value"),
            freight=_freight(cells["Freight Cost (USD)"]),
            description=cells["Item Description"][:120],
        )
    except ValueError as error:
        return Unusable(number, str(error))
    seen[identifier] = number
    return line


def last_second(text: str, column: str) -> int:
    """The moment that `text` names: `2-Jun-06`, `2006-06-02`, `6/2/06` (month first), or ISO 8601 with a time.

    A date alone means its last second in UTC. Raises `ValueError`.
    """
    if match := re.fullmatch(r"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{2}|[0-9]{4})", text):
        day = _date(int(match[3]), _month(match[2].lower()), int(match[1]), text, column)
    elif match := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{2}|[0-9]{4})", text):
        day = _date(int(match[3]), int(match[1]), int(match[2]), text, column)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{column} is not a date: {_shown(text)}") from None
        if len(text) > 10:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return _positive(int(moment.timestamp()), text, column)
        day = moment.date()
    return _positive(int(datetime.combine(day, time(23, 59, 59), UTC).timestamp()), text, column)


def cents(text: str, column: str) -> int:
    """Dollars as whole cents; raises `ValueError` for anything else."""
    match = _AMOUNT.fullmatch(text)
    if not match:
        raise ValueError(f"{column} is not an amount: {_shown(text)}")
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > 2:
        raise ValueError(f"{column} is not a whole number of cents: {_shown(text)}")
    whole = int(match[1].replace(",", "")) * 100 + int(fraction.ljust(2, "0"))
    if whole >= _MOST_AMOUNT:
        raise ValueError(f"{column} is out of range: {_shown(text)}")
    return whole


def _month(name: str) -> int:
    return _MONTHS.index(name) + 1 if name in _MONTHS else 0


def _date(year: int, month: int, day: int, text: str, column: str) -> date:
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        raise ValueError(f"{column} is not a date: {_shown(text)}") from None


def _positive(moment: int, text: str, column: str) -> int:
    if not 0 < moment < 2**40:
        raise ValueError(f"{column} is out of range: {_shown(text)}")
    return moment


def _name(cells: dict[str, str], column: str) -> str:
    if not cells[column] or len(cells[column]) > 120:
        raise ValueError(f"{column} is empty or longer than 120 characters")
    return cells[column]


def _packages(text: str) -> int:
    match = _WHOLE.fullmatch(text)
    packages = int(match[0].replace(",", "")) if match else 0
    if not 0 < packages <= _MOST_PACKAGES:
        raise ValueError(f"Line Item Quantity is not a number of packages: {_shown(text)}")
    return packages


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _freight(text: str) -> int:
    # Often words ("Freight Included in Commodity Cost", "See DN-4307"): no figure is no figure, not an error.
    try:
        return cents(text, "Freight Cost (USD)")
    except ValueError:
        return 0
