"""A stale or lying node loses nothing: any answer empty, old, partial, an error or late, and the log ends the same."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.chain.conftest import Founded
from tests.chain.lying.day import Day, Papers, live, papers
from tests.chain.lying.lies import KINDS, METHODS, Plan, never, schedules
from tests.drills import SEED, amount

SCHEDULES = amount("SCHEDULES", 2_000)
IN_THE_SUITE = 10


@dataclass(frozen=True)
class Honest:
    """The day's papers, and how it ends with an honest node; with one of a foreign network in `foreign`."""

    papers: Papers
    plain: Day
    foreign: Day


@pytest.fixture(scope="module")
def honest_day(founded: Founded) -> Honest:
    day = papers(founded)
    return Honest(day, live(founded, day, never), live(founded, day, never, foreign=True))


def plans(honest: Honest, first: int = 0) -> Iterator[tuple[int, tuple[int, str, Plan]]]:
    """Numbered. Network 0 is this project's own, 1 a foreign one."""
    return enumerate(schedules((honest.plain.open, honest.foreign.open), SCHEDULES, first))


def run(founded: Founded, honest: Honest, number: int, planned: tuple[int, str, Plan]) -> Counter[tuple[str, str]]:
    """Live the day under a plan, and compare; what lies were told."""
    network, name, plan = planned
    foreign = network == 1
    expected = honest.foreign if foreign else honest.plain
    try:
        lived = live(founded, honest.papers, plan, seed=number, foreign=foreign)
        assert lived.outcomes == expected.outcomes
        assert lived.custody == expected.custody
    except Exception as error:
        error.add_note(f"schedule {number}: {name}{' on a foreign network' if foreign else ''}")
        raise
    return lived.told


def test_the_day_has_outcomes_of_every_sort_and_is_the_same_on_a_foreign_network(honest_day: Honest) -> None:
    plain, foreign = honest_day.plain, honest_day.foreign
    assert (plain.outcomes, plain.custody) == (foreign.outcomes, foreign.custody)
    codes = list(plain.outcomes.values())
    assert sorted(codes) == [[1]] * 8 + [[1, 1], [11]], "applied, but for the forged one, which is rejected"
    assert len(plain.custody) == 4
    assert min(len(plain.asked), len(foreign.asked)) > 100
    assert {*plain.asked, *foreign.asked} <= set(METHODS), "something is asked that no plan lies about"


def test_whatever_one_answer_says_the_log_ends_as_with_an_honest_node(founded: Founded, honest_day: Honest) -> None:
    told: Counter[tuple[str, str]] = Counter()
    for number, planned in random.Random(20).sample(list(plans(honest_day)), IN_THE_SUITE):
        told += run(founded, honest_day, number, planned)
    assert sum(told.values()) > 100, "lies were told"
    assert {kind for _, kind in told} == set(KINDS)


@pytest.mark.drill
def test_whatever_any_answer_says_the_log_ends_as_with_an_honest_node(founded: Founded, honest_day: Honest) -> None:
    """Each answer of the day in turn, with each lie, once and lasting; then seeded lies of every rate and mixture."""
    told: Counter[tuple[str, str]] = Counter()
    silent = 0
    for number, planned in plans(honest_day, SEED * SCHEDULES):
        lies = run(founded, honest_day, number, planned)
        silent += not lies
        told += lies
    missing = {(method, kind) for method in METHODS for kind in KINDS} - set(told)
    assert not missing, "lies that were never told"
    assert silent < SCHEDULES // 20, "schedules without a lie"
