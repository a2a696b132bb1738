"""When a record was known, as others than the operator can bear out.

Three clocks speak of a record: its own claim (`occurredAt`), the log (the operator's word alone), and evidence: the
block that recorded it, the block that anchored a checkpoint over its leaf, and the time by which a quorum of witnesses
had cosigned such a checkpoint. The operator's word moves a time by an hour at most, and never later than the evidence.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from ledger.common.figure import Seconds, figure

EMBEDDED_CHAIN_ID = 0x1AD1
"""The chain that an operator runs inside its own process: its block times are the operator's word, no evidence."""
OPERATOR_LEEWAY = 3600
"""Seconds by which a log's own time may lie before the evidence and still count."""


def blocks_count(chain_id: int) -> bool:
    """Whether the block times of this chain are anybody's but the operator's."""
    return chain_id != EMBEDDED_CHAIN_ID


class Basis(IntEnum):
    """On whose word a time rests, the weakest first."""

    OPERATOR = 0
    WITNESSES = 1
    CHAIN = 2


@figure("size", "time", "basis")
@dataclass(frozen=True, slots=True, order=True)
class CheckpointTime:
    """By `time` (seconds UTC) a checkpoint of `size` leaves stood with others: anchored, or cosigned by a quorum."""

    size: int
    time: Seconds
    basis: Basis


class CheckpointTimes:
    """The evidence of a log's checkpoints. A leaf was known by the earliest time of a checkpoint that covers it."""

    def __init__(self, times: Iterable[CheckpointTime] = ()) -> None:
        self._all = tuple(times)
        # A later and smaller checkpoint never says more than an earlier and larger one, so only those are kept that
        # are earlier than all larger ones: times rise strictly with sizes, and the first that covers is the earliest.
        kept: list[CheckpointTime] = []
        for entry in sorted(self._all, key=lambda one: (one.size, -one.time), reverse=True):
            if not kept or entry.time < kept[-1].time:
                kept.append(entry)
        self._kept = kept[::-1]
        self._sizes = [entry.size for entry in self._kept]

    def __iter__(self) -> Iterator[CheckpointTime]:
        return iter(self._kept)

    def covering(self, log_index: int) -> CheckpointTime | None:
        """The evidence of the leaf at `log_index`; None while no checkpoint over it stands with others."""
        place = bisect_right(self._sizes, log_index)
        return self._kept[place] if place < len(self._kept) else None

    def first_from(self, time: int) -> CheckpointTime | None:
        """The first checkpoint evidenced at `time` or later; None while there is none."""
        return next((entry for entry in self._kept if entry.time >= time), None)

    def changed_since(self, before: "CheckpointTimes") -> Iterator[tuple[int, int]]:
        """From which log index to before which the evidence is another than it was `before`, ascending."""
        bounds = sorted({0, *(entry.size for entry in (*self, *before))})
        for start, end in pairwise(bounds):
            if self.covering(start) != before.covering(start):
                yield start, end

    def bears_out(self, claim: CheckpointTime) -> bool:
        """Whether there is such evidence: late cosignatures may move a quorum's time back, never on."""
        same = [entry.time for entry in self._all if (entry.size, entry.basis) == (claim.size, claim.basis)]
        return claim.time in same if claim.basis is Basis.CHAIN else any(time <= claim.time for time in same)

    def until(self, size: int) -> "CheckpointTimes":
        """What checkpoints of at most `size` leaves evidence."""
        return CheckpointTimes(entry for entry in self._all if entry.size <= size)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What bears out the times of one log's records: its checkpoints, and the chain's blocks where they count."""

    times: CheckpointTimes
    block_time_counts: bool

    @classmethod
    def of_chain(cls, chain_id: int, times: Iterable[CheckpointTime]) -> "Evidence":
        """The evidence of a log on this chain: of the embedded one neither blocks nor anchors count."""
        counts = blocks_count(chain_id)
        return cls(CheckpointTimes(t for t in times if counts or t.basis is not Basis.CHAIN), counts)
