"""Projection: the registry's history, from which `ledger.registry.history` says who may do what when."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.common.ids import RecordId
from ledger.store.projections import projected
from ledger.store.rows import many, put


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A `RegistryChange` as recorded; `in_force_at`: max(`notBefore`, block time + delay)."""

    sequence: int
    record_id: RecordId
    action: int
    partner: int
    key: bytes
    role: int
    scope: bytes
    number: int
    document: bytes
    in_force_at: int
    block_number: int | None
    block_time: int | None
    log_index: int


def put_changes(connection: Connection, rows: Sequence[StoredChange]) -> None:
    """Insert or replace."""
    put(connection, projected.registry_changes, rows)


def changes(connection: Connection, *, partner: int | None = None) -> list[StoredChange]:
    """The history by sequence, of one partner if named."""
    table = projected.registry_changes
    where = () if partner is None else (table.c.partner == partner,)
    return many(connection, table, StoredChange, *where, order=(table.c.sequence,))
