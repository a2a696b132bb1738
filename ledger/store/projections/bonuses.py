"""Projection: bonus agreements, awards and claims."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.common.ids import RecordId
from ledger.store.projections import projected
from ledger.store.rows import many, one, put


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """`parties`: JSON [[partner, basis points]]; `funded` in minor units; `state`: a word."""

    record_id: RecordId
    awarder: int
    arbiter: int
    residual: int
    token: bytes
    currency: str
    period_start: int
    period_end: int
    parties: str
    funded: int
    state: str
    block_number: int | None
    block_time: int | None
    log_index: int


@dataclass(frozen=True, slots=True)
class StoredAward:
    """`disputed_by`, `ruled_by`: record ids; `upheld` says whether the ruling voided the award."""

    agreement: RecordId
    version: int
    record_id: RecordId
    total: int
    amounts: bytes
    evidence: bytes
    log_size: int
    disputed_by: RecordId | None
    ruled_by: RecordId | None
    upheld: bool | None
    block_number: int | None
    block_time: int | None
    log_index: int


@dataclass(frozen=True, slots=True)
class StoredClaim:
    agreement: RecordId
    version: int
    partner: int
    record_id: RecordId
    amount: int
    pay_to: bytes
    outcome: int
    block_number: int | None
    block_time: int | None
    log_index: int


def put_agreements(connection: Connection, rows: Sequence[StoredAgreement]) -> None:
    """Insert or replace."""
    put(connection, projected.agreements, rows)


def agreement(connection: Connection, record_id: RecordId) -> StoredAgreement | None:
    return one(connection, projected.agreements, StoredAgreement, projected.agreements.c.record_id == record_id)


def agreements(connection: Connection) -> list[StoredAgreement]:
    """All of them, in log order."""
    return many(connection, projected.agreements, StoredAgreement, order=(projected.agreements.c.log_index,))


def put_awards(connection: Connection, rows: Sequence[StoredAward]) -> None:
    """Insert or replace."""
    put(connection, projected.awards, rows)


def award(connection: Connection, record_id: RecordId) -> StoredAward | None:
    return one(connection, projected.awards, StoredAward, projected.awards.c.record_id == record_id)


def awards(connection: Connection, agreement_id: RecordId) -> list[StoredAward]:
    """An agreement's awards, by version."""
    table = projected.awards
    return many(connection, table, StoredAward, table.c.agreement == agreement_id, order=(table.c.version,))


def put_claims(connection: Connection, rows: Sequence[StoredClaim]) -> None:
    """Insert or replace."""
    put(connection, projected.claims, rows)


def claims(connection: Connection, agreement_id: RecordId) -> list[StoredClaim]:
    """An agreement's claims, by version and partner."""
    table = projected.claims
    order = (table.c.version, table.c.partner)
    return many(connection, table, StoredClaim, table.c.agreement == agreement_id, order=order)
