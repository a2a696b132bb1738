"""The map of the SCMS delivery history: line ends, byte-order mark, words for numbers, dates, duplicates."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.cli.imports.maps import open_map
from ledger.cli.imports.words import reason_of
from ledger.codes import Mode
from ledger.errors import MalformedRecord
from ledger.formats.tabular.lines import Entry, Line, Where
from ledger.formats.tabular.plan import plan_of
from ledger.formats.tabular.table import Unusable
from ledger.records.types import Details

GOOD = {
    "ID": "1",
    "ASN/DN #": "ASN-8",
    "Country": "Côte d'Ivoire",
    "Vendor INCO Term": "EXW",
    "Shipment Mode": "Air",
    "Scheduled Delivery Date": "2-Jun-06",
    "Delivered to Client Date": "3-Jun-06",
    "Vendor": "RANBAXY Fine Chemicals LTD.",
    "Item Description": "HIV, Reveal G3",
    "Line Item Quantity": "19",
    "Line Item Value": "551",
    "Freight Cost (USD)": "780.34",
    "PO / SO #": "SCMS-4",
}
COLUMNS = tuple(GOOD)


def file(*rows: dict[str, str], end: str = "\n", start: str = "", heading: tuple[str, ...] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(heading)
    for row in rows:
        writer.writerow([(GOOD | row).get(name, "") for name in heading])
    return (start + text.getvalue()).encode()


def read_lines(content: bytes) -> Iterator[Entry]:
    plan = plan_of(content, open_map("scms"), 2_000_000_000)
    assert not plan.questions, [str(one) for one in plan.questions]
    yield from plan.entries


def only(**changes: str) -> Entry:
    """The one line of a file in which the cells named by their first word are changed."""
    row = {next(name for name in COLUMNS if name.startswith(key.replace("_", " "))): v for key, v in changes.items()}
    (line,) = read_lines(file(row))
    return line


def second(year: int, month: int, day: int, hour: int = 23, minute: int = 59, sec: int = 59) -> int:
    return int(datetime(year, month, day, hour, minute, sec, tzinfo=UTC).timestamp())


LINE = Line(
    line=2,
    id="1",
    manifest="ASN-8",
    consignor="Vendor: RANBAXY Fine Chemicals LTD.",
    consignee="Programme: Côte d'Ivoire",
    liable="Vendor: RANBAXY Fine Chemicals LTD.",
    beneficiary="Programme: Côte d'Ivoire",
    promised_at=second(2006, 6, 2),
    delivered_at=second(2006, 6, 3),
    packages=19,
    value=55_100,
    freight=78_034,
    currency="USD",
    order="SCMS-4",
    incoterm="EXW",
    mode=Mode.AIR,
    description="HIV, Reveal G3",
    destination=Where(name="Côte d'Ivoire"),
)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "BOM"])
def test_line_ends_and_byte_order_mark(end: str, start: str) -> None:
    content = file({}, {"ID": "2"}, end=end, start=start)
    assert list(read_lines(content)) == [LINE, replace(LINE, id="2", line=3)]


def test_columns_are_found_by_name_in_any_order() -> None:
    heading = ("Project Code", *reversed(COLUMNS), "Brand")
    assert list(read_lines(file({}, heading=heading))) == [LINE]


def test_empty_lines_are_passed_over_and_counted() -> None:
    content = file({}).replace(b"\n", b"\n\n") + file({"ID": "1"}).split(b"\n", 1)[1]
    first, again = read_lines(content)
    assert first == replace(LINE, line=3)
    assert isinstance(again, Unusable)
    assert (again.line, reason_of(again)) == (5, "ID '1' stands already in line 3")


@pytest.mark.parametrize("text", ["", "-1", "1.005", "See DN-4307 (ID#:83920)", "Freight Included in Commodity Cost"])
def test_what_is_no_amount_is_unusable_as_value_and_nothing_as_freight(text: str) -> None:
    line = only(Line_Item_Value=text)
    assert isinstance(line, Unusable)
    assert reason_of(line).startswith("Line Item Value: not a")
    freight = only(Freight=text)
    assert isinstance(freight, Line)
    assert freight.freight == 0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2-Jun-06", second(2006, 6, 2)),
        ("02-JUN-2006", second(2006, 6, 2)),
        ("29-feb-08", second(2008, 2, 29)),
        ("6/2/06", second(2006, 6, 2)),
        ("12/31/2014", second(2014, 12, 31)),
        ("2006-06-02", second(2006, 6, 2)),
        ("2006-06-02T10:00", second(2006, 6, 2, 10, 0, 0)),
        ("2006-06-02T10:00:00+02:00", second(2006, 6, 2, 8, 0, 0)),
    ],
)
def test_a_date_alone_is_its_last_second(text: str, moment: int) -> None:
    line = only(Delivered=text)
    assert isinstance(line, Line)
    assert line.delivered_at == moment


def test_bad_dates_make_a_line_unusable() -> None:
    for line in (only(Scheduled="Date Not Captured"), only(Delivered="31-Jun-06"), only(Scheduled="2-Jun-6")):
        assert isinstance(line, Unusable)
        assert "not a date" in line.reason


def test_days_first_are_not_swapped_in_silence() -> None:
    plan = plan_of(file({"Scheduled Delivery Date": "25/12/2015"}), open_map("scms"), 2_000_000_000)
    assert [question.key for question in plan.questions] == ["dates.promised.order"]


def test_what_was_never_delivered_stays_due() -> None:
    line = only(Delivered="")
    assert isinstance(line, Line)
    assert line.delivered_at is None


@pytest.mark.parametrize("column", ["ID", "ASN/DN #", "Vendor", "Country"])
@pytest.mark.parametrize("text", ["", "   ", "a" * 121])
def test_names_are_needed_and_bounded(column: str, text: str) -> None:
    (line,) = read_lines(file({column: text}))
    assert isinstance(line, Unusable)
    assert (line.column, line.reason) == (column, "empty or longer than 120 characters")


def test_modes() -> None:
    for text, mode in (
        ("Air", Mode.AIR),
        ("Air Charter", Mode.AIR),
        ("Ocean", Mode.MARITIME),
        ("Truck", Mode.ROAD),
        ("N/A", Mode.NOT_SPECIFIED),
        ("", Mode.NOT_SPECIFIED),
    ):
        line = only(Shipment_Mode=text)
        assert isinstance(line, Line)
        assert line.mode is mode


def test_text_is_what_records_can_hold() -> None:
    line = only(Country="Co\u0302te d'Ivoire", Item_Description="a\0b" + "é" * 200)
    assert isinstance(line, Line)
    assert line.consignee == "Programme: Côte d'Ivoire"
    assert line.description == "ab" + "é" * 118
    Details(bytes(16), line.consignee + line.description).check()


def test_spaces_around_a_cell_do_not_count() -> None:
    assert only(Line_Item_Quantity=" 19 ", Scheduled=" 2-Jun-06 ", Vendor_INCO=" EXW") == LINE


def test_files_that_are_no_history_are_refused() -> None:
    for content, why in ((b"", "empty"), (b"a,b,c\n1,2,3\n", "missing"), (file({}, heading=COLUMNS[:-1]), "PO / SO #")):
        with pytest.raises(MalformedRecord, match=why):
            list(read_lines(content))


def test_a_cell_too_large_for_the_reader_costs_its_line() -> None:
    heading, row = file({}).decode().splitlines()
    found = list(read_lines(f'{heading}\n{row}\n"{"x" * 200_000}"\n{row.replace("1", "2", 1)}\n'.encode()))
    assert found[0] == LINE
    assert isinstance(found[1], Unusable)
    assert "not CSV" in found[1].reason
    assert found[2] == replace(LINE, id="2", line=4)
