"""The published cosignatures: every one that is kept stands there too, as its witness made it."""

from pathlib import Path

from ledger.errors import NotFound
from ledger.services.audit.findings import Findings
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.published_cosignatures import COSIGNATURES, line_of, published_lines
from ledger.store import rowwise
from ledger.store.checkpoints import StoredCosignature
from ledger.store.database import Connection


def check_published_cosignatures(source: Connection, root: Path, findings: Findings) -> None:
    """A line is written first, so that after a crash one may stand there of which there is no row. A home from before
    there was the file begins it with all rows when it next asks its witnesses.
    """
    try:
        published = published_lines(LogFolder(root))
    except NotFound:
        return
    for row in rowwise.stream(source, "cosignatures"):
        if line_of(StoredCosignature(**row)) not in published:
            where = f"cosignatures of size {row['size']} by {str(row['witness']).split('+')[0]} in log/{COSIGNATURES}"
            what = "the published file lacks a cosignature that is kept: it, or the row of cosignatures, was edited"
            findings.add("", where, "a line", "no such line", what)
