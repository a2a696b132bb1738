"""Whatever is edited in a home, the audit names it; what it cannot know stands in its one list, and nothing else."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import LadingError
from ledger.explain.not_judged import NOT_JUDGED, not_judged
from ledger.log.cosignature import WitnessPolicy
from ledger.log.witness_policy import AskedWitnesses
from ledger.services.audit.run import audit
from ledger.services.home.consortium import WITNESSES
from ledger.services.home.settings import read_settings
from ledger.services.witness.folder import make_witness
from tests.drills import SEED, amount
from tests.e2e.audit.full_home import FullHome
from tests.e2e.audit.mutants import Mutant, all_mutants

SEEDS = range(SEED, SEED + amount("MUTATED_HOMES", 2))
"""Of each, over a thousand mutants are made."""
FEW = 15
REFUSED = ("file consortium.json", "consortium.json", "file witnesses")
"""Where these cannot be read nothing can be judged: the audit ends with an error that names the file."""

LISTED = "openings -row contents"
"""A part that lists are made from is missed where its terms are in force, and looks never opened where they are not."""


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


A_TYPE = "a value of its type"


def fault(mutant: Mutant, home: Path, honest: list[str]) -> str:
    """What is wrong with how the audit answers an edit of `home`; empty when it is right."""
    mutant.act(home)
    place = place_of(mutant, home, honest)
    listed = not_judged(place)
    try:
        report = audit(read_settings({}, home=home), patience=0)
    except LadingError as error:
        refused = mutant.place.startswith(REFUSED) and any(name in str(error) for name in mutant.names)
        return "" if refused and listed is None else f"{place} ({mutant.what}) is refused: {error}"
    named = any(n in text for f in report.findings for text in (f.field, f.record, f.what) for n in mutant.names)
    if place == LISTED and (report.ok or named):
        return ""
    if named and {finding.expected for finding in report.findings} == {A_TYPE}:  # of values anywhere
        return ""
    if listed is not None:
        return (
            "" if report.ok else f"{place} ({mutant.what}) is listed as {listed.code}, but judged: {report.findings[0]}"
        )
    if named:
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


def test_a_log_that_asks_other_witnesses_since_a_quarter_was_published_is_not_accused(
    full: FullHome, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    _ask_others(home)
    report = audit(read_settings({}, home=home), patience=0)
    assert report.findings == ()
    notes = [note for note in report.notes if note.field.endswith("from.witnesses")]
    assert [note.field for note in notes] == [f"meta.{name}.from.witnesses" for name, _ in _published(home)]
    assert all("by other witnesses than the log asks now" in note.what for note in notes)


def test_a_quarter_that_counts_by_witnesses_who_never_cosigned_is_named(full: FullHome, tmp_path: Path) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    policy = _ask_others(home)
    _edit_last_quarter(home, lambda kept: kept["from"].update(witnesses=policy.to_json()))
    (finding,) = audit(read_settings({}, home=home), patience=0).findings
    assert finding.field == f"meta.{_published(home)[-1][0]}"
    assert "nobody bears this time out" in finding.found


@pytest.mark.parametrize(
    ("like", "spelling"),
    [
        ("codes/%", lambda name: f"{name} "),
        ("codes/%", str.upper),
        ("award/%", lambda name: name.replace("/1/", "/01/")),
        ("award/%", lambda name: name.replace("/1/", "/ 1/")),
    ],
    ids=["codes and a space", "CODES", "award of version 01", "award of version  1"],
)
def test_a_document_kept_under_another_spelling_of_its_name_is_named(
    full: FullHome, tmp_path: Path, like: str, spelling: Callable[[str], str]
) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        name, value = db.execute("SELECT name, value FROM meta WHERE name LIKE ?", (like,)).fetchone()
        assert spelling(name) != name
        db.execute("INSERT INTO meta VALUES (?, ?)", (spelling(name), value))
        db.commit()
    (finding,) = audit(read_settings({}, home=home), patience=0).findings
    assert finding.field == f"meta.{spelling(name)}"


def test_other_parts_than_were_open_at_a_published_quarter_are_a_note(full: FullHome, tmp_path: Path) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    _edit_last_quarter(home, lambda kept: kept["from"].update(parts="0x" + "ab" * 32))
    report = audit(read_settings({}, home=home), patience=0)
    assert report.findings == ()
    assert f"meta.{_published(home)[-1][0]}.from.parts" in [note.field for note in report.notes]


def test_evidence_that_a_published_quarter_leaves_out_is_a_note(full: FullHome, tmp_path: Path) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    _edit_last_quarter(home, lambda kept: kept["from"]["times"].pop(0))
    fields = [note.field for note in audit(read_settings({}, home=home), patience=0).notes]
    assert f"meta.{_published(home)[-1][0]}.from.times" in fields


def _forge(kept: dict[str, Any]) -> None:
    kept["scores"][0]["samples"] = 10**6
    kept.pop("from")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda kept: kept.pop("from"), "from"),
        (_forge, "from"),
        (lambda kept: kept["from"]["times"].insert(0, kept["from"]["times"][0]), "say nothing"),
        (lambda kept: kept["from"]["times"].reverse(), "say nothing"),
        (lambda kept: kept["taken"].update(log_size=kept["taken"]["log_size"] + 1), "late enough"),
        (lambda kept: kept["taken"].update(log_size=2**40, basis="operator"), "late enough"),
        (lambda kept: kept["from"]["times"].pop(), "late enough"),
    ],
    ids=["no evidence", "forged and no evidence", "twice", "order", "leaf more", "beyond the log", "not its own"],
)
def test_a_published_quarter_that_hides_what_it_was_taken_from_is_named(
    full: FullHome, tmp_path: Path, edit: Callable[[dict[str, Any]], object], told: str
) -> None:
    home = Path(shutil.copytree(full.home, tmp_path / "home"))
    _edit_last_quarter(home, edit)
    (finding,) = audit(read_settings({}, home=home), patience=0).findings
    assert finding.field == f"meta.{_published(home)[-1][0]}"
    assert told in finding.found


def _edit_last_quarter(home: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    name, kept = _published(home)[-1]
    edit(kept)
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = ?", (json.dumps(kept), name))
        db.commit()


def _published(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """The published quarters of a home, and what they are called in it."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        rows = db.execute("SELECT name, value FROM meta WHERE name LIKE 'published/%' ORDER BY name").fetchall()
    assert rows
    return [(name, json.loads(text)) for name, text in rows]


def _ask_others(home: Path) -> WitnessPolicy:
    """Exchange the witnesses of a home, as its operator may."""
    key = make_witness(home.parent / "other", "others.example/w", {}, "words")
    policy = WitnessPolicy(1, (key,))
    (home / WITNESSES).write_text(AskedWitnesses(policy, ("https://others.example",)).to_text(""))
    return policy


@pytest.mark.drill
@pytest.mark.parametrize("seed", SEEDS)
def test_every_edit_is_named_or_listed(full: FullHome, honest: list[str], tmp_path: Path, seed: int) -> None:
    mutants = all_mutants(full.home, full.earlier, seed, rows=2, pairs=5, flips=3)
    assert len(mutants) >= 1_000
    assert list(faults(mutants, full, honest, tmp_path)) == []


def test_the_list_of_what_is_not_judged_names_nothing_that_does_not_exist(full: FullHome) -> None:
    mutants = all_mutants(full.home, full.earlier, seed=1, rows=20, pairs=2, flips=40)
    places = {mutant.place for mutant in mutants} | {f"file {name}.db outside of rows" for name in ("ledger", "chain")}
    unknown = [p for one in NOT_JUDGED for p in one.places if not any(fnmatchcase(place, p) for place in places)]
    assert unknown == []
