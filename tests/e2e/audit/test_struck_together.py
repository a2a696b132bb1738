"""Edits that agree with each other in every place, and others that no generator draws: the audit names them, or its
list does.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ledger.common.canonical import canonical_json
from ledger.errors import Misconfigured
from ledger.explain.not_judged import NOT_JUDGED
from ledger.log.tiles import partial_tiles
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.run import audit
from ledger.services.home.settings import read_settings
from tests.e2e.audit.full_home import FullHome
from tests.e2e.audit.mutants import edited


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
    return bool(report_of(full, folder, act).findings)


def report_of(full: FullHome, folder: Path, act: Callable[[Path], None]) -> AuditReport:
    home = Path(shutil.copytree(full.home, folder / "home"))
    act(home)
    result = audit(read_settings({}, home=home), patience=0)
    shutil.rmtree(home)
    return result


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


def test_a_struck_checkpoint_whose_published_cosignature_is_left_is_a_note(full: FullHome, tmp_path: Path) -> None:
    with closing(sqlite3.connect(full.home / "ledger.db")) as db:
        query = "SELECT size FROM checkpoints JOIN cosignatures USING (size) WHERE anchored_time IS NULL ORDER BY size"
        (size,) = db.execute(query).fetchone()
    report = report_of(full, tmp_path, lambda home: strike_checkpoint(home, size))
    assert f"checkpoints of size {size}" in [note.field for note in report.notes]


@pytest.mark.parametrize("name", ["consortium.json", "keys/relayer.json", "log/cosignatures", "erasures.jsonl"])
def test_a_pipe_in_the_place_of_a_file_is_named_and_keeps_nobody_waiting(
    full: FullHome, tmp_path: Path, name: str
) -> None:
    def put(home: Path) -> None:
        (home / name).unlink()
        os.mkfifo(home / name)

    (finding,) = report_of(full, tmp_path, put).findings
    assert finding.field == name


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


def write_schema(path: Path, statement: str, values: Sequence[str]) -> None:
    """Edit the table that says what the database consists of, as its owner may."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = 1")
        assert db.execute(statement, values).rowcount == 1
        db.execute("PRAGMA schema_version = 9999")
        db.commit()


ADDED_RULES = (
    ("records", "PRIMARY KEY (record_id)", "PRIMARY KEY (record_id) ON CONFLICT IGNORE"),
    ("outbox", "submit_by BIGINT NOT NULL", "submit_by BIGINT NOT NULL CHECK (submit_by < 2000000000)"),
    ("meta", "value TEXT NOT NULL", "value TEXT NOT NULL COLLATE NOCASE"),
    ("openings", "REFERENCES records (record_id)", "REFERENCES records (record_id) DEFERRABLE INITIALLY DEFERRED"),
)
HIDDEN_TRIGGER = (
    "CREATE TRIGGER sqlite_x AFTER INSERT ON openings BEGIN DELETE FROM openings WHERE path = NEW.path; END"
)
ADDED_TO_CHAIN = (
    "CREATE TRIGGER x AFTER INSERT ON notes BEGIN DELETE FROM notes; END",
    "CREATE TABLE y (z)",
    "CREATE VIEW v AS SELECT * FROM pairs",
)


def test_rules_and_hidden_triggers_that_were_added_are_named(full: FullHome, tmp_path: Path) -> None:
    """SQLite keeps names that begin as its own do from whoever creates a trigger, but not from whoever writes it in."""

    def add(home: Path) -> None:
        for table, before, after in ADDED_RULES:
            statement = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ? AND instr(sql, ?)"
            write_schema(home / "ledger.db", statement, (before, after, table, before))
        statement = "INSERT INTO sqlite_master VALUES ('trigger', 'sqlite_x', 'openings', 0, ?)"
        write_schema(home / "ledger.db", statement, (HIDDEN_TRIGGER,))
        with closing(sqlite3.connect(home / "chain.db")) as db:
            for statement in ADDED_TO_CHAIN:
                db.execute(statement)

    expected = {*(f"table {table}" for table, _, _ in ADDED_RULES), "trigger sqlite_x"}
    expected |= {"chain.db: trigger x", "chain.db: table y", "chain.db: view v"}
    assert {finding.field for finding in report_of(full, tmp_path, add).findings} == expected


def old_partial(home: Path) -> Path:
    return next(path for path in sorted((home / "log/tile/0").rglob("*.p/*")))


def put_folder(home: Path) -> None:
    path = old_partial(home)
    path.unlink()
    path.mkdir()


def link_to_altered(home: Path) -> None:
    path = old_partial(home)
    elsewhere = Path(shutil.move(path.parent, home.parent / "elsewhere"))
    data = (elsewhere / path.name).read_bytes()
    (elsewhere / path.name).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    path.parent.symlink_to(elsewhere)


@pytest.mark.parametrize("act", [put_folder, link_to_altered])
def test_a_partial_tile_that_is_a_folder_or_linked_to_is_judged_like_others(
    full: FullHome, tmp_path: Path, act: Callable[[Path], None]
) -> None:
    (finding,) = report_of(full, tmp_path, act).findings
    assert finding.field == f"log/{old_partial(full.home).relative_to(full.home / 'log')}"


def test_a_log_whose_tiles_lie_on_another_disk_is_not_accused(full: FullHome, tmp_path: Path) -> None:
    def move(home: Path) -> None:
        shutil.move(home / "log/tile", tmp_path / "disk")
        (home / "log/tile").symlink_to(tmp_path / "disk")
        (tmp_path / "disk/again").symlink_to(tmp_path / "disk")  # without end, if it were followed

    assert report_of(full, tmp_path, move).findings == ()


def test_folders_in_the_place_of_files_are_findings_and_no_crash(full: FullHome, tmp_path: Path) -> None:
    names = {"keys/log.pem", "keys/consortium-id", "erasures.jsonl"}

    def put(home: Path) -> None:
        for name in names:
            (home / name).unlink()
            (home / name).mkdir()

    assert {finding.field for finding in report_of(full, tmp_path, put).findings} == names


def test_lines_of_erasures_beside_those_of_rows_are_notes(full: FullHome, tmp_path: Path) -> None:
    """A crash may have left them; or somebody put them there, to have a part erased, or another one named for it."""
    with closing(sqlite3.connect(full.home / "ledger.db")) as db:
        record_id, path = db.execute("SELECT record_id, path FROM openings").fetchone()

    def put(home: Path) -> None:
        file = home / "erasures.jsonl"
        first = json.loads(file.read_text().splitlines()[0])
        kept = {**first, "record_id": f"0x{record_id.hex()}", "path": path}
        file.write_bytes(
            file.read_bytes() + b"".join(canonical_json(x) + b"\n" for x in (kept, {**first, "erased_by": 3}))
        )

    report = report_of(full, tmp_path, put)
    assert report.findings == ()
    assert [note.field for note in report.notes if "The next start erases it" in note.what] == [f"openings.{path}"]
    (other,) = [note for note in report.notes if note.field == "erasures, erasures.jsonl"]
    assert "by 3" in other.found


def test_signatures_that_nobody_made_are_named(full: FullHome, tmp_path: Path) -> None:
    """Under kept checkpoints, among the published cosignatures, and none where there is a proposal."""
    line = "— nobody.example/w AAAAAAECAwQFBgcICQ==\n"

    def put(home: Path) -> None:
        with edited(home / "ledger.db") as db:
            newest = "size = (SELECT max(size) FROM checkpoints)"
            assert db.execute(f"UPDATE checkpoints SET note = note || ? WHERE {newest}", (line,)).rowcount == 1
            assert db.execute("UPDATE proposals SET signatures = '{}'").rowcount == 2
        highest, path = home / "keys/highest-checkpoint", home / "log/cosignatures"
        highest.write_text(highest.read_text() + line)
        size, root, time, *rest = path.read_text().split("\n")[1].split(" ")
        path.write_text(f"{path.read_text()}\n{' '.join((size, root, str(int(time) - 1_000_000), *rest))}")

    findings = report_of(full, tmp_path, put).findings
    (other,) = [finding for finding in findings if finding.field.endswith("log/cosignatures")]
    assert "did not sign" in other.what
    shown = [finding.field.partition(" in ")[2] for finding in findings if "nobody.example/w" in finding.field]
    assert len(shown) == 2
    assert "keys/highest-checkpoint" in shown
    assert [finding.found for finding in findings if finding.field == "proposals"] == ["nobody has signed it"] * 2
    assert len(findings) == 5


def test_lines_that_crashes_cut_off_among_the_cosignatures_are_not_accused(full: FullHome, tmp_path: Path) -> None:
    line = (full.home / "log/cosignatures").read_text().split("\n")[1]

    def put(home: Path) -> None:
        path = home / "log/cosignatures"
        begun = [line[:end] for end in (3, len(line) // 2, len(line) - 5)]
        path.write_text("".join(f"\n{part}" for part in begun) + path.read_text())

    assert not judged(full, tmp_path, put)


def test_documents_of_admissions_that_were_struck_with_their_outbox_rows_are_a_note(
    full: FullHome, tmp_path: Path
) -> None:
    def strike(home: Path) -> None:
        with edited(home / "ledger.db") as db:
            assert db.execute("DELETE FROM enrolments").rowcount
            db.execute("DELETE FROM outbox WHERE state = 'final'")

    assert "enrolments" in [note.field for note in report_of(full, tmp_path, strike).notes]
