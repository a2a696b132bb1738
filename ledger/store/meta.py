"""Single values by name: the deployment, the consortium, and what else a service must find again."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, select

from ledger.store import tables
from ledger.store.rows import chunks, insert_new

_NAMED = select(tables.meta.c.value).where(tables.meta.c.name == bindparam("name"))


def get(connection: Connection, name: str) -> str | None:
    return connection.scalar(_NAMED, {"name": name})


def get_many(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """The values of those of `names` that are set."""
    result: dict[str, str] = {}
    for chunk in chunks(names):
        query = select(tables.meta.c.name, tables.meta.c.value).where(tables.meta.c.name.in_(chunk))
        result |= {row.name: row.value for row in connection.execute(query)}
    return result


def put(connection: Connection, name: str, value: str) -> None:
    """Set `name`, whatever it was before."""
    insert_new(connection, tables.meta, [{"name": name, "value": value}])
    connection.execute(tables.meta.update().where(tables.meta.c.name == name).values(value=value))


def put_new(connection: Connection, name: str, value: str) -> str:
    """Set `name` unless it is set; the value that holds then."""
    insert_new(connection, tables.meta, [{"name": name, "value": value}])
    return get(connection, name) or value


def holding(connection: Connection, prefix: str, text: str) -> list[tuple[str, str]]:
    """Names that start with `prefix`, and values, of which the value holds `text`."""
    query = select(tables.meta.c.name, tables.meta.c.value).where(
        tables.meta.c.name.startswith(prefix, autoescape=True), tables.meta.c.value.contains(text, autoescape=True)
    )
    return [(name, value) for name, value in connection.execute(query)]


def remove(connection: Connection, name: str) -> None:
    connection.execute(delete(tables.meta).where(tables.meta.c.name == name))
