"""Workbooks: what goes in comes out, as text, whatever it looks like; and always the same bytes."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from ledger.formats import workbook as module
from ledger.formats.workbook import MOST_TEXT, Table, workbook

AT = 1_760_000_000
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "#N/A", "\t=1")


def cells(data: bytes, name: str) -> list[list[object]]:
    return [list(row) for row in load_workbook(BytesIO(data), read_only=True)[name].iter_rows(values_only=True)]


def test_values_come_out_as_they_went_in() -> None:
    odd = ("a < b & c > d", " with spaces ", "批次", "two\nlines", "quote \" and '", "", "_x0041_")
    rows: list[tuple[str | int, ...]] = [(text, number) for number, text in enumerate(odd)]
    data = workbook([Table("A", ("text", "number"), rows), Table("B", (), [("told", 2**40)])], AT)
    assert cells(data, "A")[0] == ["text", "number"]
    assert [(row[0] or "", row[1]) for row in cells(data, "A")[1:]] == [(text, n) for n, text in enumerate(odd)]
    assert cells(data, "B") == [["told", 2**40]]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_a_quoted_text(text: str) -> None:
    data = workbook([Table("A", ("a",), [[text]])], AT)
    (cell,) = load_workbook(BytesIO(data))["A"][2]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    assert b"<f>" not in ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_what_no_cell_can_hold_is_shown_and_cut() -> None:
    data = workbook([Table("A", ("a",), [["bell\x07", "x" * (MOST_TEXT + 5)], ["\ud800", "y"]])], AT)
    (first, long), (second, _) = cells(data, "A")[1:]
    assert (first, second) == ("bell\\u0007", "\\ud800")
    assert str(long).endswith(f"… ({MOST_TEXT + 5} characters)")
    assert len(str(long)) <= MOST_TEXT


def test_the_same_tables_give_the_same_bytes_with_the_time_that_was_asked_for() -> None:
    table = [Table("A", ("a",), [["x"]])]
    data = workbook(table, AT)
    assert data == workbook(table, AT)
    assert data != workbook(table, AT + 1)
    told = load_workbook(BytesIO(data)).properties
    assert told.created == told.modified == datetime.fromtimestamp(AT, UTC).replace(tzinfo=None)
    assert {entry.date_time for entry in ZipFile(BytesIO(data)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    book = load_workbook(BytesIO(workbook([Table("A", ("n",), [[n] for n in range(7)])], AT)))
    assert book.sheetnames == ["A", "A 2", "A 3"]
    assert [[row[0].value for row in sheet] for sheet in book] == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]


def test_an_empty_table_has_its_headings() -> None:
    data = workbook([Table("A", tuple(f"column {n}" for n in range(30)), [])], AT)
    assert len(cells(data, "A")[0]) == 30
    assert load_workbook(BytesIO(data))["A"].auto_filter.ref == "A1:AD1"
