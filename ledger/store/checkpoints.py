"""Checkpoints that were signed, and where they were anchored."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from ledger.store import tables
from ledger.store.rows import columns, insert_new, one, some

checkpoints = tables.checkpoints


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """`note`: the C2SP signed note. Block number and transaction hash once it was anchored."""

    size: int
    root: bytes
    note: str
    signed_at: int
    anchored_block: int | None = None
    anchored_transaction: bytes | None = None


def add(connection: Connection, size: int, root: bytes, note: bytes, signed_at: int) -> None:
    """Keep a signed checkpoint; one of the same size stays as it is."""
    row = {
        "size": size,
        "root": root,
        "note": note.decode(),
        "signed_at": signed_at,
        "anchored_block": None,
        "anchored_transaction": None,
    }
    insert_new(connection, checkpoints, [row])


def get(connection: Connection, size: int) -> StoredCheckpoint | None:
    return one(connection, checkpoints, StoredCheckpoint, checkpoints.c.size == size)


def latest(connection: Connection) -> StoredCheckpoint | None:
    return _edge(connection, anchored=False)


def latest_anchored(connection: Connection) -> StoredCheckpoint | None:
    return _edge(connection, anchored=True)


def covering(connection: Connection, log_index: int, *, anchored: bool = False) -> StoredCheckpoint | None:
    """The smallest checkpoint that has leaf `log_index` under it, among the anchored ones if asked."""
    query = select(*columns(checkpoints, StoredCheckpoint)).where(checkpoints.c.size > log_index)
    if anchored:
        query = query.where(checkpoints.c.anchored_block.is_not(None))
    rows = some(connection, query.order_by(checkpoints.c.size).limit(1), StoredCheckpoint)
    return rows[0] if rows else None


def anchored(connection: Connection, limit: int) -> list[StoredCheckpoint]:
    """Those that were anchored, newest first."""
    query = select(*columns(checkpoints, StoredCheckpoint)).where(checkpoints.c.anchored_block.is_not(None))
    return some(connection, query.order_by(checkpoints.c.size.desc()).limit(limit), StoredCheckpoint)


def listing(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[StoredCheckpoint]:
    """Newest first; page with the last row's size as `before`."""
    query = select(*columns(checkpoints, StoredCheckpoint))
    if before is not None:
        query = query.where(checkpoints.c.size < before)
    return some(connection, query.order_by(checkpoints.c.size.desc()).limit(limit), StoredCheckpoint)


def set_anchored(connection: Connection, size: int, block: int, transaction: bytes) -> None:
    """Note where the checkpoint of `size` was anchored; the first note stands."""
    where = (checkpoints.c.size == size, checkpoints.c.anchored_block.is_(None))
    connection.execute(update(checkpoints).where(*where).values(anchored_block=block, anchored_transaction=transaction))


def _edge(connection: Connection, *, anchored: bool) -> StoredCheckpoint | None:
    query = select(*columns(checkpoints, StoredCheckpoint))
    if anchored:
        query = query.where(checkpoints.c.anchored_block.is_not(None))
    rows = some(connection, query.order_by(checkpoints.c.size.desc()).limit(1), StoredCheckpoint)
    return rows[0] if rows else None
