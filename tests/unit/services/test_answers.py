"""Answers kept: of the very same question and state only, computed once however many ask, in bounded memory."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import Busy, NotFound
from ledger.services.state.answers import Answers


class Counted:
    """Gives each answer a number."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_an_answer_holds_for_its_subject_and_state_alone() -> None:
    answers, compute = Answers(), Counted()
    assert [answers.get("a", 1, compute) for _ in range(3)] == [1, 1, 1]
    assert answers.get("b", 1, compute) == 2
    assert answers.get("a", 2, compute) == 3
    assert answers.get("a", 2, compute) == 3
    assert answers.get("a", 1, compute) == 4, "the state before has left nothing behind"


def test_whoever_asks_at_once_gets_what_is_computed_once() -> None:
    answers, compute = Answers(), Counted()
    asked = threading.Barrier(8)
    started, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        started.set()
        assert go_on.wait(10)
        return compute()

    def ask(_: int) -> int:
        asked.wait(10)
        return answers.get("a", 1, slow)

    with ThreadPoolExecutor(8) as pool:
        results = pool.map(ask, range(8))
        assert started.wait(10)
        go_on.set()
        assert list(results) == [1] * 8
    assert compute.count == 1


def test_another_question_does_not_wait_for_a_slow_one() -> None:
    answers = Answers()
    started, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert go_on.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(answers.get, "slow", 1, slow)
        assert started.wait(10)
        assert answers.get("quick", 1, lambda: "quick") == "quick"
        go_on.set()
        assert first.result(10) == "slow"


def test_who_waits_too_long_is_told_to_come_back() -> None:
    answers = Answers(patience=0.01)
    started, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert go_on.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(answers.get, "slow", 1, slow)
        assert started.wait(10)
        with pytest.raises(Busy):
            answers.get("slow", 1, slow)
        go_on.set()
        assert first.result(10) == "slow"


def test_an_error_is_nobodys_answer_but_theirs_who_asked_then() -> None:
    answers = Answers()

    def fail() -> str:
        raise NotFound("no such thing", where="here")

    with pytest.raises(NotFound):
        answers.get("a", 1, fail)
    assert answers.get("a", 1, lambda: "now") == "now"


def test_memory_is_bounded_and_what_is_asked_for_stays() -> None:
    answers, compute = Answers(most=3), Counted()
    for subject in "abca":
        answers.get(subject, 1, compute)
    answers.get("d", 1, compute)
    assert answers.get("a", 1, compute) == 1
    assert answers.get("b", 1, compute) == 5, "it was not asked for the longest"
    for state in range(1000):
        answers.get("a", state, compute)
    assert len(answers._kept) == 3


def test_who_asks_for_what_there_is_not_drives_nothing_out() -> None:
    answers, compute = Answers(most=2), Counted()
    answers.get("a", 1, compute)
    for subject in range(100):
        assert answers.get(subject, 1, list, empty=False) == []
    assert answers.get("a", 1, compute) == 1
