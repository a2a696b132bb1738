"""Time, passed in everywhere: the system's, or one that a scenario moves by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """UTC seconds."""
        ...


class SystemClock:
    def now(self) -> int:
        return int(time.time())


class ManualClock:
    """Stands still until moved; never goes back."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def move_to(self, moment: int) -> None:
        if moment < self._now:
            raise ValueError(f"a clock does not go back: {moment} is before {self._now}")
        self._now = moment

    def advance(self, seconds: int) -> None:
        self.move_to(self._now + seconds)
