"""Events with what they are found by and who may see them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from ledger.store import meta
from ledger.store.epcis.tables import epcis_captures, epcis_due, epcis_events, epcis_readers, epcis_terms
from ledger.store.rows import chunks, insert_many, insert_new, selection, some

CURSOR = "epcis"
"""In `meta`: up to which log index events are made."""
EVERYBODY = 0
"""A reader that all readers are."""
MASTER_DATA = -1
"""A record type that is none: such a row is no event, but what a capture's header tells of places and the like. No
query answers with it; its terms, for whoever may see it, say which values of an event have an attribute."""
_events, _terms, _readers = epcis_events, epcis_terms, epcis_readers


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Times are microseconds of UTC; the other fields as in the table."""

    number: int
    event_id: str
    record_id: bytes
    record_type: int
    capture: str
    hash: bytes
    event_time: int
    record_time: int
    parts: str
    body: str


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to keep; `terms`: kinds and values that it is found by; `readers`: partners that may see it."""

    event_id: str
    record_id: bytes
    record_type: int
    capture: str
    hash: bytes
    event_time: int
    record_time: int
    parts: str
    body: str
    terms: Collection[tuple[str, str]]
    readers: Collection[int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One condition: a term of one of `kinds` that compares so with one of `values`. `comparison` as
    `ledger.formats.epcis.query.Comparison` spells it."""

    kinds: Sequence[str]
    comparison: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks: a partner, or everything (`partner` None). `types`: record types whose
    private parts its key may read."""

    partner: int | None
    types: Collection[int]


@dataclass(frozen=True, slots=True)
class Order:
    """By "event_time", "record_time", "number", or else the values of a kind of terms."""

    by: str = "number"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Spans:
    """From inclusive, until exclusive; None: open."""

    event_from: int | None = None
    event_until: int | None = None
    record_from: int | None = None
    record_until: int | None = None
    last: int | None = None
    """The number of the last event that may be among them."""


def add(connection: Connection, new: Sequence[NewEvent]) -> list[int]:
    """Keep events; their numbers, which ascend in the order of commits: who follows them misses none."""
    meta.put(connection, f"{CURSOR}/events", "")  # whoever else adds some waits for this row
    numbers: list[int] = []
    terms: list[dict[str, object]] = []
    readers: list[dict[str, object]] = []
    for event in new:
        row = {c.name: getattr(event, c.name) for c in _events.c if c.name != "number"}
        (number,) = connection.execute(_events.insert().values(**row)).inserted_primary_key or (0,)
        numbers.append(int(number))
        terms += [{"kind": kind, "value": value, "event": number} for kind, value in event.terms]
        readers += [{"partner": one, "event": number} for one in set(event.readers)]
    for table, rows in ((_terms, terms), (_readers, readers)):
        for chunk in chunks(rows):
            insert_many(connection, table, chunk)
    return numbers


def describe(connection: Connection, told: NewEvent, entries: Collection[tuple[str, str]]) -> None:
    """Keep master data. `entries`: by how kinds of a vocabulary begin, the identifiers that something is told of: what
    its partner told of them before is found no more."""
    mine = select(_readers.c.event).where(_readers.c.partner.in_(list(told.readers)))
    for start in {start for start, _ in entries}:
        for chunk in chunks(name for begun, name in entries if begun == start):
            of_them = _terms.c.value.in_(chunk)
            earlier = select(_terms.c.event).where(_terms.c.kind == start, of_them, _terms.c.event.in_(mine))
            rows = list(connection.scalars(earlier.distinct()))
            for part in chunks(rows):
                about = (_terms.c.event.in_(part), _terms.c.kind.startswith(start, autoescape=True), of_them)
                connection.execute(delete(_terms).where(*about))
    add(connection, [told])


def described(connection: Connection, capture: str) -> str:
    """The master data that came with a capture, as JSON; "" where none did."""
    query = select(_events.c.body).where(_events.c.capture == capture, _events.c.record_type == MASTER_DATA)
    return str(connection.scalar(query) or "")


def forget(connection: Connection, record_id: bytes) -> None:
    """Delete the events made from a record, and note that they are to be made anew."""
    remove_of(connection, [record_id])
    insert_new(connection, epcis_due, [{"record_id": record_id}])


def due(connection: Connection, limit: int) -> list[bytes]:
    """Records whose events are to be made anew."""
    return [bytes(one) for one in connection.scalars(select(epcis_due.c.record_id).limit(limit))]


def done(connection: Connection, record_ids: Iterable[bytes]) -> None:
    for chunk in chunks(record_ids):
        connection.execute(delete(epcis_due).where(epcis_due.c.record_id.in_(chunk)))


def start_over(connection: Connection) -> None:
    """Delete all events made from records: they are made again from the first leaf on. What was captured stays."""
    connection.execute(delete(_events).where(_events.c.record_type > 0))
    connection.execute(delete(epcis_due))
    meta.remove(connection, CURSOR)


def remove_of(connection: Connection, record_ids: Iterable[bytes]) -> None:
    """Delete the events made from these records; what was captured stays."""
    for chunk in chunks(record_ids):
        connection.execute(delete(_events).where(_events.c.record_id.in_(chunk), _events.c.record_type > 0))


def known(connection: Connection, capture: str) -> list[StoredEvent]:
    """The events of a capture job, in the order of its document."""
    mine = (_events.c.capture == capture, _events.c.record_type == 0)
    query = selection(_events, StoredEvent).where(*mine).order_by(_events.c.number)
    return some(connection, query, StoredEvent)


def captured_with(connection: Connection, hashes: Iterable[bytes], partner: int) -> dict[bytes, StoredEvent]:
    """By hash, the first captured event that `partner` may see."""
    found: dict[bytes, StoredEvent] = {}
    for chunk in chunks(hashes):
        query = selection(_events, StoredEvent).where(
            _events.c.hash.in_(chunk), _events.c.record_type == 0, _visible([partner])
        )
        for row in some(connection, query.order_by(_events.c.number), StoredEvent):
            found.setdefault(row.hash, row)
    return found


def last(connection: Connection) -> int:
    """The number of the event that came last; 0 before the first."""
    return int(connection.scalar(select(func.max(_events.c.number))) or 0)


def has_id(connection: Connection, event_id: str, partner: int) -> bool:
    """Whether `partner` may see a captured event with this id."""
    query = select(_events.c.number).where(
        _events.c.event_id == event_id, _events.c.record_type == 0, _visible([partner])
    )
    return connection.execute(query.limit(1)).first() is not None


def observed(connection: Connection, event_hash: bytes, partner: int, observation: bytes) -> None:
    """Note that `partner` signed an observation of what it captured with this hash."""
    mine = select(epcis_captures.c.capture_id).where(epcis_captures.c.partner == partner)
    captured = (_events.c.hash == event_hash, _events.c.record_type == 0, _events.c.record_id == b"")
    connection.execute(update(_events).where(*captured, _events.c.capture.in_(mine)).values(record_id=observation))


def newest(connection: Connection, sight: Sight, event_id: str) -> StoredEvent | None:
    """Of the events with this id that may be seen, the one that came last."""
    query = _matching(selection(_events, StoredEvent), sight, (), Spans()).where(_events.c.event_id == event_id)
    found = some(connection, query.order_by(_events.c.number.desc()).limit(1), StoredEvent)
    return found[0] if found else None


def search(
    connection: Connection,
    sight: Sight,
    wanted: Sequence[Wanted],
    spans: Spans,
    order: Order,
    *,
    after: tuple[str | int, int] | None = None,
    limit: int,
) -> list[tuple[StoredEvent, str | int]]:
    """At most `limit` events that all of `wanted` hold for, each with what it is ordered by. `after`: where the page
    before ended: that and the event's number."""
    key = _key(order)
    lead = _lead(connection, sight, wanted)
    query = _matching(selection(_events, StoredEvent).add_columns(key), sight, wanted, spans, lead)
    if after is not None:
        value, number = after
        further, behind = (key < value, _events.c.number < number) if order.descending else (
            key > value, _events.c.number > number
        )  # fmt: skip
        query = query.where(behind if order.by == "number" else or_(further, and_(key == value, behind)))
    directed = (key.desc(), _events.c.number.desc()) if order.descending else (key, _events.c.number)
    rows = connection.execute(query.order_by(*directed).limit(limit)).all()
    return [(StoredEvent(*row[:-1]), row[-1]) for row in rows]


def count(connection: Connection, sight: Sight, wanted: Sequence[Wanted], spans: Spans, most: int) -> int:
    """How many events there are, counted no further than `most`."""
    lead = _lead(connection, sight, wanted)
    inner = _matching(select(_events.c.number), sight, wanted, spans, lead).limit(most).subquery()
    return int(connection.scalar(select(func.count()).select_from(inner)) or 0)


def values(connection: Connection, sight: Sight, kinds: Sequence[str], after: str, limit: int) -> list[str]:
    """The different values of terms of these kinds in the events that may be seen, ascending behind `after`."""
    seen = _matching(select(_events.c.number), sight, (), Spans()).where(_events.c.number == _terms.c.event)
    query = select(_terms.c.value).distinct().where(_terms.c.kind.in_(kinds), _terms.c.value > after, exists(seen))
    return [str(one) for one in connection.scalars(query.order_by(_terms.c.value).limit(limit))]


def _key(order: Order) -> ColumnElement[str | int]:
    if order.by in ("event_time", "record_time", "number"):
        column: ColumnElement[str | int] = _events.c[order.by]
        return column
    own = select(func.min(_terms.c.value)).where(_terms.c.event == _events.c.number, _terms.c.kind == order.by)
    return func.coalesce(own.scalar_subquery(), "")


def _matching(
    query: Select[Any], sight: Sight, wanted: Sequence[Wanted], spans: Spans, led_by: "_Lead" = None
) -> Select[Any]:
    """`led_by`: what few events meet, whose index then gives the events; else they are walked through in the order
    that is asked for, each asked whether it meets everything."""
    c = _events.c
    for column, start, end in (
        (c.event_time, spans.event_from, spans.event_until),
        (c.record_time, spans.record_from, spans.record_until),
    ):
        query = query.where(*([column >= start] if start is not None else []))
        query = query.where(*([column < end] if end is not None else []))
    if spans.last is not None:
        query = query.where(c.number <= spans.last)
    for one in wanted:
        if one is led_by:
            query = query.where(c.number.in_(select(_terms.c.event).where(*_compares(one, sight))))
        else:
            query = query.where(exists(select(1).where(_terms.c.event == c.number, *_compares(one, sight))))
    query = query.where(c.record_type != MASTER_DATA, or_(c.parts == "", c.record_type.in_(list(sight.types))))
    if sight.partner is None:
        return query
    if sight is led_by:
        return query.where(c.number.in_(select(_readers.c.event).where(_readers.c.partner.in_(_as(sight)))))
    return query.where(_visible(_as(sight)))


FEW = 2_000
"""Events up to which it is quicker to look at each than to walk through all in order until enough are found."""
_Lead = Wanted | Sight | None


def _lead(connection: Connection, sight: Sight, wanted: Sequence[Wanted]) -> _Lead:
    """The first condition that few events meet, those first that few are likely to; None where many meet each."""
    for one in sorted(wanted, key=_selectivity):
        if _are_few(connection, select(_terms.c.event).where(*_compares(one, sight))):
            return one
    if sight.partner is not None:
        mine = select(_readers.c.event).where(_readers.c.partner.in_(_as(sight)))
        return sight if _are_few(connection, mine) else None
    return None


def _are_few(connection: Connection, query: Select[Any]) -> bool:
    found = connection.scalar(select(func.count()).select_from(query.limit(FEW).subquery()))
    return int(found or 0) < FEW


def _as(sight: Sight) -> list[int]:
    return [EVERYBODY, sight.partner] if sight.partner else [EVERYBODY]


def _visible(partners: Iterable[int]) -> ColumnElement[bool]:
    return exists(select(1).where(_readers.c.event == _events.c.number, _readers.c.partner.in_(list(partners))))


_COMMON = ("eventType", "action", "bizStep", "disposition", "exists")


def _selectivity(one: Wanted) -> tuple[bool, bool]:
    """Conditions that few events meet come first."""
    return one.kinds[0] in _COMMON, one.comparison != "="


def _compares(one: Wanted, sight: Sight) -> list[ColumnElement[bool]]:
    """`sight`: whose master data counts."""
    value = _terms.c.value
    kinds = _terms.c.kind.in_(list(one.kinds)) if len(one.kinds) > 1 else _terms.c.kind == one.kinds[0]
    holds: ColumnElement[bool]
    match one.comparison:
        case "=":
            holds = value.in_(list(one.values))
        case "begins":
            holds = or_(*(and_(value >= start, value < start + "\U0010ffff") for start in one.values))
        case "described":
            told = _terms.alias()
            names = select(told.c.value).where(told.c.kind.in_(list(one.values)))
            if sight.partner is not None:
                mine = select(_readers.c.event).where(_readers.c.partner.in_(_as(sight)))
                names = names.where(told.c.event.in_(mine))
            holds = value.in_(names)
        case ">":
            holds = value > one.values[0]
        case ">=":
            holds = value >= one.values[0]
        case "<":
            holds = value < one.values[0]
        case "<=":
            holds = value <= one.values[0]
        case _:
            raise ValueError(one.comparison)
    return [kinds, holds]
