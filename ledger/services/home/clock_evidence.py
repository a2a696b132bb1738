"""Whether the clock is right, judged by what else tells the time: a pure decision on what others have seen.

Three kinds of evidence. *Passed*: a moment that lies behind us, such as the time of the last leaf or of a block, so the
clock must not be before it. *Shown*: what somebody's clock showed when ours was looked at, such as a witness that
cosigned or a block that was just made; since then as much time has passed as the monotonic clock says. *Own*: our own
clock when it was last known to be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger.errors import ClockWrong

OWN = "this clock when it was last right"


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock showed `time` (UTC seconds) when our monotonic one showed `at`."""

    time: int
    at: int

    def ahead_of(self, other: "Reading") -> int:
        """Seconds by which this clock is ahead of the other, if the time between was as long as it seemed."""
        return (self.time - other.time) - (self.at - other.at)


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """What tells the time. `witnesses` count once `threshold` of them agree that the clock is off."""

    passed: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, Reading] = field(default_factory=dict)
    witnesses: Mapping[str, Reading] = field(default_factory=dict)
    threshold: int = 0
    own: Reading | None = None
    used: bool = False
    """Whether anything was logged or sealed since `own` was taken."""

    def others(self, now: Reading) -> dict[str, int]:
        """Seconds by which the clock is ahead of what others say, negative when it is behind."""
        result = {source: min(0, now.time - time) for source, time in self.passed.items()}
        result |= {source: now.ahead_of(other) for source, other in self.shown.items()}
        off = sorted((now.ahead_of(other) for other in self.witnesses.values()), key=abs, reverse=True)
        if 0 < self.threshold <= len(off):
            result[f"{self.threshold} witnesses"] = off[self.threshold - 1]
        return result

    def all(self, now: Reading) -> dict[str, int]:
        """The same, with our own earlier reading."""
        return self.others(now) | ({OWN: now.ahead_of(self.own)} if self.own is not None else {})

    def settled(self, now: Reading, tolerance: int) -> "TimeEvidence":
        """The evidence with a new reading of our own, where the old one proves nothing against `now`.

        That is so when others who tell the present time agree with `now`, or when the clock was put back before
        anything was logged by it.
        """
        others = self.others(now)
        if any(abs(off) > tolerance for off in others.values()):
            return self
        off = 0 if self.own is None else now.ahead_of(self.own)
        confirmed = len(others) > len(self.passed)
        if self.own is None or (abs(off) > tolerance and (confirmed or (off < 0 and not self.used))):
            return replace(self, own=now, used=False)
        return self


def worst(deviations: Mapping[str, int]) -> tuple[str, int]:
    """Who contradicts the clock most, and by how many seconds the clock is ahead; nobody and 0 without evidence."""
    return max(deviations.items(), key=lambda one: abs(one[1]), default=("", 0))


def judge(now: Reading, evidence: TimeEvidence, tolerance: int) -> ClockWrong | None:
    """Why nothing may be logged by the clock, or None."""
    source, off = worst(evidence.all(now))
    if abs(off) <= tolerance:
        return None
    return ClockWrong(
        f"the clock is {abs(off)} s {'ahead of' if off > 0 else 'behind'} {source}",
        where="clock",
        expected=f"within {tolerance} s",
        found=now.time,
        mend="Set the clock, and it goes on by itself; if it is right and the other is not, mend that and restart.",
    )
