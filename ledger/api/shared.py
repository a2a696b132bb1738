"""One look for all who ask while it is under way, in one thread: whoever waits for it holds up nobody."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")


class SharedLook(Generic[T]):
    """Calls `look`, which may take long, at most once at a time in an event loop."""

    def __init__(self, look: Callable[[], T]) -> None:
        self._look = look
        self._under_way: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """What it finds; raises what it raises, in all who wait. Who goes away ends it for nobody."""
        task = self._under_way
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._under_way = asyncio.create_task(run_in_threadpool(self._look))
        return await asyncio.shield(task)
