"""`lading import`: questions, statuses, the file of reasons, drafts that partners sign, and what is entered twice."""

import csv
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.cli.sandbox import OPERATOR, Party, demo_key, found_trial, open_for_business, open_trial
from ledger.codes import Role
from ledger.errors import InvalidInput
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings

MAP = """
lading = "import/1"
[dates]
zone = "Pacific/Auckland"
promised = "due"
delivered = "arrived"
[line]
id = "no"
[manifest]
by = "note"
[parties]
consignor = { value = "Kea Farms" }
carrier = "carrier"
consignee = "to"
liable = "carrier"
[shipment]
packages = "boxes"
value = "worth"
freight = "freight"
currency = { value = "NZD" }
order = "no"
description = "goods"
[destination]
country = { value = "NZ" }
"""
HEADING = "no;note;carrier;to;boxes;worth;freight;goods;due;arrived"
DAY = 86_400


def invoke(*words: object, home: Path | None = None) -> Result:
    environment = {"LADING_HOME": str(home)} if home else {}
    return CliRunner().invoke(app, [str(word) for word in words], env=environment)


def file(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAP, encoding="utf-8")
    return path


GOOD = "A-1;N-1;Tui Trucks;Panda;12;1000,00;90,50;apples;2026-03-01;2026-03-03T10:00+13:00"
OPEN = "A-2;N-1;Tui Trucks;Panda;3;10,00;1,00;pears;2026-03-01;"
BAD = "A-3;N-1;Tui Trucks;Panda;none;10,00;1,00;pears;2026-03-01;"


# --- dry runs --------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_each_line_becomes_and_makes_nothing(tmp_path: Path, chart: Path) -> None:
    result = invoke("import", file(tmp_path / "f.csv", GOOD, OPEN), "--map", chart, home=tmp_path / "home")
    assert result.exit_code == 0
    first, second, *rest = result.stdout.splitlines()
    assert first == (
        "line 2: opens A-1: 12 packages from Kea Farms to Panda, carried by Tui Trucks, worth 1,000.00 NZD, freight "
        "90.50 NZD; promised until 2026-03-01 10:59:59 UTC, Tui Trucks liable; handed over 2026-03-02 21:00:00 UTC "
        "with manifest N-1: 1 day late"
    )
    assert second.endswith("Tui Trucks liable; not delivered, stays due")
    assert "2 shipments, of which 1 delivered in 1 manifests and 1 still due; 1 late, 1 day together" in rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.csv", "map.toml"]


def test_unusable_lines_end_in_status_3_and_a_file_that_can_be_mended(tmp_path: Path, chart: Path) -> None:
    source = file(tmp_path / "f.csv", GOOD, BAD, OPEN)
    result = invoke("import", source, "--map", chart)
    assert result.exit_code == 3
    assert "line 3: unusable: boxes: not a whole number" in result.stdout
    (row,) = csv.DictReader((tmp_path / "f.unusable.csv").read_text("utf-8").splitlines())
    assert (row["line"], row["no"], row["boxes"]) == ("3", "A-3", "none")
    assert row["reason"].startswith("boxes: not a whole number")
    skipped = invoke("import", source, "--map", chart, "--skip-unusable", "--reasons", tmp_path / "why.csv")
    assert skipped.exit_code == 0
    assert (tmp_path / "why.csv").read_bytes() == (tmp_path / "f.unusable.csv").read_bytes()


def test_nothing_is_entered_or_drafted_while_lines_are_unusable(tmp_path: Path, chart: Path) -> None:
    source = file(tmp_path / "f.csv", GOOD, BAD)
    for where in (("--history", "--yes"), ("--drafts", tmp_path / "drafts")):
        result = invoke("import", source, "--map", chart, *where, home=tmp_path / "home")
        assert result.exit_code == 3
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "drafts").exists()


def test_questions_end_in_status_2_with_lines_and_keys(tmp_path: Path, chart: Path) -> None:
    source = file(tmp_path / "f.csv", GOOD.replace("2026-03-01", "03/04/2026"), OPEN)
    result = invoke("import", source, "--map", chart)
    assert isinstance(result.exception, InvalidInput), "status 2"
    assert "line 2: 03/04/2026 is 3 April 2026 or 4 March 2026" in result.stderr
    assert "dates.promised.order" in str(result.exception)
    asked = json.loads(invoke("import", source, "--map", chart, "--json").stdout)["questions"]
    assert [(one["key"], [line["line"] for line in one["lines"]]) for one in asked] == [("dates.promised.order", [2])]
    answered = invoke("import", source, "--map", chart, "--set", "dates.promised.order=mdy")
    assert answered.exit_code == 0, answered.output


def test_a_spreadsheet_takes_no_cell_of_the_reasons_for_a_formula(tmp_path: Path, chart: Path) -> None:
    invoke("import", file(tmp_path / "f.csv", BAD.replace("pears", "=HYPERLINK(1)")), "--map", chart)
    (row,) = csv.DictReader((tmp_path / "f.unusable.csv").read_text("utf-8").splitlines())
    assert row["goods"] == "'=HYPERLINK(1)"


# --- history ---------------------------------------------------------------------------------------------------------


def test_a_line_that_changed_is_not_entered_a_second_time(tmp_path: Path, chart: Path) -> None:
    home, words = tmp_path / "home", ("--map", chart, "--history", "--json")
    source = file(tmp_path / "f.csv", GOOD, OPEN)
    first = json.loads(invoke("import", source, *words, home=home).stdout)
    assert (first["shipments"], first["manifests"], first["open"]) == (2, 1, 1)
    for changed in (OPEN.replace(";3;", ";4;"), OPEN.replace("2026-03-01", "2026-03-02")):
        file(source, GOOD, changed)
        result = invoke("import", source, *words, home=home)
        assert isinstance(result.exception, InvalidInput)
        assert "entered before with another content" in str(result.exception)
        assert result.exception.where == "line 3"
    file(source, GOOD, OPEN + "2026-03-02")
    second = json.loads(invoke("import", source, *words, home=home).stdout)
    assert (second["shipments"], second["open"], second["late"]) == (2, 0, 2)


def test_history_asks_before_it_signs(tmp_path: Path, chart: Path) -> None:
    source = file(tmp_path / "f.csv", GOOD)
    words = ["import", str(source), "--map", str(chart), "--history"]
    result = CliRunner().invoke(app, words, input="n\n", env={"LADING_HOME": str(tmp_path / "home")})
    assert result.exit_code == 1
    assert "line 2: opens A-1" in result.stdout
    assert not (tmp_path / "home").exists()


# --- drafts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def consortium(tmp_path: Path) -> Path:
    """A home with three partners whose keys are there as keystores, and its trust file beside it."""
    home = tmp_path / "consortium"
    settings = read_settings({}, home=home)
    found_trial(settings, SystemClock(), delay=0)
    trial = open_trial(settings, SystemClock())
    open_for_business(trial, Party(OPERATOR, "Operator", demo_key(home, "operator")))
    named = (("Kea Farms", Role.SUPPLIER), ("Tui Trucks", Role.CARRIER), ("Panda", Role.WAREHOUSE))
    partners = [(Party(i, name, demo_key(home, f"{i}")), role) for i, (name, role) in enumerate(named, 2)]
    trial.admit([(party, "", [RoleRequest(role)]) for party, role in partners])
    trial.node.close()
    result = invoke("trust", "--out", tmp_path / "trust.json", home=home)
    assert result.exit_code == 0, result.output
    return home


def recent() -> tuple[str, str]:
    """A line that was due three days ago and came yesterday, and one that has not come."""
    now = int(time.time())
    due, came = (datetime.fromtimestamp(now - days * DAY, UTC).isoformat() for days in (3, 1))
    return (
        f"A-1;N-1;Tui Trucks;Panda;12;1000,00;90,50;apples;{due};{came}",
        f"A-2;N-2;Tui Trucks;Panda;3;10,00;1,00;pears;{due};",
    )


def drafted(source: Path, chart: Path, tmp_path: Path, *options: str, status: int = 0) -> dict[str, Any]:
    words = ("--map", chart, "--drafts", tmp_path / "drafts", "--trust", tmp_path / "trust.json", "--json")
    result = invoke("import", source, *words, *options)
    assert result.exit_code == status, result.output
    return dict(json.loads(result.stdout))


def entry_rules(path: Path) -> Path:
    """Rules of a market that ask for a clearance before sale, which nothing here is."""
    head = 'format = "lading/market/1"\ntitle = "T"\njurisdiction = "NZ"\nversion = 1\ncurrency = "NZD"\n'
    rule = '[[clearance]]\nid = "entry"\nlane = "import"\ngates = ["sale"]\n'
    path.write_text(f'{head}offsets = ["+12:00"]\n{rule}', encoding="utf-8")
    return path


def signed(draft: dict[str, Any], home: Path, trust: Path) -> None:
    for signer in draft["signers"]:
        key = home / "keys" / f"{signer.split()[0]}.json"
        result = invoke("sign", key, draft["file"], "--yes", "--out", draft["file"], "--trust", trust, home=home)
        assert result.exit_code == 0, result.output


def test_drafts_are_signed_and_handed_in_as_they_are(tmp_path: Path, chart: Path, consortium: Path) -> None:
    came, waits = recent()
    source, trust = file(tmp_path / "f.csv", came, waits), tmp_path / "trust.json"
    drafts = drafted(source, chart, tmp_path, "--market", str(entry_rules(tmp_path / "nz.toml")))["drafts"]
    terms = json.loads(Path(drafts[1]["file"]).read_text())["message"]
    assert [one["jurisdiction"] for one in terms["requires"]] == ["0x4e5a"], "what the rules of the market need"
    assert [(one["type"], one["lines"], one["signers"]) for one in drafts] == [
        ("ShipmentTerms", [2], ["2 Kea Farms", "3 Tui Trucks"]),
        ("ShipmentTerms", [3], ["2 Kea Farms", "3 Tui Trucks"]),
        ("Handoff", [2], ["3 Tui Trucks", "4 Panda"]),
    ]
    for draft in drafts:
        signed(draft, consortium, trust)
    result = invoke("submit", *(one["file"] for one in drafts), home=consortium)
    assert result.exit_code == 0, result.output
    penalties = json.loads(invoke("penalties", "--json", home=consortium).stdout)
    (owed,) = [one for one in penalties["penalties"] if int(one["amount"])]
    # The default: at most the freight, reached after ten days; two days are 4 hundredths of it, rate rounded down.
    assert (owed["shipment"], int(owed["amount"]), owed["liable"]) == (drafts[0]["id"], 90 * 4, 3)

    # What was drafted stays; the line that comes now is handed over under the shipment that was opened for it.
    file(source, came, waits + datetime.fromtimestamp(int(time.time()) - 60, UTC).isoformat())
    later = drafted(source, chart, tmp_path)["drafts"]
    assert [(one["type"], one["new"]) for one in later] == [
        ("ShipmentTerms", False), ("ShipmentTerms", False), ("Handoff", False), ("Handoff", True),
    ]  # fmt: skip
    assert [one["id"] for one in later[:3]] == [one["id"] for one in drafts]
    signed(later[3], consortium, trust)
    assert invoke("submit", later[3]["file"], home=consortium).exit_code == 0


def test_a_handoff_that_is_signed_is_not_written_over(tmp_path: Path, chart: Path, consortium: Path) -> None:
    came, _ = recent()
    source = file(tmp_path / "f.csv", came)
    drafts = drafted(source, chart, tmp_path)["drafts"]
    signed(drafts[1], consortium, tmp_path / "trust.json")
    before = Path(drafts[1]["file"]).read_bytes()
    chart.write_text(MAP.replace('country = { value = "NZ" }', 'country = { value = "NZ" }\nname = "to"'), "utf-8")
    again = drafted(source, chart, tmp_path, status=3)
    assert again["refused"][0]["line"] == 2
    assert Path(drafts[1]["file"]).read_bytes() == before


def test_a_draft_that_the_file_no_longer_bears_out_is_told(tmp_path: Path, chart: Path, consortium: Path) -> None:
    _, waits = recent()
    source = file(tmp_path / "f.csv", waits)
    drafted(source, chart, tmp_path)
    again = drafted(file(source, waits.replace(";3;", ";4;")), chart, tmp_path, status=3)
    assert again["drafts"] == []
    (refusal,) = again["refused"]
    assert (refusal["line"], "has another packages than the file" in refusal["reason"]) == (2, True)


def test_what_came_long_ago_is_no_draft(tmp_path: Path, chart: Path, consortium: Path) -> None:
    source = file(tmp_path / "f.csv", GOOD)
    report = drafted(source, chart, tmp_path, status=3)
    assert report["drafts"] == []
    assert drafted(source, chart, tmp_path, "--skip-unusable") == report
    assert "--history" in report["refused"][0]["reason"]


def test_partners_that_nobody_knows_are_asked_about(tmp_path: Path, chart: Path, consortium: Path) -> None:
    _, waits = recent()
    source = file(tmp_path / "f.csv", waits.replace("Panda", "Bamboo House"))
    words = ("import", source, "--map", chart, "--drafts", tmp_path / "drafts", "--trust", tmp_path / "trust.json")
    result = invoke(*words)
    assert isinstance(result.exception, InvalidInput)
    assert 'parties.numbers."Bamboo House"' in str(result.exception)
    assert not (tmp_path / "drafts").exists()
    chart.write_text(MAP + '[parties.numbers]\n"Bamboo House" = 4\n', encoding="utf-8")
    assert invoke(*words).exit_code == 0
    chart.write_text(MAP + '[parties.numbers]\n"Bamboo House" = 40\n', encoding="utf-8")
    assert "no partner 40 in the book" in invoke(*words).stderr
