"""What an answer rests on beside the log's size is counted when it changes, and only then."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from ledger.common.ids import RecordId
from ledger.records import disclosure
from ledger.records.erasure import Erasure
from ledger.records.types import ShipmentTerms
from ledger.services.intake.sequencer import Sequencer
from ledger.store import changes, checkpoints, openings
from ledger.store.checkpoints import StoredCosignature
from ledger.store.database import Database
from ledger.store.documents import enrolments
from ledger.store.documents.enrolments import StoredEnrolment
from tests.samples import sample
from tests.store.entries import entry_of, rng


def counted(database: Database, act: Callable[[Connection], object]) -> Mapping[str, int]:
    """By how much each count rises."""
    with database.read() as connection:
        before = changes.counts(connection)
    with database.write() as connection:
        act(connection)
    with database.read() as connection:
        return {kind: more for kind, count in changes.counts(connection).items() if (more := count - before[kind])}


def test_parts_that_come_later_or_go_are_counted(database: Database, sequencer: Sequencer) -> None:
    public, parts = disclosure.split(sample(ShipmentTerms, rng(5), items=2))
    entry = entry_of(public)
    assert counted(database, lambda _: None) == {}
    sequencer.append([entry])
    assert counted(database, lambda c: openings.add(c, entry.record_id, parts)) == {"parts": 1}
    assert counted(database, lambda c: openings.add(c, entry.record_id, parts)) == {}
    assert counted(database, lambda c: openings.forget(c, entry.record_id, "commercial")) == {"parts": 1}
    assert counted(database, lambda c: openings.forget(c, entry.record_id, "commercial")) == {}
    erased = Erasure(RecordId(entry.record_id), "commercial", 1, 0, "order")
    assert counted(database, lambda c: openings.note_erased(c, [erased])) == {"parts": 1}


def test_evidence_and_documents_that_come_in_are_counted(database: Database) -> None:
    cosignature = StoredCosignature(5, "w", b"r" * 32, 7, b"s" * 64)
    assert counted(database, lambda c: checkpoints.add(c, 5, b"r" * 32, b"note", 1)) == {}
    assert counted(database, lambda c: checkpoints.set_anchored(c, 5, 70, b"t" * 32, 700)) == {"evidence": 1}
    assert counted(database, lambda c: checkpoints.set_anchored(c, 5, 71, b"u" * 32, 710)) == {}
    assert counted(database, lambda c: checkpoints.add_cosignatures(c, [cosignature])) == {"evidence": 1}
    assert counted(database, lambda c: checkpoints.add_cosignatures(c, [])) == {}
    document = StoredEnrolment(b"h" * 32, b"{}", b"s" * 65, b"k" * 20, 1)
    stranger = replace(document, document_hash=b"i" * 32)
    assert counted(database, lambda c: enrolments.add(c, stranger, admitted=False)) == {}
    assert counted(database, lambda c: enrolments.add(c, document, admitted=True)) == {"documents": 1}
    assert counted(database, lambda c: enrolments.add(c, document, admitted=True)) == {}


def test_what_is_undone_is_not_counted(database: Database) -> None:
    class UndoneError(Exception):
        pass

    def undo(connection: Connection) -> None:
        checkpoints.set_anchored(connection, 5, 70, b"t" * 32, 700)
        raise UndoneError

    with database.write() as connection:
        checkpoints.add(connection, 5, b"r" * 32, b"note", 1)
    with pytest.raises(UndoneError):
        counted(database, undo)
    with database.read() as connection:
        assert changes.counts(connection) == {"parts": 0, "evidence": 0, "documents": 0}
