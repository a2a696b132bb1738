"""Time, passed in everywhere: the system's, or one that a scenario moves by hand."""

import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """UTC seconds."""
        ...

    def monotonic(self) -> int:
        """Seconds since some moment, that nobody can set."""
        ...

    def boot(self) -> str:
        """Names the time within which `monotonic` readings can be compared, across processes; empty: one process."""
        ...


class SystemClock:
    def now(self) -> int:
        return int(time.time())

    def boot(self) -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return ""

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

    def boot(self) -> str:
        return ""

    def move_to(self, moment: int) -> None:
        if moment < self._now:
            raise ValueError(f"a clock does not go back: {moment} is before {self._now}")
        self._now = moment

    def advance(self, seconds: int) -> None:
        self.move_to(self._now + seconds)
