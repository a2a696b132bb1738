"""What the oracle is told of a record: its fields, who signed, what the chain made of it, and its times."""

import json
from dataclasses import dataclass, field
from typing import Any

from ledger.codes import APPLIED
from ledger.records.eip712 import Withheld
from ledger.records.types import Amendment, Record

HOUR = 3600
DAY = 86400


@dataclass(frozen=True)
class Seen:
    """One record of the log.

    `signers` are partner ids (0: the shipment's recipient key); `roles` their role bits (``1 << Role``) when they
    signed; `outcomes` the chain's code for each item, empty for what no chain took (log only, or not recorded yet);
    `block` (number, event index). `evidenced` is None where neither chain nor witnesses say anything; with `own_clock`
    (the embedded chain) the block time is no evidence.
    """

    id: bytes
    record: Record
    signers: tuple[int, ...]
    roles: dict[int, int] = field(hash=False)
    outcomes: tuple[int, ...]
    log_index: int
    logged_at: int
    evidenced: int | None
    block_time: int | None
    block: tuple[int, int] | None
    own_clock: bool

    @property
    def known(self) -> int:
        """min(evidenced, max(logged, evidenced − 1 h)); without evidence the operator's word."""
        evidence = [] if self.evidenced is None else [self.evidenced]
        if self.block_time is not None and not self.own_clock:
            evidence.append(self.block_time)
        if not evidence:
            return self.logged_at
        return min(*evidence, max(self.logged_at, min(evidence) - HOUR))

    @property
    def visible(self) -> int:
        """The block time; without a chain track evidenced, else logged; embedded chain: the latest of the three."""
        evidenced = self.logged_at if self.evidenced is None else self.evidenced
        if self.block_time is None:
            return evidenced
        if self.own_clock:
            return max(self.block_time, self.logged_at, evidenced)
        return self.block_time

    def applied(self, item: int = 0) -> bool:
        """Whether the chain let the record take effect on its item."""
        return item < len(self.outcomes) and self.outcomes[item] in APPLIED

    @property
    def order(self) -> tuple[int, int, int]:
        """Place in the chain; what no chain took follows by its place in the log."""
        return (*self.block, 0) if self.block else (2**62, 0, self.log_index)


def changes(amendment: Amendment) -> dict[str, Any]:
    """What an amendment changes: fields of Commercial by name, ``seconds`` of relief, ``shipment`` for one child.

    RECORDS.md names no JSON members; an adapter rewrites the product's into these. A withheld text changes nothing.
    """
    if isinstance(amendment.changes, Withheld) or not amendment.changes.text:
        return {}
    read: dict[str, Any] = json.loads(amendment.changes.text)
    return read
