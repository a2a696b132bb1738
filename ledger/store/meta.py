"""Single values by name: the deployment, the consortium, and what else a service must find again."""

from sqlalchemy import Connection, delete, select

from ledger.store import tables
from ledger.store.rows import insert_new


def get(connection: Connection, name: str) -> str | None:
    return connection.scalar(select(tables.meta.c.value).where(tables.meta.c.name == name))


def put(connection: Connection, name: str, value: str) -> None:
    """Set `name`, whatever it was before."""
    insert_new(connection, tables.meta, [{"name": name, "value": value}])
    connection.execute(tables.meta.update().where(tables.meta.c.name == name).values(value=value))


def put_new(connection: Connection, name: str, value: str) -> str:
    """Set `name` unless it is set; the value that holds then."""
    insert_new(connection, tables.meta, [{"name": name, "value": value}])
    return get(connection, name) or value


def remove(connection: Connection, name: str) -> None:
    connection.execute(delete(tables.meta).where(tables.meta.c.name == name))
