"""What all tests share: a PostgreSQL server where one can be started, and property tests that no clock decides."""

import gc
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ledger.services.home import keystores
from tests.once import made_once
from tests.postgresql import new_database, postgresql_server

# How long an example takes, or its making, says how busy the machine is and nothing of a promise.
settings.register_profile("lading", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lading")

_numbers = itertools.count()

gc.disable()  # until all is imported

# The workers of a run and the hundreds of processes that its tests begin import the same modules: what Python compiled
# of them is kept, also where the machine says not to, for to compile them takes as long as to import them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SLOW_TO_OPEN = keystores._STRONG
"""scrypt's cost in keystores that protect something: a second of computing for each that is written or opened."""
keystores._STRONG = keystores._CHEAP  # here they protect nothing


def pytest_collection_finish() -> None:
    """What was imported is never garbage, and a test leaves little: to look for it less often saves a seventh."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture(autouse=True)
def nobody_is_signed_in(request: pytest.FixtureRequest) -> None:
    """Tests that share a world share its client: who signed in for one of them is not there in the next."""
    if "world" in request.fixturenames:
        client = getattr(request.getfixturevalue("world"), "client", None)
        if client is not None:
            client.cookies.clear()


@pytest.fixture
def slow_keystores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keystores as people's are written, for what their strength matters to."""
    monkeypatch.setattr(keystores, "_STRONG", SLOW_TO_OPEN)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consortium of `tests.e2e.stage` with everybody admitted, to be copied; the file `now` has its time."""
    return made_once(tmp_path_factory, "founded", _found)


def _found(home: Path) -> None:
    from tests.e2e.stage import found_stage

    before = os.umask(0o077)  # as the command sets it
    try:
        (home / "now").write_text(str(found_stage(home)))
    finally:
        os.umask(before)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, without the database's name."""
    starting = postgresql_server()
    try:
        server = starting.__enter__()
    except Exception as error:  # noqa: BLE001 whatever keeps a server from starting, the SQLite half runs
        pytest.skip(f"no PostgreSQL here: {error}")
    yield server.get_uri()
    starting.__exit__(None, None, None)


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """The URL of an empty PostgreSQL database."""
    return new_database(postgresql, f"lading_{next(_numbers)}")
