"""Checkpoints: every one that was signed says what the log's leaves say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.audit import Findings
from ledger.checkpoint import LogIdentity
from ledger.errors import LadingError, NotFound
from ledger.notes import TreeHead
from ledger.services.audit_chain import Anchored
from ledger.services.audit_log import WalkedLog
from ledger.services.logfiles import LogFolder
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rowwise import Row

_EDITED = "the note is not one that this log signed: the file was altered, or the log's key is another"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint of which we have the log's signature; `where` it was found."""

    where: str
    head: TreeHead


def read_note(folder: LogFolder, name: str, where: str, identity: LogIdentity, findings: Findings) -> SignedHead | None:
    """The checkpoint in a file, verified; None when it is missing (no finding) or not one of this log's (a finding)."""
    try:
        note = folder.read(name)
        return SignedHead(where, identity.verify_checkpoint(note))
    except NotFound:
        return None
    except LadingError as error:
        findings.add("", where, error.expected or "a checkpoint of this log", error.found or error.what, _EDITED)
        return None


def stored_heads(connection: Connection, identity: LogIdentity, findings: Findings) -> Iterator[tuple[Row, SignedHead]]:
    """The checkpoints in the database whose notes hold and agree with their columns."""
    for row in rowwise.stream(connection, "checkpoints"):
        where = f"checkpoints.note of size {row['size']}"
        try:
            head = identity.verify_checkpoint(str(row["note"]).encode())
        except LadingError as error:
            findings.add("", where, error.expected or "a checkpoint of this log", error.found or error.what, _EDITED)
            continue
        for column, signed in (("size", head.size), ("root", head.root)):
            if row[column] != signed:
                findings.add(
                    "",
                    f"checkpoints.{column} of size {row['size']}",
                    signed,
                    row[column],
                    "the column is not what the signed note says: the row was edited",
                )
        yield row, SignedHead(f"checkpoint of size {head.size} in the database", head)


def check_heads(log: WalkedLog, heads: list[SignedHead], findings: Findings) -> None:
    """Every signed head has the root of the log at its size; the rows as they stand have that of the newest."""
    roots = log.roots([signed.head.size for signed in heads])
    for signed in heads:
        found = roots.get(signed.head.size)
        if found != signed.head.root:
            findings.add(
                "",
                signed.where,
                signed.head.root,
                found if found is not None else f"{log.size} leaves only",
                "the log signed another tree than its leaves make: leaves were altered or lost after signing",
            )
    if log.rows == log.size and heads:
        newest = max(heads, key=lambda signed: signed.head.size)
        if newest.head.size == log.size and log.row_root != newest.head.root:
            findings.add(
                "",
                "root",
                newest.head.root,
                log.row_root,
                "the rows make another tree than the newest checkpoint: see the records named",
            )


def check_anchor_columns(row: Row, anchors: Mapping[int, Anchored], followed: int, findings: Findings) -> None:
    """Block and transaction of a checkpoint are those in which the chain took it."""
    anchored = anchors.get(row["size"])
    expected = (None, None) if anchored is None else (anchored.block, anchored.transaction)
    found = (row["anchored_block"], row["anchored_transaction"])
    if anchored is not None and anchored.block > followed and found == (None, None):
        return
    for column, right, wrong in zip(("anchored_block", "anchored_transaction"), expected, found, strict=True):
        if right != wrong:
            findings.add(
                "",
                f"checkpoints.{column} of size {row['size']}",
                right,
                wrong,
                "the chain says otherwise: the row was edited",
            )
