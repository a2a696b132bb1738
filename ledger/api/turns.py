"""Who is served next when more is asked for than can be done at once: who has spent the least so far.

A flood, from one address or from many, has soon spent what it has; an honest client passes it by. So few at once
because the interpreter runs one at a time: more of them would only keep each other, and everybody else, from ending.
"""

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

from ledger.errors import Busy

MOST_WAITING = 512


class Turns:
    """`at_once` requests are worked on; safe for several event loops."""

    def __init__(self, at_once: int, most_waiting: int = MOST_WAITING) -> None:
        self._free = at_once
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._arrivals = count()
        self._waiting: list[_Waiting] = []

    async def take(self, spent: float) -> None:
        """Wait for a turn, which `done` ends; `spent`: the share of its budget that the client has used.

        Raises `Busy` for who has spent the most when too many wait.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = _Waiting(spent, next(self._arrivals), asyncio.get_running_loop().create_future())
            heapq.heappush(self._waiting, mine)
            if len(self._waiting) > self._most_waiting:
                last = max(self._waiting)
                self._remove(last)
                last.tell(granted=False)
        try:
            await mine.told
        except asyncio.CancelledError:
            with self._lock:
                if mine.granted is None:
                    self._remove(mine)
            if mine.granted:
                self.done()
            raise
        if not mine.granted:
            raise Busy("too many requests are waiting", retry_after=1)

    def done(self) -> None:
        """End a turn: the next one begins."""
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting).tell(granted=True)
            else:
                self._free += 1

    def _remove(self, one: "_Waiting") -> None:
        self._waiting.remove(one)
        heapq.heapify(self._waiting)


@dataclass(order=True)
class _Waiting:
    """In the order of `spent`, then of arrival. `granted`: None until its turn comes, or is refused."""

    spent: float
    arrival: int
    told: "asyncio.Future[None]" = field(compare=False)
    granted: bool | None = field(default=None, compare=False)

    def tell(self, *, granted: bool) -> None:
        """Wake who waits, in its own loop."""
        self.granted = granted
        self.told.get_loop().call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self.told.done():
            self.told.set_result(None)
