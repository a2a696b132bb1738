"""Records as they stand in the log: by id, by index, by whom they concern, and all of them in a stream."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.sql import ColumnElement

from ledger.common.ids import RecordId, to_hex
from ledger.log.leaf import Leaf
from ledger.records.index_keys import RECORD
from ledger.records.signing import SIGNATURE_LENGTH, SignedRecord
from ledger.records.types import BY_NUMBER, Record
from ledger.store.rows import CHUNK, among, beginning, begins_with, chunks, one, selection, some, value_of
from ledger.store.tables import record_index, records

STREAM_CHUNK = 1000


@dataclass(frozen=True)
class StoredRecord:
    """A row of the log. `message` is the RFC 8785 text with every private part withheld as its hash.

    Nothing in it is verified: whoever edited the database edited this.
    """

    record_id: RecordId
    log_index: int
    type_number: int
    log_time: int
    leaf_hash: bytes
    signatures: bytes
    message: str

    @cached_property
    def record(self) -> Record:
        """The record, private parts withheld. Raises `MalformedRecord` when the row was damaged."""
        return BY_NUMBER[self.type_number].from_json(value_of(self.message))

    @property
    def signature_list(self) -> tuple[bytes, ...]:
        return tuple(
            self.signatures[i : i + SIGNATURE_LENGTH] for i in range(0, len(self.signatures), SIGNATURE_LENGTH)
        )

    @property
    def signed(self) -> SignedRecord:
        return SignedRecord(self.record, self.signature_list)


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A row of the log without its body: what the tree is grown from."""

    record_id: RecordId
    log_index: int
    type_number: int
    log_time: int
    leaf_hash: bytes
    signatures: bytes


_NO_END = 2**62
_LEAVES = (
    selection(records, StoredLeaf)
    .where(records.c.log_index > bindparam("after"), records.c.log_index < bindparam("stop"))
    .order_by(records.c.log_index)
    .limit(STREAM_CHUNK)
)
"""Kept: each checkpoint asks, and to put it together takes as long as to run it."""


def get(connection: Connection, record_id: RecordId) -> StoredRecord | None:
    return get_many(connection, [record_id]).get(record_id)


def at(connection: Connection, log_index: int) -> StoredRecord | None:
    return one(connection, records, StoredRecord, records.c.log_index == log_index)


def beginning_with(connection: Connection, digits: str, limit: int) -> list[StoredRecord]:
    """The first `limit` records whose ids begin with these hex digits."""
    query = selection(records, StoredRecord).where(*begins_with(records.c.record_id, digits))
    return some(connection, query.order_by(records.c.record_id).limit(limit), StoredRecord)


def first_logged_after(connection: Connection, time: int) -> int | None:
    """The log index of the first record logged after `time` (UTC seconds); None while there is none."""
    index: int | None = connection.scalar(select(func.min(records.c.log_index)).where(records.c.log_time > time))
    return index


def get_many(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, StoredRecord]:
    """Those of `record_ids` that are in the log."""
    return {row.record_id: row for row in among(connection, records, StoredRecord, records.c.record_id, record_ids)}


def stream(
    connection: Connection, start: int = 0, stop: int | None = None, types: Sequence[int] = ()
) -> Iterator[StoredRecord]:
    """Records with start ≤ log index < stop in log order, of `types` only if any are named.

    Memory is bounded: rows are fetched a thousand at a time.
    """
    where = _range(start, stop)
    if types:
        where.append(records.c.type_number.in_(types))
    after = start - 1
    while True:
        query = selection(records, StoredRecord).where(*where, records.c.log_index > after)
        rows = some(connection, query.order_by(records.c.log_index).limit(STREAM_CHUNK), StoredRecord)
        yield from rows
        if len(rows) < STREAM_CHUNK:
            return
        after = rows[-1].log_index


def leaves(connection: Connection, start: int = 0, stop: int | None = None) -> Iterator[StoredLeaf]:
    """As `stream`, without the bodies."""
    after, stop = start - 1, _NO_END if stop is None else stop
    while True:
        found = connection.execute(_LEAVES, {"after": after, "stop": stop})
        rows = [StoredLeaf(*row) for row in found.all()]
        yield from rows
        if len(rows) < STREAM_CHUNK:
            return
        after = rows[-1].log_index


def listing(
    connection: Connection,
    kind: str = "",
    key: str = "",
    *,
    types: Sequence[int] = (),
    after: int = -1,
    before: int | None = None,
    limit: int = 100,
    newest_first: bool = False,
) -> list[StoredRecord]:
    """A page of the records that concern (`kind`, `key`) of `ledger.records.index_keys`, or of all records when `kind`
    is empty.

    Key-set paging by log index: pass the last row's as `after`, or with `newest_first` as `before`.
    """
    query, place = selection(records, StoredRecord), records.c.log_index
    if kind:
        index = record_index
        query = query.join(index, index.c.log_index == records.c.log_index)
        query = query.where(index.c.kind == kind, index.c.key == key)
        place = index.c.log_index  # in whose order the index has them; of the other, all would be sorted first
    query = query.where(place > after)
    if before is not None:
        query = query.where(place < before)
    if types:
        query = query.where(records.c.type_number.in_(types))
    return some(connection, query.order_by(place.desc() if newest_first else place).limit(limit), StoredRecord)


def under(connection: Connection, kind: str, prefix: str, *, types: Sequence[int], stop: int) -> Iterator[StoredRecord]:
    """Records of `types` below log index `stop` that concern a key of `kind` beginning with `prefix`, in log order."""
    index = record_index
    begins = index.c.key.startswith(prefix, autoescape=True)
    if connection.dialect.name == "sqlite":  # elsewhere the column may be ordered by a language
        begins &= beginning(index.c.key, prefix)
    named = select(index.c.log_index).where(index.c.kind == kind, begins, index.c.log_index < stop)
    where = (records.c.log_index.in_(named), records.c.type_number.in_(types))
    query = selection(records, StoredRecord).where(*where)
    yield from some(connection, query.order_by(records.c.log_index), StoredRecord)


def naming(
    connection: Connection, named: Iterable[RecordId], *, types: Sequence[int], stop: int | None = None
) -> dict[RecordId, StoredRecord]:
    """Records of `types`, below log index `stop`, that name any of these records, in log order."""
    return about_many(connection, RECORD, map(to_hex, named), types=types, stop=stop)


def about_many(
    connection: Connection, kind: str, keys: Iterable[str], *, types: Sequence[int], stop: int | None = None
) -> dict[RecordId, StoredRecord]:
    """Records of `types`, below log index `stop`, that concern any of `keys` of this `kind`, in log order."""
    index, result = record_index, dict[RecordId, StoredRecord]()
    for chunk in chunks(keys):
        found = select(index.c.log_index).where(index.c.kind == kind, index.c.key.in_(chunk))
        where = (records.c.log_index.in_(found), records.c.type_number.in_(types), *_range(0, stop))
        query = selection(records, StoredRecord).where(*where)
        result |= {row.record_id: row for row in some(connection, query, StoredRecord)}
    return dict(sorted(result.items(), key=lambda entry: entry[1].log_index))


def newest_before(connection: Connection, stop: int, type_number: int) -> Iterator[StoredRecord]:
    """Records of a type below log index `stop`, the newest first."""
    before = stop
    while True:
        where = (records.c.log_index < before, records.c.type_number == type_number)
        query = selection(records, StoredRecord).where(*where).order_by(records.c.log_index.desc()).limit(CHUNK)
        rows = some(connection, query, StoredRecord)
        yield from rows
        if len(rows) < CHUNK:
            return
        before = rows[-1].log_index


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(records)) or 0


def count_by_type(connection: Connection, since: int, stop: int) -> dict[int, int]:
    """How many records of each type number there are from log index `since` to before `stop`."""
    query = select(records.c.type_number, func.count()).group_by(records.c.type_number)
    query = query.where(records.c.log_index >= since, records.c.log_index < stop)
    return {row[0]: row[1] for row in connection.execute(query)}


def leaf_of(row: StoredRecord | StoredLeaf) -> Leaf:
    """The leaf computed anew from the row's columns; the audit compares its hash with the one stored."""
    return Leaf.of(row.type_number, row.record_id, row.signatures, row.log_time)


def _range(start: int, stop: int | None) -> list[ColumnElement[bool]]:
    where = [records.c.log_index >= start]
    if stop is not None:
        where.append(records.c.log_index < stop)
    return where
