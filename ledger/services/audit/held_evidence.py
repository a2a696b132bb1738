"""What an auditor holds: checkpoints and receipts of this log, kept elsewhere, against the log as it stands.

A home put back to an older state as a whole, its memory of what it signed included, agrees with itself. What others
kept gives it away: the log signed both that and this, and the two cannot be one append-only log.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import merkle
from ledger.bundle.format import Trust
from ledger.common.canonical import parse_json
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.contradiction import Contradiction
from ledger.log.leaf import LogIdentity, Receipt
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.merkle import HASH_LENGTH
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog

MOST = 1 << 20
"""Bytes of a file: a record with its receipt is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class HeldCheckpoint:
    """A signed note that was kept outside the home; `where`: what its holder calls it. Nothing is proved yet."""

    where: str
    note: bytes

    @classmethod
    def read(cls, where: str, data: bytes) -> "HeldCheckpoint":
        """Raises `MalformedRecord` for what is no checkpoint of any log."""
        try:
            parse_checkpoint(data)
        except MalformedRecord as error:
            raise MalformedRecord(
                "not a checkpoint",
                where=where,
                expected="a signed note, as the log shows it at /v1/log/checkpoint",
                found=str(error),
            ) from None
        return cls(where, data)

    @property
    def size(self) -> int:
        """How many leaves it says the log has."""
        return parse_checkpoint(self.note).head.size


@dataclass(frozen=True, slots=True)
class HeldLogReceipt:
    """A receipt that was kept outside the home, and the record it was for, if the file says so."""

    where: str
    receipt: Receipt
    record: str

    @classmethod
    def read(cls, where: str, data: bytes) -> "HeldLogReceipt":
        """A receipt, or any answer of the API that has one. Raises `MalformedRecord`."""
        result = parse_json(data, max_size=MOST, where=where)
        nested = result.get("receipt") if isinstance(result, dict) else None
        try:
            receipt = Receipt.from_json(result if nested is None else nested)
        except MalformedRecord as error:
            raise MalformedRecord(
                "not a receipt",
                where=where,
                expected="a receipt as the log gave it, or an answer that has one",
                found=str(error),
            ) from None
        record = result.get("id") if isinstance(result, dict) else None
        return cls(where, receipt, record if isinstance(record, str) else "")


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that the auditor holds: from the log, and the trust file from somebody it trusts."""

    checkpoints: Sequence[HeldCheckpoint] = ()
    receipts: Sequence[HeldLogReceipt] = ()
    trust: Trust | None = None


def check_held(
    log: WalkedLog, held: Held, identity: LogIdentity, findings: Findings, newest: bytes | None = None
) -> tuple[Contradiction, ...]:
    """Every checkpoint is of a tree that this log still contains, and every receipt's leaf stands in its place.

    `newest`: the largest checkpoint of the home itself. Returns what convicts the log towards strangers: a held
    checkpoint and that of the home, both signed, that cannot both be true.
    """
    forked = [kept.note for kept in held.checkpoints if _is_forked(log, kept, identity, findings)]
    for one in held.receipts:
        _check_receipt(log, one, identity, findings)
    result = [_contradiction(log, note, newest, identity) for note in forked] if newest is not None else []
    return tuple(contradiction for contradiction in result if contradiction is not None)


def _contradiction(log: WalkedLog, kept: bytes, newest: bytes, identity: LogIdentity) -> Contradiction | None:
    """The two notes, and the proof of what the home's tree was at the held one's size; None while it is smaller."""
    head, own = identity.verify_checkpoint(kept), identity.verify_checkpoint(newest)
    if head.size > own.size:
        return None
    leaves = [bytes(log.leaves[i * HASH_LENGTH : (i + 1) * HASH_LENGTH]) for i in range(own.size)]
    root = merkle.root(leaves[: head.size])
    result = Contradiction(kept.decode(), newest.decode(), root, tuple(merkle.consistency_proof(leaves, head.size)))
    try:
        result.verify(identity)
    except VerificationFailed:
        return None  # the home's own checkpoint is not of its leaves either: that is another finding
    return result


def _is_forked(log: WalkedLog, kept: HeldCheckpoint, identity: LogIdentity, findings: Findings) -> bool:
    """Whether the log was forked: the held checkpoint is its own, and of another tree."""
    try:
        head = identity.verify_checkpoint(kept.note)
    except VerificationFailed as error:
        name_stranger("", kept.where, error, findings)
        return False
    if head.size > log.size:
        name_rollback(kept.where, head.size, log.size, findings)
    elif (root := log.roots([head.size])[head.size]) != head.root:
        name_fork(kept.where, head, root, findings)
        return True
    return False


def name_rollback(where: str, signed: int, present: int, findings: Findings) -> None:
    """The log signed a checkpoint of more leaves than it has."""
    what = "the log was rolled back: it signed this checkpoint of more leaves than it has now"
    findings.add("", where, f"{signed} leaves", f"{present} leaves", what)


def name_fork(where: str, head: TreeHead, root: bytes, findings: Findings) -> None:
    """The log signed the checkpoint `head`, and its leaves make `root` now."""
    what = f"the log was forked: it signed this checkpoint, but its first {head.size} leaves make another tree now"
    findings.add("", where, head.root, root, what)


def _check_receipt(log: WalkedLog, kept: HeldLogReceipt, identity: LogIdentity, findings: Findings) -> None:
    receipt = kept.receipt
    try:
        identity.verify_receipt(receipt)
    except VerificationFailed as error:
        name_stranger(kept.record, kept.where, error, findings)
        return
    begin = receipt.index * HASH_LENGTH
    result = bytes(log.leaves[begin : begin + HASH_LENGTH])
    if not result:
        findings.add(
            kept.record,
            kept.where,
            f"leaf {receipt.index}",
            f"{log.size} leaves",
            "the log was rolled back, or never kept its promise: it gave this receipt for a leaf that it does not have",
        )
    elif result != receipt.leaf_hash:
        findings.add(
            kept.record,
            kept.where,
            receipt.leaf_hash,
            result,
            f"the log was forked: it gave this receipt for leaf {receipt.index}, where another leaf stands now",
        )


def name_stranger(record: str, where: str, error: VerificationFailed, findings: Findings) -> None:
    """What is held was not signed by this home's log."""
    findings.add(
        record,
        where,
        error.expected or "signed by this home's log",
        error.found or error.what,
        "this home's log did not sign it: it is of another log (perhaps one that was ended with --new-log), or the "
        "key in consortium.json was replaced",
    )
