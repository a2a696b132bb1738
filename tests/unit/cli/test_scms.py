"""Reading a delivery history as it comes: line ends, byte-order mark, words for numbers, dates, duplicates."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ledger.cli.imports.scms import COLUMNS, Line, Unusable, cents, last_second, read_lines

from ledger.codes import Mode
from ledger.errors import MalformedRecord
from ledger.records.types import Details

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data" / "scms_delivery_history.csv"

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


def file(*rows: dict[str, str], end: str = "\n", start: str = "", heading: tuple[str, ...] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(heading)
    for row in rows:
        writer.writerow([(GOOD | row).get(name, "") for name in heading])
    return (start + text.getvalue()).encode()


def only(**changes: str) -> Line | Unusable:
    """The one line of a file in which the cells named by their first word are changed."""
    row = {next(name for name in COLUMNS if name.startswith(key.replace("_", " "))): v for key, v in changes.items()}
    (line,) = read_lines(file(row))
    return line


def second(year: int, month: int, day: int, hour: int = 23, minute: int = 59, sec: int = 59) -> int:
    return int(datetime(year, month, day, hour, minute, sec, tzinfo=UTC).timestamp())


LINE = Line(
    id="1",
    note="ASN-8",
    order="SCMS-4",
    vendor="RANBAXY Fine Chemicals LTD.",
    country="Côte d'Ivoire",
    incoterm="EXW",
    mode=Mode.AIR,
    promised_at=second(2006, 6, 2),
    delivered_at=second(2006, 6, 3),
    packages=19,
    value=55_100,
    freight=78_034,
    description="HIV, Reveal G3",
)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "BOM"])
def test_line_ends_and_byte_order_mark(end: str, start: str) -> None:
    assert list(read_lines(file({}, {"ID": "2"}, end=end, start=start))) == [LINE, replace(LINE, id="2")]


def test_columns_are_found_by_name_in_any_order() -> None:
    heading = ("Project Code", *reversed(COLUMNS), "Brand")
    assert list(read_lines(file({}, heading=heading))) == [LINE]


def test_empty_lines_are_passed_over_and_counted() -> None:
    content = file({}).replace(b"\n", b"\n\n") + file({"ID": "1"}).split(b"\n", 1)[1]
    found = list(read_lines(content))
    assert found[0] == LINE
    assert found[1] == Unusable(5, "ID '1' stands already in line 3")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("551", 55_100),
        ("0", 0),
        ("0.05", 5),
        ("0.5", 50),
        ("1,234.5", 123_450),
        ("12,345,678.90", 1_234_567_890),
        ("5.2000", 520),
        ("007", 700),
    ],
)
def test_amounts_in_cents(text: str, value: int) -> None:
    assert cents(text, "Line Item Value") == value
    line = only(Line_Item_Value=text, Freight=text)
    assert isinstance(line, Line)
    assert (line.value, line.freight) == (value, value)


@pytest.mark.parametrize(
    "text",
    [
        "", "-1", "+1", "1.005", "1,23", "1,2,3", "12,3456", ",123", "1.", ".5", "1e3", "1E+99999999", "NaN",
        "Infinity", "$5", "1_000", "١٢", "0x10", "Freight Included in Commodity Cost", "See DN-4307 (ID#:83920)",
        "9" * 29, "9" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_unusable_as_value_and_nothing_as_freight(text: str) -> None:
    with pytest.raises(ValueError, match="Line Item Value"):
        cents(text, "Line Item Value")
    line = only(Line_Item_Value=text)
    assert isinstance(line, Unusable)
    assert line.line == 2
    assert line.reason.startswith("Line Item Value ")
    assert len(line.reason) < 160
    freight = only(Freight=text)
    assert isinstance(freight, Line)
    assert freight.freight == 0


@pytest.mark.parametrize(("text", "packages"), [("1", 1), ("4,294,967,295", 2**32 - 1), ("1000", 1000), ("0019", 19)])
def test_packages(text: str, packages: int) -> None:
    line = only(Line_Item_Quantity=text)
    assert isinstance(line, Line)
    assert line.packages == packages


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1.5", "4294967296", "1,00", "one", "Weight Captured Separately", "٣", "9" * 5000]
)
def test_what_is_no_number_of_packages_is_unusable(text: str) -> None:
    line = only(Line_Item_Quantity=text)
    assert isinstance(line, Unusable)
    assert line.reason.startswith("Line Item Quantity ")
    assert len(line.reason) < 160


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
        ("2006-06-02 10:00:05", second(2006, 6, 2, 10, 0, 5)),
        ("2006-06-02T10:00:00+02:00", second(2006, 6, 2, 8, 0, 0)),
        ("2006-06-02T10:00:00Z", second(2006, 6, 2, 10, 0, 0)),
    ],
)
def test_a_date_alone_is_its_last_second(text: str, moment: int) -> None:
    assert last_second(text, "Scheduled Delivery Date") == moment
    line = only(Delivered=text)
    assert isinstance(line, Line)
    assert line.delivered_at == moment


@pytest.mark.parametrize(
    "text",
    [
        "", "Date Not Captured", "Pre-PQ Process", "31-Jun-06", "29-Feb-07", "2-Jux-06", "0-Jun-06", "13/1/06",
        "2006-13-01", "2-Jun-6", "2006-06-02T25:00", "1950-01-01", "1969-12-31", "٢-Jun-06", "2-Jun-06 ",
        "9" * 5000, "99999-01-01",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Scheduled Delivery Date") as caught:
        last_second(text, "Scheduled Delivery Date")
    assert len(str(caught.value)) < 160


def test_bad_dates_make_a_line_unusable() -> None:
    for line in (only(Scheduled="Date Not Captured"), only(Delivered="31-Jun-06")):
        assert isinstance(line, Unusable)
        assert "is not a date" in line.reason


@pytest.mark.parametrize("column", ["ID", "ASN/DN #", "Vendor", "Country"])
@pytest.mark.parametrize("text", ["", "   ", "a" * 121])
def test_names_are_needed_and_bounded(column: str, text: str) -> None:
    (line,) = read_lines(file({column: text}))
    assert isinstance(line, Unusable)
    assert "empty or longer" in line.reason


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


def test_duplicates_name_the_first() -> None:
    bad = {"ID": "3", "Line Item Quantity": "0"}
    good_later = {"ID": "3"}
    found = list(read_lines(file({}, {}, bad, good_later)))
    assert [type(line) for line in found] == [Line, Unusable, Unusable, Line]
    assert found[1] == Unusable(3, "ID '1' stands already in line 2")


def test_too_few_and_too_many_fields() -> None:
    heading, row = file({}).decode().splitlines()
    short = ",".join(row.split(",")[:3])
    found = list(read_lines(f"{heading}\n{short}\n{row},extra\n{row}\n".encode()))
    assert found[0] == Unusable(2, f"3 fields where the heading has {len(COLUMNS)}")
    assert isinstance(found[1], Unusable)
    assert f"{len(COLUMNS) + 1} fields" in found[1].reason
    assert found[2] == LINE


def test_text_is_what_records_can_hold() -> None:
    line = only(Country="Co\u0302te d'Ivoire", Item_Description="a\0b" + "é" * 200)
    assert isinstance(line, Line)
    assert line.country == "Côte d'Ivoire"
    assert line.description == "ab" + "é" * 118
    Details(bytes(16), line.country + line.description).check()


def test_spaces_around_a_cell_do_not_count() -> None:
    line = only(Line_Item_Quantity=" 19 ", Scheduled=" 2-Jun-06 ", Vendor_INCO=" EXW")
    assert line == LINE


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a,b,c\n1,2,3\n", "columns are missing"),
        (file({}, heading=COLUMNS[:-1]), "no PO / SO #"),
    ],
)
def test_files_that_are_no_history_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(MalformedRecord, match=why):
        list(read_lines(content))


def test_a_cell_too_large_for_the_reader_ends_the_file_with_a_reason() -> None:
    heading, row = file({}).decode().splitlines()
    found = list(read_lines(f'{heading}\n{row}\n"{"x" * 200_000}"\n'.encode()))
    assert found[0] == LINE
    assert isinstance(found[1], Unusable)
    assert "not CSV from here on" in found[1].reason


@pytest.mark.skipif(not DATA.exists(), reason="the SCMS history does not lie beside the repository")
def test_the_whole_history() -> None:
    """Figures counted independently with csv and datetime from the standard library."""
    text = DATA.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))))
    lines = list(read_lines(DATA.read_bytes()))
    assert len(lines) == len(rows) == 10_324
    usable = [line for line in lines if isinstance(line, Line)]
    assert [line.id for line in usable] == [row["ID"] for row in rows]
    late = 0
    for line, row in zip(usable, rows, strict=True):
        due, done = (
            datetime.strptime(row[name], "%d-%b-%y").replace(tzinfo=UTC)
            for name in ("Scheduled Delivery Date", "Delivered to Client Date")
        )
        assert (line.delivered_at - line.promised_at) == (done - due).total_seconds()
        assert line.packages == int(row["Line Item Quantity"])
        assert line.value == round(float(row["Line Item Value"]) * 100)
        late += done > due
    assert late == sum(line.delivered_at > line.promised_at for line in usable)
    assert 0 < sum(line.freight == 0 for line in usable) < len(usable)
