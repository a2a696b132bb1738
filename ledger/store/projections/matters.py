"""What waits for partners about shipments: goods that they hold, clearances, tenders.

Everything is found by an index in the order of the worklist, a page at a time: who holds a hundred thousand shipments
waits no longer than who holds ten.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    not_,
    null,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.types import TypeEngine

from ledger.codes import ShipmentState
from ledger.common.periods import FOREVER
from ledger.records.types import REMAINDER_INDEX
from ledger.store import tables
from ledger.store.projections import expiring, projected, unendorsed
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks, insert_many, put, some, values_of
from ledger.worklist.customs import Goods, Matter, pair_of
from ledger.worklist.items import Count, Kind, Place, urgent_until
from ledger.worklist.tenders import Offer

_shipments, _clearances, _tenders = projected.shipments.c, projected.clearance_matters.c, projected.tender_matters.c
MOST_OFFERS = 500
"""Tenders of one partner that are looked at, the newest: windows end, and nobody is offered so many within one."""

MOST_MATTERS = 50
"""Clearances of one shipment that are looked at."""


@dataclass(frozen=True, slots=True)
class StoredOffer:
    """A row of `tender_matters`."""

    tender: bytes
    audience: int
    shipment: bytes
    sequence: int
    holder: int
    tendered_at: int
    contested_at: int | None
    since: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A shipment of which something waits: its custody, or with `matter` one of its clearances."""

    goods: Goods
    packages: int
    sequence: int
    due_at: int
    remainder: bool
    matter: Matter | None


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer with the records of its tender and of the terms of its shipment, as the log has them."""

    offer: Offer
    tender: StoredRecord
    terms: StoredRecord


# --- as the projection writes them -------------------------------------------------------------------------------


def put_matters(connection: Connection, about: Iterable[bytes], matters: Sequence[Matter]) -> None:
    """Let `matters` be all that waits about the clearances of the shipments `about`."""
    for chunk in chunks(about):
        connection.execute(delete(projected.clearance_matters).where(_clearances.shipment.in_(chunk)))
    insert_many(connection, projected.clearance_matters, [values_of(matter) for matter in matters])


def put_offers(connection: Connection, offers: Sequence[StoredOffer]) -> None:
    """Insert or replace."""
    put(connection, projected.tender_matters, offers)


def offers_of(connection: Connection, shipment: bytes) -> list[StoredOffer]:
    """What waits about the tenders of a shipment."""
    names = (projected.tender_matters.c[field.name] for field in fields(StoredOffer))
    return some(connection, select(*names).where(_tenders.shipment == shipment), StoredOffer)


def remove_offers(connection: Connection, tenders: Iterable[bytes]) -> None:
    for chunk in chunks(tenders):
        connection.execute(delete(projected.tender_matters).where(_tenders.tender.in_(chunk)))


# --- as a worklist reads them ------------------------------------------------------------------------------------


def waiting(
    connection: Connection, custodian: int, audiences: Sequence[str], after: Place | None, limit: int
) -> list[Waiting]:
    """The first `limit` and one of what `custodian` holds, and of what waits for each of `audiences`, behind `after`;
    what stands at `after` itself may be among it.
    """
    parts = [_held(custodian, after, limit + 2)] if custodian else []
    parts += [_matters(audience, after, limit + 1) for audience in audiences]
    if not parts:
        return []
    named = union_all(*(select(part.subquery(f"part_{i}")) for i, part in enumerate(parts)))
    return [_waiting(row) for row in connection.execute(named)]


def about(connection: Connection, custodian: int, audiences: Sequence[str], shipment: bytes) -> list[Waiting]:
    """What of one shipment waits for `custodian` as its holder, and for each of `audiences`."""
    parts = [_held(custodian, None, 1).where(_shipments.shipment == shipment)] if custodian else []
    parts += [_matters(one, None, MOST_MATTERS).where(_clearances.shipment == shipment) for one in audiences]
    if not parts:
        return []
    named = union_all(*(select(part.subquery(f"part_{i}")) for i, part in enumerate(parts)))
    return [_waiting(row) for row in connection.execute(named)]


def counts(
    connection: Connection,
    custodian: int,
    audiences: Collection[str],
    now: int,
    *,
    liable: int = 0,
    issuer: int = 0,
) -> list[Count]:
    """How many there are of each kind, and how many are urgent; a kind of which there are none may be among them.

    `liable`: whose terms to endorse are counted; `issuer`: whose attestations that end soon.
    """
    held = (_shipments.custodian == custodian, _shipments.state == text(projected.IS_OPEN))
    urgent = _shipments.due_at <= urgent_until(now)
    whole = not_(_is_remainder())
    custody = select(literal(str(Kind.CUSTODY)), _how_many(whole), _how_many(and_(whole, urgent))).where(*held)
    missing = select(literal(str(Kind.MISSING)), func.count(), _how_many(urgent)).where(
        *held, _shipments.child_index == text(str(REMAINDER_INDEX))
    )
    others = select(_clearances.kind, func.count(), literal(0)).where(_clearances.audience.in_(list(audiences)))
    more = (unendorsed.counted(liable), expiring.counted(issuer, now))
    every: CompoundSelect[Any] = union_all(custody, missing, others.group_by(_clearances.kind), *more)
    return [Count(str(name), int(items or 0), int(soon or 0)) for name, items, soon in connection.execute(every)]


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def offers(connection: Connection, audience: int) -> list[OpenOffer]:
    """The newest tenders of which something may wait for a partner."""
    tender, terms = tables.records.alias("tender"), tables.records.alias("terms")
    columns = [field.name for field in fields(StoredRecord)]
    query = (
        select(
            _tenders.tender, _tenders.shipment, _tenders.sequence, _tenders.holder, _shipments.consignor,
            _shipments.consignee, _tenders.tendered_at, _tenders.contested_at,
            *(table.c[name].label(f"{table.name}_{name}") for table in (tender, terms) for name in columns),
        )
        .join(projected.shipments, _shipments.shipment == _tenders.shipment)
        .join(tender, tender.c.record_id == _tenders.tender)
        .join(terms, terms.c.record_id == _shipments.terms)
        .where(_tenders.audience == audience)
        .order_by(_tenders.since.desc())
        .limit(MOST_OFFERS)
    )  # fmt: skip
    count = len(columns)
    return [
        OpenOffer(Offer(*row[:8]), StoredRecord(*row[8 : 8 + count]), StoredRecord(*row[8 + count :]))
        for row in connection.execute(query)
    ]


_SLOT = (
    _shipments.shipment, _shipments.consignor, _shipments.consignee, _shipments.custodian, _shipments.state,
    _shipments.opened_at, _shipments.packages, _shipments.sequence.label("steps"), _shipments.due_at,
)  # fmt: skip
_MATTER = (
    _clearances.kind, _clearances.audience, _clearances.jurisdiction, _clearances.regime, _clearances.status,
    _clearances.sequence, _clearances.since,
)  # fmt: skip


def _held(custodian: int, after: Place | None, limit: int) -> Select[Any]:
    order = (_shipments.due_at, _shipments.opened_at, _shipments.shipment)
    nothing = (cast(null(), _plain(column.type)).label(column.key) for column in _MATTER)
    query = select(*_SLOT, _is_remainder().label("remainder"), *nothing).where(
        _shipments.custodian == custodian, _shipments.state == text(projected.IS_OPEN)
    )
    if after is not None:
        query = query.where(tuple_(*order) >= (after.until, after.since, after.subject))
    return query.order_by(*order).limit(limit)


def _matters(audience: str, after: Place | None, limit: int) -> Select[Any]:
    order = (
        _clearances.since, _clearances.shipment, _clearances.kind, _clearances.jurisdiction, _clearances.regime,
    )  # fmt: skip
    query = (
        select(*_SLOT, _is_remainder().label("remainder"), *_MATTER)
        .select_from(projected.clearance_matters.join(projected.shipments, _shipments.shipment == _clearances.shipment))
        .where(_clearances.audience == audience)
    )
    if after is not None and after.until >= FOREVER:
        pair = pair_of(after.detail)
        query = query.where(tuple_(*order) > (after.since, after.subject, after.kind, *pair))
    return query.order_by(*order).limit(limit)


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """PostgreSQL wants to know the type of a column that has nothing in one part of a union."""
    return String() if isinstance(kind, String) else kind


def _is_remainder() -> ColumnElement[bool]:
    return and_(_shipments.child_index.is_not(None), _shipments.child_index == text(str(REMAINDER_INDEX)))


def _waiting(row: Any) -> Waiting:
    shipment, consignor, consignee, custodian, state, opened_at, packages, steps, due_at, remainder, *matter = row
    goods = Goods(shipment, consignor, consignee, custodian, ShipmentState(state), opened_at)
    found = None if matter[0] is None else Matter(shipment, *matter)
    return Waiting(goods, packages, steps, due_at, bool(remainder), found)
