"""Tables as an XLSX workbook (ECMA-376): the same tables give the same bytes.

A text is written as a text whatever it begins with: what looks like a formula, or like an error of Excel, is marked as
quoted, so that no program computes it, not even after its cell was edited. Values are not altered for that.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

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
_NARROWEST, _WIDEST = 14, 40


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
    written: list[str] = []
    for table in tables:
        parts = _parts(iter(table.rows))
        for number, rows in enumerate(parts, start=1):
            name = table.name if number == 1 else f"{table.name} {number}"
            written.append(_write(book, Table(name, table.columns, rows)))
    when = datetime.fromtimestamp(created, UTC)
    book.properties.creator = "Lading"
    book.properties.created = when.replace(tzinfo=None)
    saved = BytesIO()
    book.save(saved)
    return _whole(saved, written, when)


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


def _write(book: Workbook, table: Table) -> str:
    """A sheet with its headings; what its rows are, for `_whole`, which puts them in.

    openpyxl makes an object of each cell and walks through its XML, at four times the cost of writing it as text. So it
    makes the workbook, and the rows are put into its sheets as text.
    """
    sheet = book.create_sheet(table.name)
    for index, heading in enumerate(table.columns):
        sheet.column_dimensions[_letters(index)].width = min(_WIDEST, max(_NARROWEST, len(heading) + 2))
    if not table.columns:
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _WIDEST, 3 * _WIDEST
    quoted = WriteOnlyCell(sheet)
    quoted.quotePrefix = True
    lines, count = [], 1 if table.columns else 0
    for row in table.rows:
        count += 1
        lines.append(_row(count, row, quoted.style_id))
    if table.columns:
        sheet.freeze_panes = "A2"
        bold = []
        for heading in table.columns:
            cell = WriteOnlyCell(sheet, heading)
            cell.font = Font(bold=True)
            bold.append(cell)
        sheet.append(bold)
        sheet.auto_filter.ref = f"A1:{_letters(len(table.columns) - 1)}{count}"
    return "".join(lines)


def _row(number: int, values: Sequence[Value], quoted: int) -> str:
    """A row of SpreadsheetML (ECMA-376 part 1, 18.3.1.73). `quoted`: the style of a text that is never computed."""
    cells = (
        f'<c r="{_LETTERS[index]}{number}"><v>{value}</v></c>'
        if isinstance(value, int)
        else f'<c r="{_LETTERS[index]}{number}" t="inlineStr"{_text(value, quoted)}</t></is></c>'
        for index, value in enumerate(values)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(value: str, quoted: int) -> str:
    """What stands in a cell of text, from the end of its type to that of the text."""
    if len(value) > MOST_TEXT:
        value = f"{value[: MOST_TEXT - 40]}… ({len(value)} characters)"
    style = f' s="{quoted}"' if value.startswith(_FORMULA) else ""
    space = ' xml:space="preserve"' if value != value.strip() else ""
    if not value.isprintable():
        value = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    text = escape(value, quote=False).replace("\r", "&#13;")
    return f"{style}><is><t{space}>{text}"


def _letters(index: int) -> str:
    """The name of a column, counted from 0."""
    result = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        result = chr(ord("A") + digit) + result
    return result


def _whole(saved: BytesIO, written: Sequence[str], when: datetime) -> bytes:
    """The file with the rows of its sheets, and with one time in all its parts instead of when they were written."""
    modified = when.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    rows = {f"xl/worksheets/sheet{number}.xml": text.encode() for number, text in enumerate(written, start=1)}
    result = BytesIO()
    with ZipFile(saved) as source, ZipFile(result, "w") as target:
        for entry in source.infolist():
            body = source.read(entry)
            if entry.filename == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + modified + rb"\g<2>", body)
            elif entry.filename in rows:
                body = _filled(body, rows[entry.filename])
            fixed = ZipInfo(entry.filename, _FIRST_DAY)
            fixed.external_attr = 0o600 << 16
            target.writestr(fixed, body, ZIP_DEFLATED, 6)
    return result.getvalue()


def _filled(sheet: bytes, rows: bytes) -> bytes:
    """The sheet with these rows after those that it has."""
    for empty, end in ((b"<sheetData/>", b""), (b"<sheetData />", b""), (b"</sheetData>", b"</sheetData>")):
        if empty in sheet:
            start = b"" if end else b"<sheetData>"
            return sheet.replace(empty, start + rows + b"</sheetData>", 1)
    raise AssertionError("openpyxl wrote a sheet without data")


_LETTERS = tuple(_letters(index) for index in range(256))
"""The names of the columns that a table may have."""
