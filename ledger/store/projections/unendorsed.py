"""Projection: terms under which something is under way, and to which who is liable has not put its name.

Who owes is private: a row is shown to who is liable in it, and to nobody else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, select, text, tuple_
from sqlalchemy.sql.expression import literal

from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER
from ledger.store.projections import projected
from ledger.store.rows import chunks, insert_many, selection, some, values_of
from ledger.worklist.items import Kind, Place

_unendorsed = projected.unendorsed_terms
_shipments = projected.shipments.c
_UNDER_WAY = _shipments.state == text(projected.IS_OPEN)


@dataclass(frozen=True, slots=True)
class Unendorsed:
    """`opened_at`: when the first shipment under `terms` was opened, seconds UTC."""

    terms: RecordId
    liable: int
    opened_at: int


def put(connection: Connection, about: Iterable[RecordId], rows: Sequence[Unendorsed]) -> None:
    """Let `rows` be all that there is of the terms `about`."""
    for chunk in chunks(about):
        connection.execute(delete(_unendorsed).where(_unendorsed.c.terms.in_(chunk)))
    insert_many(connection, _unendorsed, [values_of(row) for row in rows])


def note_endorsed(connection: Connection, endorsed: Iterable[tuple[bytes, int]]) -> None:
    """These terms were endorsed, each by a partner."""
    for terms, by in endorsed:
        connection.execute(delete(_unendorsed).where(_unendorsed.c.terms == terms, _unendorsed.c.liable == by))


def note_ended(connection: Connection, terms: Iterable[RecordId]) -> None:
    """Something under these terms has ended: where nothing is under way any more, nobody has to endorse them."""
    for chunk in chunks(set(terms)):
        left = select(literal(1)).where(_shipments.terms == _unendorsed.c.terms, _UNDER_WAY).correlate(_unendorsed)
        connection.execute(delete(_unendorsed).where(_unendorsed.c.terms.in_(chunk), ~left.exists()))


def under_way(connection: Connection, terms: Iterable[RecordId]) -> dict[RecordId, int]:
    """Of these terms, those under which something is under way, with the time at which the first was opened."""
    result: dict[RecordId, int] = {}
    for chunk in chunks(terms):
        left = func.sum(case((_UNDER_WAY, 1), else_=0))
        query = select(_shipments.terms, func.min(_shipments.opened_at), left).where(_shipments.terms.in_(chunk))
        found = connection.execute(query.group_by(_shipments.terms))
        result |= {RecordId(one): opened_at for one, opened_at, count in found if count}
    return result


def waiting(connection: Connection, liable: int, after: Place | None, limit: int) -> list[Unendorsed]:
    """The first `limit` and one of the terms that wait for `liable`, behind `after`, the oldest first."""
    query = _of(liable)
    if after is not None and after.until >= FOREVER:  # else all of them stand behind what runs out
        order = (_unendorsed.c.opened_at, _unendorsed.c.terms)
        query = query.where(tuple_(*order) >= (after.since, after.subject))
    return some(connection, query.order_by(_unendorsed.c.opened_at, _unendorsed.c.terms).limit(limit + 2), Unendorsed)


def about(connection: Connection, liable: int, shipment: bytes) -> list[Unendorsed]:
    """The terms of one shipment, where they wait for `liable`; nothing for nobody."""
    governing = select(_shipments.terms).where(_shipments.shipment == shipment).scalar_subquery()
    return some(connection, _of(liable).where(_unendorsed.c.terms == governing), Unendorsed)


def _of(liable: int) -> Select[Any]:
    return selection(_unendorsed, Unendorsed).where(_unendorsed.c.liable == liable)


def counted(liable: int) -> Select[str, int, int]:
    """How many wait for `liable`, and none of them is urgent."""
    return select(literal(str(Kind.ENDORSEMENT)), func.count(), literal(0)).where(_unendorsed.c.liable == liable)
