"""Lines of a request's body while it is still coming, and the answers that go back meanwhile (NDJSON)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Lock

from starlette.requests import ClientDisconnect

from ledger.api.deps import BODY_SECONDS, MAX_BODY
from ledger.errors import Busy, MalformedRecord

MOST_AHEAD = 4 * 1024 * 1024
"""Bytes that a client may be ahead of its answers: one that sends everything before it reads has so much."""


class Room:
    """Bytes of all bodies that are held at once: many large ones must not use the memory up. Safe for threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._lock = Lock()

    @contextmanager
    def part(self) -> Iterator["Part"]:
        """What one body takes of it, which is free again afterwards."""
        part = Part(self)
        try:
            yield part
        finally:
            part.change(-part.used)

    def change(self, by: int) -> None:
        with self._lock:
            if by > 0 and self._used + by > self._most:
                raise Busy("too many batches are being sent", retry_after=1)
            self._used += by


class Part:
    """`used` bytes of a `Room`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.used = 0

    def change(self, by: int) -> None:
        """Take so many bytes more, or less; raises `Busy` when there are none left."""
        self._room.change(by)
        self.used += by


class Lines:
    """Read on by a task of its own, until the client is too far ahead. A line that is too long comes cut, and is still
    too long; blank ones are passed over."""

    def __init__(self, chunks: AsyncIterator[bytes], part: Part) -> None:
        self._chunks = chunks
        self._part = part
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._arrived, self._taken = asyncio.Event(), asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None

    @classmethod
    @asynccontextmanager
    async def of(cls, chunks: AsyncIterator[bytes], room: Room) -> AsyncIterator["Lines"]:
        with room.part() as part:
            lines = cls(chunks, part)
            reading = asyncio.create_task(lines._read())
            try:
                yield lines
            finally:
                reading.cancel()
                await asyncio.wait([reading])

    async def some(self, most: int) -> list[bytes]:
        """What has come, at least one line and at most so many; none at the end.

        Raises `ClientDisconnect`, `Busy` when there is no room, `TimeoutError` when no line comes for too long.
        """
        async with asyncio.timeout(BODY_SECONDS):
            while not self._lines and not self._ended:
                self._arrived.clear()
                await self._arrived.wait()
        if not self._lines and self._failure:
            raise self._failure
        found = [self._lines.popleft() for _ in range(min(most, len(self._lines)))]
        self._part.change(-sum(map(len, found)))
        self._taken.set()
        return found

    async def _read(self) -> None:
        try:
            async for chunk in self._chunks:
                self._feed(chunk)
                while self._part.used > MOST_AHEAD:
                    self._taken.clear()
                    await self._taken.wait()
            self._feed(b"\n")
        except (ClientDisconnect, Busy) as error:
            self._failure = error
        finally:
            self._ended = True
            self._arrived.set()

    def _feed(self, chunk: bytes) -> None:
        *whole, rest = (self._rest + chunk).split(b"\n")
        cut = (line[: MAX_BODY + 1] if len(line) > MAX_BODY else line.strip() for line in whole)
        lines = [line for line in cut if line]
        rest = rest[: MAX_BODY + 1]
        self._part.change(sum(map(len, lines)) + len(rest) - len(self._rest))
        self._rest = rest
        self._lines += lines
        if lines:
            self._arrived.set()


def too_slow() -> MalformedRecord:
    return MalformedRecord("too slow", where="body", expected=f"a whole line within {BODY_SECONDS} s")
