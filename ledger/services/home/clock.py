"""Time, passed in everywhere: the system's, or one that a scenario moves by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """UTC seconds."""
        ...

    def monotonic(self) -> int:
        """Seconds since some moment, that nobody can set."""
        ...


class SystemClock:
    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> int:
        # Goes on while the machine sleeps, where the system can tell: waking up is no jump.
        return int(time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


class ManualClock:
    """Stands still until moved; never goes back."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def monotonic(self) -> int:
        return self._now

    def move_to(self, moment: int) -> None:
        if moment < self._now:
            raise ValueError(f"a clock does not go back: {moment} is before {self._now}")
        self._now = moment

    def advance(self, seconds: int) -> None:
        self.move_to(self._now + seconds)
