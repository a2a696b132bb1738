"""The last leaf of a checkpoint's tree: until when, by its own word, the log wrote, and so may have judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes
from ledger.errors import VerificationFailed
from ledger.log.leaf import LEAF_LENGTH, parse_leaf
from ledger.log.signed_note import TreeHead
from ledger.records.evidence import Basis, CheckpointTime


@dataclass(frozen=True, slots=True)
class LastLeaf:
    """The last leaf of a tree, 74 bytes, and its RFC 9162 inclusion proof."""

    leaf: bytes
    proof: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        return {"leaf": to_hex(self.leaf), "proof": [to_hex(value) for value in self.proof]}

    @classmethod
    def from_json(cls, value: object, where: str) -> "LastLeaf":
        fields = fields_of(value, where, ("leaf", "proof"))
        proof = tuple(hex_bytes(entry, at, 32) for at, entry in entries(fields["proof"], f"{where}.proof"))
        return cls(hex_bytes(fields["leaf"], f"{where}.leaf", LEAF_LENGTH), proof)

    def logged_in(self, head: TreeHead, where: str) -> int:
        """When this leaf, the last of `head`, was logged (UTC seconds). Raises `VerificationFailed` for another."""
        leaf = parse_leaf(self.leaf)
        try:
            merkle.verify_inclusion(merkle.leaf_hash(self.leaf), head.size - 1, head.size, self.proof, head.root)
        except VerificationFailed as error:
            error.where = f"{where}, {error.where}"
            raise
        return leaf.log_time


def latest_judgement(size: int, last_logged: int, times: Iterable[CheckpointTime]) -> CheckpointTime:
    """Until when figures of a checkpoint of `size` leaves may be judged, and on whose word.

    That is when the checkpoint was evidenced by `times`; without evidence when its last leaf was logged, the operator's
    word (RECORDS, *Times of a record*).
    """
    own = [entry for entry in times if entry.size == size]
    return min(own, key=lambda entry: entry.time, default=CheckpointTime(size, last_logged, Basis.OPERATOR))
