"""A consortium on the reference network: shipments go their way, the audit is clean, validators die and come back."""

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ledger.chain.deploy import TokenPlan
from ledger.cli.demo.scribe import Scribe
from ledger.cli.main import app
from ledger.cli.sandbox import OPERATOR, found_trial, open_for_business, open_trial
from ledger.services.audit.run import audit
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import ANCHOR as ANCHOR_FILE
from ledger.services.home.consortium import RELAYER as RELAYER_FILE
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.home.settings import read_settings
from ledger.services.validators import processes
from ledger.services.validators.folder import Validator
from ledger.store import outbox
from tests.e2e.network.conftest import ANCHOR, RELAYER, Running, blocks_agree, height, until
from tests.e2e.stage import CARRIER, MAKER, PURSE, ROLES, SHOP, Stage, parties

pytestmark = pytest.mark.network


class NetworkStage(Stage):
    """A stage on a network, where what was sent takes its time."""

    def settle(self) -> None:
        def done() -> bool:
            self.node.settle()
            with self.node.home.database.read() as connection:
                return set(outbox.counts(connection)) <= {outbox.FINAL}

        until(done, "records wait for the chain")


@pytest.fixture(scope="module")
def consortium(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkStage]:
    """Founded from the ground up with the keys that the network's lists name, everybody admitted."""
    home = tmp_path_factory.mktemp("home")
    for name, key in ((RELAYER_FILE, RELAYER), (ANCHOR_FILE, ANCHOR)):
        write_keystore(home / "keys" / name, key, DEMO_PASSPHRASE, demo=True)
    settings, cast = read_settings({"LADING_CHAIN": running.url}, home=home), parties()
    clock: Any = SystemClock()  # nothing here moves it
    found_trial(settings, clock, delay=0, token=TokenPlan("Stage Euro", "sEUR", PURSE.address, 10**10))
    trial = open_trial(settings, clock)
    open_for_business(trial, cast[OPERATOR])
    trial.admit([(cast[number], "", ROLES[number]) for number in (MAKER, CARRIER, SHOP)])
    trial.parties = cast
    try:
        yield NetworkStage(trial, clock, cast, Scribe(trial, cast))
    finally:
        trial.node.close()


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
