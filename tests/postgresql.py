"""The rows of a SQLite database in a PostgreSQL one, and a PostgreSQL server that can be killed."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from sqlalchemy import Connection, MetaData, Table, func, inspect, select

from ledger.store import migrate


@contextmanager
def postgresql_server() -> Iterator[Any]:
    """A server of its own, as pgserver starts it; raises whatever keeps it from starting."""
    # Not under pytest's own folder: run as root, the server gets a user of its own, whom that folder keeps out.
    folder = Path(tempfile.mkdtemp(prefix="lading-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pgserver.postgres_server import get_server

            server = get_server(folder)
        yield server
        with suppress(Exception):
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server_url: str, name: str, template: str | None = None) -> str:
    """The URL of a new database on that server: empty, or a copy of `template`, which nobody may be using."""
    base = sqlalchemy.make_url(server_url).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    engine.dispose()
    return base.set(database=name).render_as_string(hide_password=False)


def copy_rows(source: str, target: str) -> None:
    """Fill an empty PostgreSQL database with the rows of a SQLite one, at the revision that one has."""
    old, new = sqlalchemy.create_engine(source), sqlalchemy.create_engine(target)
    try:
        with old.connect() as reading, new.begin() as writing:
            command.upgrade(migrate.configuration(writing), migrate.revision(reading))
            tables = MetaData()
            tables.reflect(writing)
            for table in tables.sorted_tables:
                if table.name != "alembic_version" and inspect(reading).has_table(table.name):
                    _copy_table(reading, writing, table)
    finally:
        old.dispose()
        new.dispose()


def _copy_table(reading: Connection, writing: Connection, table: Table) -> None:
    writing.execute(table.delete())
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    rows = reading.exec_driver_sql(f'SELECT {names} FROM "{table.name}"').mappings().all()
    if rows:
        writing.execute(table.insert(), [_typed(table, dict(row)) for row in rows])
        for column in table.primary_key.columns:
            if column.server_default is not None:  # numbers that were given go on from the highest
                last = select(func.setval(func.pg_get_serial_sequence(table.name, column.name), func.max(column)))
                writing.execute(last)


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """SQLite has no truth values."""
    return {
        name: bool(value) if isinstance(table.columns[name].type, sqlalchemy.Boolean) and value is not None else value
        for name, value in row.items()
    }
