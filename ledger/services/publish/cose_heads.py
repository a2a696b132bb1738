"""The log's COSE signature over the roots that it shows: beside the checkpoint, so that receipts need no key.

A line a tree: size, root and signature. The file is written before the checkpoint that readers see, and names the one
before it too: whoever reads the checkpoint and then this file finds its tree here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import LadingError, MalformedRecord, NotFound
from ledger.log.leaf import SIGNATURE_LENGTH, LogIdentity, LogSigner
from ledger.log.signed_note import TreeHead
from ledger.merkle import HASH_LENGTH
from ledger.services.publish.durable_files import LogFolder

COSE_HEADS = "cose-heads"


@dataclass(frozen=True, slots=True)
class CoseHead:
    """A tree that is shown, and the log's COSE signature over its root; nothing in it is proved."""

    size: int
    root: bytes
    signature: bytes

    def line(self) -> str:
        return f"{self.size} {to_hex(self.root)} {to_hex(self.signature)}\n"


def publish_cose_heads(files: LogFolder, signer: LogSigner, heads: Iterable[TreeHead | None]) -> None:
    """Write the signatures of trees that are shown, or about to be; the file survives a power failure after `sync`."""
    rows = {head.size: CoseHead(head.size, head.root, signer.cose_head(head.size, head.root)) for head in heads if head}
    files.write(COSE_HEADS, "".join(row.line() for row in rows.values()).encode())


def parse_cose_heads(data: bytes) -> list[CoseHead]:
    """What `publish_cose_heads` wrote; raises `MalformedRecord` for anything else."""
    try:
        words = [line.split(" ") for line in data.decode("ascii").split("\n")[:-1]]
        rows = [
            CoseHead(
                int(size),
                bytes_from_hex(root, HASH_LENGTH, COSE_HEADS),
                bytes_from_hex(signature, SIGNATURE_LENGTH, COSE_HEADS),
            )
            for size, root, signature in words
        ]
    except (ValueError, LadingError):
        rows = []
    if not rows or "".join(row.line() for row in rows).encode() != data:
        raise MalformedRecord("not lines of size, root and signature", where=COSE_HEADS)
    return rows


def cose_signature(files: LogFolder, log: LogIdentity, head: TreeHead) -> bytes:
    """The log's COSE signature over the root of `head`; raises `NotFound` where none that holds is published."""
    try:
        for row in parse_cose_heads(files.read(COSE_HEADS)):
            if (row.size, row.root) == (head.size, head.root):
                log.verify_cose_head(row.size, row.root, row.signature)
                return row.signature
    except LadingError:  # no file yet, or one that somebody edited: it is written anew with the next checkpoint
        pass
    raise NotFound("no COSE signature of this tree is published", where=COSE_HEADS, expected=f"one of size {head.size}")
