"""A PostgreSQL server for the tests that want one, where it can be started."""

import contextlib
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, without the database's name."""
    # Not under pytest's own folder: run as root, the server gets a user of its own, whom that folder keeps out.
    folder = Path(tempfile.mkdtemp(prefix="lading-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pgserver.postgres_server import get_server

            server = get_server(folder)
    except Exception as error:  # noqa: BLE001 whatever keeps a server from starting, the SQLite half runs
        pytest.skip(f"no PostgreSQL here: {error}")
    yield server.get_uri()
    with contextlib.suppress(Exception):
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """The URL of an empty PostgreSQL database."""
    base = sqlalchemy.make_url(postgresql).set(drivername="postgresql+psycopg")
    name = f"lading_{next(_numbers)}"
    engine = sqlalchemy.create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return base.set(database=name).render_as_string(hide_password=False)
