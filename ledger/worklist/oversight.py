"""What waits for auditors: that the log stands on what others hold, and that nothing contradicts it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.common.periods import HOUR
from ledger.worklist.items import Action, Item, Kind

ANCHOR_PATIENCE = HOUR
"""Seconds after which a checkpoint that the chain has not anchored is worth a look."""


@dataclass(frozen=True, slots=True)
class LogStanding:
    """`root`, `size` and `signed_at` of the published checkpoint; `missing`: cosignatures that it still needs;
    `anchored`: the size that the chain has anchored; `halted`: code of what contradicts the log, empty for nothing.
    """

    log_id: bytes
    root: bytes
    size: int
    signed_at: int
    missing: int
    anchored: int
    halted: str = ""


def items_of(log: LogStanding, now: int) -> Iterator[Item]:
    facts = {"size": log.size}
    if log.halted:
        yield Item(Kind.CONTRADICTION, Action.LOOK, log.log_id, log.signed_at, until=now, facts={"found": log.halted})
    if log.missing:
        yield Item(Kind.COSIGNATURES, Action.LOOK, log.root, log.signed_at, facts={**facts, "missing": log.missing})
    if log.anchored < log.size and now > log.signed_at + ANCHOR_PATIENCE:
        yield Item(Kind.UNANCHORED, Action.LOOK, log.root, log.signed_at, facts={**facts, "anchored": log.anchored})
