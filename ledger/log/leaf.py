"""What the log says and signs: leaves, checkpoints, receipts and `complete` statements.

A log is its origin and its Ed25519 key. What it signs is kept apart, so that nothing can pass for another: checkpoints
are signed notes whose text starts with the origin line; receipts, `complete` statements and partner books start with a
version name and a zero byte, which no note text may hold; roots for COSE receipts with a byte that no text may.

Parsers here accept only what the printers would print.

Sources: C2SP signed-note, tlog-checkpoint; RFC 8032; RFC 9162 section 2.1; `docs/records.md`, "Log, receipt, bundle".
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.common.ids import LogId, RecordId, to_hex
from ledger.common.json_fields import fields_of, hex_bytes, integer, text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.cose_head import protected_header, signed_message
from ledger.log.signed_note import (
    NoteSignature,
    SignedCheckpoint,
    TreeHead,
    is_key_name,
    parse_checkpoint,
    parse_ed25519_key,
    verifier_key,
)
from ledger.merkle import sorted_root

LEAF_VERSION = 1
LEAF_LENGTH = 74
SIGNATURE_LENGTH = 64
_ED25519 = 1
"""The signature type of a log's own key."""
_RECEIPT = b"lading/receipt/v1\0"
_COMPLETE = b"lading/complete/v1\0"
_PARTNERS = b"lading/partners/v1\0"
_TIMES = b"lading/times/v1\0"
_STEP = "checkpoint signature"


# --- leaves ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log: which record, under which signatures, when logged. Bodies are not in the log."""

    type_number: int
    record_id: RecordId
    signatures_hash: bytes
    log_time: int

    @classmethod
    def of(cls, type_number: int, record_id: RecordId, signatures: bytes, log_time: int) -> "Leaf":
        """The leaf of a record; `signatures` are its 65-byte signatures concatenated in canonical order."""
        return cls(type_number, record_id, hashlib.sha256(signatures).digest(), log_time)

    def encode(self) -> bytes:
        """The 74 bytes: version ‖ type ‖ record id ‖ SHA-256 of the signatures ‖ log time (big-endian seconds)."""
        return (
            bytes([LEAF_VERSION, self.type_number])
            + self.record_id
            + self.signatures_hash
            + self.log_time.to_bytes(8, "big")
        )


def parse_leaf(data: bytes) -> Leaf:
    """The leaf in `data`; raises `MalformedRecord` for another length or version."""
    if len(data) != LEAF_LENGTH:
        raise MalformedRecord("not a leaf", where="leaf", expected=f"{LEAF_LENGTH} bytes", found=f"{len(data)} bytes")
    if data[0] != LEAF_VERSION:
        raise MalformedRecord("unknown leaf version", where="leaf", expected=LEAF_VERSION, found=data[0])
    return Leaf(data[1], RecordId(data[2:34]), data[34:66], int.from_bytes(data[66:], "big"))


# --- receipts and complete statements -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Receipt:
    """The log's signed promise that a leaf stands at `index` and is in the tree within 60 seconds.

    Together with a checkpoint that has another leaf there, it proves that the log lied.
    """

    log_id: LogId
    index: int
    leaf_hash: bytes
    log_time: int
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "logId": to_hex(self.log_id),
            "index": self.index,
            "leafHash": to_hex(self.leaf_hash),
            "logTime": self.log_time,
            "signature": to_hex(self.signature),
        }

    @classmethod
    def from_json(cls, data: object) -> "Receipt":
        """Parse `to_json`; raises `MalformedRecord`."""
        fields = fields_of(data, "receipt", ("logId", "index", "leafHash", "logTime", "signature"))
        return cls(
            LogId(hex_bytes(fields["logId"], "receipt.logId", 32)),
            integer(fields["index"], "receipt.index"),
            hex_bytes(fields["leafHash"], "receipt.leafHash", 32),
            integer(fields["logTime"], "receipt.logTime"),
            hex_bytes(fields["signature"], "receipt.signature", SIGNATURE_LENGTH),
        )


@dataclass(frozen=True, slots=True)
class Complete:
    """The log's signed claim that at `size` the records under `root` are all there are about `subject`.

    `root`: RFC 9162 root over the record ids in ascending order, 32 zero bytes for none. Attested, not proved:
    whoever holds the receipt of an omitted record can prove the lie.
    """

    log_id: LogId
    size: int
    subject: str
    root: bytes
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "logId": to_hex(self.log_id),
            "size": self.size,
            "subject": self.subject,
            "root": to_hex(self.root),
            "signature": to_hex(self.signature),
        }

    @classmethod
    def from_json(cls, data: object) -> "Complete":
        """Parse `to_json`; raises `MalformedRecord`."""
        fields = fields_of(data, "complete", ("logId", "size", "subject", "root", "signature"))
        return cls(
            LogId(hex_bytes(fields["logId"], "complete.logId", 32)),
            integer(fields["size"], "complete.size"),
            text(fields["subject"], "complete.subject"),
            hex_bytes(fields["root"], "complete.root", 32),
            hex_bytes(fields["signature"], "complete.signature", SIGNATURE_LENGTH),
        )


# --- who signs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogIdentity:
    """A log as its readers know it: origin line and 32-byte Ed25519 public key, from the trust file.

    Raises `MalformedRecord` for an origin that is no key name or a key of another length.
    """

    origin: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.origin):
            raise MalformedRecord(
                "not an origin", where="origin", expected="a name without spaces and plus signs", found=self.origin[:80]
            )
        if len(self.public_key) != 32:
            raise MalformedRecord("not an Ed25519 key", where="key", expected="32 bytes", found=len(self.public_key))

    @cached_property
    def log_id(self) -> LogId:
        return LogId(hashlib.sha256(self.origin.encode() + b"\n" + bytes([_ED25519]) + self.public_key).digest())

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that signature lines carry: the start of the log id."""
        return self.log_id[:4]

    def verifier_key(self) -> str:
        """The key as verifiers take it: ``origin+hash+base64``, C2SP signed-note."""
        return verifier_key(self.origin, _ED25519, self.public_key)

    def verify_checkpoint(self, note: bytes) -> TreeHead:
        """What `note` states, signed by this log.

        Signatures of others (witnesses, other keys) are passed over, as C2SP asks. Raises `MalformedRecord` for what
        is no checkpoint, `VerificationFailed` when the origin differs, this log did not sign, or its signature fails.
        """
        parsed = parse_checkpoint(note)
        if parsed.head.origin != self.origin:
            raise VerificationFailed(
                "the checkpoint is of another log",
                where=_STEP,
                expected=self.origin,
                found=parsed.head.origin,
            )
        self.verify_signature(parsed)
        return parsed.head

    def verify_signature(self, parsed: SignedCheckpoint) -> None:
        """Raise `VerificationFailed` unless this key signed the checkpoint, whatever its origin line says."""
        ours = [s for s in parsed.signatures if s.name == self.origin and s.key_id == self.key_id]
        if not ours:
            raise VerificationFailed(
                "the log has not signed this checkpoint",
                where=_STEP,
                expected=f"a signature by {self.origin} with key id {self.key_id.hex()}",
                found=", ".join(f"{s.name} {s.key_id.hex()}" for s in parsed.signatures),
                mend="The trust file is of another consortium, or of the log under another key: get the right one.",
            )
        for signature in ours:
            self._verify(parsed.head.text().encode(), signature.signature, _STEP)

    def verify_receipt(self, receipt: Receipt) -> None:
        """Raise `VerificationFailed` unless this log signed `receipt`. The log time is proved by the leaf hash only."""
        self._same_log(receipt.log_id, "receipt")
        self._verify(_receipt_message(receipt.log_id, receipt.index, receipt.leaf_hash), receipt.signature, "receipt")

    def verify_complete(self, statement: Complete, record_ids: Iterable[RecordId]) -> None:
        """Raise `VerificationFailed` unless this log signed that `record_ids` are all there are."""
        step = "complete"
        self._same_log(statement.log_id, step)
        root = sorted_root(record_ids)
        if root != statement.root:
            raise VerificationFailed(
                "the records are not those that the log called complete",
                where=step,
                expected=to_hex(statement.root),
                found=to_hex(root),
                mend="A record is missing from the bundle, or one too many is in it.",
            )
        message = _complete_message(statement.log_id, statement.size, statement.subject, statement.root)
        self._verify(message, statement.signature, step)

    def verify_partners(self, log_id: LogId, size: int, digest: bytes, signature: bytes) -> None:
        """Raise `VerificationFailed` unless this log signed the partner book with this digest as of `size` records."""
        self._same_log(log_id, "partner book")
        self._verify(_partners_message(log_id, size, digest), signature, "partner book")

    def verify_times(self, subject: str, size: int, digest: bytes, signature: bytes) -> None:
        """Raise `VerificationFailed` unless this log signed the evidence of time with this digest as all it has."""
        self._verify(_times_message(self.log_id, subject, size, digest), signature, "times")

    def cose_header(self, size: int) -> bytes:
        """The protected header of the COSE receipts of this log's tree of `size`, encoded."""
        return protected_header(self.origin, self.log_id, self.public_key, size)

    def verify_cose_head(self, size: int, root: bytes, signature: bytes) -> None:
        """Raise `VerificationFailed` unless this log signed the tree as COSE receipts have it."""
        self._verify(signed_message(self.cose_header(size), root), signature, "COSE signature")

    def _same_log(self, log_id: LogId, step: str) -> None:
        if log_id != self.log_id:
            raise VerificationFailed(
                "it is of another log", where=step, expected=to_hex(self.log_id), found=to_hex(log_id)
            )

    def _verify(self, message: bytes, signature: bytes, step: str) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise VerificationFailed(
                "the log's signature does not hold",
                where=step,
                expected=f"Ed25519 by {self.origin}",
                mend="The statement was altered after signing, or the key in the trust file is not the log's.",
            ) from None


class LogSigner:
    """A log's identity and private key. Signatures are deterministic; the representation never shows the secret."""

    __slots__ = ("_key", "identity")

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.identity = LogIdentity(origin, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def __repr__(self) -> str:
        return f"LogSigner({self.identity.verifier_key()})"

    def checkpoint(self, size: int, root: bytes) -> bytes:
        """The signed note for a tree. Who calls it answers for consistency with every checkpoint signed before."""
        head = TreeHead(self.identity.origin, size, root)
        signature = NoteSignature(head.origin, self.identity.key_id, self._key.sign(head.text().encode()))
        return SignedCheckpoint(head, (signature,)).encode()

    def cose_head(self, size: int, root: bytes) -> bytes:
        """The signature under every COSE receipt of a tree, 64 bytes; to be called for trees that `checkpoint` was."""
        return self._key.sign(signed_message(self.identity.cose_header(size), root))

    def receipt(self, index: int, leaf_hash: bytes, log_time: int) -> Receipt:
        """The receipt of a leaf; call it after the commit only."""
        log_id = self.identity.log_id
        return Receipt(log_id, index, leaf_hash, log_time, self._key.sign(_receipt_message(log_id, index, leaf_hash)))

    def complete(self, subject: str, size: int, record_ids: Iterable[RecordId]) -> Complete:
        """State that `record_ids` (any order) are all records about `subject` among the first `size` leaves."""
        log_id, root = self.identity.log_id, sorted_root(record_ids)
        return Complete(log_id, size, subject, root, self._key.sign(_complete_message(log_id, size, subject, root)))

    def partners(self, size: int, digest: bytes) -> bytes:
        """The signature under a partner book: `digest` of its text, as of the first `size` leaves."""
        return self._key.sign(_partners_message(self.identity.log_id, size, digest))

    def times(self, subject: str, size: int, digest: bytes) -> bytes:
        """The signature under a bundle's evidence of time: `digest` of its text, for its subject and log size."""
        return self._key.sign(_times_message(self.identity.log_id, subject, size, digest))


def parse_verifier_key(text: str) -> LogIdentity:
    """The log that a C2SP verifier key names; raises `MalformedRecord` unless it prints as `text`."""
    return LogIdentity(*parse_ed25519_key(text, _ED25519))


# --- pieces ---------------------------------------------------------------------------------------------------------


def _receipt_message(log_id: LogId, index: int, leaf_hash: bytes) -> bytes:
    return _RECEIPT + log_id + index.to_bytes(8, "big") + leaf_hash


def _complete_message(log_id: LogId, size: int, subject: str, root: bytes) -> bytes:
    return _COMPLETE + log_id + size.to_bytes(8, "big") + hashlib.sha256(subject.encode()).digest() + root


def _times_message(log_id: LogId, subject: str, size: int, digest: bytes) -> bytes:
    return _TIMES + log_id + size.to_bytes(8, "big") + hashlib.sha256(subject.encode()).digest() + digest


def _partners_message(log_id: LogId, size: int, digest: bytes) -> bytes:
    return _PARTNERS + log_id + size.to_bytes(8, "big") + digest
