"""A released home on PostgreSQL that several bring up to date at once: one does, the others wait or refuse in words."""

import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from ledger.services.audit.run import audit
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.upgrade import upgrade
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.projections import Projector
from ledger.store import log, migrate
from ledger.store.database import Database
from tests.e2e.cli.processes import LADING, environment
from tests.e2e.lifecycle.test_released_homes import HOMES, RELEASES
from tests.postgresql import copy_rows


@pytest.fixture(params=RELEASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path, postgresql_url: str) -> Settings:
    """A home as its release left it, its rows on PostgreSQL at the revision that it had."""
    with tarfile.open(HOMES / f"{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    copy_rows(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}", postgresql_url)
    (tmp_path / "home" / "ledger.db").unlink()
    return read_settings({"LADING_DATABASE_URL": postgresql_url}, home=tmp_path / "home")


def upgrading(settings: Settings, home: Path) -> "subprocess.Popen[str]":
    env = environment(home, LADING_DATABASE_URL=settings.database_url)
    return subprocess.Popen([*LADING, "upgrade"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def held_up(settings: Settings) -> Iterator[sqlalchemy.Engine]:
    """No migration begins meanwhile."""
    engine = sqlalchemy.create_engine(settings.database_url)
    with engine.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_lock({migrate._LOCK})")
        yield engine
        holding.exec_driver_sql(f"SELECT pg_advisory_unlock({migrate._LOCK})")
    engine.dispose()


def wait_until(engine: sqlalchemy.Engine, waiting: int) -> None:
    """So many wait for the lock."""
    end = time.monotonic() + 60
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while True:
        with engine.connect() as connection:
            if connection.exec_driver_sql(query).scalar() == waiting:
                return
        assert time.monotonic() < end
        time.sleep(0.1)


def test_of_two_that_share_the_database_alone_one_waits(settings: Settings) -> None:
    """As on two machines: neither sees the other's lock on its home."""
    other = settings.home.with_name("other")
    shutil.copytree(settings.home, other)
    with held_up(settings) as engine:
        both = [upgrading(settings, settings.home), upgrading(settings, other)]
        wait_until(engine, 2)
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert audit(settings).to_json()["findings"] == []


def test_of_two_on_one_home_one_refuses_in_words(settings: Settings) -> None:
    with held_up(settings) as engine:
        first = upgrading(settings, settings.home)
        wait_until(engine, 1)
        second = upgrading(settings, settings.home)
        _, said = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "in use by another process" in said
        assert "Traceback" not in said
    _, said = first.communicate(timeout=120)
    assert first.returncode == 0, said
    assert audit(settings).to_json()["findings"] == []


def test_one_that_is_killed_leaves_nothing_half_done(settings: Settings) -> None:
    before = revision(settings)
    with held_up(settings) as engine:
        killed = upgrading(settings, settings.home)
        wait_until(engine, 1)
        killed.kill()
        killed.communicate()
        assert revision(settings) == before
    done = upgrade(settings)
    assert (done.before, done.after) == (before, revision(settings))
    assert done.after > before
    assert audit(settings).to_json()["findings"] == []


def test_of_two_that_bring_the_projections_forward_one_waits(settings: Settings) -> None:
    """As when one upgrades and another, which came later, finds the tables up to date and the projections empty."""
    upgrade(settings)
    database = Database.open(settings.database_url, begin=False)
    registries = [CurrentRegistry(read_consortium(settings.home).genesis, SystemClock()) for _ in range(2)]
    failures: list[BaseException] = []

    def second() -> None:
        try:
            with database.write() as connection:
                Projector(registries[1]).catch_up(connection)
        except BaseException as error:  # noqa: BLE001 it is the test's finding
            failures.append(error)

    with closing(database):
        with database.write() as connection:
            migrate.recreate_projections(connection)
        with database.write() as connection:
            Projector(registries[0]).catch_up(connection)
            other = threading.Thread(target=second)
            other.start()
            other.join(1)
            assert other.is_alive(), "it waits"
        other.join(60)
        assert failures == []
        with database.read() as connection:
            assert migrate.projected_size(connection) == log.head(connection).size
    assert audit(settings).to_json()["findings"] == []


def revision(settings: Settings) -> str:
    with closing(Database(settings.database_url, read_only=True)) as database, database.read() as connection:
        return migrate.revision(connection)
