"""Any file that a map can describe, as a `Table` that holds the map's columns."""

from dataclasses import replace

from ledger.errors import MalformedRecord
from ledger.formats.tabular.mapping.import_map import FileShape, ImportMap, Source
from ledger.formats.tabular.reading.read_csv import read_csv
from ledger.formats.tabular.reading.read_ndjson import read_ndjson
from ledger.formats.tabular.reading.read_xlsx import read_xlsx
from ledger.formats.tabular.table import WHOLE_FILES, Cell, Limits, Question, Row, Table, clean

_ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def read_table(content: bytes, of: ImportMap, limits: Limits = WHOLE_FILES) -> Table:
    """The rows of a file; texts that the map calls empty are so.

    Raises `MalformedRecord` for what cannot be read so, and for a heading that lacks a column of the map.
    """
    needed = [clean(name) for name in of.columns()]
    kind = of.file.format or _kind(content)
    if kind == "xlsx":
        table = read_xlsx(content, of.file, limits)
    elif kind == "ndjson":
        table = read_ndjson(content, of.file, limits)
    else:
        table = read_csv(content, of.file, needed, limits)
    _check_columns(table, of)
    return _emptied(table, of.file)


def columns_asked(table: Table, of: ImportMap) -> tuple[Question, ...]:
    """A question for each column of the map whose heading stands there several times."""
    asked = []
    for source in of.sources():
        places = _places(table, source)
        if len(places) > 1 and not source.nth:
            proof = tuple((_heading_line(of), f"column {place + 1} is {source.column!r}") for place in places)
            choices = f'{{ column = "{source.column}", nth = 1 }} to nth = {len(places)}'
            asked.append(Question(source.key, f"{len(places)} columns are called {source.column!r}", proof, choices))
    return tuple(dict.fromkeys(asked))


def place_of(table: Table, source: Source) -> int:
    """The index of a source's column; `columns_asked` has seen to it that there is one."""
    return _places(table, source)[max(source.nth, 1) - 1]


def _kind(content: bytes) -> str:
    if content.startswith(_ZIP):
        return "xlsx"
    if content.startswith(_OLD_WORKBOOK):
        raise MalformedRecord(
            "a workbook of the old kind (.xls)", where="file", expected=".xlsx", mend="Save it as .xlsx or CSV."
        )
    return "ndjson" if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else "csv"


def _places(table: Table, source: Source) -> list[int]:
    wanted = clean(source.column)
    return [i for i, name in enumerate(table.heading) if name == wanted]


def _check_columns(table: Table, of: ImportMap) -> None:
    sources = [one for one in of.sources() if one.column]
    missing = [one for one in sources if not _places(table, one)]
    where = f"line {_heading_line(of)}"
    if missing:
        named = list(dict.fromkeys(f"{one.column!r} ({one.key})" for one in missing))
        near = [_near(table, one) for one in missing]
        hint = "; ".join(dict.fromkeys(one for one in near if one))
        there = ", ".join(repr(name) for name in table.heading[:60])
        raise MalformedRecord(
            "columns of the map are missing", where=where, expected=", ".join(named), found=there[:2000], mend=hint
        )
    for one in sources:
        if one.nth > (count := len(_places(table, one))):
            raise MalformedRecord(
                "there are not so many columns of this name", where=f"map: {one.key}", expected=count, found=one.nth
            )


def _near(table: Table, source: Source) -> str:
    wanted = "".join(source.column.casefold().split())
    near = next((name for name in table.heading if "".join(name.casefold().split()) == wanted), None)
    return f"Is {source.column!r} spelt {near!r} there?" if near else ""


def _heading_line(of: ImportMap) -> int:
    return of.file.heading_line


def _emptied(table: Table, shape: FileShape) -> Table:
    if not shape.empty:
        return table
    empty = frozenset(map(clean, shape.empty))

    def emptied(cell: Cell) -> Cell:
        return "" if isinstance(cell, str) and cell in empty else cell

    return replace(table, rows=tuple(Row(row.line, tuple(map(emptied, row.cells))) for row in table.rows))
