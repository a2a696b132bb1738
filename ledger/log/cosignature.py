"""Cosignatures of witnesses, and the policy that says how many a checkpoint needs.

A witness states: at this time, the largest consistent tree that it had seen of this log was this one. It cosigns no two
trees that contradict each other, so whoever asks for k of n witnesses is shown the same log as everybody else, as long
as fewer than k of them lie. The time is the witness's own: it is evidence against the log's clock.

Sources: C2SP tlog-cosignature, "Ed25519 signed message" (cosignature/v1); C2SP signed-note, "Signatures".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.signed_note import (
    MAX_SIGNATURES,
    NoteSignature,
    SignedCheckpoint,
    TreeHead,
    is_key_name,
    key_id,
    parse_checkpoint,
    parse_ed25519_key,
    verifier_key,
)

COSIGNATURE = 4
"""The signature type of timestamped Ed25519 cosignatures."""
COSIGNATURE_LENGTH = 8 + 64
MAX_WITNESSES = MAX_SIGNATURES - 1
"""Witnesses of a policy: their lines and the log's own fit into one note."""
LATEST_TIME = 253_402_300_799
"""The end of the year 9999: C2SP lets verifiers refuse times in the future, and no calendar shows later ones."""
_STEP = "witnesses"


@dataclass(frozen=True)
class WitnessKey:
    """A witness as its readers know it: name and 32-byte Ed25519 public key.

    Raises `MalformedRecord` for a name that notes cannot hold or a key of another length.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise MalformedRecord(
                "not a witness name",
                where="name",
                expected="a name without spaces and plus signs",
                found=self.name[:80],
            )
        if len(self.public_key) != 32:
            raise MalformedRecord("not an Ed25519 key", where="key", expected="32 bytes", found=len(self.public_key))

    @cached_property
    def key_id(self) -> bytes:
        return key_id(self.name, COSIGNATURE, self.public_key)

    def verifier_key(self) -> str:
        return verifier_key(self.name, COSIGNATURE, self.public_key)

    def made(self, signature: NoteSignature) -> bool:
        """Whether a signature line names this key; nothing is proved by that."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verify(self, head: TreeHead, signature: NoteSignature) -> "Cosignature":
        """The cosignature of `head` in a line that names this key; raises `VerificationFailed`."""
        data = signature.signature
        time = int.from_bytes(data[:8], "big")
        if len(data) != COSIGNATURE_LENGTH or time > LATEST_TIME:
            raise VerificationFailed(
                "not a cosignature",
                where=_STEP,
                expected=f"8 bytes of time and 64 of signature by {self.name}",
                found=f"{len(data)} bytes",
            )
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(data[8:], _message(head, time))
        except (InvalidSignature, ValueError):
            raise VerificationFailed(
                "the witness's cosignature does not hold",
                where=_STEP,
                expected=f"cosignature/v1 by {self.name}",
                mend="The checkpoint was altered after it was cosigned, or the key is not the witness's.",
            ) from None
        return Cosignature(self, time, data[8:])


@dataclass(frozen=True, slots=True)
class Cosignature:
    """`witness` cosigned a checkpoint at `time` (POSIX seconds, by its own clock). `signature`: 64 bytes."""

    witness: WitnessKey
    time: int
    signature: bytes

    def note_signature(self) -> NoteSignature:
        return NoteSignature(self.witness.name, self.witness.key_id, self.time.to_bytes(8, "big") + self.signature)


class Cosigner:
    """A witness's name and private key. The representation never shows the secret."""

    __slots__ = ("_key", "identity")

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.identity = WitnessKey(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def __repr__(self) -> str:
        return f"Cosigner({self.identity.verifier_key()})"

    def cosign(self, head: TreeHead, time: int) -> Cosignature:
        """Cosign `head`. Who calls it answers for consistency with every head that this key cosigned before."""
        return Cosignature(self.identity, time, self._key.sign(_message(head, time)))


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A checkpoint counts once `threshold` of these witnesses have cosigned it.

    Raises `MalformedRecord` unless 1 ≤ threshold ≤ number of witnesses ≤ 15, all of different names and keys.
    """

    threshold: int
    keys: tuple[WitnessKey, ...]

    def __post_init__(self) -> None:
        if len(self.keys) > MAX_WITNESSES:
            raise MalformedRecord("too many witnesses", where=_STEP, expected=f"at most {MAX_WITNESSES}")
        if not 1 <= self.threshold <= len(self.keys):
            raise MalformedRecord(
                "no such quorum", where=_STEP, expected=f"1 to {len(self.keys)} witnesses", found=self.threshold
            )
        for values in ({k.name for k in self.keys}, {k.public_key for k in self.keys}):
            if len(values) != len(self.keys):
                raise MalformedRecord("a witness is named twice", where=_STEP)

    @property
    def majority(self) -> int:
        """How many must say the same for their word alone to stop the log: a quorum, and more than half of them. One
        of several never can.
        """
        return max(self.threshold, len(self.keys) // 2 + 1)

    def to_json(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "keys": [key.verifier_key() for key in self.keys]}

    @classmethod
    def from_json(cls, data: object, where: str) -> "WitnessPolicy":
        """Parse `to_json`; raises `MalformedRecord`."""
        if not isinstance(data, dict) or set(data) != {"threshold", "keys"}:
            raise MalformedRecord("wrong fields", where=where, expected="threshold, keys")
        threshold, keys = data["threshold"], data["keys"]
        if not isinstance(threshold, int) or isinstance(threshold, bool):
            raise MalformedRecord("not a whole number", where=f"{where}.threshold")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise MalformedRecord("not a list of verifier keys", where=f"{where}.keys")
        return cls(threshold, tuple(parse_witness_key(key) for key in keys))

    def cosignatures(self, checkpoint: SignedCheckpoint) -> tuple[Cosignature, ...]:
        """The cosignatures of these witnesses, earliest first.

        Lines of others are passed over, as C2SP asks. Raises `VerificationFailed` for a line that names one of these
        keys and does not hold.
        """
        earliest: dict[str, Cosignature] = {}
        for key in self.keys:
            for line in checkpoint.signatures:
                if key.made(line):
                    cosigned = key.verify(checkpoint.head, line)
                    if key.name not in earliest or cosigned.time < earliest[key.name].time:
                        earliest[key.name] = cosigned
        return tuple(sorted(earliest.values(), key=lambda c: (c.time, c.witness.name)))

    def time_of(self, cosignatures: Sequence[Cosignature]) -> int | None:
        """By when `threshold` of them had cosigned; None while they have not. Takes what `cosignatures` gives."""
        return cosignatures[self.threshold - 1].time if len(cosignatures) >= self.threshold else None

    def verify(self, note: bytes) -> int:
        """By when the quorum had cosigned the checkpoint in `note`.

        Raises `VerificationFailed` when fewer than `threshold` have, or a cosignature does not hold; `MalformedRecord`
        for what is no checkpoint. The log's own signature is not looked at.
        """
        cosignatures = self.cosignatures(parse_checkpoint(note))
        time = self.time_of(cosignatures)
        if time is None:
            raise VerificationFailed(
                "too few witnesses have cosigned the checkpoint",
                where=_STEP,
                expected=f"{self.threshold} of {', '.join(key.name for key in self.keys)}",
                found=", ".join(c.witness.name for c in cosignatures) or "none",
                mend="Without them nobody vouches that the log shows this tree to everybody. Ask for it again later.",
            )
        return time


def parse_witness_key(text: str) -> WitnessKey:
    """The witness that a C2SP verifier key of type 4 names; raises `MalformedRecord` unless it prints as `text`."""
    return WitnessKey(*parse_ed25519_key(text, COSIGNATURE))


def with_cosignatures(note: bytes, cosignatures: Iterable[Cosignature]) -> bytes:
    """A checkpoint with these cosignatures after the signatures it has: of one witness the earliest, and none of a key
    that has signed it already.
    """
    parsed = parse_checkpoint(note)
    lines = {(line.name, line.key_id): line for line in parsed.signatures}
    earliest: dict[WitnessKey, Cosignature] = {}
    for cosignature in cosignatures:
        known = earliest.setdefault(cosignature.witness, cosignature)
        if cosignature.time < known.time:
            earliest[cosignature.witness] = cosignature
    for cosignature in earliest.values():
        line = cosignature.note_signature()
        lines.setdefault((line.name, line.key_id), line)
    return SignedCheckpoint(parsed.head, tuple(lines.values())).encode()


def _message(head: TreeHead, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{head.text()}".encode()
