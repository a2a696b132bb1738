"""Each store test runs on SQLite, and on PostgreSQL where a server can be started."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.store.database import Database
from tests.store.entries import SIGNER


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    return str(request.getfixturevalue("postgresql_url"))


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
