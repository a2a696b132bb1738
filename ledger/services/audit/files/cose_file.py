"""The published COSE signatures: the log made them, of trees that it has, and that of what readers see is there."""

from collections.abc import Sequence
from pathlib import Path

from ledger.common.ids import to_hex
from ledger.errors import LadingError, NotFound
from ledger.log.leaf import LogIdentity
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog
from ledger.services.publish.cose_heads import COSE_HEADS, CoseHead, parse_cose_heads
from ledger.services.publish.durable_files import LogFolder

_WHERE = f"log/{COSE_HEADS}"
_ATTEMPTS = 3
"""A node at work may show the next checkpoint between two reads; it does so once a second at most."""


def check_cose_heads(root: Path, log: WalkedLog, identity: LogIdentity, findings: Findings) -> None:
    """A home from before there was the file begins it with its next checkpoint."""
    files = LogFolder(root)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            rows = parse_cose_heads(files.read(COSE_HEADS))
            shown = identity.verify_checkpoint(files.read("checkpoint"))
        except NotFound:
            return
        except LadingError as error:
            if error.where == COSE_HEADS:
                what = "the file was altered; it is written anew with the next checkpoint"
                findings.add("", _WHERE, "lines of size, root and signature", error.what, what)
            return  # a checkpoint that does not hold is told of elsewhere
        # A checkpoint older than all of these was put back, which is told of elsewhere.
        if shown.size < rows[0].size or any((row.size, row.root) == (shown.size, shown.root) for row in rows):
            _check_rows(rows, log, identity, findings)
            return
        if attempt == _ATTEMPTS:
            what = "the file lacks the signature of the checkpoint that readers see: it was altered, or put back"
            findings.add("", _WHERE, f"a line of size {shown.size}", "none", what)


def _check_rows(rows: Sequence[CoseHead], log: WalkedLog, identity: LogIdentity, findings: Findings) -> None:
    roots = log.roots([row.size for row in rows])
    for row in rows:
        try:
            identity.verify_cose_head(row.size, row.root, row.signature)
        except LadingError as error:
            what = "this log did not sign this: the line was edited, or inserted"
            findings.add("", _WHERE, error.expected, error.what, what)
        if row.root != (expected := roots.get(row.size, row.root)):
            what = "this log signed another tree than its leaves make now: it was rewritten"
            findings.add("", _WHERE, to_hex(expected), to_hex(row.root), what)
