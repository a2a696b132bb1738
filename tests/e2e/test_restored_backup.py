"""A database put back from a backup must not grow into a second log under the same name."""

import shutil
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.services.node import Node
from ledger.store import log
from tests.e2e.stage import Stage


def test_nothing_is_accepted_over_a_log_that_was_published_further(stage: Stage, tmp_path: Path) -> None:
    node: Node = stage.node
    home = node.settings.home
    stage.open()
    node.settle()
    shutil.copy(home / "ledger.db", tmp_path / "backup.db")
    shutil.copy(home / "ledger.db-wal", tmp_path / "backup.db-wal")
    stage.open()
    node.settle()
    published = node.publisher.current()
    assert published is not None
    node.close()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", home / "ledger.db")
    shutil.copy(tmp_path / "backup.db-wal", home / "ledger.db-wal")

    restored = Node(node.settings, node.clock)
    try:
        with restored.db.read() as connection:
            size = log.head(connection).size
        assert size < published.head.size
        with pytest.raises(Unavailable, match="not the log that was published"):
            restored.tick()
        stage.trial.node = restored
        with pytest.raises(Unavailable, match="not the log that was published"):
            stage.open()
        with restored.db.read() as connection:
            assert log.head(connection).size == size
        assert restored.readiness()["worker"] != "ok"
    finally:
        restored.close()
