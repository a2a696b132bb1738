"""One statement tells what the store has of records that come."""

from sqlalchemy import Connection, event

from ledger.common.ids import RecordId, to_hex
from ledger.records.erasure import Erasure
from ledger.records.index_keys import RECORD, Concern
from ledger.services.intake.sequencer import Sequencer
from ledger.store import openings, pending, proposals, traces
from ledger.store.database import Database
from ledger.store.pending import Slot
from tests.store.entries import endorsement

IDS = [RecordId(bytes([n]) * 32) for n in range(6)]


def test_each_trace_is_found_and_no_other(database: Database, sequencer: Sequencer) -> None:
    logged = endorsement(1, slots=(Slot(b"held", 3),))
    proposed = endorsement(2)
    sequencer.append([logged])
    with database.write() as connection:
        kept = proposals.Proposal(proposed.record_id, proposed.signed.record, {}, created_at=1, expires=2)
        about = (Concern(RECORD, to_hex(IDS[1])), Concern("shipment", to_hex(IDS[2])))
        proposals.add(connection, kept, about)
        openings.note_erased(connection, [Erasure(IDS[3], "details", 1, 2, "request")])
        pending.take(connection, {Slot(b"other", 1): logged.record_id})
    with database.read() as connection:
        asked: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, *_: asked.append(sql))
        wanted = [logged.record_id, proposed.record_id, *IDS]
        found = traces.of(connection, wanted, [b"held", b"free"])
        assert found == traces.Traces({logged.record_id}, {proposed.record_id}, {IDS[3]}, {IDS[1]}, {b"held"})
        assert len(asked) == 1
        assert traces.of(connection, [IDS[0]]) == traces.Traces()
        assert traces.of(connection, [], [b"other"]) == traces.Traces(pending={b"other"})
        assert traces.of(connection, []) == traces.Traces()


def test_more_than_one_statement_takes(database: Database, sequencer: Sequencer) -> None:
    entries = [endorsement(n, slots=(Slot(n.to_bytes(4), 0),)) for n in range(1_100)]
    sequencer.append(entries)
    ids, scopes = {entry.record_id for entry in entries}, {n.to_bytes(4) for n in range(1_100)}

    def of(connection: Connection) -> traces.Traces:
        return traces.of(connection, [*ids, *IDS], [*scopes, b"free"])

    with database.read() as connection:
        assert of(connection) == traces.Traces(logged=ids, pending=scopes)
