"""An audit of what came since a remembered checkpoint: honest homes pass from any of them, and lies since are named."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput
from ledger.explain.not_judged import SINCE
from ledger.log.contradiction import parse_contradiction
from ledger.log.signed_note import parse_checkpoint
from ledger.log.tiles import WIDTH
from ledger.records.types import Observation
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.held_evidence import HeldCheckpoint
from ledger.services.audit.run import audit
from ledger.services.home.consortium import open_keys, read_consortium
from ledger.services.home.settings import read_settings
from ledger.store import records, rowwise
from tests.e2e.audit.full_home import FullHome
from tests.e2e.audit.test_audit import go_on, missed, record_unfollowed
from tests.e2e.stage import CARRIER, MAKER, Stage
from tests.e2e.story import Story
from tests.e2e.tampering import RECORDS, spoiling


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    return Path(shutil.copytree(story.settings.home, tmp_path / "home"))


def checkpoints(home: Path) -> list[HeldCheckpoint]:
    """Every checkpoint that the home's log signed, in order."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        notes = db.execute("SELECT size, note FROM checkpoints ORDER BY size").fetchall()
    return [HeldCheckpoint.read(f"kept at {size}", note.encode()) for size, note in notes]


def since(home: Path, remembered: HeldCheckpoint) -> AuditReport:
    return audit(read_settings({}, home=home), since=remembered, patience=0)


def told(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.record, finding.field) for finding in report.findings]


# --- honest homes ----------------------------------------------------------------------------------------------------


def test_an_honest_home_passes_from_any_checkpoint_on(story: Story) -> None:
    """Amendments, splits, recipients' keys and rejections rest on what came before, wherever that ends."""
    home = story.settings.home
    whole = audit(story.settings)
    kept = checkpoints(home)
    for remembered in kept[:: max(len(kept) // 8, 1)]:
        report = since(home, remembered)
        assert report.findings == (), remembered.where
        assert (report.size, report.root, report.anchored_size) == (whole.size, whole.root, whole.anchored_size)
        assert (report.since, report.checkpoint) == (remembered.size, whole.checkpoint)


def test_a_home_with_everything_in_it_passes_too(full: FullHome) -> None:
    kept = checkpoints(full.home)
    for remembered in (kept[0], kept[len(kept) // 2], kept[-4]):
        assert since(full.home, remembered).findings == (), remembered.where


def fill(stage: Stage, size: int) -> HeldCheckpoint:
    """Log observations until there are `size` leaves, and sign a checkpoint of them."""
    with stage.node.home.database.read() as connection:
        count = size - records.count(connection)
    for i in range(count):
        stage.submit(Observation(CARRIER, i.to_bytes(32), stage.now), CARRIER)
    note = stage.node.reader.publisher.publish(stage.now).note
    assert parse_checkpoint(note).head.size == size
    return HeldCheckpoint.read(f"kept at {size}", note)


def test_a_log_that_ends_with_a_full_tile_passes(stage: Stage) -> None:
    kept = fill(stage, WIDTH)
    settings = stage.node.home.settings
    assert audit(settings, since=kept, patience=0).findings == ()
    with stage.node.home.database.write() as connection:
        rowwise.set_head(connection, WIDTH, stage.now - 1)
    (finding,) = audit(settings, since=kept, patience=0).findings
    assert finding.field == "log_head.log_time"


def test_a_record_from_before_may_be_rejected_since(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    ahead = replace(stage.scribe_handoff(MAKER, CARRIER, (goods, 9, 4)), submitBy=stage.now + 300)
    rejected = stage.submit(ahead, MAKER, CARRIER)
    kept = fill(stage, 2 * WIDTH)
    stage.pass_time(400)
    stage.pass_time(400)
    assert stage.outcome(rejected) == ["rejected"]
    stage.node.reader.publisher.publish(stage.now)
    assert audit(stage.node.home.settings, since=kept, patience=0).findings == ()


# --- what came since is held to the same rules -----------------------------------------------------------------------


def test_what_was_tampered_with_since_is_named_as_by_a_whole_audit(story: Story, copy: Path) -> None:
    together = [tampering for tampering in RECORDS if not tampering.alone]
    remembered = next(kept for kept in checkpoints(copy) if kept.size >= 16)
    with spoiling(copy, story.ids, story.trial.node.home.domain) as scene:
        for tampering in together:
            tampering.act(scene)
    report = since(copy, remembered)
    assert {t.name: gone for t in together if (gone := missed(story, report, t))} == {}


@pytest.fixture
def late(copy: Path) -> Iterator[tuple[HeldCheckpoint, sqlite3.Connection]]:
    """A remembered checkpoint some leaves before the end, and the database with its triggers out of the way."""
    kept = checkpoints(copy)
    remembered = next(one for one in kept if one.size >= kept[-1].size - 60)
    with closing(sqlite3.connect(copy / "ledger.db")) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield remembered, db


def finish(db: sqlite3.Connection, home: Path) -> None:
    """Put back the triggers that a new home has."""
    with closing(sqlite3.connect(home.parent / "pristine.db")) as other:
        for (sql,) in other.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(sql)
    db.commit()


@pytest.fixture(autouse=True)
def pristine(story: Story, tmp_path: Path) -> None:
    shutil.copy(story.settings.home / "ledger.db", tmp_path / "pristine.db")


def test_an_old_row_on_which_newer_ones_rest_is_proved_or_named(
    copy: Path, late: tuple[HeldCheckpoint, sqlite3.Connection]
) -> None:
    """The registry's records lie far back, and whoever could edit them would make keys that never were."""
    remembered, db = late
    (record_id,) = db.execute(
        "SELECT record_id FROM records WHERE type_number = 1 ORDER BY log_index LIMIT 1"
    ).fetchone()
    changed = "UPDATE records SET message = replace(message, '\"number\":', '\"number\": ') WHERE record_id = ?"
    assert db.execute(changed, (record_id,)).rowcount
    finish(db, copy)
    assert (to_hex(record_id), "records") in told(since(copy, remembered))


@pytest.mark.parametrize("deleted", ["the entry", "the outcome"])
def test_an_outcome_of_the_registry_is_missed_whatever_the_index_says(
    copy: Path, late: tuple[HeldCheckpoint, sqlite3.Connection], deleted: str
) -> None:
    """Whoever leaves out that a key was revoked would have it sign again."""
    remembered, db = late
    sql = "SELECT outcome_record, log_index FROM outcomes WHERE type_number = 3 AND log_index < ?"
    outcome, index = db.execute(sql, (remembered.size - remembered.size % 256,)).fetchone()
    assert db.execute("DELETE FROM record_index WHERE log_index = ?", (index,)).rowcount
    if deleted == "the outcome":
        db.execute("DELETE FROM records WHERE record_id = ?", (outcome,))
    finish(db, copy)
    named = (to_hex(outcome), "records") in told(since(copy, remembered))
    assert named == (deleted == "the outcome")


def test_an_old_row_on_which_nothing_rests_is_not_looked_at(
    story: Story, copy: Path, late: tuple[HeldCheckpoint, sqlite3.Connection]
) -> None:
    """As the list says that is printed with the report; the whole audit names it."""
    remembered, db = late
    edit = "UPDATE openings SET body = replace(body, ':', ': ') WHERE record_id = ?"
    assert db.execute(edit, (story.ids["terms"],)).rowcount
    finish(db, copy)
    report = since(copy, remembered)
    assert report.ok
    assert set(SINCE) <= set(report.not_judged)
    assert not audit(read_settings({}, home=copy), patience=0).ok


def test_an_outcome_since_that_is_withheld_is_named(
    copy: Path, late: tuple[HeldCheckpoint, sqlite3.Connection]
) -> None:
    remembered, db = late
    (index,) = db.execute("SELECT max(log_index) FROM records WHERE type_number = 23").fetchone()
    (outcome,) = db.execute("SELECT record_id FROM records WHERE log_index = ?", (index,)).fetchone()
    assert index >= remembered.size
    db.execute("DELETE FROM records WHERE log_index = ?", (index,))
    finish(db, copy)
    assert (to_hex(outcome), "records") in told(since(copy, remembered))


def test_events_of_the_chain_that_nobody_followed_for_long_are_named(story: Story, copy: Path) -> None:
    remembered = checkpoints(copy)[-1]
    record_unfollowed(story, copy, 2 * 3600)
    assert ("", "chain_cursor") in told(since(copy, remembered))


@pytest.mark.parametrize(
    ("column", "value"), [("state", "'final'"), ("next_try", "9999999999"), ("submit_by", "submit_by + 1")]
)
def test_a_new_record_that_is_kept_from_the_chain_is_named(
    copy: Path, late: tuple[HeldCheckpoint, sqlite3.Connection], column: str, value: str
) -> None:
    """Where it waits in the outbox, but as if it were settled, or for years."""
    _, db = late
    record_id, index = db.execute("SELECT record_id, log_index FROM outbox WHERE state != 'final'").fetchone()
    remembered = next(kept for kept in checkpoints(copy) if kept.size > index - index % 256)
    assert db.execute(f"UPDATE outbox SET {column} = {value} WHERE record_id = ?", (record_id,)).rowcount
    finish(db, copy)
    assert (to_hex(record_id), f"outbox.{column}") in told(since(copy, remembered))


@pytest.mark.parametrize("part", ["custody", "clearance", "attestation", "anchor", "demo"])
def test_what_is_struck_from_the_consortium_file_is_named(copy: Path, part: str) -> None:
    """Of a contract that it does not name, a node would pass over the events."""
    remembered = checkpoints(copy)[-3]
    data = json.loads((copy / "consortium.json").read_text())
    if part == "demo":
        data["demo"] = not data["demo"]
    else:
        del data["deployment"]["contracts"][part]
    (copy / "consortium.json").write_text(json.dumps(data, indent=1))
    expected = "consortium.json: demo" if part == "demo" else "meta.contracts"
    assert ("", expected) in told(since(copy, remembered))


# --- the remembered checkpoint ---------------------------------------------------------------------------------------


def test_a_log_that_does_not_extend_the_remembered_checkpoint_is_convicted(
    story: Story, copy: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(copy, tmp_path / "other"))
    kept = go_on(other, story, tmp_path, "kept").checkpoint
    remembered = HeldCheckpoint.read(str(kept), kept.read_bytes())
    (rolled,) = since(copy, remembered).findings
    assert "rolled back" in rolled.what
    go_on(copy, story, tmp_path, "another")
    report = since(copy, remembered)
    (forked,) = report.findings
    assert "forked" in forked.what
    (conviction,) = report.contradictions
    conviction.verify(read_consortium(copy).log)
    assert parse_contradiction(conviction.to_bytes()) == conviction


def test_a_checkpoint_of_far_more_leaves_than_there_are_does_not_keep_the_audit_busy(copy: Path) -> None:
    """The operator has the log's key, and an audit that never ends names nothing."""
    settings, consortium = read_settings({}, home=copy), read_consortium(copy)
    remembered = checkpoints(copy)[-1]
    signer = open_keys(settings, consortium.log.origin).log
    (copy / "log" / "checkpoint").write_bytes(signer.checkpoint(2**22, bytes(32)))
    for begin in (None, remembered):
        (finding,) = audit(settings, since=begin, patience=0).findings
        assert finding.found == f"{2**22} leaves"
        assert "far more leaves" in finding.what


def test_a_checkpoint_of_another_log_is_no_beginning(copy: Path) -> None:
    remembered = checkpoints(copy)[-1]
    spoilt = HeldCheckpoint(remembered.where, remembered.note.replace(b"lading", b"ladino"))
    (finding,) = since(copy, spoilt).findings
    assert "another log" in finding.what


def test_a_tile_edited_since_is_named(copy: Path) -> None:
    kept = checkpoints(copy)
    path = max((copy / "log" / "tile" / "0").rglob("*"), key=lambda p: (p.is_file(), p.stat().st_mtime))
    assert path.is_file()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert not since(copy, kept[-3]).ok


def test_the_command_remembers_and_goes_on(copy: Path, tmp_path: Path) -> None:
    def run(*options: str) -> tuple[int, dict[str, object]]:
        done = CliRunner().invoke(app, ["audit", "--json", *options], env={"LADING_HOME": str(copy)})
        return done.exit_code, json.loads(done.stdout)

    kept = tmp_path / "remembered.note"
    assert run("--remember", str(kept))[0] == 0
    assert kept.read_bytes() == checkpoints(copy)[-1].note
    status, report = run("--since", str(kept), "--remember", str(kept))
    assert (status, report["since"], report["findings"]) == (0, checkpoints(copy)[-1].size, [])
    (copy / "log" / "checkpoint").unlink()
    kept.unlink()
    assert run("--remember", str(kept))[0] == 1
    assert not kept.exists(), "nothing is remembered of a home in which something differs"


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "since an older one"])
def test_a_log_that_was_forked_does_not_take_the_place_of_what_is_remembered(
    story: Story, copy: Path, tmp_path: Path, whole: bool
) -> None:
    """A whole audit is made now and then, by the command that began: else it would make away with the evidence."""
    (tmp_path / "older").write_bytes(checkpoints(copy)[-3].note)
    other = Path(shutil.copytree(copy, tmp_path / "other"))
    kept = tmp_path / "kept.note"
    kept.write_bytes(before := go_on(other, story, tmp_path, "one").checkpoint.read_bytes())
    go_on(copy, story, tmp_path, "another")
    options = [] if whole else ["--since", str(tmp_path / "older")]
    arguments = ["audit", "--json", *options, "--remember", str(kept)]
    done = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(copy)})
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)["findings"]
    assert "forked" in finding["what"]
    assert kept.read_bytes() == before
    (evidence,) = tmp_path.glob("*.contradiction.json")
    parse_contradiction(evidence.read_bytes()).verify(read_consortium(copy).log)


def test_what_looks_at_the_whole_log_is_not_asked_of_a_part(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(checkpoints(copy)[-1].note)
    arguments = ["audit", "--since", str(tmp_path / "kept"), "--checkpoint", str(tmp_path / "kept")]
    done = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(copy)})
    assert isinstance(done.exception, InvalidInput)
