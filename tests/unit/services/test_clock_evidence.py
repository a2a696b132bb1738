"""The clock is judged by what else tells the time, and believed again as soon as it agrees."""

import pytest

from ledger.errors import ClockWrong, Unavailable
from ledger.services.home.gate import Gate
from tests.clocks import BentClock

NOW = 1_800_000_000
DAY = 86_400
TOLERANCE = 900


@pytest.fixture
def clock() -> BentClock:
    return BentClock(NOW)


@pytest.fixture
def gate(clock: BentClock) -> Gate:
    gate = Gate(clock, TOLERANCE)
    assert gate.now() == NOW
    return gate


@pytest.mark.parametrize("off", [20 * DAY, TOLERANCE + 1, -TOLERANCE - 1, -20 * DAY])
def test_a_jump_of_the_clock_is_refused_and_forgiven_once_it_is_right_again(
    gate: Gate, clock: BentClock, off: int
) -> None:
    clock.advance(3 * DAY)
    clock.off = off
    for _ in range(2):
        with pytest.raises(ClockWrong, match="ahead of" if off > 0 else "behind"):
            gate.now()
        assert gate.clock_off() == off
        clock.advance(DAY)
    clock.off = 0
    assert gate.now() == clock.now()
    assert gate.clock_trouble() is None


@pytest.mark.parametrize("off", [TOLERANCE, -TOLERANCE])
def test_what_is_within_the_tolerance_is_believed(gate: Gate, clock: BentClock, off: int) -> None:
    clock.off = off
    assert gate.now() == clock.now()


def test_small_steps_do_not_add_up_unseen(gate: Gate, clock: BentClock) -> None:
    clock.off = 500
    gate.now()
    clock.off = 1000
    with pytest.raises(ClockWrong):
        gate.now()


def test_a_sleeping_process_and_weeks_of_a_scenario_are_no_jump(gate: Gate, clock: BentClock) -> None:
    for _ in range(5):
        clock.advance(20 * DAY)
        assert gate.now() == clock.now()


@pytest.mark.parametrize("source", ["the last leaf", "the newest block"])
def test_a_clock_before_what_has_passed_is_refused_until_it_has_caught_up(clock: BentClock, source: str) -> None:
    gate = Gate(clock, TOLERANCE)
    gate.passed(source, NOW + 20 * DAY)
    gate.passed(source, NOW)
    with pytest.raises(ClockWrong, match=f"behind {source}"):
        gate.now()
    clock.advance(20 * DAY)
    assert gate.now() == clock.now()


def test_a_clock_that_was_put_right_before_anything_was_logged_is_believed(clock: BentClock) -> None:
    clock.off = 20 * DAY
    gate = Gate(clock, TOLERANCE)
    assert gate.clock_trouble() is None, "nothing else tells the time"
    clock.off = 0
    assert gate.now() == NOW
    clock.off = -20 * DAY
    with pytest.raises(ClockWrong):
        gate.now()


def test_a_block_made_just_now_shows_that_the_clock_is_ahead_and_later_that_it_is_right(clock: BentClock) -> None:
    clock.off = 20 * DAY
    gate = Gate(clock, TOLERANCE)
    assert gate.clock_trouble() is None
    gate.told("the chain's newest block", NOW - 5)
    with pytest.raises(ClockWrong, match="ahead of the chain's newest block"):
        gate.now()
    clock.advance(DAY)
    clock.off = 0
    assert gate.now() == clock.now()


def test_others_who_tell_the_time_confirm_a_clock_that_was_set(gate: Gate, clock: BentClock) -> None:
    """An hour was missing since the start; it is set right, and the chain agrees."""
    clock.off = 3600
    with pytest.raises(ClockWrong):
        gate.now()
    gate.told("the chain's newest block", clock.now())
    assert gate.now() == clock.now()


def test_one_witness_of_two_whose_clock_is_wrong_stops_nobody(gate: Gate, clock: BentClock) -> None:
    gate.told_by_witnesses({"a": NOW - 20 * DAY, "b": NOW}, 2)
    assert gate.now() == NOW
    gate.told_by_witnesses({"b": NOW - 10 * DAY}, 2)
    with pytest.raises(ClockWrong, match="ahead of 2 witnesses"):
        gate.now()
    gate.told_by_witnesses({"a": NOW}, 2)
    assert gate.now() == clock.now()


def test_a_gate_that_is_held_opens_again_and_one_that_is_halted_does_not(gate: Gate) -> None:
    gate.hold("log", Unavailable("full"))
    with pytest.raises(Unavailable, match="full"):
        gate.now()
    gate.refuse()
    gate.release("log")
    gate.now()
    gate.halt(Unavailable("first"))
    gate.halt(Unavailable("second"))
    for refused in (gate.now, gate.refuse):
        with pytest.raises(Unavailable, match="signed any more: first"):
            refused()
