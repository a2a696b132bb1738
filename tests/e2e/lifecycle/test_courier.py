"""A consortium has a courier from its founding on, or gets one later, and works without."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.chain.contracts import COURIER, artifact, view
from ledger.chain.deploy import deploy_courier
from ledger.cli.main import app
from ledger.common.ids import to_hex
from ledger.errors import Misconfigured
from ledger.records.signing import SigningKey
from ledger.services.audit.run import audit
from ledger.services.home.chains import open_chain
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium, rewrite_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.contract_succession import add_courier
from ledger.store import transactions
from tests.e2e.stage import CARRIER, HOUR, MAKER, Stage, staged


def test_it_is_deployed_with_the_other_contracts_and_obeys_the_registry(stage: Stage) -> None:
    deployment = stage.node.home.deployment
    assert deployment.courier is not None
    assert artifact(COURIER).is_deployed_as(stage.node.chain.code(deployment.courier))
    assert view(stage.node.chain, deployment.courier, COURIER, "registry") == (deployment.registry,)


def test_the_audit_bears_out_what_the_courier_brought_too_late(stage: Stage) -> None:
    """Two in one transaction, which succeeds."""
    first, second = stage.open(), stage.open()
    soon = stage.now + HOUR
    late = [
        stage.submit(replace(stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10)), submitBy=soon), MAKER, CARRIER)
        for shipment in (first, second)
    ]
    stage.pass_time(HOUR + 2)
    assert [stage.outcome(record_id) for record_id in late] == [["rejected"]] * 2
    with stage.node.home.database.read() as connection:
        (one,) = {sent.hash for record_id in late for sent in transactions.of_record(connection, record_id)}
    assert stage.node.chain.receipt(one).succeeded
    stage.audited()


@pytest.fixture
def settings(founded: Path, tmp_path: Path) -> Settings:
    """A home that was never given a courier."""
    home = tmp_path / "home"
    with staged(founded, home) as stage:
        consortium = stage.node.home.consortium
    settings = read_settings({}, home=home)
    rewrite_consortium(home, replace(consortium, deployment=replace(consortium.deployment, courier=None)))
    return settings


def test_a_home_without_one_gets_it_later_and_only_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit(settings, patience=0).ok
    monkeypatch.setenv("LADING_HOME", str(settings.home))
    first = CliRunner().invoke(app, ["contracts", "courier"])
    assert first.exit_code == 0
    courier = read_consortium(settings.home).deployment.courier
    assert courier is not None
    assert to_hex(courier) in first.output
    assert CliRunner().invoke(app, ["contracts", "courier"]).output == first.output
    assert audit(settings, patience=0).ok


def test_a_crash_before_it_was_noted_deploys_no_second_one(settings: Settings) -> None:
    consortium, clock = read_consortium(settings.home), ManualClock(2_000_000_000)
    chain = open_chain(settings, clock)
    try:
        courier = add_courier(settings, chain, consortium, clock)
        blocks = chain.head()
        rewrite_consortium(settings.home, consortium)
        assert (add_courier(settings, chain, consortium, clock), chain.head()) == (courier, blocks)
    finally:
        chain.close()


def test_the_audit_finds_an_address_that_was_altered(settings: Settings) -> None:
    _say(settings, b"\x5a" * 20)
    (finding,) = audit(settings, patience=0).findings
    assert finding.field == "consortium.json: courier"
    assert "Lading's contract does not stand there" in finding.what


def test_the_audit_finds_a_courier_of_another_consortium(settings: Settings) -> None:
    clock = ManualClock(2_000_000_000)
    chain = open_chain(settings, clock)
    try:
        foreign = deploy_courier(chain, SigningKey(b"\x21" * 32), b"\x42" * 20, clock.now)
    finally:
        chain.close()
    _say(settings, foreign)
    (finding,) = audit(settings, patience=0).findings
    assert finding.field == "consortium.json: courier"
    assert finding.what == "this contract obeys another registry"


def _say(settings: Settings, courier: bytes) -> None:
    consortium = read_consortium(settings.home)
    rewrite_consortium(settings.home, replace(consortium, deployment=replace(consortium.deployment, courier=courier)))


def test_a_file_of_this_format_says_whether_there_is_one(settings: Settings) -> None:
    path = settings.home / "consortium.json"
    data = json.loads(path.read_text())
    del data["deployment"]["courier"]
    path.write_text(json.dumps(data))
    with pytest.raises(Misconfigured, match="not a consortium file"):
        read_consortium(settings.home)
    data["lading"] = "consortium/1"
    path.write_text(json.dumps(data))
    assert read_consortium(settings.home).deployment.courier is None
