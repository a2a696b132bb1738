"""Imported files against a count that shares no line with Lading: to the last unit, in a dry run and from records."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from tests.e2e.imports import made, oracle
from tests.e2e.imports.oracle import Counted

FILES = Path(__file__).resolve().parents[4] / "shared" / "data" / "imports"
ALPHA, CAP = 2_500, 800
ZONES = 'dates.zone={column="Country",values={Kenya="Africa/Nairobi",Brazil="America/Sao_Paulo",Japan="Asia/Tokyo"}}'


def run(file: Path, *options: str, home: Path | None = None, status: int = 0) -> dict[str, Any]:
    environment = {"LADING_HOME": str(home)} if home else {}
    result = CliRunner().invoke(app, ["import", str(file), *options, "--json"], env=environment)
    assert result.exit_code == status, result.output
    return dict(json.loads(result.stdout))


def assert_counted(report: dict[str, Any], counted: Counted, currency: str) -> None:
    assert report["usable"] == counted.shipments
    assert report["delivered"] == counted.delivered
    assert report["open"] == counted.shipments - counted.delivered
    assert report["left_out"] == counted.left_out
    assert report["late"] == len(counted.late)
    assert report["late_days"] == counted.late_days
    assert report["packages"] == counted.packages
    assert report["value"] == {currency: counted.value}
    assert report["freight"] == {currency: counted.freight}


@pytest.mark.parametrize("seed", range(3))
def test_olist_orders_dry(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "olist_orders_dataset.csv"
    file.write_bytes(made.olist(4_000, seed))
    counted = oracle.count_olist(file.read_bytes())
    report = run(file, "--map", "olist-orders")
    assert_counted(report, counted, "BRL")
    assert report["manifests"] == len(counted.manifests)
    assert len(counted.late) > 500
    assert 0 < counted.shipments - counted.delivered < counted.shipments


@pytest.mark.parametrize("seed", range(3))
def test_dataco_dry(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "DataCoSupplyChainDataset.csv"
    file.write_bytes(made.dataco(4_000, seed))
    counted = oracle.count_dataco(file.read_bytes())
    report = run(file, "--map", "dataco")
    assert_counted(report, counted, "USD")
    assert report["manifests"] == len(counted.manifests) < counted.shipments
    # The dataset's own figure: days by which shipping took longer than planned.
    rows = [
        row for row in oracle.rows_of(file.read_bytes(), "latin-1") if row["Delivery Status"] != "Shipping canceled"
    ]
    days = (int(row["Days for shipping (real)"]) - int(row["Days for shipment (scheduled)"]) for row in rows)
    assert report["late_days"] == sum(max(0, one) for one in days)


def entered(file: Path, home: Path, *options: str) -> dict[str, Any]:
    return run(file, *options, "--history", "--alpha", str(ALPHA), "--cap-bps", str(CAP), home=home)


def test_dataco_as_records(tmp_path: Path) -> None:
    file = tmp_path / "dataco.csv"
    file.write_bytes(made.dataco(150, 9))
    counted = oracle.count_dataco(file.read_bytes())
    report = entered(file, tmp_path / "home", "--map", "dataco")
    assert_counted(report, counted, "USD")
    assert (report["shipments"], report["manifests"]) == (counted.shipments, len(counted.manifests))
    uncapped, owed = counted.penalty(ALPHA, CAP)
    assert report["owed"] == {"USD": {"penalty_uncapped": uncapped, "penalty": owed}}
    assert 0 < owed < uncapped
    assert entered(file, tmp_path / "home", "--map", "dataco") == report


def test_olist_orders_as_records_and_delivered_later(tmp_path: Path) -> None:
    """Orders under way are opened and stay due; the next file's deliveries find them."""
    file, rows = tmp_path / "orders.csv", made.olist(60, 4)
    file.write_bytes(rows)
    first = entered(file, tmp_path / "home", "--map", "olist-orders")
    counted = oracle.count_olist(rows)
    assert_counted(first, counted, "BRL")
    assert first["shipments"] == counted.shipments > counted.delivered == first["shipments"] - first["open"]
    later = rows.replace(b'"shipped"', b'"delivered"').decode().splitlines()
    later = [
        line.replace(',"","","', ',"2019-01-01 10:00:00","2019-01-02 10:00:00","') if '"delivered"' in line else line
        for line in later
    ]
    file.write_bytes("\r\n".join(later).encode())
    counted = oracle.count_olist(file.read_bytes())
    second = entered(file, tmp_path / "home", "--map", "olist-orders")
    assert_counted(second, counted, "BRL")
    assert second["shipments"] == first["shipments"]
    assert second["open"] < first["open"]
    assert second["checkpoint"]["size"] > first["checkpoint"]["size"]


@pytest.mark.skipif(not FILES.exists(), reason="the difficult files do not lie beside the repository")
@pytest.mark.parametrize(
    ("name", "encoding", "separator", "settings"),
    [
        ("01-semicolon.csv", "ascii", ";", ()),
        ("04-ddmm.csv", "ascii", ",", ("--set", "dates.order=dmy")),
        ("09-utf16.csv", "utf-16", ",", ()),
        ("10-latin1.csv", "latin-1", ",", ("--set", "file.encoding=latin-1")),
    ],
)
def test_difficult_files(name: str, encoding: str, separator: str, settings: tuple[str, ...]) -> None:
    def day(text: str) -> datetime:
        return datetime.strptime(text, "%d/%m/%Y" if "/" in text else "%Y-%m-%d")  # noqa: DTZ007 a day

    report = run(FILES / name, "--map", "scms", "--set", ZONES, *settings)
    zones = {"Kenya": "Africa/Nairobi"}
    counted = oracle.count_days((FILES / name).read_bytes(), encoding, separator, day, zones)
    assert_counted(report, counted, "USD")
    assert report["late"] > 0


@pytest.mark.skipif(not FILES.exists(), reason="the difficult files do not lie beside the repository")
def test_serial_days_and_their_noons() -> None:
    options = ("--map", "scms", "--set", "dates.number=excel-1900", "--set", ZONES)
    entries = run(FILES / "05-excel-serial.csv", *options)["entries"]
    nairobi = ZoneInfo("Africa/Nairobi")
    whole, part = (
        tuple(datetime.fromtimestamp(entry[name], nairobi).isoformat() for name in ("promised_at", "delivered_at"))
        for entry in entries
    )
    assert whole == ("2016-03-01T23:59:59+03:00", "2016-03-03T23:59:59+03:00")
    assert part == ("2016-03-01T12:00:00+03:00", "2016-03-03T18:00:00+03:00")


@pytest.mark.skipif(not FILES.exists(), reason="the difficult files do not lie beside the repository")
def test_a_day_ends_where_the_goods_went() -> None:
    """22:30 in Brazil is in time although it is the next day in UTC; the next morning in Japan is not, though it is the
    same day in UTC."""
    entries = run(FILES / "22-offset-delivery.csv", "--map", "scms", "--set", ZONES)["entries"]
    assert [entry["delivered_at"] > entry["promised_at"] for entry in entries] == [False, True, True]
