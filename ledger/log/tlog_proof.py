"""A proof that a leaf is in the log, in one file of text that is checked offline: C2SP tlog-proof, version 1.

It holds the index, the path and the checkpoint with the witnesses' cosignatures; as its extra data the leaf itself,
which nobody need believe: the path proves it.

Source: C2SP tlog-proof, "Format".
"""

import base64
import binascii
import re
from dataclasses import dataclass

from ledger.errors import MalformedRecord
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import Leaf, LogIdentity, parse_leaf
from ledger.log.signed_note import MAX_NOTE, MAX_SIZE, TreeHead, parse_checkpoint
from ledger.merkle import HASH_LENGTH, MAX_PROOF, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MEDIA_TYPE = "text/plain; charset=utf-8"
MAX_EXTRA = 1 << 16
MAX_TLOG_PROOF = 2 * MAX_EXTRA + MAX_NOTE
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_WHERE = "tlog-proof"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof as it travels; nothing in it is proved until `verify` has passed.

    `extra`: None where there is no such line. `checkpoint`: the signed note.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        hashes = [base64.b64encode(value).decode() for value in self.path]
        return "".join(f"{line}\n" for line in (HEADER, *extra, f"index {self.index}", *hashes, "")).encode() + (
            self.checkpoint
        )

    def leaf(self) -> Leaf:
        """The leaf in the extra data of a Lading log's proof; raises `MalformedRecord` where there is none."""
        return parse_leaf(self.extra or b"")

    def verify(self, log: LogIdentity, entry: bytes, policy: WitnessPolicy | None = None) -> TreeHead:
        """The head of the log's tree that has `entry` at this index.

        Raises `MalformedRecord` for what is no checkpoint, `VerificationFailed` where the log did not sign it, a
        witness's line does not hold or too few of `policy` have cosigned, or the path leads elsewhere.
        """
        head = log.verify_checkpoint(self.checkpoint)
        if policy is not None:
            policy.verify(self.checkpoint)
        verify_inclusion(leaf_hash(entry), self.index, head.size, self.path, head.root)
        return head


def parse_tlog_proof(data: bytes) -> TlogProof:
    """The proof in `data`, its checkpoint of any log; raises `MalformedRecord` for what `encode` would not print."""
    if len(data) > MAX_TLOG_PROOF:
        raise _malformed("too large", f"at most {MAX_TLOG_PROOF} bytes", len(data))
    head, blank, checkpoint = data.partition(b"\n\n")
    header, *lines = head.decode("utf-8", "replace").split("\n")
    if header != HEADER or not blank:
        raise _malformed("not a tlog-proof", f"{HEADER}, index, path, an empty line and a checkpoint", header[:80])
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _base64(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None or int(index[1]) > MAX_SIZE:
        raise _malformed("no index", "`index` and a decimal number", head.decode("utf-8", "replace")[:80])
    if len(lines) > MAX_PROOF:
        raise _malformed("too many hashes", f"at most {MAX_PROOF}", len(lines))
    path = tuple(map(_base64, lines))
    if any(len(value) != HASH_LENGTH for value in path):
        raise _malformed("not a hash", f"{HASH_LENGTH} bytes in base64", "another length")
    parse_checkpoint(checkpoint, foreign=True)
    return TlogProof(int(index[1]), path, checkpoint, extra)


def _base64(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = None
    if value is None or base64.b64encode(value).decode() != text:
        raise _malformed("not base64", "standard base64 (RFC 4648 section 4)", text[:80])
    return value


def _malformed(what: str, expected: str, found: object) -> MalformedRecord:
    return MalformedRecord(what, where=_WHERE, expected=expected, found=found)
