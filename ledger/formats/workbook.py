"""Tables as an XLSX workbook (ECMA-376): the same tables give the same bytes.

A text is written as a text whatever it begins with: what looks like a formula, or like an error of Excel, is marked as
quoted, so that no program computes it, not even after its cell was edited. Values are not altered for that.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | int
MOST_TEXT = 32_767
"""Characters that a cell holds (Excel's own limit)."""
MOST_ROWS = 1_048_576
"""Rows that a sheet holds, its heading among them."""
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "#")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP file can tell."""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(<)")
_WIDEST = 40


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its name (at most 31 characters), the columns' headings, and rows as long as these. A table of two
    columns without headings is a list of what it tells.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Value]]


def workbook(tables: Iterable[Table], created: int) -> bytes:
    """The workbook of these tables in their order; `created`: UTC seconds, what its properties say.

    What exceeds a sheet's rows goes on in a sheet of the same name with a number.
    """
    book = Workbook(write_only=True)
    for table in tables:
        parts = _parts(iter(table.rows))
        for number, rows in enumerate(parts, start=1):
            name = table.name if number == 1 else f"{table.name} {number}"
            _write(book, Table(name, table.columns, rows))
    when = datetime.fromtimestamp(created, UTC)
    book.properties.creator = "Lading"
    book.properties.created = when.replace(tzinfo=None)
    written = BytesIO()
    book.save(written)
    return _same_bytes(written, when)


def _parts(rows: Iterator[Sequence[Value]]) -> Iterator[Iterator[Sequence[Value]]]:
    """The rows sheet by sheet, at least one; each is used up before the next is asked for."""
    first: list[Sequence[Value]] = []
    while True:
        left = iter(range(MOST_ROWS - 1 - len(first)))
        yield (row for source in (first, (row for _, row in zip(left, rows, strict=False))) for row in source)
        following = next(rows, None)
        if following is None:
            return
        first = [following]


def _write(book: Workbook, table: Table) -> None:
    sheet = book.create_sheet(table.name)
    for index, heading in enumerate(table.columns):
        width = min(_WIDEST, max(14, len(heading) + 2))
        sheet.column_dimensions[_letters(index)].width = width
    if table.columns:
        sheet.freeze_panes = "A2"
        bold = []
        for heading in table.columns:
            cell = WriteOnlyCell(sheet, heading)
            cell.font = Font(bold=True)
            bold.append(cell)
        sheet.append(bold)
    count = 1
    for row in table.rows:
        sheet.append([_cell(sheet, value) if isinstance(value, str) else value for value in row])
        count += 1
    if table.columns:
        sheet.auto_filter.ref = f"A1:{_letters(len(table.columns) - 1)}{count}"


def _cell(sheet: WriteOnlyWorksheet, value: str) -> object:
    """The text as it is, where no program takes it for anything else; else a cell that says that it is one."""
    if len(value) > MOST_TEXT:
        value = f"{value[: MOST_TEXT - 40]}… ({len(value)} characters)"
    if not value.startswith(_FORMULA) and value.isprintable():
        return value
    cell = WriteOnlyCell(sheet, _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", value))
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(_FORMULA)
    return cell


def _letters(index: int) -> str:
    """The name of a column, counted from 0."""
    result = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        result = chr(ord("A") + digit) + result
    return result


def _same_bytes(written: BytesIO, when: datetime) -> bytes:
    """The file with one time in all its parts, instead of when they were written."""
    modified = when.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    result = BytesIO()
    with ZipFile(written) as source, ZipFile(result, "w") as target:
        for entry in source.infolist():
            body = source.read(entry)
            if entry.filename == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + modified + rb"\g<2>", body)
            fixed = ZipInfo(entry.filename, _FIRST_DAY)
            fixed.external_attr = 0o600 << 16
            target.writestr(fixed, body, ZIP_DEFLATED, 6)
    return result.getvalue()
