"""Leaves of the log that concern several things at once, and which outcomes are about such a record."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from ledger.common.ids import RecordId
from ledger.records.index_keys import Concern
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks, selection, some
from ledger.store.tables import record_index, records


def concerning(
    connection: Connection, about: Sequence[Concern], *, types: Sequence[int], after: int, before: int, limit: int
) -> list[StoredRecord]:
    """Records that concern each of `about` (at least one), in log order, with `after` < log index < `before`."""
    first, *others = about
    index = record_index
    query = selection(records, StoredRecord).join(index, index.c.log_index == records.c.log_index)
    query = query.where(index.c.kind == first.kind, index.c.key == first.key)
    query = query.where(index.c.log_index > after, index.c.log_index < before)
    for number, one in enumerate(others):
        more = record_index.alias(f"also_{number}")
        query = query.join(more, more.c.log_index == index.c.log_index)
        query = query.where(more.c.kind == one.kind, more.c.key == one.key)
    if types:
        query = query.where(records.c.type_number.in_(types))
    return some(connection, query.order_by(index.c.log_index).limit(limit), StoredRecord)


def that_concern(connection: Connection, record_ids: Iterable[bytes], about: Sequence[Concern]) -> set[RecordId]:
    """Those of `record_ids` that concern each of `about`."""
    left = {RecordId(one) for one in record_ids}
    for wanted in about:
        found: set[RecordId] = set()
        for chunk in chunks(sorted(left)):
            query = select(records.c.record_id).join(record_index, record_index.c.log_index == records.c.log_index)
            query = query.where(records.c.record_id.in_(chunk))
            query = query.where(record_index.c.kind == wanted.kind, record_index.c.key == wanted.key)
            found |= {RecordId(one) for one in connection.scalars(query)}
        left = found
    return left
