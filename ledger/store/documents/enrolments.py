"""Enrolment documents with their proof of possession, by the hash that an admission carries. Append-only."""

from dataclasses import dataclass

from sqlalchemy import Connection, tuple_

from ledger.store import changes, tables
from ledger.store.rows import insert_one, many, one, selection, some, values_of


@dataclass(frozen=True, slots=True)
class StoredEnrolment:
    """`document_hash`: SHA-256 of `document`; `key`: 20 bytes, the master key that signed it."""

    document_hash: bytes
    document: bytes
    signature: bytes
    key: bytes
    created_at: int


def add(connection: Connection, enrolment: StoredEnrolment, *, admitted: bool) -> None:
    """Keep it; the same document again changes nothing. `admitted`: it is a partner's, so that answers may name it.

    Anybody can enrol: what was computed for others must not be computed again for each who does.
    """
    if insert_one(connection, tables.enrolments, values_of(enrolment)) and admitted:
        changes.note(connection, changes.DOCUMENTS)


def get(connection: Connection, document_hash: bytes) -> StoredEnrolment | None:
    return one(connection, tables.enrolments, StoredEnrolment, tables.enrolments.c.document_hash == document_hash)


def of_key(connection: Connection, key: bytes) -> list[StoredEnrolment]:
    order = (tables.enrolments.c.created_at,)
    return many(connection, tables.enrolments, StoredEnrolment, tables.enrolments.c.key == key, order=order)


def newest(connection: Connection, limit: int) -> list[StoredEnrolment]:
    c = tables.enrolments.c
    query = selection(tables.enrolments, StoredEnrolment).order_by(c.created_at.desc(), c.document_hash.desc())
    return some(connection, query.limit(limit), StoredEnrolment)


def listing(
    connection: Connection, *, after: tuple[int, bytes] | None = None, limit: int | None = None
) -> list[StoredEnrolment]:
    """Oldest first; page with the last row's `created_at` and `document_hash` as `after`."""
    c = tables.enrolments.c
    query = selection(tables.enrolments, StoredEnrolment).order_by(c.created_at, c.document_hash).limit(limit)
    if after is not None:
        query = query.where(tuple_(c.created_at, c.document_hash) > after)
    return some(connection, query, StoredEnrolment)
