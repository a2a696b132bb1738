"""The evidence of time in a bundle: earlier checkpoints of the log, as witnesses cosigned them or the chain took them.

A record's log time is the operator's word. What moves it, or bears it out, is listed here, so that whoever verifies the
bundle counts by exactly the evidence that its maker counted by (RECORDS, *Times of a record*). Cosignatures are proved
by the keys of the trust file; that the chain took a checkpoint in a block, and that no earlier evidence is left out,
the log attests with its signature.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.merkle import verify_consistency
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.verification import VerifiedRecord


@dataclass(frozen=True, slots=True)
class AnchoredIn:
    """The block in which the anchor contract took a checkpoint. `block_time` in seconds UTC."""

    block_number: int
    block_time: int
    transaction: bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "blockNumber": self.block_number,
            "blockTime": self.block_time,
            "transaction": to_hex(self.transaction),
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "AnchoredIn":
        fields = fields_of(value, where, ("blockNumber", "blockTime", "transaction"))
        number, time = (integer(fields[name], f"{where}.{name}") for name in ("blockNumber", "blockTime"))
        return cls(number, time, hex_bytes(fields["transaction"], f"{where}.transaction", 32))


@dataclass(frozen=True, slots=True)
class TimedCheckpoint:
    """A checkpoint of the bundle's log with what says when it stood with others.

    `note` bears the log's signature and the cosignatures; `consistency` leads to the bundle's own checkpoint.
    """

    note: str
    consistency: tuple[bytes, ...]
    anchored: AnchoredIn | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "checkpoint": self.note,
            "consistency": [to_hex(value) for value in self.consistency],
            "anchored": None if self.anchored is None else self.anchored.to_json(),
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "TimedCheckpoint":
        fields = fields_of(value, where, ("checkpoint", "consistency", "anchored"))
        anchored = fields["anchored"]
        return cls(
            text(fields["checkpoint"], f"{where}.checkpoint"),
            tuple(hex_bytes(value, at, 32) for at, value in entries(fields["consistency"], f"{where}.consistency")),
            None if anchored is None else AnchoredIn.from_json(anchored, f"{where}.anchored"),
        )


@dataclass(frozen=True, slots=True)
class Times:
    """By which checkpoints a bundle's times count, by ascending size, and by which witness policy (None: nobody is
    asked).

    The log signs both: nobody else may leave evidence out, or bring witnesses of his own.
    """

    witnesses: WitnessPolicy | None
    checkpoints: tuple[TimedCheckpoint, ...]
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        return _signed_part(self.witnesses, self.checkpoints) | {"signature": to_hex(self.signature)}

    @property
    def digest(self) -> bytes:
        return times_digest(self.witnesses, self.checkpoints)

    @classmethod
    def from_json(cls, value: object, where: str) -> "Times":
        fields = fields_of(value, where, ("witnesses", "checkpoints", "signature"))
        policy, place = fields["witnesses"], f"{where}.checkpoints"
        return cls(
            None if policy is None else WitnessPolicy.from_json(policy, f"{where}.witnesses"),
            tuple(TimedCheckpoint.from_json(entry, at) for at, entry in entries(fields["checkpoints"], place)),
            hex_bytes(fields["signature"], f"{where}.signature", 64),
        )


def times_digest(policy: WitnessPolicy | None, checkpoints: Sequence[TimedCheckpoint]) -> bytes:
    """SHA-256 of what the log signs of a bundle's times: RFC 8785 JSON of `witnesses` and `checkpoints`."""
    return hashlib.sha256(canonical_json(_signed_part(policy, checkpoints))).digest()


def _signed_part(policy: WitnessPolicy | None, checkpoints: Sequence[TimedCheckpoint]) -> dict[str, Any]:
    return {
        "witnesses": None if policy is None else policy.to_json(),
        "checkpoints": [entry.to_json() for entry in checkpoints],
    }


def decisive(records: Iterable[VerifiedRecord]) -> set[int]:
    """The sizes of the checkpoints by which the times of these records count; see `ledger.records.evidence`."""
    sizes = set()
    for record in records:
        covered, facts = record.facts.covered, record.facts
        blocked = facts.block_time if facts.block_time_counts else None
        if covered is not None and (blocked is None or covered.time < blocked):
            sizes.add(covered.size)
    return sizes


def check_times(
    timed: Sequence[TimedCheckpoint],
    log: LogIdentity,
    head: TreeHead,
    policy: WitnessPolicy | None,
    *,
    blocks_count: bool,
) -> Iterator[CheckpointTime]:
    """What each checkpoint evidences by `policy`, that of the bundle, and by the chain where its `blocks_count`.

    1. The log signed it; sizes ascend up to that of `head`, the bundle's own checkpoint.
    2. Its tree is the beginning of the bundle's.
    3. A quorum cosigned it, or the log says in which block the chain took it: else it is there for nothing.

    Raises `MalformedRecord`, or `VerificationFailed` naming the checkpoint.
    """
    before = 0
    for i, entry in enumerate(timed):
        where = f"times[{i}]"
        note = entry.note.encode()
        # 1. Signed, and in order.
        own = log.verify_checkpoint(note)
        if not before < own.size <= head.size:
            raise MalformedRecord(
                "checkpoints do not ascend up to the bundle's", where=where, expected=f"{before + 1} to {head.size}",
                found=own.size,
            )  # fmt: skip
        before = own.size
        # 2. The same log.
        verify_consistency(own.size, head.size, entry.consistency, own.root, head.root)
        # 3. A time.
        cosigned = None if policy is None else policy.time_of(policy.cosignatures(parse_checkpoint(note)))
        anchored = entry.anchored if blocks_count else None
        if cosigned is None and entry.anchored is None:
            raise VerificationFailed(
                "nobody bears out when this checkpoint was there",
                where=where,
                expected="cosignatures by a quorum of the witnesses, or the block that anchored it",
            )
        if cosigned is not None:
            yield CheckpointTime(own.size, cosigned, Basis.WITNESSES)
        if anchored is not None:
            yield CheckpointTime(own.size, anchored.block_time, Basis.CHAIN)
