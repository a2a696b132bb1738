"""Receipts are promises: none over a restored backup, and none for forged signatures."""

import shutil
from pathlib import Path

import pytest

from ledger.common.ids import RecordId
from ledger.errors import BadSignature, NotPermitted, Unavailable
from ledger.records.signing import SignedRecord, SigningKey
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.store import log, records
from tests.e2e.stage import Stage


def test_nothing_is_accepted_over_a_log_that_was_published_further(stage: Stage, tmp_path: Path) -> None:
    node: Node = stage.node
    home = node.home.settings.home
    stage.open()
    node.settle()
    shutil.copy(home / "ledger.db", tmp_path / "backup.db")
    shutil.copy(home / "ledger.db-wal", tmp_path / "backup.db-wal")
    stage.open()
    node.settle()
    published = node.reader.publisher.current()
    assert published is not None
    node.close()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", home / "ledger.db")
    shutil.copy(tmp_path / "backup.db-wal", home / "ledger.db-wal")

    restored = Node(node.home.settings, node.home.clock)
    try:
        with restored.home.database.read() as connection:
            size = log.head(connection).size
        assert size < published.head.size
        with pytest.raises(Unavailable, match="nothing is accepted or signed"):
            restored.tick()
        stage.trial.node = restored
        with pytest.raises(Unavailable, match="nothing is accepted or signed"):
            stage.open()
        with restored.home.database.read() as connection:
            assert log.head(connection).size == size
        assert "old backup" in restored.health.readiness().checks["log"]
    finally:
        restored.close()


def test_a_known_record_with_forged_signatures_gets_no_receipt(stage: Stage) -> None:
    node: Node = stage.node
    shipment = stage.open()
    with node.home.database.read() as connection:
        row = records.get(connection, RecordId(shipment))
    assert row is not None
    signed = row.signed
    first = node.submission.submit(signed)
    assert isinstance(first, Accepted)
    assert first.again
    forged = SignedRecord(signed.record, (SigningKey(b"\x07" * 32).sign(node.home.domain, signed.record),))
    with pytest.raises(NotPermitted, match="no part in this record"):
        node.submission.submit(forged)
    with pytest.raises(BadSignature):
        node.submission.submit(SignedRecord(signed.record, (bytes(65),)))
