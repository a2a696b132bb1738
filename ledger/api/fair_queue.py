"""Who is served next when more is asked for than can be done at once: who has spent the least so far.

A flood, from one address or from many, has soon spent what it has; an honest client passes it by. So few at once
because the interpreter runs one at a time: more of them would only keep each other, and everybody else, from ending.
For the same reason a client that has spent more than a little of what it has is left a few of these turns only.
"""

import asyncio
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

from ledger.errors import Busy

MOST_WAITING = 512
LITTLE = 0.05
"""The share of its budget up to which a client may have all turns,"""
FEW = 8
"""and from which on it has only one in so many."""


class FairQueue:
    """`at_once` requests are worked on; safe for several event loops."""

    def __init__(self, at_once: int, most_waiting: int = MOST_WAITING) -> None:
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._arrivals = count()
        self._working: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []  # sorted

    async def take(self, payer: str, spent: float) -> None:
        """Wait for a turn, which `done` ends; `spent`: the share of its budget that the payer has used.

        Raises `Busy` for who has spent the most when too many wait.
        """
        with self._lock:
            if self._may_begin(payer, spent):
                self._working[payer] += 1
                return
            mine = _Waiting(spent, next(self._arrivals), payer, asyncio.get_running_loop().create_future())
            insort(self._waiting, mine)
            if len(self._waiting) > self._most_waiting:
                self._waiting.pop().wake(granted=False)
        try:
            await mine.woken
        except asyncio.CancelledError:
            with self._lock:
                if mine.granted is None:
                    self._waiting.remove(mine)
            if mine.granted:
                self.done(payer)
            raise
        if not mine.granted:
            raise Busy("too many requests are waiting", retry_after=1)

    def done(self, payer: str) -> None:
        """End a turn of `payer`: the next one begins."""
        with self._lock:
            self._working[payer] -= 1
            if not self._working[payer]:
                del self._working[payer]
            following = next((one for one in self._waiting if self._may_begin(one.payer, one.spent)), None)
            if following is not None:
                self._waiting.remove(following)
                self._working[following.payer] += 1
                following.wake(granted=True)

    def _may_begin(self, payer: str, spent: float) -> bool:
        own = self._at_once if spent < LITTLE else max(1, self._at_once // FEW)
        return self._working.total() < self._at_once and self._working[payer] < own


@dataclass(order=True)
class _Waiting:
    """In the order of `spent`, then of arrival. `granted`: None until its turn comes, or is refused."""

    spent: float
    arrival: int
    payer: str = field(compare=False)
    woken: "asyncio.Future[None]" = field(compare=False)
    granted: bool | None = field(default=None, compare=False)

    def wake(self, *, granted: bool) -> None:
        """Wake who waits, in its own loop."""
        self.granted = granted
        self.woken.get_loop().call_soon_threadsafe(self._end_wait)

    def _end_wait(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)
