"""Edits that agree with each other in every place: the audit names them, or its list does."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import Misconfigured
from ledger.explain.not_judged import NOT_JUDGED
from ledger.log.tiles import partial_tiles
from ledger.services.audit.run import audit
from ledger.services.home.settings import read_settings
from tests.e2e.audit.full_home import FullHome, make_full_home
from tests.e2e.audit.mutants import edited


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> FullHome:
    return make_full_home(tmp_path_factory.mktemp("full"))


def strike_checkpoint(home: Path, size: int) -> None:
    """Its row, what the next one says of it, and the tiles that it alone has."""
    with edited(home / "ledger.db") as db:
        db.execute("DELETE FROM cosignatures WHERE size = ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size = ?", (size,))
        before = "SELECT max(other.size) FROM checkpoints AS other WHERE other.size < checkpoints.size"
        db.execute(f"UPDATE checkpoints SET previous = ({before})")
        kept = {tile for (other,) in db.execute("SELECT size FROM checkpoints") for tile in partial_tiles(other)}
    for tile in {*partial_tiles(size)} - kept:
        for path in (tile.path(), tile.entries_path()):
            (home / "log" / path).unlink(missing_ok=True)


def strike_erasures(home: Path) -> None:
    with edited(home / "ledger.db") as db:
        assert db.execute("DELETE FROM erasures").rowcount
    (home / "erasures.jsonl").unlink()


def sizes(home: Path, anchored: str) -> list[int]:
    query = f"SELECT size FROM checkpoints WHERE anchored_time IS {anchored} NULL ORDER BY size"
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        return [size for (size,) in db.execute(query)]


def judged(full: FullHome, folder: Path, act: Callable[[Path], None]) -> bool:
    """Whether the audit finds anything in a copy of the home that was edited so."""
    home = Path(shutil.copytree(full.home, folder / "home"))
    act(home)
    found = audit(read_settings({}, home=home), patience=0)
    shutil.rmtree(home)
    return bool(found.findings)


def test_an_anchored_checkpoint_cannot_be_struck_from_the_record(full: FullHome, tmp_path: Path) -> None:
    anchored = sizes(full.home, "NOT")
    assert len(anchored) > 3
    for size in (anchored[0], anchored[len(anchored) // 2], anchored[-2]):
        assert judged(full, tmp_path, lambda home, size=size: strike_checkpoint(home, size)), size  # type: ignore[misc]


def test_what_is_struck_everywhere_at_once_is_listed_as_not_judged(full: FullHome, tmp_path: Path) -> None:
    codes = {one.code for one in NOT_JUDGED}
    assert not judged(full, tmp_path, lambda home: strike_checkpoint(home, sizes(home, "")[0]))
    assert "checkpoints-gone" in codes
    assert not judged(full, tmp_path, strike_erasures)
    assert "erasures-gone" in codes


@pytest.mark.parametrize("kind", ["codes", "award", "rule", "published"])
def test_a_value_that_is_nested_without_end_is_a_finding_and_no_crash(
    full: FullHome, tmp_path: Path, kind: str
) -> None:
    def nest(home: Path) -> None:
        with edited(home / "ledger.db") as db:
            deep = "[" * 100_000 + "]" * 100_000
            assert db.execute("UPDATE meta SET value = ? WHERE name LIKE ?", (deep, f"{kind}/%")).rowcount

    assert judged(full, tmp_path, nest)


@pytest.mark.parametrize("name", ["consortium.json", "keys/relayer.json"])
def test_a_file_that_is_nested_without_end_is_refused_in_words(full: FullHome, tmp_path: Path, name: str) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    (home / name).write_text("[" * 100_000 + "]" * 100_000)
    try:
        assert audit(read_settings({}, home=home), patience=0).findings
    except Misconfigured as error:
        assert Path(name).name in str(error)  # noqa: PT017 either is an answer
