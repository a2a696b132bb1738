"""The clock is judged by what else tells the time, and believed again as soon as it agrees."""

import pytest

from ledger.errors import ClockWrong, Unavailable
from ledger.services.home.write_guard import WriteGuard
from tests.clocks import BentClock

NOW = 1_800_000_000
DAY = 86_400
TOLERANCE = 900


@pytest.fixture
def clock() -> BentClock:
    return BentClock(NOW)


@pytest.fixture
def guard(clock: BentClock) -> WriteGuard:
    guard = WriteGuard(clock, TOLERANCE)
    assert guard.now() == NOW
    return guard


@pytest.mark.parametrize("off", [20 * DAY, TOLERANCE + 1, -TOLERANCE - 1, -20 * DAY])
def test_a_jump_of_the_clock_is_refused_and_forgiven_once_it_is_right_again(
    guard: WriteGuard, clock: BentClock, off: int
) -> None:
    clock.advance(3 * DAY)
    clock.off = off
    for _ in range(2):
        with pytest.raises(ClockWrong, match="ahead of" if off > 0 else "behind"):
            guard.now()
        assert guard.clock_off() == off
        clock.advance(DAY)
    clock.off = 0
    assert guard.now() == clock.now()
    assert guard.clock_trouble() is None


@pytest.mark.parametrize("off", [TOLERANCE, -TOLERANCE])
def test_what_is_within_the_tolerance_is_believed(guard: WriteGuard, clock: BentClock, off: int) -> None:
    clock.off = off
    assert guard.now() == clock.now()


def test_small_steps_do_not_add_up_unseen(guard: WriteGuard, clock: BentClock) -> None:
    clock.off = 500
    guard.now()
    clock.off = 1000
    with pytest.raises(ClockWrong):
        guard.now()


def test_a_sleeping_process_and_weeks_of_a_scenario_are_no_jump(guard: WriteGuard, clock: BentClock) -> None:
    for _ in range(5):
        clock.advance(20 * DAY)
        assert guard.now() == clock.now()


@pytest.mark.parametrize("source", ["the last leaf", "the newest block"])
def test_a_clock_before_what_has_passed_is_refused_until_it_has_caught_up(clock: BentClock, source: str) -> None:
    guard = WriteGuard(clock, TOLERANCE)
    guard.note_passed(source, NOW + 20 * DAY)
    guard.note_passed(source, NOW)
    with pytest.raises(ClockWrong, match=f"behind {source}"):
        guard.now()
    clock.advance(20 * DAY)
    assert guard.now() == clock.now()


def test_a_clock_that_was_put_right_before_anything_was_logged_is_believed(clock: BentClock) -> None:
    clock.off = 20 * DAY
    guard = WriteGuard(clock, TOLERANCE)
    assert guard.clock_trouble() is None, "nothing else tells the time"
    clock.off = 0
    assert guard.now() == NOW
    clock.off = -20 * DAY
    with pytest.raises(ClockWrong):
        guard.now()


def test_a_block_made_just_now_shows_that_the_clock_is_ahead_and_later_that_it_is_right(clock: BentClock) -> None:
    clock.off = 20 * DAY
    guard = WriteGuard(clock, TOLERANCE)
    assert guard.clock_trouble() is None
    guard.note_time("the chain's newest block", NOW - 5)
    with pytest.raises(ClockWrong, match="ahead of the chain's newest block"):
        guard.now()
    clock.advance(DAY)
    clock.off = 0
    assert guard.now() == clock.now()


def test_others_who_tell_the_time_confirm_a_clock_that_was_set(guard: WriteGuard, clock: BentClock) -> None:
    """An hour was missing since the start; it is set right, and the chain agrees."""
    clock.off = 3600
    with pytest.raises(ClockWrong):
        guard.now()
    guard.note_time("the chain's newest block", clock.now())
    assert guard.now() == clock.now()


def test_one_witness_of_two_whose_clock_is_wrong_stops_nobody(guard: WriteGuard, clock: BentClock) -> None:
    guard.note_witnesses({"a": NOW - 20 * DAY, "b": NOW}, 2)
    assert guard.now() == NOW
    guard.note_witnesses({"b": NOW - 10 * DAY}, 2)
    with pytest.raises(ClockWrong, match="ahead of 2 witnesses"):
        guard.now()
    guard.note_witnesses({"a": NOW}, 2)
    assert guard.now() == clock.now()


def test_a_gate_that_is_held_opens_again_and_one_that_is_halted_does_not(guard: WriteGuard) -> None:
    guard.hold("log", Unavailable("full"))
    with pytest.raises(Unavailable, match="full"):
        guard.now()
    guard.refuse()
    guard.release("log")
    guard.now()
    guard.halt(Unavailable("first"))
    guard.halt(Unavailable("second"))
    for refused in (guard.now, guard.refuse):
        with pytest.raises(Unavailable, match="signed any more: first"):
            refused()
