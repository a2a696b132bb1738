"""Attestations of one issuer that end soon, read from an index in the order in which they do."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_
from sqlalchemy.sql.expression import case, literal

from ledger.common.ids import RecordId
from ledger.store.projections import projected
from ledger.store.rows import selection, some
from ledger.worklist.attestations import NOTICE
from ledger.worklist.items import Kind, Place, urgent_until

_table = projected.attestations
_ending = _table.c


@dataclass(frozen=True, slots=True)
class Ending:
    """In force from `valid_from` until `valid_until` (UTC seconds, both included), if not later than now."""

    record_id: RecordId
    subject: str
    valid_from: int
    valid_until: int


def waiting(connection: Connection, by: int, now: int, after: Place | None, limit: int) -> list[Ending]:
    """The first `limit` and one that wait for the issuer `by`, behind `after`, what ends first at the top."""
    order = (_ending.valid_until, _ending.valid_from, _ending.record_id)
    query = selection(_table, Ending).where(*_conditions(by, now))
    if after is not None:
        query = query.where(tuple_(*order) >= (after.until, after.since, after.subject))
    return some(connection, query.order_by(*order).limit(limit + 2), Ending)


def about(connection: Connection, by: int, record_id: bytes, now: int) -> list[Ending]:
    """This one, if it waits for the issuer `by`."""
    query = selection(_table, Ending).where(*_conditions(by, now), _ending.record_id == record_id)
    return some(connection, query, Ending)


def counted(by: int, now: int) -> Select[str, int, int]:
    """How many wait for the issuer `by`, and how many of them are urgent."""
    soon = func.sum(case((_ending.valid_until <= urgent_until(now), 1), else_=0))
    return select(literal(str(Kind.ATTESTATION)), func.count(), soon).where(*_conditions(by, now))


def _conditions(by: int, now: int) -> tuple[ColumnElement[bool], ...]:
    """Not revoked, and nothing of the same issuer, schema and subject ends later, or never."""
    later: Any = _table.alias("later")
    lasts = or_(later.c.valid_until > _ending.valid_until, later.c.valid_until == 0)
    renewed = select(literal(1)).where(
        later.c.subject == _ending.subject,
        later.c.by == _ending.by,
        later.c.schema == _ending.schema,
        later.c.revoked_by.is_(None),
        lasts,
    )
    return (
        _ending.by == by,
        _ending.valid_until >= now,
        _ending.valid_until <= now + NOTICE,
        _ending.revoked_by.is_(None),
        ~renewed.correlate(_table).exists(),
    )
