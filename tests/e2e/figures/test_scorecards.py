"""The scorecard: checked, kept, adopted by the council before its period, and from then on what scores are made by."""

import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ledger.access.adopted_gates import GATES
from ledger.api.app import create_app
from ledger.bundle.format import parse_trust
from ledger.bundle.verify import verify_bundle
from ledger.cli.main import app
from ledger.codes import RegistryAction
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.errors import Misconfigured
from ledger.explain.bundle import step_text
from ledger.records.erasure import ErasureReason
from ledger.records.types import RegistryChange, ShipmentTerms
from ledger.scores.adopted_card import CARDS
from ledger.scores.card import parse_card
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.home import kept_rules
from ledger.services.home.score_cards import default_card_text
from ledger.store import records
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage

OWN = default_card_text().replace(b'"Lading default scorecard"', b'"Our own card"')
for old, new in ((b'"time"\nweight = 60', b'"time"\nweight = 50'), (b'"goods"\nweight = 25', b'"goods"\nweight = 35')):
    OWN = OWN.replace(old, new, 1)


def scored(stage: Stage) -> Any:
    """The API's answer to the carrier about itself, and its page."""
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    world = World(stage, client, {})
    token = world.token(CARRIER)
    page = client.get(f"/partners/{CARRIER}/score", headers={"Accept": "text/html", **bearer(token)})
    assert page.status_code == 200
    return world.get(f"/v1/partners/{CARRIER}/score", token), re.sub(r"<[^>]+>", "", page.text)


def ship(stage: Stage) -> None:
    shipment = stage.open(10)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(5 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))


def test_scores_are_measured_by_the_card_that_the_council_adopted_before_the_period(stage: Stage) -> None:
    ship(stage)
    before, page = scored(stage)
    assert before["measure"]["adopted"] is False
    assert "no card adopted" in before["measure"]["words"]
    assert "no card adopted" in page
    assert [card["shipments"] for card in before["scores"]] == [1]

    card = parse_card(OWN)
    stage.pass_time(20 * DAY)
    begins = stage.now + 2 * DAY
    stage.decide(RegistryAction.ADOPT_RULES, document=card.hash, number=begins)
    assert scored(stage)[0]["measure"]["adopted"] is False, "its period has not begun"
    stage.pass_time(3 * DAY)
    with pytest.raises(Misconfigured, match="lading scores card keep"):
        list(stage.node.reader.numbers.scorecards())
    with stage.node.home.database.write() as connection:
        kept_rules.keep(connection, CARDS, OWN)
    ship(stage)
    stage.pass_time(20 * DAY)

    after, page = scored(stage)
    assert after["measure"] == {
        "card": to_hex(card.hash), "title": "Our own card", "adopted": True, "since": begins,
        "words": after["measure"]["words"],
    }  # fmt: skip
    assert "Our own card" in page
    assert "no card adopted" not in page
    (mine,) = after["scores"]
    assert (mine["card"], mine["period"]["start"]) == (to_hex(card.hash), begins), "the period starts with its card"
    assert mine["shipments"] == 1, "what was due before is not in it"
    weights = {i["name"]: i["weight"] for i in mine["indicators"]}
    assert weights["in-full-undamaged"] == "7/20"

    earlier = list(stage.node.reader.numbers.scorecards(CARRIER, Period(0, begins, stage.now)))
    assert [c.card for c in earlier] != [card.hash], "a period that began before is not measured by it"
    assert [c.shipments for c in earlier] == [1]
    stage.audited()


def test_a_file_of_another_kind_that_the_council_adopts_leaves_the_card_in_force(stage: Stage) -> None:
    """It is shown in the bundle, and without it the bundle does not verify: it might be a newer card."""
    card = parse_card(OWN)
    stage.node.settle()
    begins = stage.now + 2 * DAY
    other = (resources.files("ledger.access") / "gates" / "example.toml").read_bytes()
    document = hashlib.sha256(other).digest()
    with stage.node.home.database.write() as connection:
        kept_rules.keep(connection, CARDS, OWN)
    stage.decide(RegistryAction.ADOPT_RULES, document=card.hash, number=begins)
    stage.decide(RegistryAction.ADOPT_RULES, document=document, number=begins + 60)
    stage.pass_time(3 * DAY)
    with pytest.raises(Misconfigured, match="lading scores card keep"):
        list(stage.node.reader.numbers.scorecards())
    with stage.node.home.database.write() as connection:
        kept_rules.keep(connection, GATES, other)
    ship(stage)
    stage.pass_time(20 * DAY)
    assert scored(stage)[0]["measure"]["card"] == to_hex(card.hash)
    stage.node.settle()
    bundle = json.loads(Exporter(stage.node.reader).partner(CARRIER, Period(begins + 3600, stage.now, stage.now)))
    trust = parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
    assert other.decode() in bundle["rules"]
    assert all(step.ok for step in verify_bundle(canonical_json(bundle), trust))
    bundle["rules"].remove(other.decode())
    last = verify_bundle(canonical_json(bundle), trust)[-1]
    assert not last.ok
    assert "not the scorecard that governs" in step_text(last)
    stage.audited()


def test_a_forgotten_part_is_no_error_and_is_told(stage: Stage) -> None:
    """Erasing a body is allowed. The audit stays ok and notes the record; score and bundle say what they leave out."""
    ship(stage)
    ship(stage)
    stage.node.settle()
    assert audit(stage.node).notes == ()
    with stage.node.home.database.read() as connection:
        shipment = next(row.record_id for row in records.stream(connection, types=[ShipmentTerms.NUMBER]))
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.ORDER)
    report = audit(stage.node)
    noted = [(to_hex(shipment), "openings.commercial"), ("", "openings")]
    assert (report.ok, [(n.record, n.field) for n in report.notes]) == (True, noted)
    data = Exporter(stage.node.reader).partner(CARRIER, Period(0, 2**40 - 1, stage.now))
    figures = json.loads(data)["figures"]
    assert figures["withheld"] == [{"shipment": to_hex(shipment), "record": to_hex(shipment), "part": "commercial"}]
    assert len(figures["penalties"]["statements"]) == 1
    step = verify_bundle(data, parse_trust(canonical_json(stage.node.home.consortium.trust_file())))[-1]
    assert step.ok
    assert "Of 1 shipment a part is withheld" in step_text(step)


def run(home: Path, *arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"LADING_HOME": str(home)})
    assert result.exit_code == exit_code, (result.output, result.exception)
    return result.stdout


def test_the_command_line_checks_keeps_and_prepares_the_adoption(founded: Path, stage: Stage, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "card.toml"
    file.write_bytes(OWN)
    shown = json.loads(run(home, "scores", "card", "check", str(file), "--json"))
    assert (shown["card"], shown["title"]) == (to_hex(parse_card(OWN).hash), "Our own card")
    stage.node.close()

    start = 4_000_000_000
    adopt = ("scores", "card", "adopt", str(file), "--start", str(start))
    run(home, *adopt, exit_code=1)  # not kept yet
    run(home, "scores", "card", "keep", str(file))
    prepared = json.loads(run(home, *adopt))
    (change,) = prepared["changes"]
    record = RegistryChange.from_json(change["message"])
    assert (record.action, record.document, record.number) == (
        RegistryAction.ADOPT_RULES, parse_card(OWN).hash, start,
    )  # fmt: skip
    run(home, "scores", "card", "adopt", str(file), "--start", "1000", exit_code=1)  # a period that has begun
    file.write_bytes(OWN.replace(b'"goods"\nweight = 35', b'"goods"\nweight = 34'))
    run(home, "scores", "card", "check", str(file), exit_code=1)  # weights that do not sum to 100
    assert "measure" in json.loads(run(home, "scores", "--json"))
