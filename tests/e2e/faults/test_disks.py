"""A disk that fails stops receipts and checkpoints together; what it only refused goes on by itself."""

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event

from ledger import merkle
from ledger.cli.demo.scribe import Scribe
from ledger.cli.sandbox import open_trial
from ledger.errors import DiskFailed, LadingError, Misconfigured, StorageFailed, Unavailable
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import operator_passphrase, read_consortium
from ledger.services.home.keystores import write_log_key
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.upgrade import upgrade
from ledger.services.node.node import Node
from ledger.services.node.reader import open_ledger
from ledger.services.publish import durable_files
from ledger.store import records
from tests.e2e.cli.processes import LADING, ROOT, environment, free_port, wait_for
from tests.e2e.stage import Stage, parties
from tests.lost_commits import LostCommits

Reopen = Callable[[], Stage]


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def reopen(home: Path, founded: Path) -> Iterator[Reopen]:
    """Opens the home as a restart does: the process before is gone."""
    clock = ManualClock(int((founded / "now").read_text()))
    opened: list[Stage] = []

    def reopened() -> Stage:
        if opened:
            opened.pop().node.close()
        trial = open_trial(read_settings({}, home=home), clock)
        opened.append(Stage(trial, clock, parties(), Scribe(trial, parties())))
        return opened[-1]

    yield reopened
    for stage in opened:
        stage.node.close()


def published(stage: Stage, home: Path) -> None:
    """The published checkpoint covers the log, and its root is that of the leaves."""
    stage.node.settle()
    head = read_consortium(home).log.verify_checkpoint((home / "log" / "checkpoint").read_bytes())
    with stage.node.home.database.read() as connection:
        leaves = [row.leaf_hash for row in records.leaves(connection)]
    assert (head.size, head.root) == (len(leaves), merkle.root(leaves))
    assert set(stage.node.health.readiness().checks.values()) == {"ok"}


# --- syncs that fail -------------------------------------------------------------------------------------------------


class Syncs:
    """`os.fsync` on a disk on which the sync of this number fails, counted from 0 among the home's own files."""

    def __init__(self, home: Path, fail_at: int) -> None:
        self._home = home
        self._left = fail_at
        self._sync = os.fsync

    def __call__(self, handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").resolve().is_relative_to(self._home):
            self._left -= 1
            if self._left == -1:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._sync(handle)


def test_after_any_failed_sync_nothing_is_signed_and_a_restart_goes_on(
    reopen: Reopen, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles, checkpoint and the highest checkpoint beside the keys: each of their syncs fails once."""
    indexes = {}
    point, failed = 0, True
    while failed:
        stage = reopen()
        opened = stage.open(endorsed=False)
        indexes[opened] = stage.node.reader.views.record(opened).log.index
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", Syncs(home, point))
            try:
                stage.node.tick(anchor=False)
            except DiskFailed:
                _stopped(stage, home)
            else:
                failed = False
        point += 1
    assert point > 8
    stage = reopen()
    for record_id, index in indexes.items():
        assert stage.node.reader.views.record(record_id).log.index == index
    published(stage, home)


def _stopped(stage: Stage, home: Path) -> None:
    """No receipt and no checkpoint any more, and readiness says so."""
    node: Node = stage.node
    before = [(home / name).read_bytes() for name in ("log/checkpoint", "keys/highest-checkpoint")]
    with pytest.raises(Unavailable, match="signed any more: the disk did not confirm"):
        stage.open()
    with pytest.raises(Unavailable, match="signed any more"):
        node.tick()
    assert [(home / name).read_bytes() for name in ("log/checkpoint", "keys/highest-checkpoint")] == before
    assert "did not confirm" in node.health.readiness().checks["log"]
    node.health.measure()
    assert node.health.metrics.get_sample_value("lading_halted") == 1


def test_after_a_failed_commit_of_the_chain_no_receipt_is_given(reopen: Reopen, home: Path) -> None:
    stage = reopen()
    store = stage.node.chain._backend.store
    store._db = LostCommits(store._db)
    with pytest.raises(DiskFailed):
        stage.open(endorsed=False)
    with pytest.raises(Unavailable, match="signed any more"):
        stage.node.tick()
    with pytest.raises(Unavailable, match="signed any more"):
        stage.open(endorsed=False)
    stage = reopen()
    stage.node.settle()
    published(stage, home)


# --- what was refused ------------------------------------------------------------------------------------------------


@contextmanager
def full_database(stage: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    engine = stage.node.home.database.engine
    pages = 1

    def limit(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "begin", limit)
    try:
        yield
    finally:
        pages = 1_000_000


@contextmanager
def full_log_folder(stage: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(path: Path, _data: bytes, *, mode: int | None) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    with patch.context() as inner:
        inner.setattr(durable_files, "replace_file", refuse)
        yield


@contextmanager
def full_chain(stage: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    db = stage.node.chain._backend.store._db
    db.execute("PRAGMA max_page_count=1")
    try:
        yield
    finally:
        db.execute("PRAGMA max_page_count=1000000")


@pytest.mark.parametrize("full", [full_database, full_log_folder, full_chain])
def test_what_a_full_disk_stopped_goes_on_by_itself(
    reopen: Reopen,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    full: Callable[[Stage, pytest.MonkeyPatch], AbstractContextManager[None]],
) -> None:
    stage = reopen()
    first = stage.open(endorsed=False)
    stage.node.settle()
    with full(stage, monkeypatch):
        refused = 0
        for _ in range(200):  # files have some room left
            try:
                stage.open(endorsed=False)
                stage.node.tick()
            except StorageFailed:
                refused += 1
                if refused == 3:
                    break
        assert refused == 3
        assert stage.node.reader.views.shipment(first), "reading goes on"
    stage.node.settle()
    stage.open()
    published(stage, home)
    stage.audited()


def test_while_the_log_cannot_be_published_nothing_is_accepted(reopen: Reopen, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = reopen()
    stage.open(endorsed=False)
    with full_log_folder(stage, monkeypatch):
        with pytest.raises(StorageFailed):
            stage.node.tick()
        with pytest.raises(StorageFailed, match="No space left"):
            stage.open(endorsed=False)
        assert "No space left" in stage.node.health.readiness().checks["log"]
    stage.node.tick()
    stage.open(endorsed=False)


def test_a_checkpoint_file_that_is_taken_away_is_made_again_and_halts_nothing(
    reopen: Reopen, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = reopen()
    stage.node.settle()
    step = stage.node.work.anchorer.step

    def step_without_file() -> Any:
        monkeypatch.setattr(stage.node.work.anchorer, "step", step)
        (home / "log" / "checkpoint").unlink()
        return step()

    monkeypatch.setattr(stage.node.work.anchorer, "step", step_without_file)
    stage.node.tick()
    assert (home / "log" / "checkpoint").exists()
    published(stage, home)


# --- opening ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ledger.db", "chain.db"])
@pytest.mark.parametrize("how", ["gone", "empty", "no database", "a folder"])
def test_a_lost_database_or_chain_is_said_in_words_and_never_begun_anew(home: Path, name: str, how: str) -> None:
    for path in home.glob(f"{name}*"):
        if not path.name.endswith(".lock"):
            path.unlink()
    match how:
        case "empty":
            (home / name).touch()
        case "no database":
            (home / name).write_bytes(b"no database" * 1000)
        case "a folder":
            (home / name).mkdir()
    for _ in range(2):
        with pytest.raises(StorageFailed) as caught:
            Node(read_settings({}, home=home))
        assert how not in ("gone", "empty") or "is gone" in str(caught.value)
    if how == "gone":
        assert not (home / name).exists()


def test_another_homes_log_key_signs_no_receipt(home: Path) -> None:
    """Not even where no checkpoint is left that it would not fit."""
    settings = read_settings({}, home=home)
    (home / "keys" / "log.pem").unlink()
    write_log_key(home / "keys" / "log.pem", Ed25519PrivateKey.generate(), operator_passphrase(settings))
    shutil.rmtree(home / "log")
    (home / "keys" / "highest-checkpoint").unlink()
    for opening in (Node, open_ledger):
        with pytest.raises(Misconfigured, match=r"the log's key is not the one that consortium\.json names"):
            opening(settings)
    assert not (home / "log").exists()


@pytest.mark.parametrize("content", [b"", b"\0" * 31])
def test_a_session_key_that_a_full_disk_cut_short_is_none(home: Path, content: bytes) -> None:
    (home / "keys" / "session.key").write_bytes(content)
    with pytest.raises(Misconfigured, match="the session key is damaged"):
        Node(read_settings({}, home=home))


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("INSERT INTO alembic_version VALUES ('0001')", "several migrations"),
        ("DELETE FROM log_head", "how long the log is"),
    ],
)
def test_a_row_too_many_or_too_few_is_said_in_words(home: Path, sql: str, words: str) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as database, database:
        database.execute(sql)
    settings = read_settings({}, home=home)
    for opening in (Node, upgrade):
        with pytest.raises(LadingError, match=words):
            opening(settings)


@pytest.mark.parametrize("name", ["log/checkpoint", "keys/highest-checkpoint"])
def test_a_damaged_checkpoint_file_halts_in_words(reopen: Reopen, home: Path, name: str) -> None:
    (home / name).write_bytes(b"damaged")
    stage = reopen()
    assert f"{name}: the file is no checkpoint" in stage.node.health.readiness().checks["log"]
    stage.node.health.measure()
    assert stage.node.health.metrics.get_sample_value("lading_halted") == 1
    with pytest.raises(Unavailable, match="signed any more"):
        stage.open()


# --- the service -----------------------------------------------------------------------------------------------------

FAILING = """
import errno, os, pathlib

sync, flag = os.fsync, pathlib.Path(os.environ["FAILING"])

def fsync(handle):
    if flag.exists():
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    sync(handle)

os.fsync = fsync
"""
"""What every process of the service imports as it begins, the one that works as well."""


def test_a_service_whose_disk_failed_ends_with_words_for_its_supervisor(home: Path, tmp_path: Path) -> None:
    port, flag = free_port(), tmp_path / "failing"
    (tmp_path / "sitecustomize.py").write_text(FAILING)
    settings = environment(home, LADING_PORT=str(port), FAILING=str(flag), PYTHONPATH=f"{tmp_path}:{ROOT}")

    with subprocess.Popen([*LADING, "serve"], env=settings, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", lambda answer: answer["status"] == "ok")
            flag.touch()
            (home / "log" / "checkpoint").unlink()
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1, said
    assert "DiskFailed" in said
    assert "Traceback" not in said
