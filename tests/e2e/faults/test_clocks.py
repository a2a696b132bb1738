"""A clock that is wrong logs nothing, seals nothing, and costs nobody its handoff."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.demo.scribe import Scribe
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.cli.sandbox import open_trial
from ledger.common.periods import DAY
from ledger.errors import ClockWrong, Unavailable
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import read_settings
from ledger.services.node.news import Listener, WorkerNews
from ledger.store import log
from tests.clocks import BentClock
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage, parties


@dataclass
class BentStage(Stage):
    clock: Any  # a BentClock: the node takes it for any other


Reopen = Callable[[int], BentStage]


@pytest.fixture
def reopen(founded: Path, tmp_path: Path) -> Iterator[Reopen]:
    """Opens the home with a clock that is wrong by so many seconds; the one before is closed."""
    shutil.copytree(founded, tmp_path / "home")
    clock = BentClock(int((founded / "now").read_text()))
    opened: list[BentStage] = []

    def reopened(off: int) -> BentStage:
        if opened:
            opened[-1].node.close()
        clock.off = off
        trial = open_trial(read_settings({}, home=tmp_path / "home"), clock)
        trial.parties = parties()
        opened.append(BentStage(trial, clock, trial.parties, Scribe(trial, trial.parties)))
        return opened[-1]

    yield reopened
    opened[-1].node.close()


def stands_still(stage: Stage) -> None:
    """Nothing is logged and no block is made; readiness and metrics say why."""
    node = stage.node
    with node.home.database.read() as connection:
        size = log.head(connection).size
    block = node.chain.head()
    with pytest.raises(ClockWrong):
        stage.open()
    for _ in range(2):
        with pytest.raises(ClockWrong):
            node.tick()
    with node.home.database.read() as connection:
        assert log.head(connection).size == size
    assert node.chain.head() == block
    assert node.health.readiness().checks["clock"] != "ok"
    assert {word for part, word in node.health.readiness().checks.items() if part != "clock"} == {"ok"}
    node.health.measure()
    assert abs(node.health.metrics.get_sample_value("lading_clock_off_seconds")) > 19 * DAY


@pytest.mark.parametrize("off", [20 * DAY, -20 * DAY])
def test_a_jump_of_twenty_days_logs_and_seals_nothing_and_the_honest_handoff_applies(reopen: Reopen, off: int) -> None:
    stage = reopen(0)
    shipment = stage.open()
    stage.node.settle()
    waiting = stage.submit(stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10)), MAKER, CARRIER)
    stage.clock.off = off
    stands_still(stage)
    stage.clock.advance(3600)
    stage.clock.off = 0
    stage.node.settle()
    assert stage.outcome(waiting) == ["applied"], "it was accepted before the jump"
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    assert stage.status(shipment) == "delivered"
    newest = stage.node.chain.block(stage.node.chain.head())
    assert newest.timestamp <= stage.now + 300
    assert set(stage.node.health.readiness().checks.values()) == {"ok"}
    stage.audited()


def test_a_service_that_starts_before_its_last_leaf_waits_until_the_clock_is_right(reopen: Reopen) -> None:
    reopen(0).open()
    stage = reopen(-20 * DAY)
    stands_still(stage)
    stage.clock.off = 0
    shipment = stage.open()
    stage.node.settle()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    assert stage.held_by(shipment) == (CARRIER, 10, 1)


def test_a_service_that_starts_again_with_a_clock_that_jumped_meanwhile_logs_nothing(reopen: Reopen) -> None:
    """Within one run of the machine the monotonic clock tells; after the machine's next start nothing is known."""
    reopen(0).clock.machine = "its first start"
    first = reopen(0)
    first.open()
    first.node.tick()
    first.clock.advance(3 * DAY)
    stage = reopen(20 * DAY)
    stands_still(stage)
    stage.clock.off = 0
    stage.open()
    stage.clock.machine = "its second start"
    assert reopen(20 * DAY).node.health.readiness().checks["clock"] == "ok"


def test_a_service_beside_the_worker_logs_nothing_while_the_workers_clock_is_wrong(reopen: Reopen) -> None:
    """On the worker's machine its own clock is as wrong, and nothing but the worker knows it."""
    stage = reopen(0)
    stage.open()
    stage.clock.off = 20 * DAY
    beside = replace(stage.node.home)
    listener = Listener(beside, WorkerNews(), takes_over=False)
    stage.node.work.teller.tell()
    listener.listen()
    with pytest.raises(Unavailable, match="the worker accepts nothing: clock"):
        beside.guard.now()
    stage.clock.off = 0
    stage.node.work.teller.tell()
    listener.listen()
    assert beside.guard.now() == stage.clock.now()


def test_who_takes_over_from_a_worker_whose_clock_was_wrong_goes_on_by_its_own(reopen: Reopen) -> None:
    stage = reopen(0)
    stage.open()
    standby = replace(stage.node.home, clock=ManualClock(stage.clock.now()))
    listener = Listener(standby, WorkerNews(), takes_over=True)
    stage.clock.off = 20 * DAY
    stage.node.work.teller.tell()
    listener.listen()
    with pytest.raises(Unavailable):
        standby.guard.now()
    listener.forget()
    assert standby.guard.now() == standby.clock.now()


def test_with_witnesses_a_service_that_starts_twenty_days_ahead_logs_nothing(
    reopen: Reopen, founded: Path, tmp_path: Path
) -> None:
    true = ManualClock(int((founded / "now").read_text()))
    witnesses = DemoWitnesses(tmp_path / "home", read_consortium(tmp_path / "home").log, true)
    try:
        stage = reopen(0)
        stage.open()
        stage.node.settle()
        stage = reopen(20 * DAY)
        stands_still(stage)
        stage.clock.off = 0
        stage.open()
        stage.node.settle()
        assert set(stage.node.health.readiness().checks.values()) == {"ok"}
    finally:
        witnesses.close()
