"""A piece of the work in a thread of its own: what hangs in one keeps no other waiting."""

import threading
import time
from collections.abc import Callable

PAUSE = 0.5
"""Seconds after which it is looked for work although nobody has rung: another process may have brought some."""
GATHER = 0.1
"""Seconds between two steps at least: what comes in quick succession is done together, such as records that go into
one transaction, or leaves that go under one checkpoint."""
RETRY = 1.0
"""Seconds at most after which what went wrong is tried again."""
Heed = Callable[[str, Exception | None], None]
"""Told by name after each call of a loop's step what it raised, None when it went well."""


class Loop:
    """Calls `step` when rung, and now and then, from `start` until `stop`; again soon while it returns True."""

    def __init__(
        self, name: str, step: Callable[[], bool], heed: Heed, *, pause: float = PAUSE, gather: float = GATHER
    ) -> None:
        """`pause`: seconds after which it is called although nobody has rung; `gather`: seconds between two steps at
        least, unless the first returned True.
        """
        self.name = name
        self._step = step
        self._heed = heed
        self._pause = pause
        self._gather = gather
        self._bell = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun: float | None = None

    @property
    def at_it_for(self) -> float:
        """Seconds since the step under way began, 0 while there is none."""
        begun = self._begun
        return 0.0 if begun is None else time.monotonic() - begun

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    def start(self) -> None:
        if self._thread is None:
            self._ending.clear()
            self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Begin nothing more. The step under way goes on: `stop` waits for it."""
        self._ending.set()
        self._bell.set()

    def stop(self) -> None:
        """End the thread; afterwards nothing runs."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self.end()
            thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._bell.clear()  # before the step: what is rung for meanwhile may have come too late for it
            again, pause = False, self._pause
            self._begun = time.monotonic()
            try:
                again = self._step()
            except Exception as error:  # noqa: BLE001 - a defect must not end the work for good
                pause = min(pause, RETRY)
                self._heed(self.name, error)
            else:
                self._heed(self.name, None)
            finally:
                self._begun = None
            self._ending.wait(GATHER if again else self._gather)
            if not again:
                self._bell.wait(pause)
