"""The audit finds nothing in an honest home, and names whatever was tampered with."""

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.chain.contracts import encode_call
from ledger.cli.main import app
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.records.signing import SignedRecord
from ledger.records.types import Details, KeyRevoke, Observation
from ledger.services.audit.findings import AuditReport, Finding
from ledger.services.audit.held_evidence import HeldCheckpoint
from ledger.services.audit.rows import workers
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.keystores import new_key
from ledger.services.home.settings import read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.services.relay.sender import Intent, Sender
from ledger.store.rowwise import projection_names
from tests.e2e.story import CARRIER, WAREHOUSE, Story
from tests.e2e.tampering import BESIDE, FILES, RECORDS, SIGNED, Tampering, column_edits, spoiling


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    return Path(shutil.copytree(story.settings.home, tmp_path / "home"))


def spoilt(story: Story, home: Path, *tamperings: Tampering) -> AuditReport:
    with spoiling(home, story.ids, story.trial.node.home.domain) as scene:
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
        command = [sys.executable, "-m", "ledger.cli.main", "audit", "--json"]
        environment = {"LADING_HOME": str(copy), "PATH": "/usr/bin:/bin"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert json.loads(run.stdout)["ok"] is True
        report = audit(node)
        assert report.ok
        assert audit(node, since=HeldCheckpoint.read("remembered", report.checkpoint)).ok
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


def test_several_processes_find_what_one_finds(story: Story, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = spoilt(story, copy, *(tampering for tampering in RECORDS if not tampering.alone))
    monkeypatch.setattr(workers, "FEWEST_ROWS", 1)
    together = audit(read_settings({}, home=copy), patience=0)
    assert alone.findings
    assert together == alone


@pytest.mark.parametrize("tampering", SIGNED, ids=lambda t: t.name)
def test_a_checkpoint_once_signed_is_not_forgotten(story: Story, copy: Path, tampering: Tampering) -> None:
    """And no more is found than what was done: tiles and rows are judged by the largest checkpoint that is left."""
    report = spoilt(story, copy, tampering)
    assert missed(story, report, tampering) == []
    assert [f for f in report.findings if not any(_names(story, f, *pair) for pair in tampering.names)] == []


def test_a_checkpoint_may_be_on_its_way_to_its_readers(story: Story, copy: Path) -> None:
    """As after a crash: signed and entered, not shown yet; or signed, and not even entered."""
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        newest, before = db.execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 2").fetchall()
        (copy / "log" / "checkpoint").write_text(before[1])
        assert audit(read_settings({}, home=copy), patience=0).ok
        db.execute("DELETE FROM checkpoints WHERE size = ?", (newest[0],))
        db.commit()
    assert audit(read_settings({}, home=copy), patience=0).ok


def test_lost_tiles_are_written_anew_for_older_checkpoints_too(story: Story, copy: Path) -> None:
    """Whoever holds one of these asks for the partial tiles of its tree; the audit misses them until they are back."""
    before = {path: path.read_bytes() for path in (copy / "log" / "tile").rglob("*") if path.is_file()}
    assert len([path for path in before if path.parent.name == "001.p"]) > 2
    shutil.rmtree(copy / "log" / "tile")
    missing = {f.field for f in audit(read_settings({}, home=copy), patience=0).findings}
    assert missing >= {path.relative_to(copy).as_posix() for path in before}
    Node(read_settings({}, home=copy), story.clock).close()
    assert {path: path.read_bytes() for path in (copy / "log" / "tile").rglob("*") if path.is_file()} == before
    assert audit(read_settings({}, home=copy), patience=0).ok


def test_documents_that_are_not_here_are_told_but_are_no_difference(story: Story, copy: Path) -> None:
    """An honest node may never have been given them, so their absence is not held against it."""
    before = audit(read_settings({}, home=copy), patience=0)
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        db.execute("DELETE FROM meta WHERE name LIKE 'codes/%' OR name LIKE 'award/%'")
        db.commit()
    after = audit(read_settings({}, home=copy), patience=0)
    assert after.ok
    missing = {note.record: note.what for note in after.notes if note not in before.notes}
    assert set(missing) == {to_hex(story.ids["attestation"]), to_hex(story.ids["award"])}
    assert "never given, or deleted" in missing[to_hex(story.ids["award"])]


def record_unfollowed(story: Story, home: Path, waited: int) -> None:
    """The chain records what nobody reads, and goes on for `waited` seconds."""
    clock = ManualClock(story.clock.now())
    node = Node(read_settings({}, home=home), clock)
    try:
        key, device = story.parties[WAREHOUSE].key, story.parties[100].key
        revoked = KeyRevoke(WAREHOUSE, device.address, Details(bytes(16), ""))
        call = encode_call(SignedRecord(revoked, (key.sign(node.home.domain, revoked),)))
        stranger = Sender(node.home, node.chain, new_key(), clock)
        stranger.begin([Intent("direct", node.home.consortium.deployment.registry, call)])
        stranger.push()
        if waited:
            clock.advance(waited)
            stranger.begin([Intent("a later block", node.home.consortium.deployment.registry, b"")])
            stranger.push()
    finally:
        node.close()


@pytest.mark.parametrize(("waited", "ok"), [(0, True), (2 * 3600, False)], ids=["a moment ago", "for hours"])
def test_events_not_yet_followed_are_a_difference_only_when_they_wait_long(
    story: Story, copy: Path, waited: int, ok: bool
) -> None:
    """As after `kill -9` between a block and its reading."""
    record_unfollowed(story, copy, waited)
    report = audit(read_settings({}, home=copy), patience=0)
    assert report.ok is ok
    (said,) = [f for f in (*report.findings, *report.notes) if f.field == "chain_cursor"]
    assert "not in the log" in said.what
    assert "audit again" in said.what


BY_HASH, PLACES = "length(key) = 32", "CAST(key AS TEXT) LIKE 'transaction%'"
BY_NUMBER = "CAST(key AS TEXT) LIKE 'block-number%'"


@pytest.mark.parametrize("like", [BY_HASH, PLACES, BY_NUMBER], ids=["by hash", "places", "by number"])
def test_one_bit_of_the_chains_file_is_noticed(copy: Path, like: str) -> None:
    """In whatever proves itself: values under their hash, blocks by number, places of transactions."""
    rng = random.Random(like)
    with closing(sqlite3.connect(copy / "chain.db")) as db:
        pairs = db.execute(f"SELECT key, value FROM pairs WHERE {like} ORDER BY key").fetchall()
        for key, value in rng.sample(pairs, 4):
            spoilt = bytearray(value)
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
            db.execute("UPDATE pairs SET value = ? WHERE key = ?", (bytes(spoilt), key))
            db.commit()
            report = audit(read_settings({}, home=copy), patience=0)
            assert [f for f in report.findings if f.field.startswith("chain.db")], (key, value)
            db.execute("UPDATE pairs SET value = ? WHERE key = ?", (value, key))
            db.commit()
    assert audit(read_settings({}, home=copy), patience=0).ok


@pytest.mark.parametrize(
    "edit", ["DELETE FROM pairs", "UPDATE pairs SET value = zeroblob(32)"], ids=["gone", "another"]
)
def test_a_chains_file_without_its_head_is_named(copy: Path, edit: str) -> None:
    with closing(sqlite3.connect(copy / "chain.db")) as db:
        changed = db.execute(f"{edit} WHERE CAST(key AS TEXT) = 'v1:canonical_head_hash'").rowcount
        db.commit()
    assert changed == 1
    (finding,) = audit(read_settings({}, home=copy), patience=0).findings
    assert finding.field == "chain.db"


# --- what others hold ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """Files that an auditor took home: a checkpoint, and the receipt of the record logged last."""

    checkpoint: Path
    receipt: Path
    record: str

    def options(self) -> list[str]:
        return ["--checkpoint", str(self.checkpoint), "--receipt", str(self.receipt)]


def audited(home: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["audit", "--json", *options], env={"LADING_HOME": str(home)})
    return done.exit_code, json.loads(done.stdout)


def go_on(home: Path, story: Story, folder: Path, name: str) -> Kept:
    """Log one more record and publish it; what the auditor keeps of that."""
    node = Node(read_settings({}, home=home), story.clock)
    try:
        key = story.parties[CARRIER].key
        record = Observation(CARRIER, hashlib.sha256(name.encode()).digest(), story.clock.now())
        accepted = node.submission.submit(SignedRecord(record, (key.sign(node.home.domain, record),)))
        assert isinstance(accepted, Accepted)
        kept = Kept(folder / f"{name}.note", folder / f"{name}.json", to_hex(accepted.record_id))
        kept.checkpoint.write_bytes(node.reader.publisher.publish(story.clock.now()).note)
        answer = {"id": kept.record, "status": "accepted", "receipt": accepted.receipt.to_json()}
        kept.receipt.write_text(json.dumps(answer))
        return kept
    finally:
        node.close()


@pytest.fixture
def kept(story: Story, copy: Path, tmp_path: Path) -> Kept:
    """From a life of this home that was taken back: `copy` stands where it stood before."""
    later = Path(shutil.copytree(copy, tmp_path / "later"))
    kept = go_on(later, story, tmp_path, "later")
    status, found = audited(later, *kept.options())
    assert (status, found["findings"]) == (0, [])
    return kept


def test_a_home_put_back_as_a_whole_is_convicted_by_what_others_hold(copy: Path, kept: Kept) -> None:
    assert audited(copy)[0] == 0, "it agrees with itself"
    status, found = audited(copy, *kept.options())
    assert status == 1
    assert [(f["field"], f["record"]) for f in found["findings"]] == [
        (str(kept.checkpoint), ""),
        (str(kept.receipt), kept.record),
    ]
    assert all("rolled back" in f["what"] for f in found["findings"])


def test_a_home_that_went_on_otherwise_is_convicted_of_a_fork(
    story: Story, copy: Path, kept: Kept, tmp_path: Path
) -> None:
    go_on(copy, story, tmp_path, "another")
    assert audited(copy)[0] == 0, "it agrees with itself"
    status, found = audited(copy, *kept.options())
    assert status == 1
    assert [f["field"] for f in found["findings"]] == [str(kept.checkpoint), str(kept.receipt)]
    assert all("forked" in f["what"] for f in found["findings"])


def test_what_another_log_signed_is_said_to_be_no_evidence(copy: Path, kept: Kept) -> None:
    kept.checkpoint.write_text(kept.checkpoint.read_text().replace("lading", "ladino"))
    status, found = audited(copy, "--checkpoint", str(kept.checkpoint))
    assert status == 1
    assert "another log" in found["findings"][0]["what"]


@pytest.mark.parametrize("option", ["checkpoint", "receipt"])
def test_a_file_that_is_no_evidence_at_all_is_misuse(copy: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "note").write_text("{}")
    arguments = ["audit", f"--{option}", str(tmp_path / "note")]
    done = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(copy)})
    assert isinstance(done.exception, MalformedRecord), "which the command line turns into exit status 2"
    assert f"not a {option}" in str(done.exception)
    assert done.stdout == ""


def test_every_projection_is_compared(story: Story, copy: Path) -> None:
    """One edited column in every projection table, and one deleted and one inserted row."""
    edited = []
    with spoiling(copy, story.ids, story.trial.node.home.domain) as scene:
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
@pytest.mark.parametrize("tampering", [*RECORDS, *BESIDE, *FILES, *SIGNED], ids=lambda t: t.name)
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
