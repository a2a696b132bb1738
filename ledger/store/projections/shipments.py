"""Projection: shipments, their custody line and their clearances."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, text

from ledger.codes import Purpose, ShipmentState
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER
from ledger.records.types import REMAINDER_INDEX
from ledger.store.projections import projected
from ledger.store.rows import among, begins_with, chunks, insert, insert_new, many, selection, some
from ledger.store.rows import put as put_rows

_shipments = projected.shipments


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment as the custody slot has it, and what its terms say in public.

    `due_at`: by when its custodian is to pass it on, as the handoff that it came by says; `FOREVER` where nobody said.
    `terms`: record id of the terms, a child's being its ancestor's. `parent` and `child_index`: of a child or
    remainder. `parents`: JSON [[0x-id, sequence]]. `requires`: JSON [[jurisdiction, regime, gate, relay]]; `released`
    is a mask over it. `opened_block` None: not recorded by the chain yet. `course`: see `ledger.shipments.parties`.
    """

    shipment: bytes
    terms: RecordId
    parent: bytes | None
    child_index: int | None
    parents: str
    consignor: int
    consignee: int
    custodian: int
    recipient_key: bytes
    purpose: int
    mode: int
    fulfilment: int
    packages: int
    sequence: int
    state: int
    requires: str
    released: int
    flags: int
    opened_at: int
    opened_block: int | None
    opened_index: int
    ended_at: int | None
    course: int
    due_at: int = FOREVER


@dataclass(frozen=True, slots=True)
class CustodyStep:
    """A line of the custody chain: what a record, or one item of it, did to a shipment. `step` counts from 0."""

    shipment: bytes
    step: int
    record_id: RecordId
    item: int
    kind: str
    from_partner: int
    to_partner: int
    packages: int
    exceptions: int
    outcome: int
    occurred_at: int
    block_number: int | None
    block_time: int | None
    log_index: int


@dataclass(frozen=True, slots=True)
class ClearanceState:
    """Where a (shipment, jurisdiction, regime) stands; `record_id` set it, `sequence` is the next one to name."""

    shipment: bytes
    jurisdiction: str
    regime: int
    status: int
    sequence: int
    record_id: RecordId


@dataclass(frozen=True, slots=True)
class ClearanceStep:
    """One clearance record's effect on one shipment. `step` counts from 0 for each jurisdiction and regime."""

    shipment: bytes
    jurisdiction: str
    regime: int
    step: int
    record_id: RecordId
    by: int
    declarant: int
    status: int
    hold_cause: int
    caused_by: int
    assurance: int
    outcome: int
    occurred_at: int
    block_number: int | None
    block_time: int | None
    log_index: int


def put(connection: Connection, shipments: Sequence[Shipment]) -> None:
    """Insert or replace."""
    put_rows(connection, _shipments, shipments)


def get(connection: Connection, shipment: bytes) -> Shipment | None:
    return get_many(connection, [shipment]).get(shipment)


def get_many(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, Shipment]:
    """Those of `ids` that there are."""
    return {row.shipment: row for row in among(connection, _shipments, Shipment, _shipments.c.shipment, ids)}


def children(connection: Connection, parent: bytes) -> list[Shipment]:
    """Children and remainders of `parent`, by child index."""
    order = (_shipments.c.child_index, _shipments.c.opened_index)
    return many(connection, _shipments, Shipment, _shipments.c.parent == parent, order=order)


def remainders_with(connection: Connection, custodian: int, *, limit: int = 100) -> list[Shipment]:
    """What short deliveries left behind, and is still held by `custodian`, not ended; the newest first."""
    table = _shipments.c
    query = selection(_shipments, Shipment).where(
        table.custodian == custodian,
        table.child_index == text(str(REMAINDER_INDEX)),  # as the index of remainders says it, which is found by that
        table.state == int(ShipmentState.OPEN),
    )
    return some(connection, query.order_by(table.opened_index.desc()).limit(limit), Shipment)


def under_way_with(
    connection: Connection, custodian: int, *, before: int | None = None, limit: int = 100
) -> list[Shipment]:
    """What `custodian` holds and has not ended, the newest first; page with the last row's `opened_index` as `before`.

    A page holds more than `limit` where one record opened several: they are never torn apart.
    """
    table = _shipments.c
    where = [table.custodian == custodian, table.state == text(projected.IS_OPEN)]
    where += [] if before is None else [table.opened_index < before]
    order = (table.opened_index.desc(), table.child_index, table.shipment)
    query = selection(_shipments, Shipment).where(*where)
    result = some(connection, query.order_by(*order).limit(limit), Shipment)
    if len(result) < limit:
        return result
    last = result[-1].opened_index
    whole = [row for row in result if row.opened_index > last]
    return whole + some(connection, query.where(table.opened_index == last).order_by(*order), Shipment)


def under_terms(connection: Connection, terms: Iterable[bytes]) -> list[Shipment]:
    """All shipments that these terms govern: what they opened, and what came of it by splits and short deliveries."""
    return list(among(connection, _shipments, Shipment, _shipments.c.terms, terms))


def beginning_with(connection: Connection, digits: str, limit: int) -> list[Shipment]:
    """The first `limit` shipments whose ids begin with these hex digits."""
    table = _shipments.c
    query = selection(_shipments, Shipment).where(*begins_with(table.shipment, digits)).order_by(table.shipment)
    return some(connection, query.limit(limit), Shipment)


def add_steps(connection: Connection, steps: Sequence[CustodyStep]) -> None:
    insert(connection, projected.custody_steps, steps)


def steps(connection: Connection, shipment: bytes) -> list[CustodyStep]:
    """The custody line of `shipment` in order."""
    table = projected.custody_steps
    return many(connection, table, CustodyStep, table.c.shipment == shipment, order=(table.c.step,))


def steps_of_many(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, list[CustodyStep]]:
    """The custody lines of `ids`, each in order; those without any are missing."""
    table = projected.custody_steps
    result: dict[bytes, list[CustodyStep]] = {}
    for chunk in chunks(ids):
        order = (table.c.shipment, table.c.step)
        for step in many(connection, table, CustodyStep, table.c.shipment.in_(chunk), order=order):
            result.setdefault(step.shipment, []).append(step)
    return result


def clearance_steps_of_many(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, list[ClearanceStep]]:
    """All clearance records' effects on each of `ids`, in log order; those without any are missing."""
    table = projected.clearance_steps
    result: dict[bytes, list[ClearanceStep]] = {}
    for step in among(connection, table, ClearanceStep, table.c.shipment, ids):
        result.setdefault(step.shipment, []).append(step)
    for line in result.values():
        line.sort(key=lambda step: (step.log_index, step.jurisdiction, step.regime, step.step))
    return result


def step_counts(connection: Connection, ids: Iterable[bytes]) -> dict[bytes, int]:
    """How long the custody lines of `ids` are; those without any are missing."""
    table = projected.custody_steps.c
    result: dict[bytes, int] = {}
    for chunk in chunks(ids):
        query = select(table.shipment, func.count()).where(table.shipment.in_(chunk)).group_by(table.shipment)
        result |= {row[0]: row[1] for row in connection.execute(query)}
    return result


def put_clearances(connection: Connection, states: Sequence[ClearanceState]) -> None:
    """Insert or replace."""
    put_rows(connection, projected.clearances, states)


def clearances(connection: Connection, shipment: bytes) -> list[ClearanceState]:
    table = projected.clearances
    order = (table.c.jurisdiction, table.c.regime)
    return many(connection, table, ClearanceState, table.c.shipment == shipment, order=order)


def add_clearance_steps(connection: Connection, steps: Sequence[ClearanceStep]) -> None:
    insert(connection, projected.clearance_steps, steps)


def clearance_steps(connection: Connection, shipment: bytes) -> list[ClearanceStep]:
    """All clearance records' effects on `shipment`, in log order."""
    table = projected.clearance_steps
    order = (table.c.log_index, table.c.jurisdiction, table.c.regime, table.c.step)
    return many(connection, table, ClearanceStep, table.c.shipment == shipment, order=order)


def add_goods(connection: Connection, entries: Sequence[tuple[str, str, bytes]]) -> None:
    """Note which goods (GTIN, lot) a shipment carries, as far as its contents are opened here."""
    rows = [{"gtin": gtin, "lot": lot, "shipment": shipment} for gtin, lot, shipment in entries]
    insert_new(connection, projected.goods, rows)


def remove_goods(connection: Connection, shipments: Iterable[bytes]) -> None:
    """Forget which goods these shipments carry."""
    for chunk in chunks(shipments):
        connection.execute(delete(projected.goods).where(projected.goods.c.shipment.in_(chunk)))


def shipments_with(connection: Connection, gtin: str, lot: str = "", *, limit: int) -> list[bytes]:
    """The first `limit` shipments, by their ids, that carry goods of this GTIN, and of this lot where one is named."""
    table = projected.goods
    query = select(table.c.shipment).where(*_of_lot(gtin, lot)).distinct()
    return list(connection.scalars(query.order_by(table.c.shipment).limit(limit)))


def made_with(connection: Connection, gtin: str, lot: str, *, limit: int) -> list[Shipment]:
    """The first `limit` of them, by their ids, that a transformation made."""
    goods, table = projected.goods.c, _shipments
    joined = projected.goods.join(table, table.c.shipment == goods.shipment)
    made = table.c.purpose == int(Purpose.TRANSFORMATION), table.c.child_index.is_(None)
    query = select(goods.shipment).select_from(joined).where(*_of_lot(gtin, lot), *made)
    names = connection.scalars(query.order_by(goods.shipment).limit(limit)).all()
    rows = get_many(connection, names)
    return [rows[name] for name in names]


def all_with(connection: Connection, gtin: str, lot: str = "") -> list[Shipment]:
    """All of them, by their ids; without those whose row is not here."""
    carried = select(projected.goods.c.shipment).where(*_of_lot(gtin, lot))
    return many(connection, _shipments, Shipment, _shipments.c.shipment.in_(carried), order=(_shipments.c.shipment,))


def any_with(connection: Connection, gtin: str, lot: str = "", *, outside: Collection[int]) -> bool:
    """Whether any of them has not ended, ended in no state of `outside`, or has no row here."""
    goods, table = projected.goods.c, _shipments.c
    left = or_(table.ended_at.is_(None), table.state.not_in(outside), table.shipment.is_(None))
    joined = projected.goods.outerjoin(_shipments, table.shipment == goods.shipment)
    query = select(goods.shipment).select_from(joined).where(*_of_lot(gtin, lot), left).limit(1)
    return connection.execute(query).first() is not None


def _of_lot(gtin: str, lot: str) -> list[ColumnElement[bool]]:
    goods = projected.goods.c
    return [goods.gtin == gtin, goods.lot == lot] if lot else [goods.gtin == gtin]
