"""`lading plan` beside a service, and whatever is asked of the API: no answer that was not meant."""

import json
from pathlib import Path
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from tests.api.world import GTIN, World, bearer
from tests.e2e.stage import AUDITOR

NAMES = (
    "shipment", "origin", "destination", "packages", "currency", "value", "depart", "promised", "alpha", "cap",
    "holding", "between", "customs", "deadline", "judged", "ways", "without", "without_mode", "without_partner",
    "distance", "time", "holidays", "gtin", "months",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "9" * 30, "9223372036854775807", "253402300799", "CNSHA", "NZAKL", "CN", "EUR", "air", "p90",
    "2099-12-31", "CNSHA-NZAKL:9400", "CN-NZ:maritime:480:600", "0x" + "11" * 32, GTIN, "\x00", "é",
)  # fmt: skip
ASKED = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=6)


def lading(world: World, *arguments: str) -> Result:
    home = str(world.stage.node.home.settings.home)
    return CliRunner().invoke(app, ["plan", *arguments, "--at", str(world.stage.now)], env={"LADING_HOME": home})


def test_a_way_on_the_command_line(world: World, cards: dict[int, str]) -> None:
    asked = ("route", "CNSHA", "NZAKL", "--packages", "10", "--currency", "EUR", "--time", "CN-NZ:maritime:480:600")
    told = lading(world, *asked)
    assert told.exit_code == 0, told.output
    assert "The cheapest way from CNSHA to NZAKL costs" in told.stdout
    found = json.loads(lading(world, *asked, "--json").stdout)
    assert found["plan"]["ways"][0]["charge"] == "11000"
    assert lading(world, "route", "CNSHA", "CNSHA", "--currency", "EUR").exit_code != 0


def test_together_and_demand_on_the_command_line(world: World, waiting: tuple[str, str], tmp_path: Path) -> None:
    assert waiting[0] in lading(world, "consolidate", "EUR", "--json").stdout
    folder = tmp_path / "drafts"
    asked = ("consolidate", "EUR", "--collector", "6:1000:5", "--drafts", str(folder))
    told = " ".join(lading(world, *asked).stdout.split())
    assert "together instead of" in told
    assert "Partner 6 brings them together" in told
    for file in folder.iterdir():
        draft = json.loads(file.read_text())
        assert (draft["type"], "occurredAt" in draft["message"]) == ("Handoff", False), "it is signed when goods move"
    assert len([*folder.iterdir()]) == 3
    assert "nothing is forecast" in " ".join(lading(world, "forecast", GTIN).stdout.split())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(asked=ASKED)
def test_whatever_is_asked_the_answer_is_meant(world: World, cards: dict[int, str], asked: dict[str, str]) -> None:
    headers = bearer(world.token(AUDITOR))
    route = {name: value for name, value in asked.items() if name not in ("gtin", "months")}
    demand = {name: value for name, value in asked.items() if name in ("gtin", "months")}
    query = urlencode({"origin": "CNSHA", "destination": "NZAKL", "currency": "EUR", **route})
    for path in ("/v1/plans/route", "/plans"):
        answer = world.client.get(f"{path}?{query}", headers=headers)
        assert answer.status_code < 500, answer.text
    for path in ("/v1/plans/forecast", "/plans/forecast"):
        assert world.client.get(f"{path}?{urlencode(demand)}", headers=headers).status_code < 500
