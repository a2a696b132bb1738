"""Access by score in a living home: two bad months, probation, an appeal that helps or not, the council's change."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from typer.testing import CliRunner

from ledger.access.adopted_gates import GATES as KIND
from ledger.access.course import Stage as At
from ledger.access.evidence import changes_for, parse_evidence
from ledger.api.app import create_app
from ledger.api.routers.access.standings import standings_for
from ledger.bundle.access import verify_against_bundle, verify_evidence
from ledger.bundle.format import parse_trust
from ledger.cli.demo.scribe import Deal, place
from ledger.cli.main import app
from ledger.codes import AmendmentKind, Mode, RegistryAction
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY, Grain, Period, Step, before, unit_of
from ledger.errors import NotFound, NotPermitted
from ledger.records.types import Amendment, Details
from ledger.services.exports.bundle import Exporter
from ledger.services.figures.access import Standing
from ledger.services.home import kept_rules
from ledger.services.views.records import PUBLIC, Reader
from tests.api.world import World, bearer
from tests.e2e.stage import ALPHA, AUDITOR, CAP, CARRIER, MAKER, SHOP, Stage, living, staged

GATES = b"""
format = "lading/gates/1"
title = "Gates of the stage"
period = "month"
settle_days = 30
appeal_days = 14

[[gates]]
name = "carriers"
role = "carrier"
indicator = "on-time"
threshold = 800_000
samples = 30
action = "suspend"
"""
EVENTS = 30
TOWNS = [f"CN{chr(65 + i // 26)}{chr(65 + i % 26)}A" for i in range(EVENTS)]


def month_end(now: int) -> int:
    ((_, period),) = before(now, Step.MONTH, 1)
    return period.end


def bad_month(stage: Stage, late_days: int = 12) -> list[RecordId]:
    """Deliveries to thirty towns in one manifest: thirty delivery events, all late."""
    shipments = []
    for town in TOWNS:
        deal = Deal("PO-1", 10_000_00, CAP, stage.now + 3 * DAY, ALPHA, CAP, CARRIER, SHOP)
        terms = stage.scribe.terms(
            deal, "L1", consignor=MAKER, consignee=SHOP, packages=1, mode=Mode.ROAD, destination=place("CN", town, town)
        )
        shipments.append(stage.submit(terms, MAKER))
    stage.settle()
    stage.hand(MAKER, CARRIER, *((s, 0, 1) for s in shipments))
    stage.pass_time(late_days * DAY)
    stage.hand(CARRIER, SHOP, *((s, 1, 1) for s in shipments))
    return shipments


def to(stage: Stage, time: int) -> None:
    stage.pass_time(max(1, time - stage.now))
    stage.log_anything()
    stage.node.settle()


def carrier_of(stage: Stage) -> Standing:
    found: tuple[Standing, ...] = stage.node.reader.access.standings(CARRIER)
    return found[0]


def forgive(stage: Stage, shipment: RecordId, signers: Sequence[int]) -> None:
    """A relief of thirty days."""
    changes = Details(bytes(16), canonical_json({"seconds": 30 * DAY}).decode())
    stage.sign(Amendment(shipment, bytes(32), int(AmendmentKind.RELIEF), changes), *signers)


@pytest.fixture(scope="module")
def on_probation(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("gates") / "home"
    with living(founded, home) as stage:
        with stage.node.home.database.write() as connection:
            gates = kept_rules.keep(connection, KIND, GATES)
        assert stage.node.reader.access.standings() == ()
        stage.decide(RegistryAction.ADOPT_RULES, document=gates.hash, number=stage.now + DAY)
        to(stage, month_end(stage.now) + DAY)
        first = bad_month(stage)
        to(stage, month_end(stage.now) + DAY)
        bad_month(stage)
        (home / "first").write_text(json.dumps([one.hex() for one in first]))
        to(stage, month_end(stage.now) + 30 * DAY + 3600)
    return home


@pytest.fixture
def probation(on_probation: Path, tmp_path: Path) -> Iterator[Stage]:
    with staged(on_probation, tmp_path / "home") as stage:
        yield stage


def test_two_bad_months_put_a_carrier_on_probation(probation: Stage) -> None:
    one = carrier_of(probation)
    assert one.course.stage is At.PROBATION
    assert [reading.samples for reading in one.course.below] == [EVENTS, EVENTS]
    assert one.course.until == one.course.since + 14 * DAY
    assert one.open
    assert not one.prepared
    with pytest.raises(NotFound, match="no change"):
        probation.node.reader.access.evidence(CARRIER, "carriers")
    others = [s.course.stage for s in probation.node.reader.access.standings() if s.partner != CARRIER]
    assert set(others) == {At.GOOD}


def test_an_appeal_that_the_other_side_signs_lifts_it(probation: Stage, on_probation: Path) -> None:
    until = carrier_of(probation).course.until or 0
    for one in json.loads((on_probation / "first").read_text())[:27]:
        forgive(probation, RecordId(bytes.fromhex(one)), (MAKER, CARRIER, SHOP))
    assert carrier_of(probation).course.stage is At.PROBATION
    to(probation, until + 3600)
    after = carrier_of(probation).course
    assert after.stage is At.WATCHED, "the other month is still below"
    probation.audited()


def test_without_one_the_councils_change_is_prepared_and_nothing_happens_without_it(
    probation: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, access = probation, probation.node.reader.access
    to(stage, (carrier_of(stage).course.until or 0) + 3600)
    due = carrier_of(stage)
    assert (due.course.stage, due.open, due.prepared) == (At.DUE, True, True)
    evidence = access.evidence(CARRIER, "carriers")
    text = evidence.text()
    assert parse_evidence(text) == evidence
    assert all(step.ok for step in verify_evidence(text)[0])

    # Anybody makes it again from a bundle, offline.
    stage.node.settle()
    period = Period(evidence.first[0].period.start, evidence.first[1].period.end, evidence.again[0].taken.time)
    bundle = Exporter(stage.node.reader).partner(CARRIER, period)
    trust_text = canonical_json(stage.node.home.consortium.trust_file())
    steps = verify_against_bundle(evidence, bundle, parse_trust(trust_text))
    assert all(step.ok for step in steps), [step for step in steps if not step.ok]
    assert steps[-1].name == "readings"

    # The same through the command, with what the council signs.
    monkeypatch.setenv("LADING_HOME", str(stage.node.home.settings.home))
    for name, content in (("bundle.json", bundle), ("trust.json", trust_text), ("evidence.json", text)):
        (tmp_path / name).write_bytes(content)
    checked = CliRunner().invoke(
        app, ["access", "check", str(tmp_path / "evidence.json"), "--bundle", str(tmp_path / "bundle.json")]
    )
    assert checked.exit_code == 0, checked.output
    (tmp_path / "evidence.json").write_bytes(text.replace(b'"samples":30', b'"samples":31', 1))
    false = CliRunner().invoke(
        app, ["access", "check", str(tmp_path / "evidence.json"), "--bundle", str(tmp_path / "bundle.json")]
    )
    assert false.exit_code == 1

    # The council signs both, in order.
    changes = changes_for(evidence, stage.trial.next_sequence())
    assert [RegistryAction(one.action) for one in changes] == [RegistryAction.ADOPT_RULES, RegistryAction.SUSPEND]
    assert changes[0].document == evidence.hash
    (tmp_path / "false.json").write_bytes(text.replace(b'"samples":30', b'"samples":29', 1))
    assert CliRunner().invoke(app, ["access", "keep", str(tmp_path / "false.json")]).exit_code == 1
    assert access.kept_evidence(evidence.hash) is None
    (tmp_path / "evidence.json").write_bytes(text)
    with stage.node.home.database.write() as connection:
        access.keep(connection, evidence)
    assert access.kept_evidence(evidence.hash) == evidence
    for one in changes:
        stage.trial.change(one)
        stage.settle()
    out = carrier_of(stage)
    assert (out.course.stage, out.open, out.prepared) == (At.OUT, False, False)
    assert out.course.ours

    # Two months in which it delivers nothing are not below.
    for _ in range(2):
        to(stage, month_end(stage.now) + DAY)
    to(stage, stage.now + 31 * DAY)
    back = carrier_of(stage)
    assert (back.course.stage, back.open, back.prepared) == (At.RETURN, False, True)
    again = access.evidence(CARRIER, "carriers")
    assert all(step.ok for step in verify_evidence(again.text())[0])
    with stage.node.home.database.write() as connection:
        access.keep(connection, again)
    for one in changes_for(again, stage.trial.next_sequence()):
        stage.trial.change(one)
        stage.settle()
    stage.pass_time(2 * 3600)
    returned = carrier_of(stage)
    assert (returned.course.stage, returned.open) == (At.GOOD, True)
    stage.audited()
    stage.node.close()
    (tmp_path / "again.json").write_bytes(again.text())
    kept = CliRunner().invoke(app, ["access", "keep", str(tmp_path / "again.json")])
    assert kept.exit_code == 0, kept.output


def test_what_was_read_once_stays(probation: Stage) -> None:
    before_it = carrier_of(probation)
    assert unit_of(before_it.course.below[0].period.start, Grain.MONTH) + 1 == unit_of(
        before_it.course.below[1].period.start, Grain.MONTH
    )
    bad_month(probation)
    probation.node.settle()
    assert carrier_of(probation).course == before_it.course


def test_the_partner_is_told_and_others_are_not(probation: Stage) -> None:
    stage = probation
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000")
    signing_in = World(stage, client, {})

    def get(who: Reader, path: str, status: int = 200) -> Response:
        signed_in = bearer(signing_in.token(who.partner)) if who.partner else {}
        answer = client.get(path, headers=signed_in | ({} if path.startswith("/v1") else {"Accept": "text/html"}))
        assert answer.status_code == status, answer.text
        return answer

    own, other = (Reader(who, key=stage.parties[who].key.address) for who in (CARRIER, SHOP))
    auditor = Reader(AUDITOR, key=stage.parties[AUDITOR].key.address, auditor=True)
    (mine,) = get(own, "/v1/access").json()["standings"]
    assert (mine["course"]["stage"], mine["prepared"]) == ("probation", False)
    assert "appeal" in " ".join(mine["explanation"])
    assert get(other, "/v1/access").json()["standings"] == []
    everybody = get(auditor, "/v1/access").json()["standings"]
    assert [(one["partner"], one["course"]["stage"]) for one in everybody if one["partner"] == CARRIER] == [
        (CARRIER, "probation")
    ]
    first = get(auditor, "/v1/access?limit=1").json()
    assert get(auditor, f"/v1/access?limit=1&after={first['next']}").json()["standings"] == everybody[1:2]
    get(PUBLIC, "/v1/access", 403)
    with pytest.raises(NotPermitted):
        standings_for(stage.node, replace(own, scopes=1 << 4))
    get(auditor, "/v1/access?after=x", 400)
    get(own, f"/v1/access/{CARRIER}/carriers/evidence", 404)
    get(other, f"/v1/access/{CARRIER}/carriers/evidence", 403)
    assert "On probation" in get(own, "/access").text
    assert "no gates that concern you" in get(other, "/access").text
    get(PUBLIC, "/access", 403)
    get(auditor, "/access?after=9.1/x", 400)
    waiting = get(own, "/v1/worklist").json()["items"]
    (item,) = [one for one in waiting if one["kind"] == "probation"]
    assert item["page"] == "/access"
    assert item["until"] == mine["course"]["until"]

    to(stage, item["until"] + 3600)
    assert (
        get(own, f"/v1/access/{CARRIER}/carriers/evidence").content
        == stage.node.reader.access.evidence(CARRIER, "carriers").text()
    )
    assert [i["kind"] for i in get(own, "/v1/worklist").json()["items"] if "access" in i["kind"]] == ["access_due"]
    (prepared,) = [i for i in get(auditor, "/v1/worklist").json()["items"] if i["kind"] == "access_change"]
    assert prepared["partner"]["id"] == CARRIER
