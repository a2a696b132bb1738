"""A network's blocks tell the time only while the network makes them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.client import Block
from ledger.errors import ClockWrong
from ledger.services.home.settings import Settings, read_settings
from ledger.services.home.write_guard import WriteGuard
from ledger.services.relay.other_clocks import LOOK_SECONDS, OtherClocks
from tests.clocks import BentClock

NOW = 1_800_000_000
DAY = 86_400


@dataclass
class Network:
    """A node whose newest block bears `time`."""

    time: int = NOW

    def head(self) -> int:
        return self.time

    def block(self, number: int) -> Block:
        return Block(number, bytes(32), bytes(32), self.time)


@dataclass
class Surroundings:
    """What of a home matters here."""

    settings: Settings
    clock: BentClock
    guard: WriteGuard
    chain: Network = field(default_factory=Network)


@pytest.fixture
def clock() -> BentClock:
    return BentClock(NOW)


@pytest.fixture
def home(clock: BentClock, tmp_path: Path) -> Any:
    settings = read_settings({"LADING_CHAIN": "https://node.example"}, home=tmp_path)
    return Surroundings(settings, clock, WriteGuard(clock, 900))


def test_a_clock_that_is_ahead_at_the_start_is_noticed_by_the_second_block(home: Any, clock: BentClock) -> None:
    clock.off = 20 * DAY
    clocks = OtherClocks(home)
    clocks.ask_chain()
    assert home.guard.clock_trouble() is None, "the network may have been idle for so long"
    for _ in range(2):
        clock.advance(LOOK_SECONDS)
        home.chain.time += LOOK_SECONDS
        clocks.ask_chain()
    with pytest.raises(ClockWrong, match="ahead of the chain's newest block"):
        home.guard.now()
    clock.off = 0
    assert home.guard.now() == clock.now()


def test_a_service_that_starts_with_a_clock_that_is_ahead_logs_nothing_before_it_is_noticed(
    home: Any, clock: BentClock
) -> None:
    """One leaf of twenty days ahead would keep the log from others for as long."""
    clock.off = 20 * DAY
    clocks = OtherClocks(home)
    clocks.ask_chain()
    clocks.begin()
    for _ in range(4 * LOOK_SECONDS):
        with pytest.raises(ClockWrong, match="ahead of the chain's newest block"):
            home.guard.now()
        clock.advance(1)
        home.chain.time += 1
        clocks.ask_chain()
    clock.off = 0
    assert home.guard.now() == clock.now()


@pytest.mark.parametrize("known", ["nothing", "the file of the run before", "witnesses"])
def test_an_idle_network_keeps_a_service_waiting_for_one_more_look_unless_others_tell_the_time(
    home: Any, clock: BentClock, known: str
) -> None:
    home.chain.time -= 30 * DAY
    if known == "the file of the run before":
        home.guard.note_time("the file of the run before", clock.now())
    clocks = OtherClocks(home)
    clocks.begin()
    clocks.ask_chain()
    if known == "witnesses":
        home.guard.note_witnesses({"one": clock.now()}, 1)
        clocks.begin()
    if known == "nothing":
        with pytest.raises(ClockWrong, match="nothing else tells the time yet"):
            home.guard.now()
        clock.advance(LOOK_SECONDS)
        clocks.ask_chain()
    assert home.guard.now() == clock.now()


def test_a_clock_that_is_behind_the_chain_is_noticed_at_once(home: Any, clock: BentClock) -> None:
    clock.off = -DAY
    OtherClocks(home).ask_chain()
    with pytest.raises(ClockWrong, match="behind the chain's newest block"):
        home.guard.now()


@pytest.mark.parametrize("step", [0, DAY], ids=["idle", "catching up"])
def test_a_network_that_is_idle_or_a_node_that_catches_up_proves_nothing(
    home: Any, clock: BentClock, step: int
) -> None:
    home.chain.time -= 30 * DAY
    clocks = OtherClocks(home)
    for _ in range(20):
        clocks.ask_chain()
        clock.advance(LOOK_SECONDS)
        home.chain.time += step
        assert home.guard.now() == clock.now()


def test_one_lie_of_a_node_about_the_time_is_over_with_its_next_answer(home: Any, clock: BentClock) -> None:
    clocks = OtherClocks(home)
    clocks.ask_chain()
    assert home.guard.now() == clock.now()
    home.chain.time, true = 2**50, home.chain.time
    clock.advance(LOOK_SECONDS)
    clocks.ask_chain()
    with pytest.raises(ClockWrong, match="behind the chain's newest block"):
        home.guard.now()
    home.chain.time = true + 2 * LOOK_SECONDS
    clock.advance(LOOK_SECONDS)
    clocks.ask_chain()
    assert home.guard.now() == clock.now(), "and nobody had to start it again"


def test_a_node_whose_lies_run_ahead_little_by_little_is_over_when_it_tells_the_truth(
    home: Any, clock: BentClock
) -> None:
    """Each lie alone could be a block that was just made."""
    clocks = OtherClocks(home)
    refused = 0
    for _ in range(200):
        clocks.ask_chain()
        clock.advance(LOOK_SECONDS)
        home.chain.time += 2 * LOOK_SECONDS
        refused += home.guard.clock_trouble() is not None
    assert refused
    for _ in range(2):
        home.chain.time = clock.now()
        clock.advance(LOOK_SECONDS)
        clocks.ask_chain()
    home.chain.time += LOOK_SECONDS
    clock.advance(LOOK_SECONDS)
    clocks.ask_chain()
    assert home.guard.now() == clock.now()
