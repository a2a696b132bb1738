"""Opened private parts beside their records: shown by right, forgotten on demand; what was erased, and who opened what,
is noted for ever.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select

from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.records.disclosure import Part, join, part_from_json, part_to_text
from ledger.records.erasure import Erasure
from ledger.records.types import BY_NUMBER, Record
from ledger.store import changes, sealed
from ledger.store import records as stored_records
from ledger.store.epcis import events
from ledger.store.records import StoredRecord
from ledger.store.rows import among, chunks, insert_new, selection, some, values_of
from ledger.store.tables import accesses, erasures, openings, records


def of(connection: Connection, record: StoredRecord) -> dict[str, Part]:
    """Every opened part of `record` by path; nothing is checked against the record's hashes (`richest` does)."""
    return of_many(connection, [record])[record.record_id]


def of_many(
    connection: Connection, rows: Iterable[StoredRecord], named: str = "", *, paths: Collection[str] = ()
) -> dict[RecordId, dict[str, Part]]:
    """The opened parts of several records, an entry for each of them; only those with `named` in their path, or at one
    of `paths`.
    """
    kinds = {row.record_id: BY_NUMBER[row.type_number] for row in rows}
    result: dict[RecordId, dict[str, Part]] = {record_id: {} for record_id in kinds}
    for chunk in chunks(kinds):
        query = select(openings.c.record_id, openings.c.path, openings.c.body).where(openings.c.record_id.in_(chunk))
        if named:
            query = query.where(openings.c.path.contains(named, autoescape=True))
        if paths:
            query = query.where(openings.c.path.in_(paths))
        for record_id, path, body in connection.execute(query):
            result[record_id][path] = part_from_json(kinds[record_id], path, json.loads(body))
    return result


def paths_below(connection: Connection, size: int) -> list[tuple[RecordId, str]]:
    """Which parts of records below log index `size` are open, in log order."""
    query = select(openings.c.record_id, openings.c.path).join(records, records.c.record_id == openings.c.record_id)
    found = connection.execute(query.where(records.c.log_index < size).order_by(records.c.log_index, openings.c.path))
    return [(RecordId(record_id), path) for record_id, path in found]


def add(connection: Connection, record_id: RecordId, parts: Mapping[str, Part]) -> None:
    """Keep `parts` beside a record that is in the log; parts already there stay, and erased ones stay erased.

    Raises `VerificationFailed` when a part is not the one that was signed, `NotFound` for an unknown record.
    """
    row = stored_records.get(connection, record_id)
    if row is None:
        raise NotFound("no such record", where="record", found=to_hex(record_id))
    join(row.record, {**of(connection, row), **parts})
    if new := rows_for(record_id, new_parts(connection, row, parts)):
        insert_new(connection, openings, new)
        changes.note(connection, changes.PARTS)
        sealed.forget(connection, record_id)
        events.forget(connection, record_id)


def new_parts(connection: Connection, record: StoredRecord, parts: Mapping[str, Part]) -> dict[str, Part]:
    """Those of `parts` that are neither kept beside the record nor erased from it."""
    known = {*of(connection, record), *(entry.path for entry in erased_of(connection, record.record_id))}
    return {path: part for path, part in parts.items() if path not in known}


def forget(connection: Connection, record_id: RecordId, path: str = "") -> int:
    """Delete the part at `path`, or all parts: no proof breaks. How many there were.

    Their bytes leave the files with `Database.scrub`; `note_erased` keeps it from coming back.
    """
    where = [openings.c.record_id == record_id]
    if path:
        where.append(openings.c.path == path)
    gone = connection.execute(delete(openings).where(*where)).rowcount
    if gone:
        changes.note(connection, changes.PARTS)
        sealed.forget(connection, record_id)
        events.forget(connection, record_id)
    return gone


def richest(connection: Connection, row: StoredRecord, may_see: Callable[[str], bool] = lambda _path: True) -> Record:
    """The record with every part open that is kept and whose path `may_see`.

    Raises `VerificationFailed` naming the path when a kept part is not the one that was signed.
    """
    return join(row.record, {path: part for path, part in of(connection, row).items() if may_see(path)})


def rows_for(record_id: RecordId, parts: Mapping[str, Part]) -> list[dict[str, object]]:
    return [{"record_id": record_id, "path": path, "body": part_to_text(part)} for path, part in parts.items()]


# --- what was erased -------------------------------------------------------------------------------------------------


def note_erased(connection: Connection, entries: Sequence[Erasure]) -> None:
    """Note erasures; the first of a part stays."""
    if entries:
        insert_new(connection, erasures, [asdict(entry) for entry in entries])
        changes.note(connection, changes.PARTS)


def erased_of_many(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, list[Erasure]]:
    """The erasures of each of these records that has any, by path."""
    result: dict[RecordId, list[Erasure]] = {}
    found = among(connection, erasures, Erasure, erasures.c.record_id, record_ids)
    for entry in sorted(found, key=lambda entry: entry.path):
        result.setdefault(entry.record_id, []).append(entry)
    return result


def erased_of(connection: Connection, record_id: RecordId) -> list[Erasure]:
    return erased_of_many(connection, [record_id]).get(record_id, [])


def erased_listing(connection: Connection) -> list[Erasure]:
    """All of them, oldest first."""
    order = (erasures.c.erased_at, erasures.c.record_id, erasures.c.path)
    return list(some(connection, selection(erasures, Erasure).order_by(*order), Erasure))


# --- who opened what -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredAccess:
    """The key at address `key`, then `partner`'s (0: a recipient's), opened the parts at `paths` (joined by commas) of
    a record at `at`, seconds UTC, and perhaps again in that full `hour`. `right`: on what right.
    """

    record_id: RecordId
    key: bytes
    hour: int
    paths: str
    partner: int
    right: str
    at: int


def note_accesses(connection: Connection, rows: Sequence[StoredAccess]) -> None:
    """Note who opened what; of one key, record and parts the first in an hour stands."""
    insert_new(connection, accesses, [values_of(row) for row in rows])


def accesses_to(connection: Connection, record_ids: Iterable[RecordId], limit: int) -> list[StoredAccess]:
    """Who opened parts of these records, the newest first, at most `limit`."""
    found: list[StoredAccess] = []
    order = (accesses.c.at.desc(), accesses.c.record_id, accesses.c.key, accesses.c.paths)
    for chunk in chunks(record_ids):
        query = selection(accesses, StoredAccess).where(accesses.c.record_id.in_(chunk))
        found += some(connection, query.order_by(*order).limit(limit), StoredAccess)
    return sorted(found, key=lambda row: (-row.at, row.record_id, row.key, row.paths))[:limit]
