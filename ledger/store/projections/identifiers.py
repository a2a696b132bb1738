"""Projection: private numbers by which people look for goods, each under whoever may read it.

A reader asks in its own rows: what others have is neither found nor takes time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import Connection, delete, tuple_

from ledger.store.projections import projected
from ledger.store.rows import among, chunks, put_many, selection, some

ORDER, LOT, LOAD, DECLARATION = "order", "lot", "load", "declaration"
_table = projected.identifiers
_KEY = (_table.c.who, _table.c.value, _table.c.kind, _table.c.log_index, _table.c.target)


@dataclass(frozen=True, slots=True)
class Identifier:
    """`who` (as in `ledger.store.projections.parties`) may know that `value`, as it is looked up, is a number of the
    `kind` order or lot of the shipment `target`, of a load of the handoff `target`, or customs'
    reference (MRN) in the clearance `target`. `log_index`: when it opened, or when that was signed.
    """

    who: str
    value: str
    kind: str
    log_index: int
    target: bytes


def put_identifiers(connection: Connection, rows: Sequence[Identifier]) -> None:
    """Insert those that are not there."""
    put_many(connection, _table, rows)


def remove(connection: Connection, rows: Sequence[Identifier]) -> None:
    for chunk in chunks(rows):
        connection.execute(delete(_table).where(tuple_(*_KEY).in_([astuple(row) for row in chunk])))


def of_targets(connection: Connection, targets: Iterable[bytes]) -> list[Identifier]:
    """All that these are found by."""
    return list(among(connection, _table, Identifier, _table.c.target, targets))


def known_as(connection: Connection, who: str, value: str, limit: int) -> list[Identifier]:
    """What `who` knows by this number, at most `limit`: by kind, the newest first."""
    order = (_table.c.kind.desc(), _table.c.log_index.desc(), _table.c.target.desc())
    query = selection(_table, Identifier).where(_table.c.who == who, _table.c.value == value)
    return some(connection, query.order_by(*order).limit(limit), Identifier)
