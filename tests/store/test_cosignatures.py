"""Which checkpoint a quorum had cosigned by when, as the database says and as one counts by hand."""

import random
from collections.abc import Collection

from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.store import checkpoints
from ledger.store.checkpoints import Evidenced, StoredCosignature
from ledger.store.database import Connection, Database

WITNESSES = [f"w{i}+00000000+A" for i in range(4)]
ROOT = bytes(32)


def row(size: int, witness: int, time: int, root: bytes = ROOT) -> StoredCosignature:
    return StoredCosignature(size, WITNESSES[witness], root, time, bytes(64))


def evidenced_at(connection: Connection, witnesses: Collection[str], threshold: int, log_index: int) -> int | None:
    """By when the cosigned checkpoints show that a quorum saw this leaf."""
    cosigned = checkpoints.evidenced(connection, witnesses, threshold)
    times = CheckpointTimes(CheckpointTime(one.size, one.time, Basis.WITNESSES) for one in cosigned)
    covered = times.covering(log_index)
    return covered.time if covered else None


def test_the_first_cosignature_of_a_witness_stands(database: Database) -> None:
    with database.write() as connection:
        checkpoints.add_cosignatures(connection, [row(5, 0, 10)])
        checkpoints.add_cosignatures(connection, [row(5, 0, 8), row(5, 1, 9)])
        checkpoints.add_cosignatures(connection, [])
    with database.read() as connection:
        assert checkpoints.cosignatures_of(connection, 5) == [row(5, 1, 9), row(5, 0, 10)]
        assert checkpoints.cosignatures_of(connection, 6) == []


def test_a_late_quorum_of_a_small_checkpoint_does_not_hide_an_early_one_of_a_larger(database: Database) -> None:
    with database.write() as connection:
        checkpoints.add_cosignatures(connection, [row(5, 0, 100), row(5, 1, 900), row(9, 0, 200), row(9, 1, 300)])
    with database.read() as connection:
        assert evidenced_at(connection, WITNESSES[:2], 2, 4) == 300
        assert evidenced_at(connection, WITNESSES[:2], 1, 4) == 100
        assert evidenced_at(connection, WITNESSES[:2], 2, 9) is None
        assert evidenced_at(connection, WITNESSES[2:], 1, 0) is None


def test_two_roots_of_one_size_make_no_quorum_together(database: Database) -> None:
    with database.write() as connection:
        checkpoints.add_cosignatures(connection, [row(5, 0, 1), row(5, 1, 2, b"x" * 32)])
    with database.read() as connection:
        assert checkpoints.evidenced(connection, WITNESSES, 2) == []


def test_evidence_is_as_counted_by_hand(database: Database) -> None:
    rng = random.Random(4)
    rows = [
        row(size, witness, rng.randrange(1000))
        for size in range(1, 30)
        for witness in rng.sample(range(4), rng.randrange(5))
    ]
    with database.write() as connection:
        checkpoints.add_cosignatures(connection, rows)
    with database.read() as connection:
        for threshold in range(1, 4):
            for known in (WITNESSES, WITNESSES[:2], [], WITNESSES[1:]):
                expected = []
                for size in range(1, 30):
                    times = sorted(r.time for r in rows if r.size == size and r.witness in known)
                    if len(times) >= threshold:
                        expected.append(Evidenced(size, ROOT, times[threshold - 1]))
                assert checkpoints.evidenced(connection, known, threshold) == expected
                assert (
                    checkpoints.evidenced(connection, known, threshold, above=7)
                    == expected[sum(e.size <= 7 for e in expected) :]
                )
                for index in (0, 6, 28, 29):
                    covering = [e.time for e in expected if e.size > index]
                    assert evidenced_at(connection, known, threshold, index) == min(covering, default=None)
