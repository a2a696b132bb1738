"""Many shipments at once: which goods they carry, what came of them, and their custody lines.

What goods became, and what they came from, is found by one recursive statement, in the driver's own words: row by row
through SQLAlchemy a trace of a thousand shipments takes three times as long.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.codes import Purpose
from ledger.products.recall_tracing import Way
from ledger.store.projections import projected
from ledger.store.rows import chunks, in_list, mark

CONTINUED = "continued"
"""The kind of the step by which goods went on under new terms, whose record is these."""


class Node(NamedTuple):
    """A shipment as a trace needs it; see `ledger.store.projections.shipments.Shipment`."""

    shipment: bytes
    parent: bytes | None
    child_index: int | None
    consignor: int
    custodian: int
    packages: int
    state: int
    opened_at: int
    opened_index: int
    ended_at: int | None
    purpose: int

    @property
    def is_made(self) -> bool:
        """Whether its terms made it of other goods; what is split from it was made before."""
        return self.parent is None and self.purpose == Purpose.TRANSFORMATION


class Step(NamedTuple):
    """One line of its custody; see `ledger.store.projections.shipments.CustodyStep`."""

    step: int
    record_id: bytes
    kind: str
    from_partner: int
    to_partner: int
    packages: int
    exceptions: int
    outcome: int
    occurred_at: int


Line = tuple[Node, list[Step]]
MOST_STARTS = 10_000
"""In one statement: fewer than a driver's most values, for what several reach is read again by each."""
_COLUMNS = ", ".join([*(f"s.{name}" for name in Node._fields), *(f"c.{name}" for name in Step._fields)])
_NODE = len(Node._fields)
_WHAT_IS_REACHED = (
    f"SELECT {_COLUMNS} FROM reached r JOIN shipments s ON s.shipment = r.shipment "  # noqa: S608 our own names
    "LEFT JOIN custody_steps c ON c.shipment = s.shipment"
)
_STEPS = {
    Way.DOWN: (
        ("shipments", "shipment", "t.parent = r.shipment"),
        ("custody_steps", "record_id", f"t.shipment = r.shipment AND t.kind = '{CONTINUED}'"),
    ),
    Way.UP: (
        ("shipments", "parent", "t.shipment = r.shipment AND t.parent IS NOT NULL"),
        ("custody_steps", "shipment", f"t.record_id = r.shipment AND t.kind = '{CONTINUED}'"),
    ),
}
"""Table, column and condition of what stands one step from `r.shipment`: by a split or a short delivery, or under new
terms.
"""


def lines_from(connection: Connection, shipments: Iterable[bytes], way: Way) -> dict[bytes, Line]:
    """These shipments and all that their goods became, or came from, each with its custody line in order."""
    first, result = "SELECT shipment FROM shipments WHERE shipment IN", dict[bytes, Line]()
    for chunk in chunks(shipments, MOST_STARTS):
        _read(connection, first, (), chunk, way, result)
    return result


def lines_of_goods(connection: Connection, gtin: str, lots: Collection[str], way: Way) -> dict[bytes, Line]:
    """As `lines_from`, of the shipments that are known to carry goods of this GTIN and any of these lots."""
    result = dict[bytes, Line]()
    first = f"SELECT shipment FROM goods WHERE gtin = {mark(connection)} AND lot IN"  # noqa: S608 our own words
    for chunk in chunks(sorted(lots), MOST_STARTS):
        _read(connection, first, (gtin,), chunk, way, result)
    return result


def _read(
    connection: Connection,
    first: str,
    given: tuple[str, ...],
    listed: Sequence[str | bytes],
    way: Way,
    result: dict[bytes, Line],
) -> None:
    """Add what is reached from where `first`, with `given` and then the values `listed`, begins."""
    known = set(result)
    marks = ", ".join([mark(connection)] * len(listed))
    text = _recursive(connection.dialect.name, f"{first} ({marks})", way)
    lines: list[list[Step]] = []
    for row in connection.exec_driver_sql(text, (*given, *listed)).fetchall():
        shipment = row[0]
        if shipment in known:
            continue
        line = result.get(shipment)
        if line is None:
            line = result[shipment] = (Node._make(row[:_NODE]), [])
            lines.append(line[1])
        if row[_NODE] is not None:
            line[1].append(Step._make(row[_NODE:]))
    for steps in lines:
        if len(steps) > 1:
            steps.sort()


def _recursive(dialect: str, first: str, way: Way) -> str:
    """SQLite takes several recursive parts; PostgreSQL one, in which the others stand beside each other."""
    if dialect == "sqlite":
        parts = [f"SELECT t.{column} FROM reached r JOIN {table} t ON {where}" for table, column, where in _STEPS[way]]  # noqa: S608
    else:
        each = [f"SELECT t.{column} FROM {table} t WHERE {where}" for table, column, where in _STEPS[way]]  # noqa: S608
        parts = [f"SELECT e.id FROM reached r CROSS JOIN LATERAL ({' UNION ALL '.join(each)}) e(id)"]  # noqa: S608
    return f"WITH RECURSIVE reached(shipment) AS ({' UNION '.join([first, *parts])}) {_WHAT_IS_REACHED}"


def lots_of(connection: Connection, gtin: str) -> list[str]:
    """The lots of which goods of this GTIN are known to be anywhere; an empty one where a lot is not told."""
    table = projected.goods.c
    return list(connection.scalars(select(table.lot).where(table.gtin == gtin).distinct().order_by(table.lot)))


def carriers_of(connection: Connection, gtin: str, lots: Collection[str]) -> dict[str, list[bytes]]:
    """Wherever goods of this GTIN and any of these lots are known to be, by lot."""
    table, result = projected.goods.c, dict[str, list[bytes]]()
    for chunk in chunks(sorted(lots)):
        found = in_list(connection, (table.lot, table.shipment), table.lot, chunk, (table.gtin, gtin))
        for lot, shipment in found.fetchall():
            result.setdefault(lot, []).append(shipment)
    return result


def goods_in(connection: Connection, shipments: Iterable[bytes]) -> dict[bytes, list[tuple[str, str]]]:
    """GTIN and lot of what each shipment is known to carry; a shipment of which nothing is known is missing."""
    table = projected.goods.c
    result: dict[bytes, list[tuple[str, str]]] = {}
    for chunk in chunks(shipments):
        found = in_list(connection, (table.shipment, table.gtin, table.lot), table.shipment, chunk)
        for shipment, gtin, lot in found.fetchall():
            result.setdefault(shipment, []).append((gtin, lot))
    for goods in result.values():
        goods.sort()
    return result


def below(connection: Connection, above: Iterable[bytes]) -> set[bytes]:
    """What stands one step below any of these: their children and remainders, and the terms under which they went on.

    In the driver's own words, as what is asked at each look at a shipment.
    """
    result: set[bytes] = set()
    for chunk in chunks(above):
        marks = ", ".join([mark(connection)] * len(chunk))
        text = (
            f"SELECT shipment FROM shipments WHERE parent IN ({marks}) UNION ALL "  # noqa: S608 our own words
            f"SELECT record_id FROM custody_steps WHERE shipment IN ({marks}) AND kind = '{CONTINUED}'"
        )
        result.update(row[0] for row in connection.exec_driver_sql(text, (*chunk, *chunk)).fetchall())
    return result
