"""A consortium on the reference network: shipments go their way, the audit is clean, validators die and come back."""

import json
import os
import signal
import time

import pytest
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.services.audit.run import audit
from ledger.services.validators import processes
from ledger.services.validators.folder import Validator
from tests.e2e.network.conftest import NetworkStage, Running, blocks_agree, height, until
from tests.e2e.stage import CARRIER, MAKER, SHOP

pytestmark = pytest.mark.network


def lading(*words: str) -> Result:
    return CliRunner().invoke(app, ["network", *words], env={"PATH": os.environ["PATH"], "LADING_HOME": "/nowhere"})


def kill(victim: Validator) -> None:
    process = processes.running(victim)
    assert process is not None
    os.kill(process, signal.SIGKILL)
    until(lambda: processes.running(victim) is None, "it is still there")


def test_shipments_change_hands_and_the_audit_is_clean(consortium: NetworkStage) -> None:
    stage = consortium
    shipments = [stage.open(10, lot=f"L{number}") for number in range(3)]
    stage.hand(MAKER, CARRIER, *((shipment, 0, 10) for shipment in shipments))
    stage.hand(CARRIER, SHOP, *((shipment, 1, 10) for shipment in shipments))
    for shipment in shipments:
        assert stage.held_by(shipment)[0] == SHOP
    report = audit(stage.node)
    assert report.ok, report.to_json()["findings"]


def test_one_validator_dies_and_work_goes_on(consortium: NetworkStage, running: Running) -> None:
    victim = running.network.validators[3]
    kill(victim)
    shipment = consortium.open()
    consortium.hand(MAKER, CARRIER, (shipment, 0, 10))
    assert consortium.held_by(shipment)[0] == CARRIER
    told = lading("status", str(running.network.folder), "--json")
    assert told.exit_code == 1
    answer = json.loads(told.stdout)
    assert [each["faults"] for each in answer["validators"]][3] == ["not running"]
    assert not answer["healthy"]
    running.start()
    until(lambda: lading("status", str(running.network.folder)).exit_code == 0, "it did not recover")
    blocks_agree(running)


def test_with_two_dead_the_network_waits_and_goes_on_when_they_return(
    consortium: NetworkStage, running: Running
) -> None:
    shipment = consortium.open()
    for victim in running.network.validators[2:]:
        kill(victim)
    time.sleep(1)  # a block that the four had agreed on may still come
    stood = height(running.network.validators[0])
    handoff = consortium.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    consortium.submit(handoff, MAKER, CARRIER)  # is accepted all the same
    time.sleep(3)
    assert height(running.network.validators[0]) == stood
    running.start()
    consortium.settle()
    assert consortium.held_by(shipment)[0] == CARRIER
    blocks_agree(running)
    report = audit(consortium.node)
    assert report.ok, report.to_json()["findings"]
