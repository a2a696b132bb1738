"""What a bundle shows of an award's `logSize`: the last leaves below it and below the anchored size before it.

*Proved*: both leaves with their log times, by inclusion in checkpoints that the log signed and that the bundle's own
continues. *Attested by the log*: that the chain took these checkpoints, and none between them; it signs this with
`times`, and whoever reads the chain sees in the anchoring transaction which size came before. Seals prove that too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.bonuses.award_size import AnchoredSize, check_award_size
from ledger.bonuses.disputed import Reckoner
from ledger.bundle.last_leaf import LastLeaf
from ledger.bundle.times import TimedCheckpoint
from ledger.common.json_fields import fields_of
from ledger.errors import VerificationFailed
from ledger.log.leaf import LogIdentity
from ledger.seals.faults import Fault, refused

_BETWEEN = "That the chain took no size in between is what the log says; the chain proves it"
_SEALED = "The chain took no size in between, by the seals of its validators"


@dataclass(frozen=True, slots=True)
class Cutoff:
    """`last` below the award's `logSize`, `before` below the anchored size before it (None: that was the first)."""

    last: LastLeaf
    before: LastLeaf | None

    def to_json(self) -> dict[str, Any]:
        return {"last": self.last.to_json(), "before": None if self.before is None else self.before.to_json()}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Cutoff":
        fields = fields_of(value, where, ("last", "before"))
        before = fields["before"]
        return cls(
            LastLeaf.from_json(fields["last"], f"{where}.last"),
            None if before is None else LastLeaf.from_json(before, f"{where}.before"),
        )


def check_cutoff(
    cutoff: Cutoff,
    log_size: int,
    reckoned: Reckoner,
    timed: Sequence[TimedCheckpoint],
    log: LogIdentity,
    followed: Mapping[int, int] | None = None,
) -> str:
    """That `log_size` is the first anchored size whose last leaf is logged after all that the rule has an award wait
    for, by the records known at it; says by which leaves.

    1. Of the checkpoints that the log says the chain took, one has this size; the largest below it is the one before.
    2. The leaves are the last of these two trees.
    3. The first is logged late enough, the other is not.

    `timed` was checked before (`ledger.bundle.times`). `followed`: by an anchored size the one before it, where seals
    prove it. Raises `MalformedRecord`, or `VerificationFailed` saying why.
    """
    # 1. The two checkpoints.
    heads = [log.verify_checkpoint(entry.note.encode()) for entry in timed if entry.anchored is not None]
    own = next((head for head in heads if head.size == log_size), None)
    if own is None:
        raise VerificationFailed(
            "the log does not say that the chain has this size",
            where="award.logSize",
            expected="a size that the log anchored: " + ", ".join(str(head.size) for head in heads),
            found=log_size,
        )
    below = max((head for head in heads if head.size < log_size), key=lambda head: head.size, default=None)
    if (cutoff.before is None) != (below is None):
        raise VerificationFailed(
            "the last leaf of the anchored size before is missing, or there is none",
            where="cutoff.before",
            expected="null" if below is None else f"the last of {below.size} leaves",
            found="null" if cutoff.before is None else "a leaf",
        )
    # 2. Their last leaves.
    last = AnchoredSize(own.size, cutoff.last.logged_in(own, "cutoff.last"))
    before = None
    if cutoff.before is not None and below is not None:
        before = AnchoredSize(below.size, cutoff.before.logged_in(below, "cutoff.before"))
    before_it = 0 if below is None else below.size
    if followed is not None and followed[own.size] != before_it:
        raise refused(
            Fault.ANCHOR,
            "the chain took another size before this one",
            where="cutoff.before",
            expected=followed[own.size],
            found=before_it,
        )
    # 3. The first late enough.
    check_award_size(reckoned, last, before)
    now = reckoned(log_size)
    earlier = (
        "it is the first size that the chain took"
        if before is None
        else f"the anchored size before it is {before.size}, whose last leaf was logged at {before.last_logged}"
    )
    ended = (
        f"the disputes that it waited for ended at {now.until} (shipments: {len(now.waits_for)})"
        if now.waits_for
        else f"period and grace ended at {now.until}"
    )
    return (
        f"the last of the {last.size} leaves that count was logged at {last.last_logged}, after {ended}; {earlier}. "
        f"{_BETWEEN if followed is None else _SEALED}"
    )
