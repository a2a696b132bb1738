"""Bytes as tables: separators, quotation marks, encodings, workbooks, lines of JSON; and what is none of them."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from ledger.errors import MalformedRecord
from ledger.formats.tabular.lines import Line
from tests.unit.formats.tabular.helpers import GOOD, HEADING, asked, file, lines, plan, reasons


def read(content: bytes, *changes: tuple[str, str]) -> list[tuple[str, int, int]]:
    return [(line.id, line.packages, line.value) for line in lines(content, *changes)]


def setting(text: str) -> tuple[str, str]:
    return ("[dates]", f"[file]\n{text}\n[dates]")


MIDNIGHT = datetime(2026, 3, 1)  # noqa: DTZ001 workbooks know no zones
WANTED = [("1", 12, 1050), ("2", 3, 1050)]
ROWS: tuple[dict[str, str], ...] = ({}, {"boxes": "3"})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_separators_line_ends_and_marks(separator: str, end: str, encoding: str) -> None:
    text = file(*ROWS, separator=separator).decode().replace("\n", end)
    assert read(text.encode(encoding)) == WANTED


def test_any_other_separator_and_quotation_mark_by_the_map() -> None:
    assert read(file(*ROWS, separator="^"), setting('separator = "^"')) == WANTED
    quoted = file({"from": "'Kea, Ltd'"})
    assert lines(quoted, setting('quote = "\'"'))[0].consignor == "Kea, Ltd"
    bare = file({"from": '5" pipes'})
    assert lines(bare, setting('quote = ""'))[0].consignor == '5" pipes'


def test_a_spreadsheets_own_word_on_its_separator() -> None:
    assert read(b"sep=;\r\n" + file(*ROWS, separator=";")) == WANTED
    assert reasons(b"sep=;\n" + file({"boxes": "x"}, separator=";"))[0].line == 3


def test_lines_above_the_heading() -> None:
    assert read(b"Report of March\n\n" + file(*ROWS), setting("heading_line = 3")) == WANTED


def test_text_of_several_lines_keeps_the_numbers_of_lines() -> None:
    content = file({"from": '"Kea\nFarms"'}, {"boxes": "x"})
    (bad,) = reasons(content)
    assert bad.line == 4


def test_a_quotation_mark_that_is_never_closed_costs_its_line_alone() -> None:
    content = file({}, {"from": '"Kea'}, {"boxes": "7"})
    made = plan(content)
    assert [(line.line, line.packages) for line in made.lines] == [(2, 12), (4, 7)]
    assert [(one.line, one.reason.split(":")[0]) for one in made.unusable] == [(3, "not CSV")]


def test_too_few_and_too_many_fields() -> None:
    content = file({}) + b"2,Kea\n" + file({"boxes": "1"}).split(b"\n")[1].replace(b"1", b"3", 1) + b",more\n\n"
    assert [(one.line, one.reason) for one in reasons(content)] == [
        (3, "2 fields where the heading has 7"),
        (4, "8 fields where the heading has 7"),
    ]


# --- encodings -------------------------------------------------------------------------------------------------------

LATIN = file({"from": "Médica São Paulo"}).decode().encode("latin-1")


def test_what_is_not_utf8_is_asked_about_with_what_it_would_be() -> None:
    with pytest.raises(MalformedRecord, match=r"file\.encoding") as caught:
        plan(LATIN)
    assert "windows-1252 reads" in str(caught.value)
    assert "Médica" in str(caught.value)
    assert lines(LATIN, setting('encoding = "latin-1"'))[0].consignor == "Médica São Paulo"
    shift = file({"from": "東京商会"}).decode().encode("shift-jis")
    assert lines(shift, setting('encoding = "shift-jis"'))[0].consignor == "東京商会"


def test_a_map_that_contradicts_the_bytes_is_refused() -> None:
    for content, encoding in (
        (file({"from": "Médica"}), "latin-1"),
        (file({}).decode().encode("utf-16"), "utf-8"),
        (b"\xef\xbb\xbf" + file({}), "latin-1"),
        (LATIN, "utf-8"),
        (LATIN, "ascii"),
    ):
        with pytest.raises(MalformedRecord, match=r"file\.encoding"):
            plan(content, setting(f'encoding = "{encoding}"'))
    assert lines(file({}).decode().encode("utf-16"), setting('encoding = "utf-16-le"'))


# --- what is no such file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"a,b\n1,2\n", "columns of the map are missing"),
        (file({}, heading=HEADING[:-1]), "'arrived' .dates.delivered."),
        (b"PK\x03\x04 not a zip", "not a workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old kind"),
        (b"{not json}\n", "NDJSON"),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, why: str) -> None:
    with pytest.raises(MalformedRecord, match=why):
        plan(content)


def test_a_heading_that_is_nearly_right_is_named() -> None:
    with pytest.raises(MalformedRecord, match="Is 'arrived' spelt 'Arrived' there"):
        plan(file({}, heading=(*HEADING[:-1], "Arrived ")))


def test_garbage_is_given_up_soon() -> None:
    with pytest.raises(MalformedRecord, match="no rows of this heading"):
        plan(file({}) + b'"x\n' * 50_000)


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(*rows: dict[str, Any], title: str = "Sheet", more: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    sheet.append(list(HEADING))
    for number, row in enumerate(rows, 1):
        cells = {**GOOD, "no": number, **row}
        sheet.append([cells[name] for name in HEADING])
    if more:
        book.create_sheet(more)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def at(line: Line) -> str:
    return datetime.fromtimestamp(line.promised_at, UTC).isoformat()


def test_cells_of_a_workbook_by_their_kind() -> None:
    content = workbook(
        {"boxes": 12, "worth": 10.5, "due": MIDNIGHT.replace(hour=14, minute=30)},
        {"boxes": "3", "worth": 0.1 + 0.2, "due": MIDNIGHT.date()},
        {"boxes": 3.0, "worth": 1e6, "due": "2026-03-01"},
    )
    made = lines(content)
    assert [(line.packages, line.value) for line in made] == [(12, 1050), (3, 30), (3, 100_000_000)]
    assert list(map(at, made)) == ["2026-03-01T14:30:00+00:00", *["2026-03-01T23:59:59+00:00"] * 2]


def test_midnight_in_a_cell_that_shows_times_is_asked_about() -> None:
    (question,) = asked(workbook({"due": MIDNIGHT}))
    assert question.key == "dates.promised.midnight"


def test_one_of_several_sheets_is_asked_about() -> None:
    content = workbook({}, title="March", more="April")
    with pytest.raises(MalformedRecord, match=r"file\.sheet.*'March' or 'April'"):
        plan(content)
    assert lines(content, setting('sheet = "March"'))
    with pytest.raises(MalformedRecord, match="no such sheet"):
        plan(content, setting('sheet = "May"'))


def test_cells_that_hold_no_value_are_told() -> None:
    made = reasons(workbook({"worth": "#REF!"}, {"worth": "=1/0"}, {"worth": True}))
    assert [one.line for one in made] == [2, 3, 4]
    assert "worth" in made[1].column, "a formula that nobody has computed is an empty cell"


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/big.xml", "w", force_zip64=True) as big,
    ):
        for _ in range(1100):
            big.write(bytes(1 << 20))
    with pytest.raises(MalformedRecord, match="too large"):
        plan(target.getvalue())


# --- lines of JSON ---------------------------------------------------------------------------------------------------


def test_lines_of_json() -> None:
    content = b"""{"no": 1, "from": "Kea", "to": "Panda", "boxes": 12, "worth": 10.5, "due": "2026-03-01", "more": null}

{"no": "2", "from": "Kea", "to": "Panda", "boxes": 3, "worth": "10.50", "due": "2026-03-01T10:00:00Z", "arrived": null}
{"no": 3, "no": 4}
[1]
"""
    made = plan(content)
    assert [(line.line, line.id, line.packages, line.value) for line in made.lines] == [
        (1, "1", 12, 1050),
        (3, "2", 3, 1050),
    ]
    assert [(one.line, one.reason) for one in made.unusable] == [
        (4, "the key 'no' stands there twice"),
        (5, "not a JSON object"),
    ]


def test_numbers_of_json_are_exact() -> None:
    row = '{"no":1,"from":"Kea","to":"P","boxes":1,"worth":%s,"due":"2026-03-01","arrived":""}\n'
    (line,) = lines((row % "70368744177664.07").encode())
    assert line.value == 7036874417766407
    assert "not an amount" in reasons((row % "-1").encode())[0].reason
    (far,) = plan((row % ("1" * 50) + row.replace('"no":1', '"no":2') % "1").encode()).unusable
    assert "digits" in far.reason


def test_objects_within_objects_are_columns() -> None:
    content = b'{"no":1,"from":"Kea","to":{"name":"Panda"},"boxes":1,"worth":1,"due":"2026-03-01","arrived":""}\n'
    assert lines(content, ('consignee = "to"', 'consignee = "to.name"'))[0].consignee == "Panda"


def test_what_means_nothing_is_the_maps_to_say() -> None:
    content = file({"arrived": "N/A"}, {"arrived": "NULL"})
    assert [line.delivered_at for line in lines(content, setting('empty = ["N/A", "NULL"]'))] == [None, None]
    assert [one.column for one in reasons(content)] == ["arrived", "arrived"]
