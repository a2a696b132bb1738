"""Many shipments at once: which goods they carry, what came of them, and their custody lines."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ledger.store.projections import projected
from ledger.store.projections.shipments import CustodyStep, Shipment
from ledger.store.rows import chunks, selection, some

CONTINUED = "continued"
"""The kind of the step by which goods went on under new terms, whose record is these."""


def carriers_of(connection: Connection, gtin: str) -> list[tuple[str, bytes]]:
    """Lot and shipment wherever goods of this GTIN are known to be."""
    table = projected.goods.c
    query = select(table.lot, table.shipment).where(table.gtin == gtin).order_by(table.lot, table.shipment)
    return [(lot, shipment) for lot, shipment in connection.execute(query)]


def goods_in(connection: Connection, shipments: Iterable[bytes]) -> dict[bytes, list[tuple[str, str]]]:
    """GTIN and lot of what each shipment is known to carry; a shipment of which nothing is known is missing."""
    table = projected.goods.c
    result: dict[bytes, list[tuple[str, str]]] = {}
    for chunk in chunks(shipments):
        query = select(table.shipment, table.gtin, table.lot).where(table.shipment.in_(chunk))
        for shipment, gtin, lot in connection.execute(query.order_by(table.gtin, table.lot)):
            result.setdefault(shipment, []).append((gtin, lot))
    return result


def children_of(connection: Connection, parents: Iterable[bytes]) -> list[Shipment]:
    """Children and remainders of any of `parents`."""
    table = projected.shipments
    result: list[Shipment] = []
    for chunk in chunks(parents):
        result += some(connection, selection(table, Shipment).where(table.c.parent.in_(chunk)), Shipment)
    return result


def onward_of(connection: Connection, shipments: Iterable[bytes]) -> set[bytes]:
    """The terms under which the goods of any of `shipments` went on."""
    table = projected.custody_steps.c
    result: set[bytes] = set()
    for chunk in chunks(shipments):
        query = select(table.record_id).where(table.shipment.in_(chunk), table.kind == CONTINUED)
        result.update(connection.scalars(query))
    return result


def steps_of(connection: Connection, shipments: Iterable[bytes]) -> dict[bytes, list[CustodyStep]]:
    """The custody line of each shipment, in order."""
    table = projected.custody_steps
    result: dict[bytes, list[CustodyStep]] = {}
    for chunk in chunks(shipments):
        query = selection(table, CustodyStep).where(table.c.shipment.in_(chunk))
        for step in some(connection, query.order_by(table.c.shipment, table.c.step), CustodyStep):
            result.setdefault(step.shipment, []).append(step)
    return result
