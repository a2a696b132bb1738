"""Projection: bonus agreements, awards and claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, and_, func, select

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


@dataclass(frozen=True, slots=True)
class AwardTimes:
    """An award with the block times of itself, of its dispute and of its ruling, and what partners claimed of it."""

    version: int
    total: int
    amounts: bytes
    awarded_at: int
    disputed_at: int | None
    ruled_at: int | None
    upheld: bool
    claimed: Mapping[int, int]


def last_awards(connection: Connection) -> dict[RecordId, tuple[StoredAgreement, AwardTimes | None]]:
    """All agreements in log order, each with its newest award."""
    table, award, claim = projected.agreements, projected.awards, projected.claims
    dispute, ruling = projected.outcomes.alias("dispute"), projected.outcomes.alias("ruling")
    newer = projected.awards.alias("newer")
    last = select(func.max(newer.c.version)).where(newer.c.agreement == table.c.record_id).scalar_subquery()
    joined = (
        table.outerjoin(award, and_(award.c.agreement == table.c.record_id, award.c.version == last))
        .outerjoin(dispute, and_(dispute.c.record_id == award.c.disputed_by, dispute.c.item == 0))
        .outerjoin(ruling, and_(ruling.c.record_id == award.c.ruled_by, ruling.c.item == 0))
        .outerjoin(claim, and_(claim.c.agreement == award.c.agreement, claim.c.version == award.c.version))
    )
    columns = [table.c[field.name] for field in fields(StoredAgreement)]
    times = (award.c.block_time, dispute.c.block_time, ruling.c.block_time)
    told = (award.c.version, award.c.total, award.c.amounts, *times, award.c.upheld, claim.c.partner, claim.c.amount)
    query = select(*columns, *told).select_from(joined).order_by(table.c.log_index)
    result: dict[RecordId, tuple[StoredAgreement, AwardTimes | None]] = {}
    for row in connection.execute(query):
        agreement = StoredAgreement(*row[: len(columns)])
        version, total, amounts, awarded, disputed, ruled, upheld, partner, amount = row[len(columns) :]
        before = result.get(agreement.record_id, (agreement, None))[1]
        claimed = {**(before.claimed if before else {}), **({} if partner is None else {partner: amount})}
        last_award = AwardTimes(version, total, amounts, awarded, disputed, ruled, bool(upheld), claimed)
        result[agreement.record_id] = (agreement, None if version is None else last_award)
    return result


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
