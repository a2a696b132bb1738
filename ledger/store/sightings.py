"""Where and when a code was scanned: what a copied code gives itself away by."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.store import tables
from ledger.store.rows import columns, some


@dataclass(frozen=True, slots=True)
class StoredSighting:
    """`path`: GS1 Digital Link path. `reader`: a random token of the device, telling nothing about its bearer."""

    path: str
    time: int
    place: str
    reader: str


def add(connection: Connection, path: str, time: int, place: str, reader: str) -> None:
    values = {"path": path, "time": time, "place": place, "reader": reader}
    connection.execute(tables.sightings.insert().values(values))


def of(connection: Connection, path: str, limit: int = 100) -> list[StoredSighting]:
    """The first sightings of a code, oldest first."""
    table = tables.sightings
    query = table.select().with_only_columns(*columns(table, StoredSighting)).where(table.c.path == path)
    return some(connection, query.order_by(table.c.id).limit(limit), StoredSighting)
