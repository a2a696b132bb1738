"""What the store has already about records that come: asked in one statement, for of most it has nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from sqlalchemy import Connection

from ledger.common.ids import RecordId, to_hex
from ledger.records.index_keys import RECORD
from ledger.store.rows import chunks, mark

_BY_ID = {
    "logged": 'SELECT \'logged\', "record_id" FROM "records" WHERE "record_id"',
    "proposed": 'SELECT \'proposed\', "record_id" FROM "proposals" WHERE "record_id"',
    "erased": 'SELECT \'erased\', "record_id" FROM "erasures" WHERE "record_id"',
}
_ABOUT = f'SELECT \'about\', CAST("key" AS %s) FROM "proposal_index" WHERE "kind" = \'{RECORD}\' AND "key"'  # noqa: S608 ours
_PENDING = 'SELECT \'pending\', "scope" FROM "pending" WHERE "scope"'


@dataclass(frozen=True, slots=True)
class Traces:
    """Which of the records are `logged`, which `proposed`, of which parts were `erased`, `about` which there are
    proposals, expired or not; and of the scopes, under which something is `pending`.
    """

    logged: set[RecordId] = field(default_factory=set)
    proposed: set[RecordId] = field(default_factory=set)
    erased: set[RecordId] = field(default_factory=set)
    about: set[RecordId] = field(default_factory=set)
    pending: set[bytes] = field(default_factory=set)


def of(connection: Connection, record_ids: Iterable[RecordId], scopes: Iterable[bytes] = ()) -> Traces:
    """Of these records, and of what is pending under these scopes."""
    result = Traces()
    for ids, few in zip_longest(chunks(set(record_ids)), chunks(set(scopes))):
        _look(connection, ids or [], few or [], result)
    return result


def registry_records(
    connection: Connection, types: Sequence[int], since: int, scopes: Sequence[bytes]
) -> list[RecordId]:
    """The outcomes of registry records (of these `types`) that the log has from index `since` on, and those that are
    pending under these scopes, in one statement: of most moments there is nothing new to be read.
    """
    sign = mark(connection)
    text = (
        f'SELECT "outcome_record" FROM "outcomes" WHERE "type_number" IN ({", ".join([sign] * len(types))}) '  # noqa: S608 ours
        f'AND "log_index" >= {sign} AND "item" = 0 UNION ALL '
        f'SELECT "record_id" FROM "pending" WHERE "scope" IN ({", ".join([sign] * len(scopes))})'
    )
    return [RecordId(bytes(row[0])) for row in connection.exec_driver_sql(text, (*types, since, *scopes))]


def _look(connection: Connection, ids: list[RecordId], scopes: list[bytes], result: Traces) -> None:
    asked: list[tuple[str, Sequence[bytes | str]]] = []
    if ids:
        asked += [(text, ids) for text in _BY_ID.values()]
        asked.append((_ABOUT % ("BLOB" if connection.dialect.name == "sqlite" else "BYTEA"), list(map(to_hex, ids))))
    if scopes:
        asked.append((_PENDING, scopes))
    sign = mark(connection)
    text = " UNION ".join([f"{select} IN ({', '.join([sign] * len(values))})" for select, values in asked])
    for kind, value in connection.exec_driver_sql(text, tuple(value for _, values in asked for value in values)):
        found: set[bytes] = getattr(result, kind)
        found.add(bytes.fromhex(bytes(value[2:]).decode()) if kind == "about" else bytes(value))
