"""Checkpoints that were signed, where they were anchored, and which witnesses cosigned them.

Cosignatures are verified before they come here, and never altered. They are evidence of time that the operator cannot
set: a leaf was known by the time at which a quorum of witnesses had cosigned a checkpoint that covers it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, bindparam, func, select, update

from ledger.store import changes, tables
from ledger.store.rows import insert_new, many, one, selection, some, values_of

checkpoints, cosignatures = tables.checkpoints, tables.cosignatures


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """`note`: the C2SP signed note. Block number, transaction hash and block time once it was anchored.

    `previous`: the size of the checkpoint before, None for the first; one that is forgotten leaves a gap.
    """

    size: int
    root: bytes
    note: str
    signed_at: int
    anchored_block: int | None = None
    anchored_transaction: bytes | None = None
    anchored_time: int | None = None
    previous: int | None = None


@dataclass(frozen=True, slots=True)
class StoredCosignature:
    """`witness`: its C2SP verifier key. `time`: POSIX seconds by its own clock. `signature`: 64 bytes."""

    size: int
    witness: str
    root: bytes
    time: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Evidenced:
    """By `time` a quorum had cosigned the checkpoint of `size` leaves under `root`."""

    size: int
    root: bytes
    time: int


_SIZE_BEFORE = select(func.max(checkpoints.c.size)).where(checkpoints.c.size < bindparam("asked"))
_SIZE_AFTER = select(func.min(checkpoints.c.size)).where(checkpoints.c.size > bindparam("asked"))


def add(connection: Connection, size: int, root: bytes, note: bytes, signed_at: int) -> None:
    """Keep a signed checkpoint; one of the same size stays as it is."""
    row = {
        "size": size,
        "root": root,
        "note": note.decode(),
        "signed_at": signed_at,
        "anchored_block": None,
        "anchored_transaction": None,
        "anchored_time": None,
        "previous": connection.scalar(_SIZE_BEFORE, {"asked": size}),
    }
    insert_new(connection, checkpoints, [row])
    # Only a database that lost some, and is given them again, has larger ones already.
    following = connection.scalar(_SIZE_AFTER, {"asked": size})
    if following is not None:
        connection.execute(update(checkpoints).where(checkpoints.c.size == following).values(previous=size))


def get(connection: Connection, size: int) -> StoredCheckpoint | None:
    return one(connection, checkpoints, StoredCheckpoint, checkpoints.c.size == size)


def latest(connection: Connection) -> StoredCheckpoint | None:
    return _edge(connection, anchored=False)


def latest_anchored(connection: Connection) -> StoredCheckpoint | None:
    return _edge(connection, anchored=True)


def covering(connection: Connection, log_index: int, *, anchored: bool = False) -> StoredCheckpoint | None:
    """The smallest checkpoint that has leaf `log_index` under it, among the anchored ones if asked."""
    query = selection(checkpoints, StoredCheckpoint).where(checkpoints.c.size > log_index)
    if anchored:
        query = query.where(checkpoints.c.anchored_block.is_not(None))
    rows = some(connection, query.order_by(checkpoints.c.size).limit(1), StoredCheckpoint)
    return rows[0] if rows else None


def anchored_below(connection: Connection, size: int) -> StoredCheckpoint | None:
    """The largest anchored checkpoint of fewer than `size` leaves."""
    where = (checkpoints.c.size < size, checkpoints.c.anchored_block.is_not(None))
    query = selection(checkpoints, StoredCheckpoint).where(*where)
    rows = some(connection, query.order_by(checkpoints.c.size.desc()).limit(1), StoredCheckpoint)
    return rows[0] if rows else None


def anchored_sizes(connection: Connection) -> list[int]:
    """The sizes of those that were anchored, ascending."""
    query = select(checkpoints.c.size).where(checkpoints.c.anchored_block.is_not(None)).order_by(checkpoints.c.size)
    return list(connection.execute(query).scalars())


def anchored(connection: Connection, limit: int, before: int | None = None) -> list[StoredCheckpoint]:
    """Those that were anchored, newest first; page with the last row's size as `before`."""
    query = selection(checkpoints, StoredCheckpoint).where(checkpoints.c.anchored_block.is_not(None))
    if before is not None:
        query = query.where(checkpoints.c.size < before)
    return some(connection, query.order_by(checkpoints.c.size.desc()).limit(limit), StoredCheckpoint)


def listing(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[StoredCheckpoint]:
    """Newest first; page with the last row's size as `before`."""
    query = selection(checkpoints, StoredCheckpoint)
    if before is not None:
        query = query.where(checkpoints.c.size < before)
    return some(connection, query.order_by(checkpoints.c.size.desc()).limit(limit), StoredCheckpoint)


def set_anchored(connection: Connection, size: int, block: int, transaction: bytes, time: int) -> None:
    """Note where the checkpoint of `size` was anchored, and the time of that block; the first note stands."""
    where = (checkpoints.c.size == size, checkpoints.c.anchored_block.is_(None))
    values = {"anchored_block": block, "anchored_transaction": transaction, "anchored_time": time}
    if connection.execute(update(checkpoints).where(*where).values(values)).rowcount:
        changes.note(connection, changes.EVIDENCE)


def anchor_times(connection: Connection) -> list[tuple[int, int]]:
    """(size, block time) of every anchored checkpoint, ascending by size."""
    c = checkpoints.c
    query = select(c.size, c.anchored_time).where(c.anchored_time.is_not(None)).order_by(c.size)
    return [(size, time) for size, time in connection.execute(query)]


def signed_times(connection: Connection) -> list[tuple[int, int]]:
    """(size, time by the operator's own clock) of every checkpoint, ascending by size."""
    c = checkpoints.c
    return [(size, time) for size, time in connection.execute(select(c.size, c.signed_at).order_by(c.size))]


def add_cosignatures(connection: Connection, rows: Sequence[StoredCosignature]) -> None:
    """Keep cosignatures; of one witness for one size the first stands, which is the earliest."""
    if rows:
        insert_new(connection, cosignatures, [values_of(row) for row in rows])
        changes.note(connection, changes.EVIDENCE)


def cosignatures_of(connection: Connection, size: int) -> list[StoredCosignature]:
    """Those of one checkpoint, earliest first."""
    order = (cosignatures.c.time, cosignatures.c.witness)
    return many(connection, cosignatures, StoredCosignature, cosignatures.c.size == size, order=order)


def all_cosignatures(connection: Connection) -> list[StoredCosignature]:
    """Every one, by size, earliest first."""
    order = (cosignatures.c.size, cosignatures.c.time, cosignatures.c.witness)
    return many(connection, cosignatures, StoredCosignature, order=order)


def evidenced(
    connection: Connection, witnesses: Collection[str], threshold: int, *, above: int = -1
) -> list[Evidenced]:
    """Every checkpoint larger than `above` that `threshold` of these witnesses cosigned, ascending by size.

    A leaf is evidenced by the earliest time of those larger than its index, not always by the smallest's: witnesses may
    have been away when that one was shown.
    """
    ranked = _ranked(witnesses, above).subquery()
    query = select(ranked.c.size, ranked.c.root, ranked.c.time).where(ranked.c.rank == threshold)
    return [Evidenced(*row) for row in connection.execute(query.order_by(ranked.c.size))]


def _edge(connection: Connection, *, anchored: bool) -> StoredCheckpoint | None:
    query = selection(checkpoints, StoredCheckpoint)
    if anchored:
        query = query.where(checkpoints.c.anchored_block.is_not(None))
    rows = some(connection, query.order_by(checkpoints.c.size.desc()).limit(1), StoredCheckpoint)
    return rows[0] if rows else None


def _ranked(witnesses: Collection[str], above: int) -> Select[tuple[int, bytes, int, int]]:
    """The cosignatures of these witnesses, each with its place in time among those of its checkpoint."""
    c = cosignatures.c
    rank = func.row_number().over(partition_by=(c.size, c.root), order_by=(c.time, c.witness)).label("rank")
    return select(c.size, c.root, c.time, rank).where(c.witness.in_(list(witnesses)), c.size > above)
