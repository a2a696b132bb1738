"""Who follows the log as it grows: one look at the database for all of them, and a place for each.

Followers that have caught up are given what one look found, from memory. Who is behind reads pages, in a thread that
is free again afterwards: while it waits, a follower holds neither a connection to the database nor a thread.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress

from starlette.concurrency import run_in_threadpool

from ledger.errors import Busy, LadingError
from ledger.services.events.event import Event, Wanted
from ledger.services.events.feed import START, Anchored, Feed

LOOK_SECONDS = 0.5
RECENT = 1_000
"""Events that are kept for those who have caught up."""
PAGE = 100
MOST_OF_ONE = 8
"""Followers of one partner, or of one address that has not signed in."""
MOST = 500
"""Followers of this process."""
LONGEST_SECONDS = 3_600
"""After so long a follower comes again: then nothing that ended meanwhile is kept open."""
ALIVE_SECONDS = 15
"""Between two signs of life."""
Told = Event | Anchored | int | None
log = logging.getLogger("lading.api")


class LiveFeed:
    """For one event loop at a time. `feed`: where to ask for events, once somebody follows."""

    def __init__(self, feed: Callable[[], Feed]) -> None:
        self._feed = feed
        self._places: Counter[str] = Counter()
        self._recent: deque[Event] = deque(maxlen=RECENT)
        self._size: int | None = None
        """How many events there were at the last look; None before the first."""
        self._anchored: Anchored | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """A place for one more follower; raises `Busy` where there is none."""
        if self._places[who] >= MOST_OF_ONE or self._places.total() >= MOST:
            raise Busy("too many follow the log already", retry_after=30)
        self._places[who] += 1
        try:
            yield
        finally:
            self._places[who] -= 1
            if not self._places[who]:
                del self._places[who]

    def end(self) -> None:
        """Let all followers go: the service ends. They come again, here or elsewhere, and miss nothing."""
        self._ended = True
        self._changed.set()

    async def follow(self, wanted: Wanted, after: int = START) -> AsyncIterator[Told]:
        """Events beyond `after` as they come; a cursor where much was looked at in vain; how far the log is anchored,
        at first and whenever that has changed; and now and then nothing, as a sign of life.
        """
        clock = asyncio.get_running_loop().time
        until, anchored, alive = clock() + LONGEST_SECONDS, None, clock()
        self._watch()
        while not self._ended and clock() < until:
            changed = self._changed
            if clock() - alive >= ALIVE_SECONDS:
                alive = clock()
                yield None
            if self._remembers(after):
                for event in [event for event in self._recent if event.index > after]:
                    after = event.index
                    if wanted.matches(event):
                        yield event
                if self._anchored is not None and self._anchored != anchored:
                    anchored = self._anchored
                    yield anchored
                self._watch()
                await _wait(changed)
                continue
            page = await run_in_threadpool(self._feed().page, wanted, after, PAGE)
            for event in page.events:
                yield event
            if page.next is not None and page.next > after:
                after = page.next
                if not page.events:
                    yield after
            if not page.more:
                self._watch()
                await _wait(changed)

    def _remembers(self, after: int) -> bool:
        """Whether all beyond the cursor is in memory."""
        return self._size is not None and after >= self._size - 1 - len(self._recent)

    def _watch(self) -> None:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self._size, self._changed = None, asyncio.Event()
            self._recent.clear()
            self._task = asyncio.create_task(self._look_again())

    async def _look_again(self) -> None:
        while self._places and not self._ended:
            try:
                await self._look()
            except LadingError as error:  # the database is away: who follows waits
                log.warning("%s", error)
            except Exception:  # a defect must not end the looks for good: nobody would be told anything any more
                log.exception("unforeseen error while looking for events")
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        size, anchored = await run_in_threadpool(self._feed().extent)
        before = self._size
        if before is None or size - before > RECENT:
            self._recent.clear()
            self._size = size
        else:
            reached = before
            while reached < size:
                page = await run_in_threadpool(self._feed().page, Wanted(), reached - 1, PAGE)
                if not page.events:
                    break
                self._recent.extend(page.events)  # and the size with it: nobody looks in between
                self._size = reached = page.events[-1].index + 1
        if (before, self._anchored) != (self._size, anchored):
            self._anchored = anchored
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


async def _wait(changed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(5 * LOOK_SECONDS):
            await changed.wait()
