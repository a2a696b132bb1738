"""Replaying delivery histories: totals against an independent count, interruptions, begun again, refusals."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.imports.replay import Replay
from ledger.cli.main import app
from ledger.errors import ChainUnavailable, InvalidInput, Misconfigured, Unavailable
from ledger.records.types import Handoff, Outcome, RegistryChange, ShipmentTerms
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.home_lock import alone_at
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.node import Node
from ledger.services.relay.relayer import Relayer
from ledger.store import log, outbox, records
from ledger.store.database import Database
from tests.e2e.oracle import DATA, count, rows_of

ROOT = Path(__file__).resolve().parents[3]
ALPHA, CAP = 2_500, 800
GOOD = {
    "Country": "Vietnam", "Vendor INCO Term": "EXW", "Shipment Mode": "Air", "Scheduled Delivery Date": "2-Jun-06",
    "Delivered to Client Date": "2-Jun-06", "Vendor": "Aspen RSA", "Item Description": "Lamivudine 10mg",
    "Line Item Quantity": "19", "Line Item Value": "551.20", "Freight Cost (USD)": "See DN-4307 (ID#:83920)",
    "PO / SO #": "SCMS-4",
}  # fmt: skip

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the SCMS history does not lie beside the repository")


def settings_of(home: Path) -> Settings:
    return read_settings({}, home=home)


def environment(home: Path) -> dict[str, str]:
    return {"LADING_HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


def run(home: Path, file: Path, *options: str) -> dict[str, Any]:
    arguments = ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP), "--json", *options]
    result = CliRunner().invoke(app, arguments, env=environment(home))
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def write(path: Path, lines: list[Mapping[str, str]], end: str = "\r") -> Path:
    """A file as the world has them: CR line ends and a byte-order mark."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["ID", "ASN/DN #", *GOOD], lineterminator=end)
    writer.writeheader()
    writer.writerows([{"ID": str(i), "ASN/DN #": f"ASN-{i}"} | GOOD | dict(line) for i, line in enumerate(lines, 1)])
    path.write_bytes(("\ufeff" + text.getvalue()).encode())
    return path


def assert_totals(result: Mapping[str, Any], rows: list[dict[str, str]]) -> None:
    counted = count(rows, ALPHA, CAP)
    for name in ("shipments", "manifests", "late", "late_days", "penalty_uncapped", "penalty"):
        assert result[name] == getattr(counted, name), name
    assert result["usable"] == len(rows)
    assert result["currency"] == "USD"


def assert_sound(home: Path, shipments: int, manifests: int) -> None:
    """Every record once, each with its one final outcome, nothing waiting, and an audit without findings."""
    database = Database.open(settings_of(home).database_url)
    with database.read() as connection:
        size = log.head(connection).size
        counts = records.count_by_type(connection, 0, size)
        assert counts[ShipmentTerms.NUMBER] == shipments
        assert counts[Handoff.NUMBER] == manifests
        assert counts[Outcome.NUMBER] == shipments + manifests + counts[RegistryChange.NUMBER]
        assert sum(counts.values()) == size
        assert outbox.left(connection) == 0
    database.close()
    report = audit(settings_of(home))
    assert report.ok, report.findings
    assert report.anchored_size == report.size


# --- totals ----------------------------------------------------------------------------------------------------------


@needs_data
def test_first_lines_of_the_real_history(tmp_path: Path) -> None:
    result = run(tmp_path, DATA, "--limit", "120")
    rows = rows_of(DATA.read_bytes())[:120]
    assert result["lines"] == 120
    assert result["unusable"] == []
    assert_totals(result, rows)
    assert result["late"] > 0
    assert_sound(tmp_path, 120, result["manifests"])
    assert result["checkpoint"]["size"] == audit(settings_of(tmp_path)).size


def test_a_history_with_every_kind_of_line(tmp_path: Path) -> None:
    late = {"Delivered to Client Date": "5-Jul-06"}
    usable: list[Mapping[str, str]] = [
        {},
        late,
        late | {"Line Item Value": "0"},  # nothing to cap: no penalty at all
        late | {"Line Item Value": "1234567.89", "Vendor": "Cipla", "Country": "Côte d'Ivoire"},
        {"Delivered to Client Date": "1-Jun-06"},  # a day early
        {"Delivered to Client Date": "3-Jun-06", "Line Item Value": "0.01"},
        # One number on notes of two vendors, two countries and two days: each was signed by others, or another day.
        {"ASN/DN #": "DN-7"},
        {"ASN/DN #": "DN-7", "Line Item Quantity": "4,294,967,295"},
        {"ASN/DN #": "DN-7", "Vendor": "Cipla"},
        {"ASN/DN #": "DN-7", "Country": "Zambia"},
        late | {"ASN/DN #": "DN-7"},
        *[late | {"ASN/DN #": "DN-8", "Vendor": "Hetero"}] * 203,  # more than one manifest holds
    ]
    unusable: list[Mapping[str, str]] = [
        {"ID": "1"},
        {"ID": ""},
        {"ASN/DN #": ""},
        {"Vendor": " "},
        {"Country": "x" * 121},
        {"Scheduled Delivery Date": "Date Not Captured"},
        {"Delivered to Client Date": "31-Jun-06"},
        {"Line Item Quantity": "0"},
        {"Line Item Quantity": "4294967296"},
        {"Line Item Value": "Freight Included"},
        {"Line Item Value": "1.005"},
    ]
    file = write(tmp_path / "history.csv", [*usable, *unusable])
    rows = rows_of(file.read_bytes())[: len(usable)]
    result = run(tmp_path / "home", file)
    assert result["lines"] == len(usable) + len(unusable)
    assert [entry["line"] for entry in result["unusable"]] == list(range(len(usable) + 2, result["lines"] + 2))
    assert result["unusable"][0]["reason"] == "ID '1' stands already in line 2"
    assert len({entry["reason"] for entry in result["unusable"]}) == len(unusable)
    assert_totals(result, rows)
    assert result["manifests"] == 6 + 4 + 2
    assert_sound(tmp_path / "home", len(usable), result["manifests"])
    again = run(tmp_path / "home", file)
    assert again == result


def test_nothing_usable_is_no_error(tmp_path: Path) -> None:
    file = write(tmp_path / "history.csv", [{"Line Item Quantity": "none"}])
    result = run(tmp_path / "home", file)
    assert (result["usable"], result["shipments"], result["manifests"], result["penalty"]) == (0, 0, 0, 0)


# --- begun again -----------------------------------------------------------------------------------------------------


def test_more_lines_later_and_other_terms_never(tmp_path: Path) -> None:
    lines = [{"ASN/DN #": f"DN-{i // 3}", "Delivered to Client Date": f"{2 + i}-Jun-06"} for i in range(9)]
    file = write(tmp_path / "history.csv", [*lines, {"Vendor": "Cipla", "Country": "Haiti"}])
    home = tmp_path / "home"
    first = run(home, file, "--limit", "4")
    assert_totals(first, rows_of(file.read_bytes())[:4])
    whole = run(home, file)
    assert_totals(whole, rows_of(file.read_bytes()))
    assert whole["checkpoint"]["size"] > first["checkpoint"]["size"]
    assert_totals(run(home, file, "--limit", "4"), rows_of(file.read_bytes())[:4])
    other = CliRunner().invoke(app, ["replay", str(file), "--alpha", "1", "--cap-bps", str(CAP)], env=environment(home))
    assert isinstance(other.exception, InvalidInput)
    assert audit(settings_of(home)).size == whole["checkpoint"]["size"]


def test_a_home_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "consortium.json").write_text("{}")
    file = write(tmp_path / "history.csv", [{}])
    with pytest.raises(subprocess.CalledProcessError) as caught:
        subprocess.run(
            [sys.executable, "-m", "ledger.cli.main", "replay", str(file), "--alpha", "1", "--cap-bps", "1"],
            env=environment(tmp_path), cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
    assert caught.value.returncode == 2
    assert "another consortium is in this home" in caught.value.stderr
    assert "Traceback" not in caught.value.stderr
    assert not list((tmp_path / "keys").iterdir())


# --- interrupted -----------------------------------------------------------------------------------------------------


def interrupted(home: Path, file: Path, limit: int, seconds: list[float]) -> tuple[dict[str, Any], int]:
    """The result of a replay that died after each of these times; how often it did."""
    spans = [f"{span:.3f}" for span in seconds]
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.lives", str(file), str(ALPHA), str(CAP), str(limit), *spans],
        env=environment(home), cwd=ROOT, check=False, capture_output=True, text=True, timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), int(done.stderr.split()[-2])


@needs_data
def test_killed_while_founding_and_replaying(tmp_path: Path) -> None:
    result, deaths = interrupted(tmp_path, DATA, 40, [0.05, 0.3, 0.6, 1.2, 1.8, 2.5])
    assert deaths >= 3
    assert_totals(result, rows_of(DATA.read_bytes())[:40])
    assert_sound(tmp_path, 40, result["manifests"])


@needs_data
@pytest.mark.drill
@pytest.mark.parametrize("seed", range(12))
def test_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    result, deaths = interrupted(tmp_path, DATA, 150, [chance.uniform(0.02, 5) for _ in range(30)])
    assert deaths >= 3
    assert_totals(result, rows_of(DATA.read_bytes())[:150])
    assert_sound(tmp_path, 150, result["manifests"])


# --- what the machine refuses ----------------------------------------------------------------------------------------


def test_a_home_in_use_is_a_clear_answer(tmp_path: Path) -> None:
    file = write(tmp_path / "history.csv", [{}])
    home = tmp_path / "home"
    run(home, file)
    node = Node(settings_of(home), ManualClock(2_000_000_000))
    try:
        result = CliRunner().invoke(
            app, ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP)], env=environment(home)
        )
    finally:
        node.close()
    assert isinstance(result.exception, Misconfigured)
    assert "another process writes this chain" in str(result.exception)


# --- settings --------------------------------------------------------------------------------------------------------


def test_a_passphrase_that_is_set_does_not_lock_a_replay_out(tmp_path: Path) -> None:
    file = write(tmp_path / "lines.csv", [{}])
    arguments = ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP), "--json"]
    locked = environment(tmp_path / "home") | {"LADING_PASSPHRASE": "correct horse"}
    for _ in range(2):  # founded, and found again
        result = CliRunner().invoke(app, arguments, env=locked)
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["shipments"] == 1


def test_two_replays_in_one_home_are_refused_in_words(tmp_path: Path) -> None:
    file = write(tmp_path / "lines.csv", [{}])
    arguments = ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP)]
    with alone_at(tmp_path / "home", "replay"), pytest.raises(Misconfigured, match="a replay is under way"):
        CliRunner().invoke(app, arguments, env=environment(tmp_path / "home"), catch_exceptions=False)
    assert not (tmp_path / "home" / "keys").exists()


def away(*_: Any, **__: Any) -> Any:
    raise ChainUnavailable("connection refused")


def test_admissions_are_waited_for_no_longer_than_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "lines.csv", [{}])
    arguments = ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP), "--wait", "1"]
    monkeypatch.setattr(Relayer, "step", away)
    with pytest.raises(Unavailable, match=r"still pending after 1 s.*connection refused"):
        CliRunner().invoke(app, arguments, env=environment(tmp_path / "home"), catch_exceptions=False)


def test_totals_that_are_not_final_are_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain goes away once the consortium stands: what was accepted is pending, and is counted the next time."""
    file, home = write(tmp_path / "lines.csv", [{}, {}]), tmp_path / "home"
    arguments = ["replay", str(file), "--alpha", str(ALPHA), "--cap-bps", str(CAP), "--json", "--wait", "1"]
    run(home, file, "--limit", "1")

    with monkeypatch.context() as patch:
        admit = Replay.admit

        def admitted(self: Replay, lines: Any) -> None:
            admit(self, lines)
            patch.setattr(Relayer, "step", away)

        patch.setattr(Replay, "admit", admitted)
        with pytest.raises(Unavailable, match=r"2 records are still pending after 1 s.*connection refused"):
            CliRunner().invoke(app, arguments, env=environment(home), catch_exceptions=False)
    result = CliRunner().invoke(app, arguments[:-2], env=environment(home))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["shipments"] == 2


def test_the_demo_refuses_a_network_before_it_touches_anything(tmp_path: Path) -> None:
    network = environment(tmp_path / "home") | {"LADING_CHAIN": "http://127.0.0.1:9"}
    with pytest.raises(Misconfigured, match="the demo wants a chain of its own"):
        CliRunner().invoke(app, ["demo", "--no-serve"], env=network, catch_exceptions=False)
    assert not (tmp_path / "home").exists()
