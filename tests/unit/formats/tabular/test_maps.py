"""Maps: what is wrong in one is told with its key; the shipped ones; keys set on the command line."""

import csv
import io
from pathlib import Path

import pytest

from ledger.cli.imports.maps import open_map
from ledger.cli.report.words import PROGRAMME, VENDOR
from ledger.errors import InvalidInput, MalformedRecord, NotFound
from ledger.formats.tabular.lines import Line, manifests_of
from ledger.formats.tabular.mapping.map_file import parse_map
from ledger.formats.tabular.mapping.shipped import shipped_maps
from ledger.formats.tabular.plan import plan_of
from tests.unit.formats.tabular.helpers import NOW, map_with

ROOT = Path(__file__).resolve().parents[4]
SCMS = ROOT.parent / "shared" / "data" / "scms_delivery_history.csv"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('lading = "import/1"', "", "lading"),
        ('lading = "import/1"', 'lading = "import/2"', "lading"),
        ("[line]", "[lines]", "lines"),
        ('id = "no"', 'ids = "no"', "line.ids"),
        ('id = "no"', "id = []", "line.id"),
        ('id = "no"', 'id = " "', "line.id"),
        ('id = "no"', "id = 7", "line.id"),
        ('id = "no"', 'id = { column = "no", value = "7" }', "line.id"),
        ('id = "no"', 'id = { column = "no", nth = 0.5 }', "line.id.nth"),
        ('promised = "due"\n', "", "dates.promised"),
        ('promised = "due"', 'promised = { value = "2026-01-01" }', "dates.promised.value"),
        ('promised = "due"', 'promised = { column = "due", order = "dym" }', "dates.promised.order"),
        ('promised = "due"', 'promised = { column = "due", format = "DD.MM" }', "dates.promised.format"),
        ('promised = "due"', 'promised = { column = "due", format = "DD.DD.YYYY" }', "dates.promised.format"),
        ('zone = "UTC"', "two_digit_years = 70", "dates.two_digit_years"),
        ('zone = "UTC"', 'midnight = "noon"', "dates.midnight"),
        ('zone = "UTC"', 'months = ["janvier"]', "dates.months"),
        ('liable = "consignor"', "", "parties.liable"),
        ('liable = "consignor"', 'liable = "carrier"', "parties.carrier"),
        ('liable = "consignor"', 'liable = "consignor"\nbeneficiary = "consignor"', "parties.beneficiary"),
        ('liable = "consignor"', 'liable = "consignor"\nspelling = "loose"', "parties.spelling"),
        ('liable = "consignor"', 'liable = "consignor"\nsame = { A = ["x"], B = ["x"] }', "parties.same.B"),
        ('liable = "consignor"', 'liable = "consignor"\nnumbers = { A = 0 }', "parties.numbers.A"),
        ('currency = { value = "EUR" }\n', "", "shipment.currency"),
        ('packages = "boxes"', 'packages = { column = "boxes", values = { a = 1 } }', "shipment.packages.values.a"),
        ("[dates]", '[file]\nencoding = "klingon"\n[dates]', "file.encoding"),
        ("[dates]", '[file]\nencoding = "hex"\n[dates]', "file.encoding"),
        ("[dates]", '[file]\nencoding = "punycode"\n[dates]', "file.encoding"),
        ("[dates]", '[file]\nseparator = "::"\n[dates]', "file.separator"),
        ("[dates]", '[file]\nformat = "xls"\n[dates]', "file.format"),
        ("[dates]", '[numbers]\ndecimal = ";"\n[dates]', "numbers.decimal"),
        ("[dates]", '[numbers]\ndecimal = ","\nthousands = ","\n[dates]', "numbers.thousands"),
        ("[dates]", "[terms]\nalpha = -1\n[dates]", "terms.alpha"),
        ("[dates]", "[terms]\ncap = 1\ncap_bps = 1\n[dates]", "terms.cap"),
        ("[dates]", '[[leave_out]]\ncolumn = "no"\nvalues = "x"\n[dates]', "leave_out[0].values"),
        ("[dates]", "[leave_out]\n[dates]", "leave_out"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(old: str, new: str, key: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        parse_map(map_with((old, new)))
    assert caught.value.where == f"map: {key}"
    assert caught.value.expected


@pytest.mark.parametrize("content", [b"\xff", b"a = ", b"x" * 70_000, b"a = 1" + b"0" * 5000])
def test_what_is_no_toml_is_told(content: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse_map(content, "map.toml")


def test_maps_that_ship() -> None:
    assert shipped_maps() == ("dataco", "olist-orders", "scms")
    assert [open_map(name).name for name in shipped_maps()] == list(shipped_maps())
    with pytest.raises(NotFound, match="dataco, olist-orders, scms"):
        open_map("nowhere")


def test_keys_set_on_the_command_line() -> None:
    of = open_map("scms", ["dates.order=dmy", "dates.delivered.number=unix", 'file.empty=["-"]', "terms.alpha=5"])
    assert (of.promised.order, of.promised.number) == ("dmy", None)
    assert (of.delivered.order, of.delivered.number) == ("dmy", "unix")
    assert of.delivered.source.column == "Delivered to Client Date", "a heading keeps its column"
    assert (of.file.empty, of.terms.alpha) == (("-",), 5)
    for wrong in ("dates", "=7", "dates..order=dmy"):
        with pytest.raises(InvalidInput, match="--set"):
            open_map("scms", [wrong])
    with pytest.raises(InvalidInput, match=r"name\.x"):
        open_map("scms", ["lading.name.x=7", "lading.name.x.y=7"])
    with pytest.raises(MalformedRecord, match="unknown key"):
        open_map("scms", ["dates.ordre=dmy"])


def test_the_report_knows_what_the_scms_map_puts_before_names() -> None:
    parties = open_map("scms").parties
    assert (parties.consignor.prefix, parties.consignee.prefix) == (VENDOR, PROGRAMME)


@pytest.mark.skipif(not SCMS.exists(), reason="the SCMS history does not lie beside the repository")
def test_the_whole_scms_history() -> None:
    """Figures counted independently with csv and datetime from the standard library."""
    from tests.e2e.oracle import count

    text = SCMS.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    plan = plan_of(SCMS.read_bytes(), open_map("scms"), NOW)
    lines = plan.lines
    assert len(lines) == len(rows) == 10_324
    assert [line.id for line in lines] == [row["ID"] for row in rows]
    counted = count(rows, 1, 0)
    late = [line for line in lines if _seconds(line) > 0]
    assert len(late) == counted.late
    assert sum(_seconds(line) // 86_400 for line in late) == counted.late_days
    assert len(manifests_of(lines)) == counted.manifests
    assert sum(line.value for line in lines) == sum(round(float(row["Line Item Value"]) * 100) for row in rows)
    assert sum(line.packages for line in lines) == sum(int(row["Line Item Quantity"]) for row in rows)
    assert 0 < sum(line.freight == 0 for line in lines) < len(lines)


def _seconds(line: Line) -> int:
    assert line.delivered_at is not None
    return line.delivered_at - line.promised_at
