"""`lading stock` beside the service: what it prints is what the API answers, in every form that the guide names."""

import csv
import io
import json
import re

import pytest
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.cli.output import out
from ledger.services.epcis.schema import own_validator
from tests.api.world import GTIN, World
from tests.e2e.stage import AUDITOR, SHOP


@pytest.fixture
def home(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(out, "_width", 300)
    monkeypatch.setenv("LADING_HOME", str(world.stage.node.home.settings.home))
    return world


def lading(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["stock", *arguments], env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.usefixtures("home")
def test_it_prints_sums_and_holdings() -> None:
    sums = lading().stdout
    assert GTIN in sums
    assert re.search(r"[0-9]+ holdings at [0-9]{4}-[0-9]{2}-[0-9]{2} .*, by a log of [0-9]+ records", sums)
    assert "in transit" in lading("--holdings").stdout
    assert "0 holdings at" in lading("--at", "1").stdout
    assert "0 holdings at" in lading("--lot", "NONE").stdout


def test_json_is_what_the_api_answers(home: World) -> None:
    at = home.stage.node.home.clock.now()
    told = json.loads(lading("--json", "--holdings", "--at", str(at)).stdout)
    answer = home.get(f"/v1/stock?at={at}&limit=100", home.token(AUDITOR))
    assert told["totals"] == answer["totals"]
    assert told["log_size"] == answer["log_size"]
    assert told["holdings"] == home.get(f"/v1/stock/holdings?at={at}&limit=100", home.token(AUDITOR))["holdings"]
    mine = json.loads(lading("--json", "--partner", str(SHOP), "--gtin", GTIN, "--at", str(at)).stdout)
    assert {row["partner"] for row in mine["totals"]} == {SHOP}


@pytest.mark.usefixtures("home")
def test_files_are_whole() -> None:
    rows = list(csv.DictReader(io.StringIO(lading("--csv").stdout)))
    assert any(row["gtin"] == GTIN and row["in_transit"] != "0" for row in rows)
    document = json.loads(lading("--epcis").stdout)
    assert own_validator().problems(document) == []
    assert document["epcisBody"]["eventList"]


@pytest.mark.usefixtures("home")
def test_two_forms_at_once_no_gtin_and_the_future_are_refused() -> None:
    for wrong in (["--csv", "--epcis"], ["--holdings", "--csv"], ["--gtin", "123"], ["--at", str(2**40 - 1)]):
        result = CliRunner().invoke(app, ["stock", *wrong])
        assert result.exit_code != 0
        assert "Traceback" not in result.output
