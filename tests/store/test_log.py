"""Appending: places, times, receipts, idempotency, slots, and what else the commit carries."""

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId
from ledger.errors import Busy, Conflict, MalformedRecord, StorageFailed, VerificationFailed
from ledger.log.leaf import Receipt
from ledger.merkle import leaf_hash
from ledger.records import disclosure as pure_openings
from ledger.records.index_keys import Concern
from ledger.records.signing import SignedRecord
from ledger.records.types import RECORDS, Checkpoint, Outcome, Record, ShipmentTerms
from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Entry, Sequencer
from ledger.store import log, migrate, openings, outbox, pending, proposals, records
from ledger.store.database import Connection, Database
from ledger.store.pending import Slot
from ledger.store.projections import outcomes
from tests.samples import sample
from tests.store.entries import DOMAIN, SIGNER, endorsement, endorsements, entry_of, outcome, rng

KINDS = [kind for kind in RECORDS if kind is not Checkpoint]


def test_indexes_have_no_gap_and_times_never_decrease(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    start = clock.now()
    sequencer.append(endorsements(3))
    clock.advance(10)
    sequencer.append(endorsements(2, start=3))
    slow = Sequencer(database, SIGNER, ManualClock(start - 500))  # another process with a clock behind
    slow.append(endorsements(1, start=5))
    with database.read() as connection:
        rows = list(records.stream(connection))
        assert log.head(connection) == log.LogHead(6, start + 10)
    assert [row.log_index for row in rows] == list(range(6))
    assert [row.log_time for row in rows] == [start] * 3 + [start + 10] * 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_type_comes_back_as_it_went_in(
    database: Database, sequencer: Sequencer, kind: type[Record]
) -> None:
    samples = [sample(kind, rng(seed), items=items, withhold=w) for seed, items, w in _shapes()]
    # Block numbers come from the chain and fit any database's integers.
    entries = [entry_of(replace(s, blockNumber=2**63 - 1) if isinstance(s, Outcome) else s) for s in samples]
    receipts = sequencer.append(entries)
    with database.read() as connection:
        for entry, receipt in zip(entries, receipts, strict=True):
            row = records.get(connection, entry.record_id)
            assert row is not None
            assert row == records.at(connection, receipt.index)
            assert DOMAIN.record_id(row.record) == entry.record_id
            assert pure_openings.split(row.record)[1] == {}, "private parts are withheld in the log's row"
            assert openings.richest(connection, row) == entry.signed.record
            assert openings.richest(connection, row, lambda _path: False) == row.record
            assert row.signed.signatures == entry.signed.signatures
            assert row.leaf_hash == leaf_hash(records.leaf_of(row).encode()) == receipt.leaf_hash
            assert sequencer.receipt_of(row) == receipt
            SIGNER.identity.verify_receipt(receipt)


def _shapes() -> list[tuple[int, int | None, float]]:
    return [(1, None, 0.0), (2, 2, 0.0), (3, 3, 0.5), (4, None, 1.0)]


def test_the_same_record_again_gets_the_first_receipt(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    first = sequencer.submit(endorsement(1))
    clock.advance(60)
    entry = endorsement(1)
    signed_anew = Entry(SignedRecord(entry.signed.record, (bytes(65),)), entry.record_id)
    assert sequencer.submit(signed_anew) == first
    assert sequencer.append([endorsement(2), endorsement(2), endorsement(1)])[2] == first
    with database.read() as connection:
        assert log.head(connection).size == 2


def test_a_conflict_names_both_records_and_leaves_no_trace(database: Database, sequencer: Sequencer) -> None:
    slot = Slot(b"s" * 32, 4)
    first, second = endorsement(1, slots=(slot,)), endorsement(2, slots=(slot,), relay=True)
    sequencer.append([first])
    with pytest.raises(Conflict) as caught:
        sequencer.append([endorsement(3), second])
    assert caught.value.first == "0x" + first.record_id.hex()
    assert caught.value.second == "0x" + second.record_id.hex()
    with database.read() as connection:
        assert log.head(connection).size == 1, "append is all or nothing"
    results = sequencer.append_each([endorsement(3), second, endorsement(4)])
    assert isinstance(results[0], Receipt)
    assert isinstance(results[1], Conflict)
    assert isinstance(results[2], Receipt)
    assert [results[0].index, results[2].index] == [1, 2]
    with database.read() as connection:
        assert records.get(connection, second.record_id) is None
        assert outbox.get(connection, second.record_id) is None
        assert pending.of_scope(connection, slot.scope) == [(4, first.record_id)]


def test_a_conflict_inside_one_group(sequencer: Sequencer) -> None:
    slot = Slot(b"s" * 32, 0)
    results = sequencer.append_each([endorsement(n, slots=(slot, Slot(b"t" * 32, n))) for n in range(3)])
    assert [type(result) for result in results] == [Receipt, Conflict, Conflict]


def test_slots_are_free_again_when_the_outcome_is_final(database: Database, sequencer: Sequencer) -> None:
    slots = (Slot(b"s" * 32, 4), Slot(b"t" * 32, 0))
    first = endorsement(1, slots=slots, relay=True)
    sequencer.append([first])
    sequencer.append([outcome(first.record_id, bytes([Code.APPLIED, Code.STALE]))])
    with database.read() as connection:
        assert pending.holders(connection, slots) == {}
        row = outbox.get(connection, first.record_id)
        assert row is not None
        assert row.state == outbox.FINAL
        found = outcomes.of(connection, first.record_id)
        assert [(o.item, o.outcome) for o in found] == [(0, Code.APPLIED), (1, Code.STALE)]
    sequencer.append([endorsement(2, slots=slots)])


def test_the_first_final_outcome_of_an_item_stands(database: Database, sequencer: Sequencer) -> None:
    record_id = endorsement(1).record_id
    sequencer.append([outcome(record_id, bytes([Code.AHEAD, Code.APPLIED, Code.UNKNOWN]), block=1)])
    sequencer.append([outcome(record_id, bytes([Code.APPLIED, Code.STALE, Code.AHEAD]), block=2)])
    expected = [(0, Code.APPLIED, 2), (1, Code.APPLIED, 1)]
    with database.read() as connection:
        assert [(o.item, o.outcome, o.block_number) for o in outcomes.of(connection, record_id)] == expected
    with database.write() as connection:
        migrate.recreate_projections(connection)
    with database.read() as connection:
        assert [(o.item, o.outcome, o.block_number) for o in outcomes.of(connection, record_id)] == expected


def test_a_proposal_ends_when_its_record_is_accepted(database: Database, sequencer: Sequencer) -> None:
    entry = endorsement(1)
    proposal = proposals.Proposal(entry.record_id, entry.signed.record, {"1": b"s" * 65}, 5, 10**10)
    with database.write() as connection:
        assert proposals.add(connection, proposal, entry.concerns)
    sequencer.append([entry])
    with database.read() as connection:
        assert proposals.get(connection, entry.record_id) is None
        assert proposals.listing(connection, now=6) == []


def test_also_runs_in_the_same_transaction(database: Database, sequencer: Sequencer) -> None:
    def good(connection: Connection) -> None:
        assert log.head(connection).size == 1
        migrate.set_projected_size(connection, 1)

    def bad(connection: Connection) -> None:
        migrate.set_projected_size(connection, 99)
        raise ValueError("on purpose")

    sequencer.append([endorsement(1)], good)
    with pytest.raises(ValueError, match="on purpose"):
        sequencer.append([endorsement(2)], bad)
    with database.read() as connection:
        assert log.head(connection).size == 1
        assert migrate.projected_size(connection) == 1


def test_a_bad_entry_does_not_harm_its_neighbours(database: Database, sequencer: Sequencer) -> None:
    good = endorsement(1)
    bad = Entry(
        good.signed, RecordId(good.record_id[:31] + b"x"), concerns=(Concern("partner", "1"), Concern("partner", "1"))
    )
    results = sequencer.append_each([endorsement(0), bad, endorsement(2)])
    assert [type(result) for result in results] == [Receipt, StorageFailed, Receipt]
    assert sequencer.failure is None
    with database.read() as connection:
        assert [row.log_index for row in records.leaves(connection)] == [0, 1]


def test_checkpoints_are_no_leaves(sequencer: Sequencer) -> None:
    with pytest.raises(MalformedRecord):
        sequencer.append([entry_of(Checkpoint(bytes(32), 0, 1, bytes(32)))])


def test_nothing_to_append(sequencer: Sequencer) -> None:
    assert sequencer.append([]) == []
    assert sequencer.append_each([]) == []


def test_many_threads_one_log(database: Database, sequencer: Sequencer) -> None:
    """Each record is submitted by three threads, half of them compete for slots: every promise holds at once."""
    entries = [endorsement(n, slots=(Slot(b"s" * 32, n // 2),), relay=True) for n in range(60)]
    results: dict[int, list[Receipt | Conflict]] = {n: [] for n in range(60)}

    def work(seed: int) -> None:
        order = list(range(60))
        random.Random(seed).shuffle(order)
        for n in order:
            while True:
                try:
                    results[n].append(sequencer.submit(entries[n]))
                except Conflict as conflict:
                    results[n].append(conflict)
                except Busy:
                    continue
                break

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    winners = 0
    for n in range(0, 60, 2):
        for pair in (results[n], results[n + 1]):
            assert len(pair) == 3
            assert len({repr(r) if isinstance(r, Receipt) else "conflict" for r in pair}) == 1
        accepted = [m for m in (n, n + 1) if isinstance(results[m][0], Receipt)]
        assert len(accepted) == 1, "one of two that consume the same sequence"
        winners += 1
    with database.read() as connection:
        rows = list(records.stream(connection))
        assert [row.log_index for row in rows] == list(range(winners)) == list(range(30))
        assert len(outbox.due(connection, 10**10, 100)) == 30


def test_two_processes_worth_of_sequencers_share_one_log(database: Database, url: str, clock: ManualClock) -> None:
    others = [Database.open(url) for _ in range(2)]
    sequencers = [Sequencer(each, SIGNER, clock) for each in (database, *others)]

    def work(which: int) -> None:
        for n in range(20):
            sequencers[which].append([endorsement(n), endorsement(100 + 20 * which + n)])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    with database.read() as connection:
        assert [row.log_index for row in records.leaves(connection)] == list(range(20 + 60))
    for other in others:
        other.close()


def test_a_full_queue_says_busy(database: Database, clock: ManualClock) -> None:
    sequencer = Sequencer(database, SIGNER, clock, capacity=2)
    with pytest.raises(Busy):
        sequencer.offer(endorsement(0))
    sequencer.start()
    with database.write():  # the writer waits for this transaction, the queue fills
        futures: list[Future[Receipt]] = []

        def offer_many() -> None:
            for n in range(10):
                futures.append(sequencer.offer(endorsement(n)))  # noqa: PERF401 those before the error count

        with pytest.raises(Busy) as caught:
            offer_many()
        assert caught.value.retry_after >= 1
    assert [future.result(timeout=30).index for future in futures] == list(range(len(futures)))
    sequencer.stop()
    with pytest.raises(Busy):
        sequencer.offer(endorsement(99))


def test_one_by_itself_is_written_by_who_brings_it(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other thread is woken for it, but none writes before the start or after the end."""
    sequencer = Sequencer(database, SIGNER, clock)
    with pytest.raises(Busy):
        sequencer.submit(endorsement(0))
    sequencer.start()
    writers: list[str] = []
    writing = log.append

    def noted(connection: Any, entries: Any, now: int) -> Any:
        writers.append(threading.current_thread().name)
        return writing(connection, entries, now)

    monkeypatch.setattr(log, "append", noted)
    assert sequencer.submit(endorsement(0)).index == 0
    assert writers == [threading.current_thread().name]
    sequencer.submit(endorsement(1, slots=(Slot(b"goods", 0),)))
    with pytest.raises(Conflict):
        sequencer.submit(endorsement(2, slots=(Slot(b"goods", 0),)))
    sequencer.stop()
    with pytest.raises(Busy):
        sequencer.submit(endorsement(3))


def test_stopping_commits_what_waits(database: Database, clock: ManualClock) -> None:
    sequencer = Sequencer(database, SIGNER, clock, group=4)
    sequencer.start()
    futures = [sequencer.offer(endorsement(n)) for n in range(50)]
    sequencer.stop()
    assert [future.result(timeout=0).index for future in futures] == list(range(50))


# --- reading ---------------------------------------------------------------------------------------------------------


def test_listing_pages_by_index(database: Database, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(25))
    with database.read() as connection:
        seen: list[int] = []
        while page := records.listing(connection, "partner", "1", after=seen[-1] if seen else -1, limit=10):
            seen += [row.log_index for row in page]
        assert seen == list(range(25))
        newest = records.listing(connection, limit=10, newest_first=True)
        older = records.listing(connection, limit=10, newest_first=True, before=newest[-1].log_index)
        assert [row.log_index for row in newest + older] == list(range(24, 4, -1))
        assert records.listing(connection, "partner", "2") == []
        assert len(records.listing(connection, types=[15], limit=7)) == 7
        assert records.listing(connection, types=[4]) == []
        assert records.count_by_type(connection, 0, 25) == {15: 25}
        assert records.count_by_type(connection, 20, 24) == {15: 4}


def test_streams_cross_chunk_borders(database: Database, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch) -> None:
    sequencer.append(endorsements(23))
    with database.read() as connection:
        for chunk in (1, 2, 7, 22, 23, 24):
            monkeypatch.setattr(records, "STREAM_CHUNK", chunk)
            for start, stop in ((0, None), (3, 20), (23, None), (5, 5)):
                expected = list(range(start, 23 if stop is None else stop))
                assert [row.log_index for row in records.stream(connection, start, stop)] == expected
                assert [row.log_index for row in records.leaves(connection, start, stop)] == expected


def test_parts_can_be_added_later_and_forgotten(database: Database, sequencer: Sequencer) -> None:
    terms = sample(ShipmentTerms, rng(5), items=2)
    public, parts = pure_openings.split(terms)
    entry = entry_of(public)
    sequencer.append([entry])
    with database.write() as connection:
        openings.add(connection, entry.record_id, {"commercial": parts["commercial"]})
        openings.add(connection, entry.record_id, parts)
        row = records.get(connection, entry.record_id)
        assert row is not None
        assert openings.richest(connection, row) == terms
        assert openings.forget(connection, entry.record_id, "commercial") == 1
        assert "commercial" not in openings.of(connection, row)
        assert openings.forget(connection, entry.record_id) == len(parts) - 1
        assert openings.richest(connection, row) == public
    other = sample(ShipmentTerms, rng(6), items=2)
    with pytest.raises(VerificationFailed), database.write() as connection:
        openings.add(connection, entry.record_id, {"commercial": other.commercial})  # type: ignore[dict-item]
