"""The published cosignatures: what is kept stands there too, and what stands there holds and is of this log's tree."""

from collections.abc import Sequence
from pathlib import Path

from ledger.errors import LadingError, MalformedRecord, NotFound
from ledger.log.cosignature import Cosignature, parse_witness_key
from ledger.log.signed_note import TreeHead
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog
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
            what = "the published file lacks a cosignature that is kept: it, or the row of cosignatures, was edited"
            findings.add("", _where(row["size"], str(row["witness"])), "a line", "no such line", what)


def check_published_lines(
    source: Connection, published: Sequence[StoredCosignature], log: WalkedLog, origin: str, findings: Findings
) -> None:
    """`published`: what the file said before the database was read. Of what a witness cosigned the log has all leaves.

    A line whose key cannot be read is half of one, which a crash left.
    """
    kept = {line_of(StoredCosignature(**row)) for row in rowwise.stream(source, "cosignatures")}
    others = [row for row in published if line_of(row) not in kept]
    signed = {row["size"] for row in rowwise.stream(source, "checkpoints")}
    roots = log.roots([row.size for row in others])
    for row in others:
        where = _where(row.size, row.witness)
        try:
            witness = parse_witness_key(row.witness)
        except MalformedRecord:
            continue
        try:
            signature = Cosignature(witness, row.time, row.signature).note_signature()
            witness.verify(TreeHead(origin, row.size, row.root), signature)
        except (LadingError, OverflowError) as error:
            what = "the witness did not sign this: the line was edited, or inserted"
            findings.add("", where, "a cosignature that holds", str(error), what)
            continue
        if row.root != (result := roots.get(row.size)):
            what = (
                "the witness saw another tree than the log's leaves make now: the log was rewritten after it was seen"
            )
            findings.add("", where, row.root, result or f"{log.size} leaves only", what)
        elif row.size not in signed:
            what = (
                "a witness saw this checkpoint, and the database does not know it: its row was deleted, or the "
                "database was rebuilt while other witnesses were asked"
            )
            findings.note("", f"checkpoints of size {row.size}", "a row", "no such row", what)


def _where(size: object, witness: str) -> str:
    return f"cosignatures of size {size} by {witness.split('+')[0]} in log/{COSIGNATURES}"
