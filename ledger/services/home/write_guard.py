"""Whether this process may write in its home: one answer for the sequencer, publisher, relayer and anchorer.

Nothing is written any more (`halt`) when files, database, chain and witnesses contradict each other, or when a disk
lied; nothing for a while when somebody holds it back (`hold`), such as a full disk, and while the clock is wrong.
"""

import threading
from collections.abc import Mapping
from dataclasses import replace

from ledger.errors import LadingError, Unavailable
from ledger.services.home.clock import Clock
from ledger.services.home.clock_evidence import Reading, TimeEvidence, judge, worst


class WriteGuard:
    """Safe to share between threads. As a `Clock` it shows the time by which things are logged and sealed."""

    def __init__(self, clock: Clock, tolerance: int) -> None:
        """`tolerance`: seconds that the clock may differ from other evidence."""
        self._clock = clock
        self._tolerance = tolerance
        self._lock = threading.Lock()
        self._halted: LadingError | None = None
        self._holds: dict[str, LadingError] = {}
        self._evidence = TimeEvidence()

    # --- halting and holding ------------------------------------------------------------------------------------

    @property
    def halted(self) -> LadingError | None:
        """Why nothing is written until a restart, if so."""
        return self._halted

    def halt(self, reason: LadingError) -> None:
        """Write nothing more in this process; the first reason stays."""
        with self._lock:
            self._halted = self._halted or reason

    def hold(self, part: str, reason: LadingError) -> None:
        """Log nothing until `part` is released."""
        with self._lock:
            self._holds[part] = reason

    def release(self, part: str) -> None:
        with self._lock:
            self._holds.pop(part, None)

    def held(self, part: str) -> LadingError | None:
        with self._lock:
            return self._holds.get(part)

    def refuse(self) -> None:
        """Raise if nothing may be signed any more."""
        if self._halted is not None:
            raise Unavailable(
                f"nothing is accepted or signed any more: {self._halted.what}",
                where=self._halted.where,
                expected=self._halted.expected,
                found=self._halted.found,
                mend=self._halted.mend,
            )

    # --- the time ------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """The time by which something is logged or sealed.

        Raises `Unavailable` while nothing may be written, `ClockWrong` while the clock contradicts other evidence.
        """
        self.refuse()
        with self._lock:
            if self._holds:
                raise next(iter(self._holds.values()))
            now = self._read()
            wrong = judge(now, self._evidence, self._tolerance)
            if wrong is not None:
                raise wrong
            self._evidence = replace(self._evidence, used=True)
            return now.time

    def monotonic(self) -> int:
        return self._clock.monotonic()

    def boot(self) -> str:
        return self._clock.boot()

    def clock_trouble(self) -> LadingError | None:
        """Why the clock is not believed, if so."""
        with self._lock:
            return judge(self._read(), self._evidence, self._tolerance)

    def clock_off(self) -> int:
        """Seconds by which the clock is ahead of whatever contradicts it most; negative when it is behind."""
        with self._lock:
            return worst(self._evidence.all(self._read()))[1]

    def note_passed(self, source: str, time: int) -> None:
        """`time` lies behind us: `source` says so."""
        with self._lock:
            passed = dict(self._evidence.passed)
            passed[source] = max(time, passed.get(source, time))
            self._evidence = replace(self._evidence, passed=passed)

    def note_latest(self, source: str, time: int) -> None:
        """As `note_passed`, by what `source` says now: what it said before, perhaps in error or a lie, is void."""
        with self._lock:
            self._evidence = replace(self._evidence, passed={**self._evidence.passed, source: time})

    def note_time(self, source: str, time: int, at: int | None = None) -> None:
        """`source` says that it is `time` now, or was when the monotonic clock showed `at`."""
        with self._lock:
            reading = Reading(time, self._clock.monotonic() if at is None else at)
            self._evidence = replace(self._evidence, shown={**self._evidence.shown, source: reading})

    def forget_time(self, source: str) -> None:
        """What `source` showed counts no more: it is not there any longer."""
        with self._lock:
            shown = {name: reading for name, reading in self._evidence.shown.items() if name != source}
            self._evidence = replace(self._evidence, shown=shown)

    @property
    def told_the_time(self) -> bool:
        """Whether anything but our own clock has told the present time."""
        with self._lock:
            evidence = self._evidence
        return bool(evidence.shown) or 0 < evidence.threshold <= len(evidence.witnesses)

    def reading(self) -> Reading | None:
        """What both clocks show now; None while the clock is not believed, or nothing was logged by it yet."""
        with self._lock:
            now = self._read()
            believed = judge(now, self._evidence, self._tolerance) is None
            return now if believed and self._evidence.used else None

    def note_witnesses(self, times: Mapping[str, int], threshold: int) -> None:
        """What witnesses' clocks show now; `threshold` of them have to agree before they count."""
        with self._lock:
            at = self._clock.monotonic()
            shown = {**self._evidence.witnesses, **{name: Reading(time, at) for name, time in times.items()}}
            self._evidence = replace(self._evidence, witnesses=shown, threshold=threshold)

    def _read(self) -> Reading:
        """The clock now. Our own earlier reading is taken anew where it proves nothing."""
        now = Reading(self._clock.now(), self._clock.monotonic())
        self._evidence = self._evidence.settled(now, self._tolerance)
        return now
