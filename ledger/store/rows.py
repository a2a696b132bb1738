"""Between frozen dataclasses and rows: a dataclass has the fields of its table, by name."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, TypeDecorator, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement

T = TypeVar("T")
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True)
CHUNK = 500
"""Values in one IN list: well under every driver's limit."""


def one(connection: Connection, table: Table, kind: type[T], *where: ColumnElement[bool]) -> T | None:
    row = connection.execute(selection(table, kind).where(*where)).first()
    return None if row is None else kind(*row)


def many(
    connection: Connection, table: Table, kind: type[T], *where: ColumnElement[bool], order: Any = None
) -> list[T]:
    query = selection(table, kind).where(*where)
    return [kind(*row) for row in connection.execute(query if order is None else query.order_by(*order)).all()]


def among(
    connection: Connection, table: Table, kind: type[T], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[T]:
    """The rows of `table` whose `column` is one of `values`."""
    named = [table.c[field.name] for field in fields(kind)]  # type: ignore[arg-type]
    for chunk in chunks(values):
        yield from [kind(*row) for row in in_list(connection, named, column, chunk).all()]


def in_list(
    connection: Connection,
    wanted: Sequence[ColumnElement[Any]],
    column: ColumnElement[Any],
    values: Sequence[Any],
    where: tuple[ColumnElement[Any], Any] | None = None,
) -> Any:
    """Of the table of `column`, the columns `wanted` of the rows whose `column` is one of `values`, and that of `where`
    its value.

    In the driver's own words: for a list of hundreds SQLAlchemy takes longer than the database.
    """
    text = _select_text(connection.dialect.name, tuple(wanted), column)
    marks = ", ".join([mark(connection)] * len(values))
    if where is None:
        return connection.exec_driver_sql(f"{text} IN ({marks})", tuple(values))
    other, value = where
    return connection.exec_driver_sql(f'{text} IN ({marks}) AND "{other.key}" = {mark(connection)}', (*values, value))


def beginning(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Whether a text begins with `prefix`, as an index in the order of code points finds it: SQLite's own order, and
    that of PostgreSQL's collation "C".
    """
    return (column >= prefix) & (column < prefix[:-1] + chr(ord(prefix[-1]) + 1))


_FEW = 8
"""Rows that SQLAlchemy may put in: to write a statement out for them gains nothing."""


def _take_plainly(connection: Connection, table: Table, rows: Sequence[object]) -> bool:
    """Whether values go into these columns as they are, and there are many: then SQLAlchemy takes as long as SQLite."""
    return len(rows) > _FEW and connection.dialect.name == "sqlite" and _is_plain(table)


@cache
def _is_plain(table: Table) -> bool:
    return not any(isinstance(column.type, TypeDecorator) for column in table.columns)


def begins_with(column: ColumnElement[bytes], digits: str) -> tuple[ColumnElement[bool], ...]:
    """Whether 32 bytes begin with these hex digits, as an index finds it."""
    return column >= bytes.fromhex(digits.ljust(64, "0")), column <= bytes.fromhex(digits.ljust(64, "f"))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], conflict: str = "") -> None:
    """Insert rows that have the same columns, at least two, in the driver's own words; `conflict` says what if one is
    there."""
    if rows:
        names = tuple(rows[0])
        text = _insert_text(table, names, mark(connection)) + conflict
        connection.exec_driver_sql(text, list(map(itemgetter(*names), rows)))


def mark(connection: Connection) -> str:
    """What stands for a value in the driver's own words."""
    return "?" if connection.dialect.name == "sqlite" else "%s"


def put_many(connection: Connection, table: Table, rows: Sequence[object]) -> None:
    """As `put`, in the driver's own words: for hundreds of rows SQLAlchemy takes longer than the database."""
    if rows:
        kind: Any = type(rows[0])
        names = _field_names(kind)
        values = attrgetter(*names)
        connection.exec_driver_sql(_put_text(table, names, mark(connection)), [values(row) for row in rows])


@cache
def _put_text(table: Table, names: tuple[str, ...], mark: str) -> str:
    keys = [column.name for column in table.primary_key.columns]
    others = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    conflict = ", ".join(f'"{key}"' for key in keys)
    found = f"UPDATE SET {others}" if others else "NOTHING"
    return f"{_insert_text(table, names, mark)} ON CONFLICT ({conflict}) DO {found}"


@cache
def _select_text(dialect: str, wanted: tuple[ColumnElement[Any], ...], column: ColumnElement[Any]) -> str:
    kind = (sqlite if dialect == "sqlite" else postgresql).dialect()
    return f"{select(*wanted).compile(dialect=kind)} WHERE {column.compile(dialect=kind)}"


@cache
def _insert_text(table: Table, names: tuple[str, ...], mark: str) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join([mark] * len(names))})'  # noqa: S608 our names


def some(connection: Connection, query: Select[Any], kind: type[T], **values: object) -> list[T]:
    """The rows of a query that begins with `selection(table, kind)`; `values` for those that it leaves open.

    A query that is asked again and again is put together once, with its values left open (`bindparam`): to put it
    together takes four times as long as to run it.
    """
    return [kind(*row) for row in connection.execute(query, values).all()]


def selection(table: Table, kind: type[Any]) -> Select[Any]:
    """The columns of `table` that make a `kind`. Kept: to put it together takes as long as to run it."""
    made = _selections.get((table, kind))
    if made is None:
        made = _selections[table, kind] = select(*(table.c[f.name] for f in fields(kind)))
    return made


_selections: dict[tuple[Table, type[Any]], Select[Any]] = {}


def insert(connection: Connection, table: Table, values: Sequence[object]) -> None:
    """Insert one row a dataclass."""
    if _take_plainly(connection, table, values):
        insert_many(connection, table, [values_of(v) for v in values])
    elif values:
        connection.execute(table.insert(), [values_of(v) for v in values])


def put(connection: Connection, table: Table, values: Sequence[object]) -> None:
    """Insert each row, or replace the one with the same primary key."""
    if _take_plainly(connection, table, values):
        insert_many(connection, table, [values_of(v) for v in values], _replacing(table))
    elif values:
        connection.execute(_put(table, connection.dialect.name), [values_of(v) for v in values])


@cache
def _put(table: Table, dialect: str) -> Any:
    statement = _insert(table, dialect)
    keys = [c.name for c in table.primary_key.columns]
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _replacing(table: Table) -> str:
    keys = [f'"{column.name}"' for column in table.primary_key.columns]
    others = [f'"{column.name}" = excluded."{column.name}"' for column in table.columns if not column.primary_key]
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(others)}"


def upsert(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, or replace the one with the same primary key; values may be expressions."""
    statement = insert_of(connection, table).values(values)
    keys = [c.name for c in table.primary_key.columns]
    others = {name: statement.excluded[name] for name in values if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


def insert_new(connection: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet; the others stay as they are."""
    if _take_plainly(connection, table, values):
        insert_many(connection, table, values, " ON CONFLICT DO NOTHING")
    elif values:
        connection.execute(insert_of(connection, table).on_conflict_do_nothing(), values)


def insert_one(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row; False when its primary key is there already. Of several at once, exactly one is told True."""
    statement = insert_of(connection, table).values(values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None


def values_of(value: object) -> dict[str, Any]:
    """The fields of a dataclass, not those of dataclasses within."""
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _field_names(kind)}


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def text_of(value: Any) -> str:
    """The RFC 8785 text of JSON whose keys are ASCII and whose numbers are integers below 2^53: all that records have.

    Ten times as fast as the general form of `ledger.common.canonical`; a test compares the two.
    """
    return _ENCODER.encode(value)


def value_of(text: str) -> Any:
    """As `json.loads`, which looks for blanks around a value first: in what `text_of` made there are none."""
    try:
        value, end = _decode(text)
    except (ValueError, TypeError):
        return json.loads(text)
    return value if end == len(text) else json.loads(text)


_decode = json.JSONDecoder().raw_decode


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_of(connection: Connection, table: Table) -> Any:
    """The INSERT of the connection's dialect, which knows ON CONFLICT."""
    return _insert(table, connection.dialect.name)


def _insert(table: Table, dialect: str) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
