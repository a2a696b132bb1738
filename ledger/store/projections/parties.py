"""Projection: who has a part in which shipment, each with what its reader may filter and sort by.

A row of somebody holds what the private terms say only where that somebody may read them; a list that asks for such is
read from the reader's own rows alone, so neither its rows nor its time tell of others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, text, tuple_
from sqlalchemy.sql.expression import literal

from ledger.codes import ShipmentState
from ledger.shipments.parties import EVERYBODY, READS_TERMS, Part
from ledger.store.projections import projected
from ledger.store.projections.shipments import Shipment
from ledger.store.rows import among, beginning, put_many

_parties = projected.shipment_parties
_shipments = projected.shipments


@dataclass(frozen=True, slots=True)
class Party:
    """The part of `who` (see `ledger.shipments.parties`) in a shipment, and how that stands. Private, and None in the
    rows of who may not read the terms: `due_at`, `report_lag`, `stopped_at`, `origin`, `destination`, `order_ref`.
    """

    who: str
    opened_at: int
    opened_index: int
    shipment: bytes
    roles: int
    state: int
    mode: int
    held_since: int | None
    disputed_until: int | None
    due_at: int | None
    report_lag: int | None
    stopped_at: int | None
    origin: str | None
    destination: str | None
    order_ref: str | None


class Place(NamedTuple):
    """Where a row stands in a list: what it is sorted by, then log index and shipment."""

    by: int
    opened_index: int
    shipment: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list asks for; None or empty: not asked. `who`: whose rows are read, and `roles` one of which it has, or
    none where `or_read_by` may read the terms.

    `beside`: somebody else who has a part too, one of `beside_roles`. `courses`: of `ledger.shipments.parties.Course`.
    `late` at `now`. `origin`, `destination`: a country, or a UN/LOCODE. `start` to before `end`: when opened.
    """

    who: str = EVERYBODY
    roles: int = 0
    or_read_by: str = ""
    beside: str = ""
    beside_roles: int = 0
    states: tuple[int, ...] = ()
    courses: tuple[int, ...] = ()
    late: bool | None = None
    origin: str = ""
    destination: str = ""
    mode: int | None = None
    start: int | None = None
    end: int | None = None
    held: bool | None = None
    disputed: bool | None = None
    now: int = 0
    by_due: bool = False
    ascending: bool = False


def put_parties(connection: Connection, rows: Sequence[Party]) -> None:
    """Insert or replace."""
    put_many(connection, _parties, rows)


def remove(connection: Connection, rows: Iterable[Party]) -> None:
    for row in rows:
        connection.execute(delete(_parties).where(*(_parties.c[name] == getattr(row, name) for name in _KEY)))


def add_custodians(connection: Connection, takers: Iterable[tuple[Shipment, str]]) -> None:
    """Give each of these, who took a shipment that has its rows, the part of a custodian."""
    values = [
        {"w": who, "a": row.opened_at, "i": row.opened_index, "s": row.shipment} for row, who in takers if who != "0"
    ]
    if values:
        connection.execute(text(_add_custodian()), values)


def note_ended(connection: Connection, ended: Iterable[tuple[Shipment, int]]) -> None:
    """Note that these were delivered, each with the time that both signed: customs hold them no more, and the promise
    was met then, but for what was told later than the terms let it.
    """
    values = [
        {"state": row.state, "occurred": occurred, "ended": row.ended_at, "s": row.shipment} for row, occurred in ended
    ]
    if values:
        connection.execute(text(_NOTE_ENDED), values)


def of_shipments(connection: Connection, ids: Iterable[bytes]) -> list[Party]:
    """Every row about these."""
    return list(among(connection, _parties, Party, _parties.c.shipment, ids))


def page(
    connection: Connection, wanted: Wanted, *, after: Place | None = None, limit: int
) -> list[tuple[Party, Shipment]]:
    """The next `limit` rows of a list behind `after`, in order of their opening or of their due time.

    Read from the end of an index in its order: what stands before is passed over, and no more than that is read.
    """
    p, s = _parties.c, _shipments.c
    columns = [p[field.name] for field in fields(Party)] + [s[field.name] for field in fields(Shipment)]
    by = p.due_at if wanted.by_due else p.opened_at
    place = (by, p.opened_index, p.shipment)
    query = select(*columns).join_from(_parties, _shipments, s.shipment == p.shipment).where(*_conditions(wanted))
    if wanted.by_due:
        query = query.where(p.due_at.is_not(None))
    if after is not None:
        mark = tuple_(*map(literal, after))
        query = query.where(tuple_(*place) > mark if wanted.ascending else tuple_(*place) < mark)
    order = place if wanted.ascending else tuple(column.desc() for column in place)
    found = connection.execute(query.order_by(*order).limit(limit)).all()
    width = len(fields(Party))
    return [(Party(*row[:width]), Shipment(*row[width:])) for row in found]


def place_of(row: Party, *, by_due: bool) -> Place:
    """Where a row stands in a list that has it."""
    by = row.due_at if by_due and row.due_at is not None else row.opened_at
    return Place(by, row.opened_index, row.shipment)


_NOTE_ENDED = """
UPDATE shipment_parties SET state = :state, held_since = NULL,
stopped_at = CASE WHEN due_at IS NULL THEN NULL WHEN :ended - report_lag > :occurred THEN :ended - report_lag
ELSE :occurred END WHERE shipment = :s
"""
_PRIVATE = ("due_at", "report_lag", "stopped_at", "origin", "destination", "order_ref")
_KEY = ("who", "opened_at", "opened_index", "shipment")


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    p, s = _parties.c, _shipments.c
    result: list[ColumnElement[bool]] = [p.who == wanted.who]
    if wanted.roles:
        has = p.roles.bitwise_and(wanted.roles) != 0
        result.append(has | _has_part(wanted.or_read_by, int(READS_TERMS)) if wanted.or_read_by else has)
    if wanted.beside:
        result.append(_has_part(wanted.beside, wanted.beside_roles))
    if wanted.states == (ShipmentState.OPEN,):
        result.append(p.state == text(str(int(ShipmentState.OPEN))))  # as the index of those under way says it
    elif wanted.states:
        result.append(p.state.in_(wanted.states))
    if wanted.courses:
        result.append(s.course.in_(wanted.courses))
    if wanted.late is not None:
        late = func.coalesce(p.stopped_at, wanted.now) > p.due_at
        result.append(p.due_at.is_not(None) & (late if wanted.late else ~late))
    for column, code in ((p.origin, wanted.origin), (p.destination, wanted.destination)):
        if code:
            result.append(beginning(column, code))
    if wanted.mode is not None:
        result.append(p.mode == wanted.mode)
    if wanted.start is not None:
        result.append(p.opened_at >= wanted.start)
    if wanted.end is not None:
        result.append(p.opened_at < wanted.end)
    if wanted.held is not None:
        result.append(p.held_since.is_not(None) if wanted.held else p.held_since.is_(None))
    if wanted.disputed is not None:
        running = p.disputed_until >= wanted.now
        result.append(
            p.disputed_until.is_not(None) & running if wanted.disputed else p.disputed_until.is_(None) | ~running
        )
    return result


def _has_part(who: str, roles: int) -> ColumnElement[bool]:
    """Whether `who` has a part too, one of `roles` where any is named: one row, found by its key."""
    p, other = _parties.c, _parties.alias("other")
    query: Select[Any] = select(literal(1)).where(
        other.c.who == who,
        other.c.opened_at == p.opened_at,
        other.c.opened_index == p.opened_index,
        other.c.shipment == p.shipment,
    )
    if roles:
        query = query.where(other.c.roles.bitwise_and(roles) != 0)
    return query.exists()


def _add_custodian() -> str:
    """What a new party may see of a shipment stands in everybody's row, but for what the private terms say."""
    custodian, names = int(Part.CUSTODIAN), [column.name for column in _parties.columns]
    public = {"roles": str(custodian), "who": ":w"} | dict.fromkeys(_PRIVATE, "NULL")
    values = ", ".join(public.get(name, name) for name in names)
    return (
        f"INSERT INTO shipment_parties ({', '.join(names)}) SELECT {values} FROM shipment_parties "  # noqa: S608 ours
        f"WHERE who = '{EVERYBODY}' AND opened_at = :a AND opened_index = :i AND shipment = :s "
        f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET roles = shipment_parties.roles | {custodian}"
    )
