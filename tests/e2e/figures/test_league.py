"""The league through command, API and page: from a reader's own shipments, and nothing for the public."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.api.app import create_app
from ledger.cli.main import app as command
from ledger.common.periods import DAY
from ledger.services.views.records import PUBLIC, Reader
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SECOND, SHOP, living, staged


@pytest.fixture(scope="module")
def busy(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("league") / "home"
    with living(founded, home) as stage:
        for carrier in (*[CARRIER] * 10, SECOND):
            shipment = stage.open(endorsed=False)
            stage.hand(MAKER, carrier, (shipment, 0, 10))
            stage.pass_time(DAY)
            stage.hand(carrier, SHOP, (shipment, 1, 10))
    return home


def test_a_party_gets_the_carriers_of_its_own_shipments(busy: Path, tmp_path: Path) -> None:
    with staged(busy, tmp_path / "home") as stage:
        client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
        signing_in = World(stage, client, {})
        asked = "/v1/league?origin=NZ&destination=CN&mode=road&by=cost"

        def get(who: Reader, path: str, status: int = 200) -> str:
            signed_in = bearer(signing_in.token(who.partner)) if who.partner else {}
            answer = client.get(path, headers=signed_in | ({"Accept": "text/html"} if path[:3] != "/v1" else {}))
            assert answer.status_code == status, answer.text
            return answer.text

        def entries(who: Reader) -> list[dict[str, object]]:
            return list(json.loads(get(who, asked))["league"]["entries"])

        shop = Reader(SHOP, key=stage.parties[SHOP].key.address)
        found = json.loads(get(shop, asked))
        assert found["lanes"] == [{"origin": "NZ", "destination": "CN", "mode": "road", "shipments": 11}]
        assert [e["partner"] for e in found["league"]["entries"]] == [CARRIER, SECOND]
        few, least = found["league"]["entries"]
        assert (few["cost"]["provisional"], few["cost"]["rank"], few["cost"]["samples"]) == (True, None, 10)
        assert (least["cost"], least["time"], least["events"]) == (None, None, 1)
        assert all(e["evidence"] is None and e["records"] > 0 for e in found["league"]["entries"])
        assert json.loads(get(shop, asked + "&evidence=true"))["league"]["entries"][0]["evidence"]
        assert len(entries(Reader(AUDITOR, key=b"\x01" * 20, auditor=True))) == 2
        own = Reader(CARRIER, key=stage.parties[CARRIER].key.address)
        assert {e["partner"] for e in entries(own)} <= {CARRIER, SECOND}
        get(PUBLIC, asked, 403)
        get(shop, "/v1/league?origin=NZ", 400)
        page = get(shop, "/league?origin=NZ&destination=CN&mode=road")
        assert "provisional: 10 deliveries" in page
        suppliers = json.loads(get(shop, asked.replace("by=cost", "role=supplier&by=faults")))
        (own,) = suppliers["league"]["entries"]
        assert (suppliers["role"], own["partner"], own["events"], own["faults"]["rank"]) == (
            "supplier",
            MAKER,
            11,
            None,
        )
        assert "Not on time in full" in get(shop, "/league?origin=NZ&destination=CN&mode=road&role=supplier&by=faults")
        get(shop, asked + "&role=supplier", 400)  # they are not compared by cost
        get(shop, asked + "&role=council", 400)
        assert "NZ → CN" in page
        get(PUBLIC, "/league", 403)


def test_the_command_says_the_same(busy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(busy, tmp_path / "home") as stage:
        monkeypatch.setenv("LADING_HOME", str(stage.node.home.settings.home))
        lanes = CliRunner().invoke(command, ["league", "--json"])
        assert lanes.exit_code == 0, lanes.output
        assert [lane["shipments"] for lane in json.loads(lanes.stdout)["lanes"]] == [11]
        told = CliRunner().invoke(command, ["league", "NZ", "CN", "--mode", "road"])
        assert told.exit_code == 0, told.output
        assert "provisional" in told.stdout
        wrong = CliRunner().invoke(command, ["league", "NZ"])
        assert wrong.exit_code != 0
