"""Each store test runs on SQLite, and on PostgreSQL where a server can be started."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.store.database import Database
from tests.postgresql import new_database
from tests.store.entries import SIGNER

_numbers = itertools.count()


@pytest.fixture(scope="session")
def opened_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database as it is once it was opened, to be copied: all migrations take a tenth of a second."""
    path = tmp_path_factory.mktemp("opened") / "ledger.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def opened_before_on_postgresql(postgresql: str) -> str:
    """The name of such a one on PostgreSQL, where they take half a second."""
    name = "opened_before"
    Database.open(new_database(postgresql, name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; for who asks for `database` too, of one with all tables and no records."""
    opened = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "home" / "ledger.db"
        if opened:
            path.parent.mkdir(mode=0o700)
            shutil.copy(request.getfixturevalue("opened_before"), path)
        return f"sqlite:///{path}"
    if not opened:
        return str(request.getfixturevalue("postgresql_url"))
    template = request.getfixturevalue("opened_before_on_postgresql")
    return new_database(request.getfixturevalue("postgresql"), f"store_{next(_numbers)}", template)


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
