"""The audit finds nothing in an honest home, and names whatever was tampered with."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ledger.audit import AuditReport, Finding
from ledger.ids import to_hex
from ledger.services.auditing import audit
from ledger.services.node import Node
from ledger.services.settings import read_settings
from ledger.store.rowwise import projection_names
from tests.e2e.story import Story
from tests.e2e.tampering import BESIDE, FILES, RECORDS, Tampering, column_edits, spoiling


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    return Path(shutil.copytree(story.settings.home, tmp_path / "home"))


def spoilt(story: Story, home: Path, *tamperings: Tampering) -> AuditReport:
    with spoiling(home, story.ids, story.trial.node.domain) as scene:
        for tampering in tamperings:
            tampering.act(scene)
    return audit(read_settings({}, home=home), patience=0)


def missed(story: Story, report: AuditReport, tampering: Tampering) -> list[tuple[str, str]]:
    """What of a tampering the report does not name."""
    return [pair for pair in tampering.names if not any(_names(story, f, *pair) for f in report.findings)]


def _names(story: Story, finding: Finding, record: str, field: str) -> bool:
    return finding.field.startswith(field) and (not record or finding.record == to_hex(story.ids[record]))


# --- an honest home --------------------------------------------------------------------------------------------------


def test_an_honest_home_is_ok(story: Story) -> None:
    report = audit(story.settings)
    assert report.findings == ()
    assert report.ok
    assert report.size > 256, "more than one tile"
    assert 0 < report.anchored_size <= report.size


def test_it_runs_beside_the_node_that_writes(story: Story, copy: Path) -> None:
    node = Node(read_settings({}, home=copy), story.clock)
    try:
        node.start()
        command = [sys.executable, "-m", "scripts.cli", "audit", "--json"]
        environment = {"LADING_HOME": str(copy), "PATH": "/usr/bin:/bin"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert json.loads(run.stdout)["ok"] is True
        assert audit(node).ok
    finally:
        node.close()


def test_it_changes_nothing(story: Story, copy: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(copy.rglob("*")) if path.is_file()}
    audit(read_settings({}, home=copy))
    after = {path: path.read_bytes() for path in sorted(copy.rglob("*")) if path.is_file()}
    mutable = {path for path in before.keys() | after.keys() if path.name.endswith(("-shm", "-wal", ".lock"))}
    assert {p: d for p, d in before.items() if p not in mutable} == {p: d for p, d in after.items() if p not in mutable}


# --- tampering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [RECORDS, BESIDE, FILES], ids=["log", "beside the log", "files"])
def test_all_that_was_tampered_with_is_named(story: Story, copy: Path, group: tuple[Tampering, ...]) -> None:
    together = [tampering for tampering in group if not tampering.alone]
    report = spoilt(story, copy, *together)
    assert not report.ok
    assert {t.name: gone for t in together if (gone := missed(story, report, t))} == {}


def test_every_projection_is_compared(story: Story, copy: Path) -> None:
    """One edited column in every projection table, and one deleted and one inserted row."""
    edited = []
    with spoiling(copy, story.ids, story.trial.node.domain) as scene:
        for table in projection_names():
            edit = list(column_edits(scene.db, (table,)))[-1]
            scene.run(edit[1], *edit[2])
            edited.append(edit[0])
        scene.run("DELETE FROM shipments WHERE shipment = ?", story.ids["direct terms"])
        scene.run("INSERT INTO goods VALUES ('09506000134352', 'L', x'01')")
    report = audit(read_settings({}, home=copy))
    fields = {finding.field for finding in report.findings}
    unnamed = [name for name in edited if name not in fields and name.split(".")[0] not in fields]
    assert unnamed == []
    gone = [f for f in report.findings if f.field == "shipments" and f.record == to_hex(story.ids["direct terms"])]
    assert gone
    assert "deleted" in gone[0].what


def test_missing_triggers_are_named(copy: Path) -> None:
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        db.execute("DROP TRIGGER records_no_update")
        db.commit()
    (finding,) = audit(read_settings({}, home=copy)).findings
    assert finding.field == "trigger records_no_update"


@pytest.mark.parametrize("table", ["goods", "openings"])
def test_dropped_tables_are_named(copy: Path, table: str) -> None:
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        db.execute(f"DROP TABLE {table}")
        db.commit()
    found = audit(read_settings({}, home=copy)).findings
    assert [finding.what for finding in found if finding.field == table] == ["a table is missing: it was dropped"]


@pytest.mark.drill
@pytest.mark.parametrize("tampering", [*RECORDS, *BESIDE, *FILES], ids=lambda t: t.name)
def test_each_tampering_is_named_and_nothing_else(story: Story, copy: Path, tampering: Tampering) -> None:
    report = spoilt(story, copy, tampering)
    assert missed(story, report, tampering) == []
    others = [f for f in report.findings if f.record and not any(_names(story, f, r, "") for r, _ in tampering.names)]
    assert [f for f in others if not (tampering.alone and f.field in ("log_index", "records"))] == []


@pytest.mark.drill
def test_every_column_of_every_projection_is_compared(story: Story, tmp_path: Path) -> None:
    with closing(sqlite3.connect(story.settings.home / "ledger.db")) as db:
        edits = list(column_edits(db, projection_names()))
    unnamed = []
    for name, statement, values in edits:
        home = Path(shutil.copytree(story.settings.home, tmp_path / "home"))
        with closing(sqlite3.connect(home / "ledger.db")) as db:
            db.execute(statement, values)
            db.commit()
        fields = {finding.field for finding in audit(read_settings({}, home=home)).findings}
        if name not in fields and name.split(".")[0] not in fields:
            unnamed.append(name)
        shutil.rmtree(home)
    assert unnamed == []
