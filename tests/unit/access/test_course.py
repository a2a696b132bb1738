"""The course of a partner at a gate, against an independent oracle over random histories of readings."""

import random
from collections import Counter
from dataclasses import replace
from importlib import resources

import pytest

from ledger.access.course import Act, Closing, Course, Stage, course
from ledger.access.gates_file import Gate, parse_gates
from ledger.access.reading import Reading
from ledger.common.periods import DAY, Period
from ledger.records.evidence import Basis, CheckpointTime
from tests.drills import SEED, amount

GATES = parse_gates((resources.files("ledger.access") / "gates" / "example.toml").read_bytes())
GATE = GATES.gates["carriers"]
OTHER = replace(GATE, gates=bytes(31) + b"\x01")
QUARTER = 91 * DAY


def reading(i: int, high: int | None, samples: int = 40, later: int = 0) -> Reading:
    start, end = (i + 1) * QUARTER, (i + 2) * QUARTER
    at = end + GATE.settle + later
    return Reading(
        Period(start, end, at), CheckpointTime(i, at, Basis.CHAIN), bytes(32), samples, 0, 0, high, 0, bytes(32)
    )


def closing(i: int, high: int | None, samples: int = 40, gate: Gate | None = GATE) -> Closing:
    one = reading(i, high, samples)
    return Closing(one.taken.time, gate, one if gate else None)


BAD, GOOD = GATE.threshold - 1, GATE.threshold


def same(gate: Gate, first: Reading, at: int) -> Reading:
    """Nothing changed in the window to appeal."""
    return replace(first, period=replace(first.period, at=at), taken=replace(first.taken, time=at))


def stage(highs: list[int | None], now_after: int = 0, acts: list[Act] | None = None, samples: int = 40) -> Course:
    closings = [closing(i, high, samples) for i, high in enumerate(highs)]
    return course("carriers", closings, acts or [], same, closings[-1].at + now_after)


def test_one_period_is_watched_and_two_open_the_window() -> None:
    assert stage([GOOD]).stage is Stage.GOOD
    assert stage([BAD]).stage is Stage.WATCHED
    one = stage([BAD, BAD])
    assert (one.stage, one.until) == (Stage.PROBATION, one.since + GATE.appeal)
    assert stage([BAD, GOOD, BAD]).stage is Stage.WATCHED
    assert stage([BAD, BAD], GATE.appeal - 1).stage is Stage.PROBATION
    due = stage([BAD, BAD], GATE.appeal)
    assert (due.stage, len(due.below), len(due.again)) == (Stage.DUE, 2, 2)
    assert stage([BAD, BAD, BAD]).stage is Stage.DUE
    assert stage([BAD, BAD, GOOD]).stage is Stage.GOOD, "what was due falls when the partner mends"


def test_the_threshold_itself_and_what_is_unknown_are_not_below() -> None:
    assert stage([BAD, GOOD]).stage is Stage.GOOD
    assert stage([BAD, None]).stage is Stage.GOOD


def test_nobody_under_thirty_samples_loses_anything() -> None:
    assert stage([0, 0, 0, 0], 10 * QUARTER, samples=29).stage is Stage.GOOD
    assert stage([0, 0, 0, 0], 10 * QUARTER, samples=30).stage is Stage.DUE


def test_what_an_appeal_mends_lifts_the_probation() -> None:
    def mended(gate: Gate, first: Reading, at: int) -> Reading:
        return replace(same(gate, first, at), high=GOOD)

    closings = [closing(0, BAD), closing(1, BAD)]
    after = course("carriers", closings, [], mended, closings[-1].at + GATE.appeal)
    assert after.stage is Stage.GOOD

    def first_only(gate: Gate, first: Reading, at: int) -> Reading:
        return mended(gate, first, at) if first == closings[0].reading else same(gate, first, at)

    after = course("carriers", closings, [], first_only, closings[-1].at + GATE.appeal)
    assert (after.stage, len(after.below)) == (Stage.WATCHED, 1)


def test_while_no_checkpoint_stands_after_the_window_nothing_is_due() -> None:
    closings = [closing(0, BAD), closing(1, BAD)]
    after = course("carriers", closings, [], lambda *_: None, closings[-1].at + 10 * QUARTER)
    assert after.stage is Stage.PROBATION


def test_two_gates_files_are_not_added_up_and_a_gap_is_none() -> None:
    closings = [closing(0, BAD), closing(1, BAD, gate=OTHER)]
    assert course("carriers", closings, [], same, 10 * QUARTER).stage is Stage.WATCHED
    closings = [closing(0, BAD), closing(2, BAD)]
    assert course("carriers", closings, [], same, 10 * QUARTER).stage is Stage.WATCHED
    closings = [closing(0, BAD), closing(1, BAD), closing(2, None, gate=None)]
    assert course("carriers", closings, [], same, 10 * QUARTER).stage is Stage.GOOD


def test_access_comes_back_after_two_periods_that_are_not_below() -> None:
    closings = [closing(i, high) for i, high in enumerate([BAD, BAD, BAD, 0, GOOD, GOOD])]
    closings[3] = closing(3, 0, samples=3)
    lost = Act(closings[1].at + GATE.appeal + DAY, lost=True, gate="carriers")
    at = {i: course("carriers", closings[: i + 1], [lost], same, closings[i].at) for i in range(2, 6)}
    assert [at[i].stage for i in range(2, 6)] == [Stage.OUT, Stage.OUT, Stage.RETURN, Stage.RETURN]
    back = Act(closings[5].at + DAY, lost=False)
    assert course("carriers", closings, [lost, back], same, back.at).stage is Stage.GOOD


def test_who_lost_access_for_another_reason_is_not_let_in_by_the_gate() -> None:
    closings = [closing(i, GOOD) for i in range(4)]
    lost = Act(1, lost=True, gate="")
    assert course("carriers", closings, [lost], same, 10 * QUARTER).stage is Stage.OUT


def test_periods_before_a_return_count_no_more() -> None:
    closings = [closing(i, BAD) for i in range(4)]
    lost, back = Act(closings[1].at + 1, lost=True, gate="carriers"), Act(closings[1].at + 2, lost=False)
    after = course("carriers", closings[:3], [lost, back], same, closings[2].at)
    assert after.stage is Stage.GOOD, "the third period had begun before the return"
    assert course("carriers", closings, [lost, back], same, closings[3].at).stage is Stage.WATCHED


# --- the oracle -------------------------------------------------------------------------------------------------------


def oracle_may_be_due(highs: list[tuple[int | None, int]], again: dict[tuple[int, int], int | None], now: int) -> bool:
    """Written from the rule alone: whether some two periods on end, the later being the last or the one before whose
    window ended only after, were below when taken and when the window was over, and none closed since that was not.
    What one window found mended is not below in a later one.
    """
    closed = [i for i in range(len(highs)) if reading(i, 0).taken.time <= now]
    bad = [highs[i][0] is not None and highs[i][0] < GATE.threshold and highs[i][1] >= 30 for i in closed]  # type: ignore[operator]
    if len(bad) < 2 or not bad[-1]:
        return False
    run = 0
    while run < len(bad) and bad[len(bad) - 1 - run]:
        run += 1
    first = len(bad) - run
    pairs = [(i, i + 1) for i in range(first, len(bad) - 1)]
    mended: set[int] = set()
    for i, j in pairs:
        if mended & {i, j}:
            continue
        over = reading(j, 0).taken.time + GATE.appeal
        if over > now:
            return False
        now_again = [again.get((k, over), highs[k][0]) for k in (i, j)]
        if all(high is not None and high < GATE.threshold for high in now_again):
            return True
        mended |= {k for k, high in zip((i, j), now_again, strict=True) if high is None or high >= GATE.threshold}
    return False


def random_course(rng: random.Random) -> tuple[bool, bool, Stage]:
    count = rng.randint(2, 6)
    highs: list[tuple[int | None, int]] = [
        (rng.choice([BAD, BAD, BAD, GOOD, None, 0]), rng.choice([40, 40, 40, 30, 29])) for _ in range(count)
    ]
    again: dict[tuple[int, int], int | None] = {}
    for j in range(1, count):
        over = reading(j, 0).taken.time + GATE.appeal
        for k in (j - 1, j):
            if rng.random() < 0.3:
                again[k, over] = rng.choice([GOOD, None])

    def reread(_: Gate, first: Reading, at: int) -> Reading:
        k = first.period.start // QUARTER - 1
        return replace(same(GATE, first, at), high=again.get((k, at), highs[k][0]))

    closings = [closing(i, high, samples) for i, (high, samples) in enumerate(highs)]
    now = closings[-1].at + rng.choice([0, GATE.appeal - 1, GATE.appeal])
    found = course("carriers", closings, [], reread, now)
    return found.stage is Stage.DUE, oracle_may_be_due(highs, again, now), found.stage


def compare(count: int) -> Counter[str]:
    rng, seen = random.Random(SEED), Counter[str]()
    for i in range(count):
        found, expected, where = random_course(rng)
        assert found == expected, i
        seen[where] += 1
    return seen


def test_random_courses_end_as_the_oracle_says() -> None:
    seen = compare(2_000)
    assert min(seen[one] for one in (Stage.GOOD, Stage.WATCHED, Stage.PROBATION, Stage.DUE)) > 50, seen


@pytest.mark.drill
def test_many_random_courses_end_as_the_oracle_says() -> None:
    seen = compare(amount("COURSES", 100_000))
    assert min(seen[one] for one in (Stage.GOOD, Stage.WATCHED, Stage.PROBATION, Stage.DUE)) > 1_000, seen
