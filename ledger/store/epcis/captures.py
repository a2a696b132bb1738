"""Capture jobs, and named queries: both belong to the partner that made them."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, func, or_, select

from ledger.store.epcis.tables import epcis_captures, epcis_queries
from ledger.store.rows import insert_one, one, selection, some, values_of


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """Times are microseconds of UTC; `errors` is JSON."""

    capture_id: str
    partner: int
    created_at: int
    finished_at: int
    success: bool
    behaviour: str
    document_hash: bytes
    errors: str


@dataclass(frozen=True, slots=True)
class StoredQuery:
    partner: int
    name: str
    query: str
    created_at: int


def add(connection: Connection, capture: StoredCapture) -> None:
    connection.execute(epcis_captures.insert().values(**values_of(capture)))


def get(connection: Connection, capture_id: str, partner: int | None) -> StoredCapture | None:
    """The job, if it is `partner`'s (None: anybody's)."""
    where = [epcis_captures.c.capture_id == capture_id]
    if partner is not None:
        where.append(epcis_captures.c.partner == partner)
    return one(connection, epcis_captures, StoredCapture, *where)


def listing(connection: Connection, partner: int, before: tuple[int, str] | None, limit: int) -> list[StoredCapture]:
    """A partner's jobs, the newest first, behind `before`: time and id of the last one of the page before."""
    c = epcis_captures.c
    query = selection(epcis_captures, StoredCapture).where(c.partner == partner)
    if before is not None:
        time, capture_id = before
        query = query.where(or_(c.created_at < time, and_(c.created_at == time, c.capture_id < capture_id)))
    return some(connection, query.order_by(c.created_at.desc(), c.capture_id.desc()).limit(limit), StoredCapture)


def add_query(connection: Connection, query: StoredQuery) -> bool:
    """False where the partner has one of this name."""
    return insert_one(connection, epcis_queries, values_of(query))


def query_named(connection: Connection, partner: int, name: str) -> StoredQuery | None:
    c = epcis_queries.c
    return one(connection, epcis_queries, StoredQuery, c.partner == partner, c.name == name)


def queries_of(connection: Connection, partner: int, after: str, limit: int) -> list[StoredQuery]:
    c = epcis_queries.c
    query = selection(epcis_queries, StoredQuery).where(c.partner == partner, c.name > after)
    return some(connection, query.order_by(c.name).limit(limit), StoredQuery)


def count_queries(connection: Connection, partner: int) -> int:
    c = epcis_queries.c
    return int(connection.scalar(select(func.count()).where(c.partner == partner)) or 0)


def remove_query(connection: Connection, partner: int, name: str) -> bool:
    c = epcis_queries.c
    return connection.execute(delete(epcis_queries).where(c.partner == partner, c.name == name)).rowcount == 1
