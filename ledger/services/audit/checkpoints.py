"""Checkpoints: every one that was signed says what the log's leaves say, and none that was signed is forgotten."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LadingError, NotFound
from ledger.log.leaf import LogIdentity
from ledger.log.signed_note import TreeHead
from ledger.services.audit.chain import Anchored
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog
from ledger.services.publish.durable_files import LogFolder
from ledger.store import checkpoints, rowwise
from ledger.store.database import Connection
from ledger.store.rowwise import Row

_EDITED = "this log did not sign the note: the file was altered, or consortium.json names another log or key"
SHOWN, HIGHEST = "log/checkpoint", "keys/highest-checkpoint"
"""The files with the checkpoint that readers see, and with the highest ever signed."""

MOST_MISSING = 1 << 20
"""Rows that may be missing at the end of the log for each of them to be looked for."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint of which we have the log's signature; `where` it was found."""

    where: str
    head: TreeHead
    note: bytes = b""


def read_note(home: Path, name: str, identity: LogIdentity, findings: Findings) -> SignedHead | None:
    """The checkpoint in a file, verified; None when it is missing (no finding) or not one of this log's (a finding)."""
    path = home / name
    try:
        note = LogFolder(path.parent).read(path.name)
        return SignedHead(name, identity.verify_checkpoint(note), note)
    except NotFound:
        return None
    except LadingError as error:
        findings.add("", name, error.expected or "a checkpoint of this log", error.found or error.what, _EDITED)
        return None


def check_memory(
    home: Path,
    identity: LogIdentity,
    rows: Collection[int],
    anchors: Collection[int],
    shown_before: SignedHead | None,
    findings: Findings,
) -> None:
    """What was signed is remembered wherever it was noted. Call it once the snapshot of the database is open.

    A checkpoint is kept as the highest, then entered as a row, then shown, then anchored: who finds it at one step
    finds it at those before, but for the newest row, which a node at work may not have shown yet. `rows` and `anchors`
    are the sizes in the database and on the chain, `shown_before` what was shown before the snapshot.

    A database that was rebuilt knows no checkpoint below its first row but those that are anchored.
    """
    shown = _check_note(home, SHOWN, identity, max((*anchors, *sorted(rows)[:-1]), default=0), findings)
    least = max((*anchors, *rows, shown.head.size if shown else 0), default=0)
    _check_note(home, HIGHEST, identity, least, findings)
    proofs = dict.fromkeys(anchors, "an anchor of this size is on the chain")
    if shown_before is not None:
        proofs.setdefault(shown_before.head.size, f"{SHOWN} shows it")
    for size in sorted(set(proofs) - set(rows)):
        findings.add(
            "",
            f"checkpoints of size {size}",
            "a row",
            "no such row",
            f"the log signed this checkpoint ({proofs[size]}), but the database has forgotten it: deleted, or the "
            "database was restored from an older state",
        )


def _check_note(home: Path, name: str, identity: LogIdentity, least: int, findings: Findings) -> SignedHead | None:
    """The file is there, once anything was signed, and no older than a checkpoint of size `least`."""
    found = read_note(home, name, identity, findings)
    if found is None and least and not (home / name).exists():
        findings.add(
            "",
            name,
            f"a checkpoint of {least} leaves or more",
            "no file",
            "the file is missing, although the log has signed checkpoints: it was deleted",
        )
    elif found is not None and found.head.size < least:
        findings.add(
            "",
            name,
            f"a checkpoint of {least} leaves or more",
            f"{found.head.size} leaves",
            "the file is older than what the log has signed since: it was put back to an earlier state",
        )
    return found


def stored_heads(
    connection: Connection, identity: LogIdentity, findings: Findings, least: int = 0
) -> Iterator[tuple[Row, SignedHead]]:
    """The checkpoints of `least` leaves or more in the database whose notes hold and agree with their columns."""
    for row in rowwise.stream(connection, "checkpoints", since=("size", least) if least else None):
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
        yield row, SignedHead(f"checkpoint of size {head.size} in the database", head, str(row["note"]).encode())


def check_reach(heads: Sequence[SignedHead], rows: int, findings: Findings) -> bool:
    """Whether the largest checkpoint is of about as many leaves as there are rows. To look for each of more leaves than
    any disk holds would take for ever, and whoever has the log's key may sign for them.
    """
    largest = max(heads, key=lambda head: head.head.size, default=None)
    if largest is None or largest.head.size <= rows + MOST_MISSING:
        return True
    what = "the log signed for far more leaves than it has: rows were deleted, or there never were any. The rest was "
    findings.add("", largest.where, f"up to {rows} leaves", f"{largest.head.size} leaves", what + "not judged")
    return False


def check_links(source: Connection, findings: Findings, least: int = 0) -> None:
    """Each row of `least` leaves or more names the checkpoint before, so that none that was signed is forgotten in
    between.
    """
    earlier = checkpoints.listing(source, before=least, limit=1) if least else []
    before = earlier[0].size if earlier else None
    for row in rowwise.stream(source, "checkpoints", since=("size", least) if least else None):
        if row["previous"] != before:
            findings.add(
                "",
                f"checkpoints.previous of size {row['size']}",
                "the first" if before is None else before,
                "the first" if row["previous"] is None else row["previous"],
                "this checkpoint was signed after another one than the row before: rows of checkpoints were deleted, "
                "inserted or edited",
            )
        before = row["size"]


def check_heads(log: WalkedLog, heads: list[SignedHead], findings: Findings) -> None:
    """Every signed head has the root of the log at its size; the rows as they stand have that of the newest."""
    roots = log.roots([signed.head.size for signed in heads])
    for signed in heads:
        result = roots.get(signed.head.size)
        if result != signed.head.root:
            findings.add(
                "",
                signed.where,
                signed.head.root,
                result if result is not None else f"{log.size} leaves only",
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
    """Block, transaction and time of a checkpoint are those in which the chain took it."""
    anchored = anchors.get(row["size"])
    columns = ("anchored_block", "anchored_transaction", "anchored_time")
    expected = (None,) * 3 if anchored is None else (anchored.block, anchored.transaction, anchored.time)
    result = tuple(row[column] for column in columns)
    if anchored is not None and anchored.block > followed and result == (None,) * 3:
        return
    for column, right, wrong in zip(columns, expected, result, strict=True):
        if right != wrong:
            findings.add(
                "",
                f"checkpoints.{column} of size {row['size']}",
                right,
                wrong,
                "the chain says otherwise: the row was edited",
            )
