"""What an audit remembers of rows, and the tiles of a log that it enters in the middle."""

import os
import random
import shutil
from pathlib import Path

import pytest

from ledger.common.ids import KeyAddress, RecordId
from ledger.errors import BadSignature, Unavailable
from ledger.log.tiles import Tile, TileTree
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.known import KnownRows
from ledger.services.audit.rows.log_rows import Publication, WalkedLog, check_tiles
from ledger.services.audit.rows.workers import FEWEST_ROWS, workers
from ledger.services.publish.durable_files import LogFolder
from ledger.store.records import StoredRecord
from tests.unit.log.test_tiles import tiles_of


def test_what_is_known_of_a_row_is_what_was_noted() -> None:
    dice, known = random.Random(1), KnownRows()
    addresses = [KeyAddress(dice.randbytes(20)) for _ in range(300)]
    noted: dict[int, tuple[tuple[KeyAddress, ...] | None, bool]] = {}
    index = 0
    for count in (0, 1, 2, 200, 254, 255, 300, None, 3):
        index += dice.randrange(1, 4)
        keys = None if count is None else tuple(dice.choice(addresses) for _ in range(count))
        noted[index] = keys, bool(dice.randrange(2))
        known.note(index, keys, whole=noted[index][1])
    for i in range(-1, index + 2):
        assert known.has(i) == (i in noted)
        keys, whole = noted.get(i, (None, False))
        assert known.keys_at(i) == (keys if keys is not None and len(keys) < 255 else None)
        assert i not in noted or known.is_whole(i) == whole
    known.note_apart(0, (addresses[7],), whole=True)
    assert known.has(0)
    assert known.keys_at(0) == (addresses[7],)
    assert known.is_whole(0)


def test_a_row_at_an_index_far_away_takes_no_memory_for_those_between() -> None:
    """Whoever may edit one index would end the audit before it names anything."""
    known, key = KnownRows(), KeyAddress(b"k" * 20)
    for index in (7, 2**60, 2**63 - 1):
        known.note(index, (key,) * 2, whole=index == 2**60)
    for index in (7, 2**60, 2**63 - 1):
        assert known.keys_at(index) == (key, key)
        assert known.is_whole(index) == (index == 2**60)
    assert not any(map(known.has, (6, 8, 2**60 - 1, 2**60 + 1)))


def test_keys_of_rows_that_were_not_noted_are_recovered() -> None:
    row = StoredRecord(RecordId(bytes(32)), 5, 1, 0, b"", bytes(65), "{}")
    known = KnownRows()
    known.note(5, None, whole=True)
    with pytest.raises(BadSignature):
        known.of(row)
    other = KnownRows()
    other.note(5, (KeyAddress(b"k" * 20),), whole=True)
    assert other.of(row) == (b"k" * 20,)


SIZE = 66_400
"""Level 2 has a hash, and level 1 a tile that is not full."""


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    dice = random.Random(2)
    return [dice.randbytes(32) for _ in range(SIZE)]


@pytest.fixture(scope="module")
def published(leaves: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    for tile, data in tiles_of(leaves).items():
        path = folder / tile.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.mark.parametrize("first", [0, 256, 65_280, 65_536, 65_792, 66_304])
def test_tiles_above_the_lowest_are_checked_from_where_a_pass_enters(
    leaves: list[bytes], published: Path, tmp_path: Path, first: int
) -> None:
    def found(folder: Path) -> set[str]:
        findings = Findings()
        log = WalkedLog(first, leaves=bytearray(b"".join(leaves[first:])))
        check_tiles(log, Publication(LogFolder(folder), SIZE, findings), findings)
        return {finding.field for finding in findings.all()}

    assert found(published) == set()
    reached = {
        Tile(1, 0, 256): first < 65_536,
        Tile(1, 1, 3): first < 66_304,
        Tile(2, 0, 1): first <= 65_536 - 256,
    }
    for tile, is_reached in reached.items():
        folder = Path(shutil.copytree(published, tmp_path / tile.path().replace("/", "-")))
        data = bytearray((folder / tile.path()).read_bytes())
        data[-1] ^= 1
        (folder / tile.path()).write_bytes(data)
        names = found(folder)
        assert (f"log/{tile.path()}" in names) == is_reached, (tile, names)


def test_roots_go_on_from_the_subtrees_before(leaves: list[bytes]) -> None:
    first = 65_792
    tree = TileTree(SIZE, tiles_of(leaves).__getitem__)
    log = WalkedLog(first, tree.peaks(first), leaves=bytearray(b"".join(leaves[first:])))
    sizes = [first, first + 1, 66_048, SIZE]
    assert log.roots([first - 1, *sizes, SIZE + 1]) == {size: tree.root(size) for size in sizes}


@pytest.mark.parametrize("rows", [FEWEST_ROWS - 1, FEWEST_ROWS])
def test_work_comes_back_in_order_whoever_does_it(rows: int) -> None:
    with workers(rows) as some:
        assert list(some.map(len, ((i, "x" * (i % 7)) for i in range(100)))) == [(i, i % 7) for i in range(100)]
        with pytest.raises(TypeError):
            list(some.map(len, [(0, 5)]))  # type: ignore[arg-type]


def test_a_worker_that_ends_is_told_in_words() -> None:
    with workers(FEWEST_ROWS) as some, pytest.raises(Unavailable, match="memory"):
        list(some.map(os._exit, [(0, 3)]))
