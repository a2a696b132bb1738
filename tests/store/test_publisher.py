"""Publishing: every size, a fault at every write, and every way in which log, tiles and database can disagree."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger import merkle
from ledger.errors import DiskFailed, InconsistentLog, NotFound, StorageFailed, VerificationFailed
from ledger.log.tiles import decode_entries
from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.services.publish.durable_files import LogFolder
from ledger.services.publish.publisher import Publisher
from ledger.store import checkpoints, records
from ledger.store.database import Database
from tests.store.entries import SIGNER, endorsements
from tests.unit.log.tile_list import new_tiles

NOW = 1_700_000_000
LOG = SIGNER.identity


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where log and key live; the database lies elsewhere, and is restored on its own."""
    return tmp_path / "files"


@pytest.fixture
def publisher(database: Database, home: Path) -> Publisher:
    return publisher_of(database, home)


def publisher_of(database: Database, home: Path, open_folder: Callable[[Path], LogFolder] = LogFolder) -> Publisher:
    return Publisher(database, SIGNER, home / "log", home / "keys" / "highest-checkpoint", open_folder=open_folder)


def check_published(database: Database, publisher: Publisher, home: Path, size: int) -> None:
    """Everything that readers are promised: signature, root, tiles, entries, proofs, and the row in the database."""
    current = publisher.current()
    assert current is not None
    assert current.head.size == size
    assert LOG.verify_checkpoint((home / "log" / "checkpoint").read_bytes()) == current.head
    with database.read() as connection:
        rows = list(records.leaves(connection, 0, size))
        stored = checkpoints.get(connection, size)
    assert stored is not None
    assert stored.note.encode() == current.note
    hashes = [row.leaf_hash for row in rows]
    assert current.head.root == stored.root == merkle.root(hashes) == publisher.root(size)
    leaves = [records.leaf_of(row).encode() for row in rows]
    for tile in new_tiles(0, size):
        data = (home / "log" / tile.path()).read_bytes()
        if tile.level == 0:
            start = tile.index * 256
            assert data == b"".join(hashes[start : start + tile.width])
            bundle = (home / "log" / tile.entries_path()).read_bytes()
            assert decode_entries(bundle) == leaves[start : start + tile.width]
    for index in {0, size // 2, size - 1} - {-1}:
        if index < size:
            proof = publisher.inclusion_proof(index, size)
            merkle.verify_inclusion(hashes[index], index, size, proof, current.head.root)


def test_the_empty_log_has_a_checkpoint(database: Database, publisher: Publisher, home: Path) -> None:
    assert publisher.current() is None
    assert publisher.tree().size == 0
    assert publisher.publish(NOW).head.root == merkle.EMPTY_ROOT
    check_published(database, publisher, home, 0)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_every_size_leaf_by_leaf(database: Database, publisher: Publisher, sequencer: Sequencer, home: Path) -> None:
    """Sizes 1 to 40, then around the border of the first tile."""
    heads = [publisher.publish(NOW).head]
    for size in [*range(1, 41), 254, 255, 256, 257, 258]:
        sequencer.append(endorsements(size - heads[-1].size, start=heads[-1].size))
        heads.append(publisher.publish(NOW + size).head)
        check_published(database, publisher, home, size)
        for head in heads:
            proof = publisher.consistency_proof(head.size, size)
            merkle.verify_consistency(head.size, size, proof, head.root, heads[-1].root)
    partial = home / "log" / "tile" / "0" / "000.p"
    assert not partial.exists(), "the full tile has replaced them"


@pytest.mark.parametrize("steps", [(700,), (256, 512), (255, 257, 700), (1, 600), (100, 100, 100)], ids=str)
def test_growing_in_steps_gives_the_same_files(
    database: Database, publisher: Publisher, sequencer: Sequencer, home: Path, steps: tuple[int, ...]
) -> None:
    size = 0
    for step in steps:
        sequencer.append(endorsements(max(0, step - size), start=size))
        size = max(size, step)
        publisher.publish(NOW)
        check_published(database, publisher, home, size)
    fresh = publisher_of(database, home / "fresh")
    fresh.publish(NOW)
    assert fresh.current() == publisher.current()
    for tile in new_tiles(0, size):
        assert (home / "fresh" / "log" / tile.path()).read_bytes() == (home / "log" / tile.path()).read_bytes()


def test_publishing_again_changes_no_file(publisher: Publisher, sequencer: Sequencer, home: Path) -> None:
    sequencer.append(endorsements(300))
    first = publisher.publish(NOW)
    before = {path: path.stat().st_mtime_ns for path in (home / "log").rglob("*") if path.is_file()}
    assert publisher.publish(NOW + 5) == first
    assert {path: path.stat().st_mtime_ns for path in (home / "log").rglob("*") if path.is_file()} == before


def test_it_is_behind_while_there_is_something_to_show(publisher: Publisher, sequencer: Sequencer, home: Path) -> None:
    assert publisher.behind(), "not even the empty tree is shown"
    publisher.publish(NOW)
    assert not publisher.behind()
    sequencer.append(endorsements(3))
    assert publisher.behind()
    publisher.publish(NOW)
    assert not publisher.behind()
    (home / "log" / "checkpoint").unlink()
    assert publisher.behind()
    publisher.publish(NOW)
    publisher.failure = DiskFailed("a sync failed in a witness's thread")
    with pytest.raises(DiskFailed):
        publisher.behind()


def test_the_cost_of_one_more_leaf_does_not_grow_with_the_log(
    database: Database, sequencer: Sequencer, home: Path
) -> None:
    counted = _Counting(home / "log")
    publisher = publisher_of(database, home, lambda root: counted if root == home / "log" else LogFolder(root))
    reads = []
    for size in (257, 258, 2000, 2001):
        with database.read() as connection:
            have = sum(1 for _ in records.leaves(connection))
        sequencer.append(endorsements(size - have, start=have))
        counted.count = 0
        publisher.publish(NOW)
        reads.append(counted.count)
    assert reads[3] <= reads[1] + 2, f"files touched for one leaf: {reads}"


def test_proofs_of_what_is_not_published_yet(publisher: Publisher, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(3))
    for ask in (lambda: publisher.root(1), lambda: publisher.inclusion_proof(0, 3)):
        with pytest.raises(NotFound):
            ask()
    publisher.publish(NOW)
    with pytest.raises(NotFound):
        publisher.consistency_proof(2, 4)
    with pytest.raises(VerificationFailed):
        publisher.inclusion_proof(3, 3)


def test_old_sizes_are_proved_after_their_partial_tiles_are_gone(publisher: Publisher, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(200))
    old = publisher.publish(NOW).head
    sequencer.append(endorsements(400, start=200))
    new = publisher.publish(NOW).head
    merkle.verify_consistency(200, 600, publisher.consistency_proof(200, 600), old.root, new.root)
    assert publisher.root(200) == old.root


# --- faults ----------------------------------------------------------------------------------------------------------


class _Counting(LogFolder):
    count = 0

    def read(self, name: str) -> bytes:
        self.count += 1
        return super().read(name)

    def write(self, name: str, data: bytes) -> None:
        self.count += 1
        super().write(name, data)


class _Fault(Exception):
    """The process died here."""


class _Faulty(LogFolder):
    """Dies at its n-th write, sync or removal: before it (`lost`) or right after it (`persisted`)."""

    steps = 0
    fail_at = -1
    persisted = False
    how: type[Exception] = _Fault

    def _step(self, act: Callable[[], None]) -> None:
        failing = _Faulty.steps == _Faulty.fail_at
        _Faulty.steps += 1
        if not failing or _Faulty.persisted:
            act()
        if failing:
            raise _Faulty.how("on purpose")

    def write(self, name: str, data: bytes) -> None:
        self._step(lambda: super(_Faulty, self).write(name, data))

    def sync(self) -> None:
        self._step(super().sync)

    def remove_folder(self, name: str) -> None:
        self._step(lambda: super(_Faulty, self).remove_folder(name))


@pytest.fixture
def faults() -> Iterator[None]:
    yield
    _Faulty.fail_at = -1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
@pytest.mark.parametrize(("size", "grown"), [(0, 3), (250, 600), (256, 257)])
def test_a_fault_at_every_write_leaves_it_resumable(
    database: Database, sequencer: Sequencer, home: Path, faults: None, persisted: bool, size: int, grown: int
) -> None:
    """Whatever the step that died: readers see the old or the new checkpoint, and the next run brings the new one."""
    sequencer.append(endorsements(size))
    publisher_of(database, home).publish(NOW)
    sequencer.append(endorsements(grown - size, start=size))
    shutil.copytree(home, home.with_name("before"))
    step = 0
    while True:
        shutil.rmtree(home)
        shutil.copytree(home.with_name("before"), home)
        _Faulty.steps, _Faulty.fail_at, _Faulty.persisted = 0, step, persisted
        with database.write() as connection:
            connection.execute(text("DELETE FROM checkpoints WHERE size = :size"), {"size": grown})
        try:
            publisher_of(database, home, _Faulty).publish(NOW)
        except _Fault:
            seen = publisher_of(database, home).current()
            assert seen is not None
            assert seen.head.size in (size, grown)
            if seen.head.size == size:
                check_published(database, publisher_of(database, home), home, size)
        else:
            break
        highest = LOG.verify_checkpoint((home / "keys" / "highest-checkpoint").read_bytes())
        assert publisher_of(database, home).publish(NOW).head.size == grown >= highest.size
        check_published(database, publisher_of(database, home), home, grown)
        step += 1
    assert step >= 7
    check_published(database, publisher_of(database, home), home, grown)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_log_may_grow_between_crash_and_restart(
    database: Database, sequencer: Sequencer, home: Path, faults: None
) -> None:
    have = 0
    for step in range(12):
        sequencer.append(endorsements(90, start=have))
        have += 90
        _Faulty.steps, _Faulty.fail_at, _Faulty.persisted = 0, step, step % 2 == 0
        try:
            publisher_of(database, home, _Faulty).publish(NOW)
        except _Fault:
            continue
    _Faulty.fail_at = -1
    publisher_of(database, home).publish(NOW)
    check_published(database, publisher_of(database, home), home, have)


def test_a_sync_that_fails_stops_the_publisher_and_a_full_disk_does_not(
    database: Database, sequencer: Sequencer, home: Path, faults: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer.append(endorsements(3))
    publisher = publisher_of(database, home, _Faulty)
    for kind, stopped in ((StorageFailed, False), (DiskFailed, True)):
        monkeypatch.setattr(_Faulty, "how", kind)
        _Faulty.steps, _Faulty.fail_at, _Faulty.persisted = 0, 1, False
        with pytest.raises(kind):
            publisher.publish(NOW)
        assert bool(publisher.failure) == stopped
    _Faulty.fail_at = -1
    with pytest.raises(DiskFailed):
        publisher.publish(NOW)
    publisher_of(database, home).publish(NOW)


def test_a_folder_that_cannot_be_written_is_a_storage_failure(
    database: Database, sequencer: Sequencer, home: Path
) -> None:
    sequencer.append(endorsements(3))
    (home / "log").parent.mkdir(parents=True, exist_ok=True)
    (home / "log").write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageFailed):
        publisher_of(database, home).publish(NOW)


# --- disagreement ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_log(tmp_path: Path, home: Path) -> Iterator[tuple[Database, Sequencer, Publisher]]:
    database = Database.open(f"sqlite:///{tmp_path / 'db' / 'ledger.db'}")
    yield database, Sequencer(database, SIGNER, ManualClock(NOW)), publisher_of(database, home)
    database.close()


Log = tuple[Database, Sequencer, Publisher]


def test_a_restored_backup_is_not_signed(sqlite_log: Log, tmp_path: Path, home: Path) -> None:
    """The database goes back to 5 leaves; nothing smaller and nothing forked is signed, then or later."""
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(5))
    database.close()
    shutil.copytree(tmp_path / "db", tmp_path / "backup")
    sequencer.append(endorsements(4, start=5))
    signed = publisher.publish(NOW).head
    database.close()
    shutil.rmtree(tmp_path / "db")
    shutil.copytree(tmp_path / "backup", tmp_path / "db")
    with pytest.raises(InconsistentLog) as caught:
        publisher.publish(NOW)
    assert (caught.value.first.size, caught.value.first.root) == (9, "0x" + signed.root.hex())
    assert caught.value.second.size == 5
    sequencer.append(endorsements(20, start=100))  # other leaves than those that were signed
    before = (home / "log" / "checkpoint").read_bytes()
    with pytest.raises(InconsistentLog) as caught:
        publisher.publish(NOW)
    assert caught.value.first.size == caught.value.second.size == 9
    assert caught.value.first.root != caught.value.second.root
    assert (home / "log" / "checkpoint").read_bytes() == before


@pytest.mark.parametrize("lost", ["database and tiles", "database, tiles are there"])
def test_the_file_beside_the_key_remembers(sqlite_log: Log, tmp_path: Path, home: Path, lost: str) -> None:
    """Database and log folder restored together: only the highest checkpoint beside the key knows better."""
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(5))
    publisher.publish(NOW)
    database.close()
    shutil.copytree(tmp_path / "db", tmp_path / "backup")
    shutil.copytree(home / "log", tmp_path / "backup-log")
    sequencer.append(endorsements(4, start=5))
    publisher.publish(NOW)
    database.close()
    shutil.rmtree(tmp_path / "db")
    shutil.copytree(tmp_path / "backup", tmp_path / "db")
    if lost == "database and tiles":
        shutil.rmtree(home / "log")
        shutil.copytree(tmp_path / "backup-log", home / "log")
    with pytest.raises(InconsistentLog):
        publisher_of(database, home).publish(NOW)
    sequencer.append(endorsements(20, start=100))
    with pytest.raises(InconsistentLog):
        publisher_of(database, home).publish(NOW)


def test_lost_tiles_are_written_anew_from_the_database(sqlite_log: Log, home: Path) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(600))
    publisher.publish(NOW)
    shutil.rmtree(home / "log" / "tile")
    sequencer.append(endorsements(10, start=600))
    publisher_of(database, home).publish(NOW)
    check_published(database, publisher_of(database, home), home, 610)


def test_tiles_are_not_written_anew_from_an_edited_database(sqlite_log: Log, home: Path) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(600))
    publisher.publish(NOW)
    _edit(database, 100)
    full = home / "log" / "tile" / "0" / "000"
    before = full.read_bytes()
    shutil.rmtree(home / "log" / "tile" / "0" / "002.p")
    with pytest.raises(InconsistentLog):
        publisher_of(database, home).publish(NOW)
    assert full.read_bytes() == before


@pytest.mark.parametrize("where", [260, 299])
def test_an_edited_leaf_at_the_edge_is_noticed_at_once(sqlite_log: Log, home: Path, where: int) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(300))
    publisher.publish(NOW)
    _edit(database, where)
    with pytest.raises(InconsistentLog, match=f"leaf {where}"):
        publisher.publish(NOW)


def test_a_row_whose_leaf_hash_is_not_its_own_is_not_published(sqlite_log: Log) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(10))
    _run(database, "UPDATE records SET log_time = log_time + 1 WHERE log_index = 4")
    with pytest.raises(VerificationFailed, match="another leaf hash"):
        publisher.publish(NOW)


def test_a_missing_leaf_is_not_passed_over(sqlite_log: Log) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(10))
    _run(database, "DELETE FROM record_index", "DELETE FROM records WHERE log_index = 4")
    with pytest.raises(VerificationFailed, match="missing"):
        publisher.publish(NOW)


def test_edited_tiles_and_checkpoints_are_noticed(sqlite_log: Log, home: Path) -> None:
    _, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(10))
    publisher.publish(NOW)
    tile = home / "log" / "tile" / "0" / "000.p" / "10"
    good = tile.read_bytes()
    tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    with pytest.raises(InconsistentLog):
        publisher.publish(NOW)
    tile.write_bytes(good[:-32])
    with pytest.raises(VerificationFailed):
        publisher.publish(NOW)
    tile.write_bytes(good)
    note = home / "log" / "checkpoint"
    note.write_bytes(note.read_bytes().replace(b"\n10\n", b"\n11\n"))
    with pytest.raises(VerificationFailed):
        publisher.publish(NOW)


def test_an_edited_list_of_checkpoints_is_noticed(sqlite_log: Log) -> None:
    database, sequencer, publisher = sqlite_log
    sequencer.append(endorsements(10))
    publisher.publish(NOW)
    _run(database, "UPDATE checkpoints SET root = zeroblob(32)")
    sequencer.append(endorsements(1, start=10))
    with pytest.raises(InconsistentLog):
        publisher.publish(NOW)


def _edit(database: Database, index: int) -> None:
    """Edit a row and make its leaf hash fit, as somebody would who knows the format."""
    _run(database, f"UPDATE records SET log_time = log_time + 1 WHERE log_index = {index}")
    with database.read() as connection:
        row = records.at(connection, index)
    assert row is not None
    fitting = merkle.leaf_hash(records.leaf_of(row).encode())
    _run(database, f"UPDATE records SET leaf_hash = x'{fitting.hex()}' WHERE log_index = {index}")


def _run(database: Database, *statements: str) -> None:
    """What an attacker with the database file does: no triggers, no foreign keys."""
    with database.write() as connection:
        triggers: list[Any] = list(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        for (name,) in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))
