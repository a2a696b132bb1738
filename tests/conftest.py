"""A PostgreSQL server for the tests that want one, where it can be started."""

import contextlib
import itertools
import warnings
from collections.abc import Iterator

import pytest
import sqlalchemy

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server, without the database's name."""
    folder = tmp_path_factory.mktemp("pg")
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
