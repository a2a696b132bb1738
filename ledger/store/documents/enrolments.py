"""Enrolment documents with their proof of possession, by the hash that an admission carries. Append-only."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.store import changes, tables
from ledger.store.rows import insert_new, many, one, values_of


@dataclass(frozen=True, slots=True)
class StoredEnrolment:
    """`document_hash`: SHA-256 of `document`; `key`: 20 bytes, the master key that signed it."""

    document_hash: bytes
    document: bytes
    signature: bytes
    key: bytes
    created_at: int


def add(connection: Connection, enrolment: StoredEnrolment) -> None:
    """Keep it; the same document again changes nothing."""
    insert_new(connection, tables.enrolments, [values_of(enrolment)])
    changes.note(connection, changes.DOCUMENTS)


def get(connection: Connection, document_hash: bytes) -> StoredEnrolment | None:
    return one(connection, tables.enrolments, StoredEnrolment, tables.enrolments.c.document_hash == document_hash)


def of_key(connection: Connection, key: bytes) -> list[StoredEnrolment]:
    order = (tables.enrolments.c.created_at,)
    return many(connection, tables.enrolments, StoredEnrolment, tables.enrolments.c.key == key, order=order)


def listing(connection: Connection) -> list[StoredEnrolment]:
    """All of them, oldest first."""
    order = (tables.enrolments.c.created_at, tables.enrolments.c.document_hash)
    return many(connection, tables.enrolments, StoredEnrolment, order=order)
