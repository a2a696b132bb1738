"""Credentials that partners publish, and their status lists; as they signed them."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete

from ledger.common.ids import LogId, RecordId
from ledger.store.rows import many, one, put
from ledger.store.tables import credentials, status_lists


@dataclass(frozen=True, slots=True)
class StoredCredential:
    credential_id: str
    record_id: RecordId
    kind: str
    partner: int
    token: bytes
    kept_at: int


@dataclass(frozen=True, slots=True)
class StoredStatusList:
    partner: int
    log_id: LogId
    number: int
    token: bytes
    kept_at: int


def keep(connection: Connection, credential: StoredCredential) -> None:
    """Keep it, in the place of an earlier one with its id."""
    put(connection, credentials, [credential])


def get(connection: Connection, credential_id: str) -> StoredCredential | None:
    return one(connection, credentials, StoredCredential, credentials.c.credential_id == credential_id)


def remove(connection: Connection, credential_id: str) -> None:
    connection.execute(delete(credentials).where(credentials.c.credential_id == credential_id))


def of_record(connection: Connection, record_id: RecordId) -> list[StoredCredential]:
    """By id. A record has few: a kind and a signer each."""
    order = (credentials.c.credential_id,)
    return many(connection, credentials, StoredCredential, credentials.c.record_id == record_id, order=order)


def keep_list(connection: Connection, listed: StoredStatusList) -> None:
    """Keep it, in the place of an earlier one."""
    put(connection, status_lists, [listed])


def get_list(connection: Connection, partner: int, log_id: LogId, number: int) -> StoredStatusList | None:
    columns = status_lists.c
    where = (columns.partner == partner, columns.log_id == log_id, columns.number == number)
    return one(connection, status_lists, StoredStatusList, *where)
