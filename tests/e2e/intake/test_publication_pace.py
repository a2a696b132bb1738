"""The tree grows within the time that receipts promise, whatever becomes of the chain."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.errors import ChainUnavailable, StorageFailed
from ledger.records.types import Observation
from ledger.services.node.loop import Loop
from tests.e2e.stage import MAKER, Stage


class Hanging:
    """A chain that answers nothing until it is let go."""

    def __init__(self, chain: Any) -> None:
        self._chain = chain
        self.free = threading.Event()
        self.asked = threading.Event()

    def final(self) -> int:
        self.asked.set()
        self.free.wait(30)
        raise ChainUnavailable("it never answered")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


@pytest.fixture
def hanging(stage: Stage) -> Iterator[Hanging]:
    chain = Hanging(stage.node.chain)
    stage.node.work.follower._chain = chain
    stage.node.start()
    try:
        yield chain
    finally:
        chain.free.set()
        stage.node.stop()


def size(stage: Stage, name: str) -> float:
    stage.node.health.measure()
    return stage.node.health.metrics.get_sample_value(f"lading_{name}") or 0.0


def test_what_is_accepted_is_published_while_the_worker_waits_for_the_chain(stage: Stage, hanging: Hanging) -> None:
    assert hanging.asked.wait(20), "the worker hangs"
    stage.submit(Observation(MAKER, b"\x11" * 32, 1), MAKER)
    ends = time.monotonic() + 20
    while size(stage, "published_size") < size(stage, "log_size") and time.monotonic() < ends:
        time.sleep(0.05)
    assert size(stage, "published_size") == size(stage, "log_size")
    assert not hanging.free.is_set()


def test_a_loop_goes_on_after_what_goes_wrong() -> None:
    rounds: list[float] = []
    heeded: list[Exception | None] = []
    done = threading.Event()

    def step() -> bool:
        rounds.append(time.monotonic())
        if len(rounds) == 1:
            raise StorageFailed("the disk is full")
        if len(rounds) == 2:
            raise ZeroDivisionError
        if len(rounds) == 3:
            done.set()
        return False

    loop = Loop("trial", step, lambda _, error: heeded.append(error), pause=60)
    loop.start()
    assert done.wait(30), "what went wrong is tried again soon, whoever rings"
    loop.stop()
    assert [type(error) for error in heeded[:3]] == [StorageFailed, ZeroDivisionError, type(None)]
    count = len(rounds)
    loop.ring()
    time.sleep(0.05)
    assert len(rounds) == count, "nothing runs after it was stopped"


def test_a_loop_wakes_when_rung() -> None:
    rounds = threading.Semaphore(0)

    def step() -> bool:
        rounds.release()
        return False

    loop = Loop("trial", step, lambda *_: None, pause=600)
    loop.start()
    try:
        assert rounds.acquire(timeout=30)
        loop.ring()
        assert rounds.acquire(timeout=30)
    finally:
        loop.stop()


def test_a_loop_lets_work_gather_unless_there_is_more() -> None:
    rounds = 0
    more = True

    def step() -> bool:
        nonlocal rounds, more
        rounds += 1
        again, more = more, False
        return again

    loop = Loop("trial", step, lambda *_: None, gather=60)
    loop.start()
    for _ in range(500):
        loop.ring()
        if rounds == 2:
            break
        time.sleep(0.01)
    time.sleep(0.3)
    loop.ring()
    time.sleep(0.3)
    loop.stop()
    assert rounds == 2, "the first said that there is more, the second that there is not"


def test_a_loop_goes_on_at_once_while_there_is_more() -> None:
    left = list(range(20))
    done = threading.Event()

    def step() -> bool:
        if left:
            left.pop()
            return True
        done.set()
        return False

    loop = Loop("trial", step, lambda *_: None, pause=60)
    loop.start()
    assert done.wait(10)
    loop.stop()
