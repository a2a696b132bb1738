"""Bringing a database up to date: Alembic for what is durable, drop and recreate for projections."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text, update

from ledger.errors import Misconfigured
from ledger.store.projections import outcomes
from ledger.store.projections.projected import VERSION, projection_state, projections

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x1AD_1A6  # any number that other programs do not use for PostgreSQL's advisory locks


def upgrade(connection: Connection) -> None:
    """Apply the migrations that are missing, and recreate the projections when their shape has changed.

    Raises `Misconfigured` for a database that a newer Lading has written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # another may be upgrading a large database
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    if not _is_current(connection):
        command.upgrade(configuration(connection), "head")
    if projection_version(connection) != VERSION:
        recreate_projections(connection)


def require_known(connection: Connection) -> None:
    """Raise `Misconfigured` for a database that a newer Lading has written."""
    _is_current(connection)


def require_current(connection: Connection) -> None:
    """For those who only read: raises `Misconfigured` unless the database is of this release."""
    if not _is_current(connection):
        raise Misconfigured(
            "the database was written by an older Lading",
            where="LADING_DATABASE_URL",
            mend="Make a backup, then let `lading upgrade` bring the home up to date.",
        )


@cache
def _revisions() -> tuple[str, ...]:
    """All migrations of this release, the newest first. They are files, which nobody wants to read at each opening."""
    return tuple(script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())


def _is_current(connection: Connection) -> bool:
    """Whether no migration is missing; raises `Misconfigured` when it has some that this release does not know."""
    found, known = revision(connection), _revisions()
    if found and found not in known:
        raise Misconfigured(
            "the database was written by a newer Lading",
            where="LADING_DATABASE_URL",
            expected=known[0],
            found=found,
            mend="Install the newer version.",
        )
    return found == known[0]


def revision(connection: Connection) -> str:
    """The last migration that was applied; empty where there was none. Raises `Misconfigured` for several."""
    named = MigrationContext.configure(connection).get_current_heads()
    if len(named) > 1:
        raise Misconfigured(
            "the database names several migrations as its last",
            where="alembic_version",
            expected="one",
            found=", ".join(named)[:80],
            mend="The database was edited, or put together from two copies: put the newest copy back.",
        )
    return named[0] if named else ""


def configuration(connection: Connection) -> Config:
    """Alembic's configuration; it works on `connection` and in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def recreate_projections(connection: Connection) -> None:
    """Drop all projection tables and create them anew.

    Outcomes are filled again at once, from their records; the others are empty, and what fills them starts again at
    the first leaf.
    """
    projections.drop_all(connection)
    projections.create_all(connection)
    _begin_projections(connection)


def empty_projections(connection: Connection) -> None:
    """As `recreate_projections`, in a database that this release made: there they have their shape already."""
    for table in reversed(projections.sorted_tables):
        connection.exec_driver_sql(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own names
    _begin_projections(connection)


def _begin_projections(connection: Connection) -> None:
    connection.execute(projection_state.insert().values(id=1, version=VERSION, size=0))
    outcomes.rebuild(connection)


def projection_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(projection_state.name):
        return None
    return connection.scalar(select(projection_state.c.version))


def projected_size(connection: Connection) -> int:
    """How many leaves, from the first on, the projections contain."""
    return connection.scalar(select(projection_state.c.size)) or 0


def claim_projections(connection: Connection) -> int:
    """As `projected_size`, and no other process brings the projections forward until this transaction ends."""
    return connection.scalar(select(projection_state.c.size).with_for_update()) or 0


def set_projected_size(connection: Connection, size: int) -> None:
    """Call it in the transaction that wrote the projections of these leaves."""
    connection.execute(update(projection_state).values(size=size))
