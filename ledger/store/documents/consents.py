"""Consents to forwarding with their revocations, append-only; and what was forwarded to which log."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ledger.common.ids import LogId, RecordId
from ledger.store.rows import chunks, insert_new, many, put, selection, some, values_of
from ledger.store.tables import consents, forwarded


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A signed document. `consent`: its own hash, or for a revocation that of the consent which it ends."""

    document_hash: bytes
    consent: bytes
    document: bytes
    signature: bytes
    created_at: int


@dataclass(frozen=True, slots=True)
class StoredForwarding:
    """The log `log_id` gave a receipt for the record, handed in with the parts at `paths` (joined by commas) open."""

    record_id: RecordId
    log_id: LogId
    paths: str
    consent: bytes
    at: int


def add(connection: Connection, document: StoredConsent) -> None:
    """Keep it; the same document again changes nothing."""
    insert_new(connection, consents, [values_of(document)])


def listing(connection: Connection, consent: bytes | None = None) -> list[StoredConsent]:
    """All documents, or those about one consent; oldest first."""
    where = [] if consent is None else [consents.c.consent == consent]
    return many(connection, consents, StoredConsent, *where, order=(consents.c.created_at, consents.c.document_hash))


def note_forwarded(connection: Connection, entry: StoredForwarding) -> None:
    put(connection, forwarded, [entry])


def forwarded_to(
    connection: Connection, log_id: LogId, record_ids: Iterable[RecordId]
) -> dict[RecordId, StoredForwarding]:
    """What was forwarded to a log, of these records."""
    result: dict[RecordId, StoredForwarding] = {}
    for chunk in chunks(record_ids):
        query = selection(forwarded, StoredForwarding)
        query = query.where(forwarded.c.log_id == log_id, forwarded.c.record_id.in_(chunk))
        result |= {entry.record_id: entry for entry in some(connection, query, StoredForwarding)}
    return result


def count_forwarded(connection: Connection, consent: bytes) -> int:
    """How many records were forwarded last by this consent."""
    query = select(func.count()).select_from(forwarded).where(forwarded.c.consent == consent)
    return connection.scalar(query) or 0
