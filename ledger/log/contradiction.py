"""Two checkpoints of one log that cannot both be true, as a file that convicts it: RFC 8785 canonical JSON.

Both are signed by the log. The proof shows which root the tree of the larger had at the smaller's size: another than
the smaller states. Whoever holds the log's key can check it, without the log. A witness whose cosignature both bear
lied too.
"""

from dataclasses import dataclass

from ledger.common.canonical import canonical_json, parse_json, prints_as
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import MAX_NOTE, SignedCheckpoint, TreeHead, parse_checkpoint
from ledger.merkle import HASH_LENGTH, MAX_PROOF, verify_consistency

CONTRADICTION = "contradiction/1"
MAX_CONTRADICTION = 4 * MAX_NOTE


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`first` is no larger than `second`; `proof` leads from `root`, at the first's size, to the second's root."""

    first: str
    second: str
    root: bytes
    proof: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        return canonical_json(
            {
                "lading": CONTRADICTION,
                "first": self.first,
                "second": self.second,
                "root": to_hex(self.root),
                "proof": [to_hex(value) for value in self.proof],
            }
        )

    def notes(self) -> tuple[SignedCheckpoint, SignedCheckpoint]:
        return parse_checkpoint(self.first.encode(), foreign=True), parse_checkpoint(self.second.encode(), foreign=True)

    def verify(self, log: LogIdentity) -> tuple[TreeHead, TreeHead]:
        """The two heads; raises `VerificationFailed` unless `log` signed both and they contradict each other."""
        first, second = self.notes()
        if first.head.origin != second.head.origin:
            raise VerificationFailed(
                "the checkpoints are of different logs",
                where="contradiction",
                expected=first.head.origin,
                found=second.head.origin,
            )
        log.verify_signature(first)
        log.verify_signature(second)
        verify_consistency(first.head.size, second.head.size, self.proof, self.root, second.head.root)
        if self.root == first.head.root:
            raise VerificationFailed("the checkpoints agree", where="contradiction", found=to_hex(self.root))
        return first.head, second.head


def same_size(first: bytes, second: bytes) -> Contradiction:
    """Two notes of one size and different roots."""
    return Contradiction(first.decode(), second.decode(), parse_checkpoint(second, foreign=True).head.root)


def parse_contradiction(data: bytes) -> Contradiction:
    """What `to_bytes` prints; raises `MalformedRecord` for anything else."""
    value = parse_json(data, max_size=MAX_CONTRADICTION, where="contradiction")
    if not isinstance(value, dict) or set(value) != {"lading", "first", "second", "root", "proof"}:
        raise MalformedRecord("wrong fields", where="contradiction", expected="lading, first, second, root, proof")
    proof = value["proof"]
    texts = (value["first"], value["second"], value["root"], *(proof if isinstance(proof, list) else (None,)))
    if not all(isinstance(text, str) for text in texts) or len(texts) > MAX_PROOF + 3:
        raise MalformedRecord("not texts", where="contradiction", expected="two notes, a root and a proof")
    if value["lading"] != CONTRADICTION or not prints_as(value, data):
        raise MalformedRecord("another format, or not canonical", where="contradiction", expected=CONTRADICTION)
    root, *hashes = (bytes_from_hex(text, HASH_LENGTH, "contradiction") for text in texts[2:])
    result = Contradiction(value["first"], value["second"], root, tuple(hashes))
    result.notes()
    return result
