"""Work on stretches of rows by several processes, in order and with bounded memory."""

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Protocol, TypeVar

from ledger.errors import Unavailable

C = TypeVar("C")
T = TypeVar("T")
R = TypeVar("R")
FEWEST_ROWS = 20_000
"""Of smaller logs this process judges all rows: to start others takes a second."""
_AHEAD = 3
"""Stretches a worker has to do or has done, before the oldest is taken."""
MOST_WORKERS = 4
"""More would wait for rows: one process reads them, and takes half as long as judging them."""


class Workers(Protocol):
    def map(self, work: Callable[[T], R], stretches: Iterable[tuple[C, T]]) -> Iterator[tuple[C, R]]:
        """What stays here of each stretch, with what `work` makes of the rest, in their order. What `work` raises is
        raised.
        """


class _Here:
    def map(self, work: Callable[[T], R], stretches: Iterable[tuple[C, T]]) -> Iterator[tuple[C, R]]:
        return ((stays, work(goes)) for stays, goes in stretches)


class _Pool:
    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool = pool
        self._most = count * _AHEAD

    def map(self, work: Callable[[T], R], stretches: Iterable[tuple[C, T]]) -> Iterator[tuple[C, R]]:
        waiting: deque[tuple[C, Future[R]]] = deque()
        try:
            for stays, goes in stretches:
                waiting.append((stays, self._pool.submit(work, goes)))
                if len(waiting) >= self._most:
                    oldest, done = waiting.popleft()
                    yield oldest, done.result()
            for oldest, done in waiting:
                yield oldest, done.result()
        except BrokenProcessPool:
            raise Unavailable(
                "a process that judged rows came to an end by itself",
                where="audit",
                mend="Perhaps memory ran out, and the system ended it. Try again with more of it.",
            ) from None


@contextmanager
def workers(rows: int) -> Iterator[Workers]:
    """As many processes as there are processors, at most `MOST_WORKERS`, or this one alone for few rows.

    They are begun anew rather than forked: this process has threads and open databases. Whoever interrupts it speaks
    to this one alone.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count == 1 or rows < FEWEST_ROWS:
        yield _Here()
        return
    count = min(count, MOST_WORKERS)
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin) as pool:
        yield _Pool(pool, count)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # what is judged holds no cycles
