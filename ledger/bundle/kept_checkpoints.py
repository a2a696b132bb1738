"""A bundle's checkpoint against those that its verifier kept: one log that only grew, or a log that lies.

Two checkpoints of one size and different roots convict the log by themselves, and are exported as a contradiction. For
different sizes a consistency proof says that the smaller tree is the larger one's beginning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.bundle.format import Trust
from ledger.bundle.steps import PROVED, Step, failed
from ledger.common.canonical import parse_json
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import LadingError, MalformedRecord, VerificationFailed
from ledger.log.contradiction import Contradiction, parse_contradiction, same_size
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import TreeHead
from ledger.merkle import HASH_LENGTH, MAX_PROOF, verify_consistency

STEP = "kept checkpoints"


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A signed note that the verifier kept; `where`: what it calls it. Nothing is proved yet."""

    where: str
    note: bytes


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """A proof between two sizes, as `/v1/log/proof/consistency` answers."""

    first: int
    second: int
    proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, data: bytes, where: str) -> "ConsistencyProof":
        """Raises `MalformedRecord`."""
        value = parse_json(data, where=where)
        fields = value if isinstance(value, dict) else {}
        first, second, proof = (fields.get(name) for name in ("first", "second", "proof"))
        if not isinstance(first, int) or not isinstance(second, int) or not isinstance(proof, list):
            raise MalformedRecord("not a consistency proof", where=where, expected="first, second, proof")
        if len(proof) > MAX_PROOF or not all(isinstance(value, str) for value in proof):
            raise MalformedRecord("not a consistency proof", where=where, expected=f"up to {MAX_PROOF} hashes in hex")
        return cls(first, second, tuple(bytes_from_hex(value, HASH_LENGTH, where) for value in proof))


def check_kept(
    log: LogIdentity, head: TreeHead, kept: Sequence[KeptCheckpoint], proofs: Iterable[ConsistencyProof]
) -> str:
    """That `head` and the kept checkpoints are of one log that only grew; says which. Raises `VerificationFailed`."""
    known = {(proof.first, proof.second): proof.proof for proof in proofs}
    for one in kept:
        other = log.verify_checkpoint(one.note)
        first, second = sorted((other, head), key=lambda h: h.size)
        proof = known.get((first.size, second.size))
        if first.size == second.size:
            if other.root != head.root:
                raise VerificationFailed(
                    "the log signed two trees of this size: it shows different people different histories",
                    where=one.where,
                    expected=to_hex(other.root),
                    found=to_hex(head.root),
                    mend="Keep both: together they convict the log.",
                )
        elif first.size and proof is None:
            raise VerificationFailed(
                "whether the log only grew between the two cannot be told without a consistency proof",
                where=one.where,
                expected=f"a proof from {first.size} to {second.size}",
                mend=f"Ask for /v1/log/proof/consistency?first={first.size}&second={second.size}, and name the answer "
                "with --consistency.",
            )
        else:
            verify_consistency(first.size, second.size, proof or (), first.root, second.root)
    return f"the same log as in {', '.join(one.where for one in kept)}, and it only grew"


def contradictions(log: LogIdentity, note: bytes, kept: Iterable[KeptCheckpoint]) -> list[Contradiction]:
    """The kept checkpoints that contradict `note` by themselves: of one size, and of another tree."""
    result = []
    head = log.verify_checkpoint(note)
    for one in kept:
        other = log.verify_checkpoint(one.note)
        if other.size == head.size and other.root != head.root:
            result.append(same_size(one.note, note))
    return result


def verify_contradiction(data: bytes, trust: Trust) -> list[Step]:
    """Check a file that says that a log lied: that it holds means that the log is convicted.

    1. format         it is a contradiction
    2. log            of a trusted log
    3. contradiction  the log signed both checkpoints, and they cannot both be true
    4. witnesses      which witnesses of the policy cosigned both, and lied too (only with a policy)
    """
    try:
        result = parse_contradiction(data)
    except LadingError as error:
        return [failed("format", PROVED, error)]
    steps = [Step("format", True, PROVED, why="two checkpoints that are said to contradict each other")]
    notes = result.notes()
    log = next((log for log in trust.logs if log.origin == notes[0].head.origin), None)
    if log is None:
        expected = ", ".join(log.origin for log in trust.logs)
        return [*steps, Step("log", False, PROVED, expected, notes[0].head.origin, "no log of the trust file")]
    steps.append(Step("log", True, PROVED, why=log.origin))
    try:
        first, second = result.verify(log)
    except LadingError as error:
        return [*steps, failed("contradiction", PROVED, error)]
    why = f"the log signed {to_hex(first.root)} for {first.size} leaves, and {second.size} leaves that begin otherwise"
    steps.append(Step("contradiction", True, PROVED, why=f"{why}: it lied"))
    if trust.witnesses is not None:
        try:
            both = [{c.witness.name for c in trust.witnesses.cosignatures(note)} for note in notes]
        except LadingError as error:
            return [*steps, failed("witnesses", PROVED, error)]
        liars = ", ".join(sorted(both[0] & both[1])) or "no witness"
        steps.append(Step("witnesses", True, PROVED, why=f"{liars} cosigned both"))
    return steps


def is_contradiction(data: bytes) -> bool:
    """Whether a file says of itself that it is one; nothing is checked."""
    return data.startswith(b'{"first":"') and b'"lading":"contradiction/' in data
