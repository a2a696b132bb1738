"""Workbooks (ECMA-376) as a `Table`: values as last computed, dates and numbers by their cells' kind."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ledger.errors import InvalidInput, MalformedRecord, Misconfigured
from ledger.formats.tabular.mapping.import_map import FileShape
from ledger.formats.tabular.table import (
    MOST_COLUMNS,
    WHOLE_FILES,
    Cell,
    Limits,
    Row,
    Table,
    Unreadable,
    Unusable,
    clean,
    is_empty,
)

_EMPTY = 10
"""So many times the rows that may be read a sheet may have, empty ones among them: one row at its end makes a million,
and many cells may show one text, so that what is unpacked is not all that is made of it."""


def read_xlsx(content: bytes, shape: FileShape, limits: Limits = WHOLE_FILES) -> Table:
    """The sheet that the map names, or the only one. Raises `MalformedRecord`."""
    _check_size(content, limits.unpacked)
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError:
        raise Misconfigured(
            "workbooks need more than the base package", where="openpyxl", mend="pip install 'lading[node]'"
        ) from None
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = _sheet(book, shape)
            # What a workbook says of its own size may be wrong.
            sheet.reset_dimensions()
            return _table(sheet, shape, limits)
        finally:
            book.close()
    except InvalidInput:
        raise
    except Exception as error:  # noqa: BLE001 openpyxl raises whatever its parsers do for what is no workbook
        raise MalformedRecord("not a workbook that can be read", where="XLSX", found=str(error)[:200]) from None


def _check_size(content: bytes, most: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise MalformedRecord("not a workbook", where="XLSX", expected="a ZIP file, as .xlsx files are") from None
    if unpacked > most:
        raise MalformedRecord("too large", where="XLSX", expected=f"at most {most} bytes", found=unpacked)


def _sheet(book: Any, shape: FileShape) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if shape.sheet:
        if shape.sheet not in names:
            raise MalformedRecord(
                "no such sheet", where="map: file.sheet", expected=" or ".join(map(repr, names)), found=shape.sheet
            )
        return book[shape.sheet]
    if len(names) != 1:
        raise MalformedRecord(
            "which sheet is meant?", where="map: file.sheet", expected=" or ".join(map(repr, names)), found="nothing"
        )
    return book[names[0]]


def _table(sheet: Any, shape: FileShape, limits: Limits) -> Table:
    heading: tuple[str, ...] | None = None
    rows: list[Row] = []
    unusable: list[Unusable] = []
    characters = 0
    read = sheet.iter_rows(min_row=shape.heading_line, max_col=MOST_COLUMNS)
    for number, cells in enumerate(read, shape.heading_line):
        if len(rows) + len(unusable) > limits.rows or number > shape.heading_line + _EMPTY * limits.rows:
            raise MalformedRecord("too many rows", where=f"line {number}", expected=f"at most {limits.rows}")
        characters += sum(len(cell.value) for cell in cells if isinstance(cell.value, str))
        if characters > limits.unpacked:
            raise MalformedRecord(
                "too much text", where=f"line {number}", expected=f"at most {limits.unpacked} characters"
            )
        try:
            values = tuple(_value(cell) for cell in cells)
        except Unreadable as error:
            unusable.append(Unusable(number, "", str(error), tuple(clean(str(cell.value or "")) for cell in cells)))
            continue
        if is_empty(values):
            continue
        if heading is None:
            heading = tuple(_trimmed([clean(str(value)) for value in values]))
            continue
        beyond = values[len(heading) :]
        if not is_empty(beyond):
            reason = f"{len(values)} cells where the heading has {len(heading)}"
            unusable.append(Unusable(number, "", reason, values))
            continue
        rows.append(Row(number, (*values[: len(heading)], *[""] * (len(heading) - len(values)))))
    if len(rows) + len(unusable) > limits.rows:
        raise MalformedRecord("too many rows", where=sheet.title, expected=f"at most {limits.rows}")
    if heading is None:
        raise MalformedRecord("the sheet is empty", where=sheet.title, expected="a heading")
    return Table(heading, tuple(rows), tuple(unusable), (f"a workbook, sheet {sheet.title!r}",))


def _trimmed(names: list[str]) -> Iterator[str]:
    while names and not names[-1]:
        names.pop()
    yield from names


def _value(cell: Any) -> Cell:
    """What a cell holds. Numbers as spreadsheets show them, in 15 digits: beyond these they are the machine's rounding.

    Raises `Unreadable` for an error value such as #REF!.
    """
    value = cell.value
    match value:
        case None:
            return ""
        case str():
            if cell.data_type == "e":
                raise Unreadable(f"{cell.coordinate} holds the error {value}")
            return clean(value)
        case bool():
            return "true" if value else "false"
        case int():
            return value
        case float():
            number = Decimal(f"{value:.15g}")
            return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else number
        case datetime():
            # A cell shown as a day alone is one; midnight in a cell shown with a time is asked about.
            timeless = value.time() == time() and not _shows_time(str(cell.number_format))
            return value.date() if timeless else value
        case date():
            return value
        case time() | timedelta():
            raise Unreadable(f"{cell.coordinate} holds a time without a day")
        case _:
            return clean(str(value))


def _shows_time(number_format: str) -> bool:
    quoted = number_format.split('"')[::2]
    return "h" in "".join(quoted).lower()
