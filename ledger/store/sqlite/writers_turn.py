"""Whose turn it is to write to an SQLite file, among processes.

SQLite lets those that wait for its lock look again after ever longer pauses, while whoever writes all the time takes it
again in between: some wait for a second. Here the next in turn keeps a place that the writer before must pass as well,
so each waits for one transaction at most. SQLite's own lock still decides: who takes no turns, or cannot, is safe too.
So a process that was stopped while it waited here, which has no lock of SQLite's, keeps nobody for long.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005
_MOST_SECONDS = 1
"""Whoever has waited so long goes on without a turn."""
_WITHOUT_SECONDS = 60
"""For which it takes none then."""


class WritersTurn:
    """For one thread at a time. The kernel lets go of a turn when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """`path`: of the database; the files by which turns are taken lie beside it, and stay."""
        self._paths = [path.with_name(f"{path.name}.{name}.lock") for name in ("next", "turn")]
        self._handles: list[int] = []
        self._without_until = 0.0
        self._stuck = False
        """A turn could not be given back: closing the files does."""

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Once it is our turn, or waiting for it has no end."""
        with ExitStack() as taken:
            taken.callback(self._close_if_stuck)
            if time.monotonic() >= self._without_until and (handles := self._opened()):
                following, turn = handles
                ends = time.monotonic() + _MOST_SECONDS
                with ExitStack() as waiting:
                    if not (self._take(following, ends, waiting) and self._take(turn, ends, taken)):
                        self._without_until = time.monotonic() + _WITHOUT_SECONDS
            yield

    def close(self) -> None:
        handles, self._handles, self._stuck = self._handles, [], False
        for handle in handles:
            os.close(handle)

    def __del__(self) -> None:
        self.close()

    def _opened(self) -> list[int]:
        """Both files; none where there can be none, as on a disk that is full or read-only."""
        try:
            while len(self._handles) < len(self._paths):
                path = self._paths[len(self._handles)]
                self._handles.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError:
            self.close()
        return self._handles

    def _take(self, handle: int, ends: float, held: ExitStack) -> bool:
        """False when others have it for too long."""
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= ends:
                    return False
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except OSError:
                return True  # a file system without such locks
            else:
                held.callback(self._give_back, handle)
                return True

    def _give_back(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_UN)
        except OSError:
            self._stuck = True

    def _close_if_stuck(self) -> None:
        if self._stuck:
            self.close()
