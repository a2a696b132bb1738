"""Rows as they stand, whatever they hold: for the audit, which believes nothing, and for a rebuild.

Values are what the driver gives. Whoever tampered with a row may have put a text where bytes belong, so nothing here is
converted and nothing is assumed about types; the order of a stream is by type first (nothing, numbers, text, bytes),
then by value, in both dialects.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Connection, String, Table, Text, text

from ledger.store.epcis import tables as _epcis  # noqa: F401 - declares its tables
from ledger.store.projections.projected import projections
from ledger.store.rows import chunks, in_list, insert_many
from ledger.store.tables import durable

Row = Mapping[str, Any]
PAGE = 1000
_TABLES: Mapping[str, Table] = {**durable.tables, **projections.tables}


@dataclass(frozen=True, slots=True)
class Shape:
    """A table's columns and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def shape(name: str) -> Shape:
    table = _TABLES[name]
    return Shape(name, tuple(c.name for c in table.columns), tuple(c.name for c in table.primary_key.columns))


def projection_names() -> tuple[str, ...]:
    """The projection tables but for the one that says how far they reach."""
    return tuple(name for name in projections.tables if name != "projection_state")


def is_durable(name: str) -> bool:
    """Whether a table's rows are lost with it, and cannot be derived again."""
    return name in durable.tables


def stream(
    connection: Connection, name: str, order: Sequence[str] = (), *, since: tuple[str, int] | None = None
) -> Iterator[Row]:
    """Every row of a table, by `order` (default: its primary key), a thousand at a time; `since`: a column and the
    least value in it.
    """
    columns = shape(name).columns
    for page in _pages(connection, name, order, since):
        for values in page:
            yield dict(zip(columns, values, strict=True))


def unlike(
    one: Connection, other: Connection, name: str, *, since: tuple[str, int] | None = None
) -> tuple[Iterator[Row], Iterator[Row]]:
    """`stream` of a table in two databases, from the first thousand rows on that are not the same in both."""
    columns = shape(name).columns
    mine, theirs = _pages(one, name, (), since), _pages(other, name, (), since)
    for page, match in zip_longest(mine, theirs, fillvalue=()):
        if page != match:
            rest = chain.from_iterable(chain([page], mine)), chain.from_iterable(chain([match], theirs))
            left, right = ((dict(zip(columns, values, strict=True)) for values in rows) for rows in rest)
            return left, right
    return iter(()), iter(())


def _pages(
    connection: Connection, name: str, order: Sequence[str], since: tuple[str, int] | None
) -> Iterator[Sequence[Sequence[Any]]]:
    wanted = shape(name)
    by = ", ".join(_ordering(connection, name, column) for column in order or wanted.key)
    where = "" if since is None else f"WHERE {_quoted(connection, since[0])} >= :least "
    sql = f"SELECT {_columns(connection, wanted)} FROM {_quoted(connection, name)} {where}ORDER BY {by}"  # noqa: S608
    least = {} if since is None else {"least": since[1]}
    result = connection.execute(text(sql).execution_options(yield_per=PAGE), least)
    return result.partitions(PAGE)


def some(connection: Connection, name: str, column: str, values: Sequence[Any]) -> list[Row]:
    """The rows whose `column` is one of `values`, in no order."""
    table = _TABLES[name]
    columns, names = list(table.columns), shape(name).columns
    found: list[Row] = []
    for chunk in chunks(values):
        result = in_list(connection, columns, table.c[column], chunk)
        found += [dict(zip(names, row, strict=True)) for row in result.all()]
    return found


def count(connection: Connection, name: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {_quoted(connection, name)}")).scalar_one())  # noqa: S608


def insert(connection: Connection, name: str, rows: Sequence[Row]) -> None:
    """Put rows into a table as they are."""
    insert_many(connection, _TABLES[name], rows)


def set_head(connection: Connection, size: int, log_time: int) -> None:
    """Let the log end here; for a copy or a rebuilt database, never for a log that goes on."""
    connection.execute(durable.tables["log_head"].update().values(size=size, log_time=log_time))


def _columns(connection: Connection, wanted: Shape) -> str:
    return ", ".join(_quoted(connection, column) for column in wanted.columns)


def _ordering(connection: Connection, name: str, column: str) -> str:
    """A column to order by: text by its bytes, whatever the database's locale says."""
    quoted = _quoted(connection, column)
    is_text = isinstance(_TABLES[name].c[column].type, String | Text)
    return f'{quoted} COLLATE "C"' if is_text and connection.dialect.name == "postgresql" else quoted


def _quoted(connection: Connection, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote(name))
