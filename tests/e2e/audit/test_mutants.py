"""Whatever is edited in a home, the audit names it; what it cannot know stands in its one list, and nothing else."""

import random
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from ledger.errors import LadingError
from ledger.explain.not_judged import NOT_JUDGED, not_judged
from ledger.services.audit.run import audit
from ledger.services.home.settings import read_settings
from tests.e2e.audit.full_home import FullHome, make_full_home
from tests.e2e.audit.mutants import Mutant, all_mutants

SEEDS = (1, 2)
FEW = 60
REFUSED = ("file consortium.json", "consortium.json", "file witnesses")
"""Without these nothing can be judged: instead of a report the audit ends with an error that names the file."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> FullHome:
    return make_full_home(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def honest(full: FullHome) -> list[str]:
    return contents(full.home)


def contents(home: Path) -> list[str]:
    """Everything that the databases of a home hold."""
    lines: list[str] = []
    for name in ("ledger.db", "chain.db"):
        with closing(sqlite3.connect(home / name)) as db:
            lines += db.iterdump()
    return lines


def place_of(mutant: Mutant, home: Path, honest: list[str]) -> str:
    """Where it struck; a bit of a database may lie where no row is."""
    if mutant.place in ("file ledger.db", "file chain.db"):
        try:
            if contents(home) == honest:
                return f"{mutant.place} outside of rows"
        except (sqlite3.Error, UnicodeDecodeError):
            pass
    return mutant.place


def fault(mutant: Mutant, home: Path, honest: list[str]) -> str:
    """What is wrong with how the audit answers an edit of `home`; empty when it is right."""
    mutant.act(home)
    place = place_of(mutant, home, honest)
    listed = not_judged(place)
    try:
        report = audit(read_settings({}, home=home), patience=0)
    except LadingError as error:
        named = mutant.place.startswith(REFUSED) and any(name in str(error) for name in mutant.names)
        return "" if named and listed is None else f"{place} ({mutant.what}) is refused: {error}"
    if listed is not None:
        return (
            "" if report.ok else f"{place} ({mutant.what}) is listed as {listed.code}, but judged: {report.findings[0]}"
        )
    if any(name in text for f in report.findings for text in (f.field, f.record, f.what) for name in mutant.names):
        return ""
    return f"{place} ({mutant.what}) is not named in {report.findings[:3]}"


def faults(mutants: Sequence[Mutant], full: FullHome, honest: list[str], folder: Path) -> Iterator[str]:
    for number, mutant in enumerate(mutants):
        home = Path(shutil.copytree(full.home, folder / str(number)))
        if found := fault(mutant, home, honest):
            yield found
        shutil.rmtree(home)


def test_an_edit_of_anything_is_named_or_listed(full: FullHome, honest: list[str], tmp_path: Path) -> None:
    """A few of those that the drill generates, of every kind."""
    assert audit(full.story.settings, patience=0).findings == ()
    mutants = all_mutants(full.home, full.earlier, seed=0, rows=1, pairs=1, flips=1)
    few = random.Random(0).sample(mutants, FEW)
    assert list(faults(few, full, honest, tmp_path)) == []


@pytest.mark.drill
@pytest.mark.parametrize("seed", SEEDS)
def test_every_edit_is_named_or_listed(full: FullHome, honest: list[str], tmp_path: Path, seed: int) -> None:
    mutants = all_mutants(full.home, full.earlier, seed, rows=2, pairs=5, flips=3)
    assert len(mutants) >= 1_000
    assert list(faults(mutants, full, honest, tmp_path)) == []


def test_the_list_of_what_is_not_judged_names_nothing_that_does_not_exist(full: FullHome) -> None:
    mutants = all_mutants(full.home, full.earlier, seed=1, rows=9, pairs=2, flips=40)
    places = {mutant.place for mutant in mutants} | {f"file {name}.db outside of rows" for name in ("ledger", "chain")}
    unknown = [p for one in NOT_JUDGED for p in one.places if not any(fnmatchcase(place, p) for place in places)]
    assert unknown == []
