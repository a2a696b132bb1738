"""Stretches of the log as a process of this home verified them, sealed (see `ledger.services.figures.sealed_records`).

They hold private parts. So whatever opens or erases a part of a record deletes the stretch that it is in, in the same
transaction.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from ledger.common.ids import RecordId
from ledger.store.rows import insert_new, one, values_of
from ledger.store.tables import records, sealed_records


@dataclass(frozen=True, slots=True)
class Stretch:
    """The records from log index `start` to before `stop`."""

    start: int
    stop: int
    body: bytes
    seal: bytes


def seals(connection: Connection) -> dict[int, bytes]:
    """The seal of each stretch, by where it starts; empty for what is none."""
    rows = connection.execute(select(sealed_records.c.start, sealed_records.c.seal))
    return {start: seal if type(seal) is bytes else b"" for start, seal in rows if type(start) is int}


def get(connection: Connection, start: int) -> Stretch | None:
    """None, too, where another hand has put what is no stretch: SQLite takes values of any type."""
    found = one(connection, sealed_records, Stretch, sealed_records.c.start == start)
    if found is None or tuple(map(type, values_of(found).values())) != (int, int, bytes, bytes):
        return None
    return found


def put(connection: Connection, stretch: Stretch) -> None:
    """Keep a stretch; one that begins there already stays."""
    row = {"start": stretch.start, "stop": stretch.stop, "body": stretch.body, "seal": stretch.seal}
    insert_new(connection, sealed_records, [row])


def remove(connection: Connection, start: int) -> None:
    connection.execute(delete(sealed_records).where(sealed_records.c.start == start))


def forget(connection: Connection, record_id: RecordId) -> None:
    """Delete the stretch that a record is in."""
    index = select(records.c.log_index).where(records.c.record_id == record_id).scalar_subquery()
    where = sealed_records.c.start <= index, sealed_records.c.stop > index
    connection.execute(delete(sealed_records).where(*where))
