"""Each store test runs on SQLite, and on PostgreSQL where a server can be started."""

import contextlib
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.store.database import Database
from tests.store.entries import SIGNER

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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    base = sqlalchemy.make_url(request.getfixturevalue("postgresql")).set(drivername="postgresql+psycopg")
    name = f"lading_{next(_numbers)}"
    engine = sqlalchemy.create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return base.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000)


@pytest.fixture
def sequencer(database: Database, clock: ManualClock) -> Iterator[Sequencer]:
    made = Sequencer(database, SIGNER, clock)
    made.start()
    yield made
    made.stop()
