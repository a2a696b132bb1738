"""The delivery times of lanes as one reader may know them, counted beside whoever asks: no page waits for them.

They follow from verified records alone, and for each reader from the shipments whose terms it may read. What was
counted holds for the full hour; the first who asks in it starts the count, and is told meanwhile that it goes on.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from threading import Lock

from ledger.common.distribution import Distribution
from ledger.common.periods import full_hour
from ledger.errors import LadingError
from ledger.network.lane_times import Lane
from ledger.services.views.records import Reader

MOST = 64
"""Readers whose lanes are kept: those who asked last."""
PATIENCE = 0.5
"""Seconds that a page waits for a count that goes on."""
Times = Mapping[Lane, Distribution]


class LaneTimes:
    def __init__(self, count: Callable[[Reader, int], Times], now: Callable[[], int]) -> None:
        """`count` gives the lanes of a reader as judged at a second."""
        self._count = count
        self._now = now
        self._lock = Lock()
        self._kept: dict[Reader, tuple[int, Future[Times]]] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="lanes")

    def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)

    def of(self, reader: Reader, patience: float = PATIENCE) -> Times | None:
        """The lanes of this reader's shipments; None while they are counted, or where that fails."""
        try:
            return self._counted(reader).result(patience)
        except (TooLate, LadingError):
            return None

    def _counted(self, reader: Reader) -> Future[Times]:
        hour = full_hour(self._now())
        with self._lock:
            kept = self._kept.pop(reader, None)
            if kept is None or kept[0] != hour or (kept[1].done() and kept[1].exception() is not None):
                kept = hour, self._worker.submit(self._count, reader, hour)
            self._kept[reader] = kept
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
            return kept[1]
