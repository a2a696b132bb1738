"""`lading monitor` audits again and again, remembers what it saw, and ends when anything differs."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from ledger.errors import ChainUnavailable, MalformedRecord
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.held_evidence import Held, HeldCheckpoint
from ledger.services.audit.monitor import Kind, Monitor, Plan, Round, read_remembered
from ledger.services.audit.run import audit
from ledger.services.home.settings import read_settings
from tests.e2e.audit.test_audit import go_on
from tests.e2e.cli.processes import free_port
from tests.e2e.story import Story

NEVER = 10.0**9


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    return Path(shutil.copytree(story.settings.home, tmp_path / "home"))


def monitor(home: Path, path: Path, rounds: list[Round], *, whole_every: float = NEVER) -> Monitor:
    settings = read_settings({}, home=home)

    def look(kind: Kind, remembered: HeldCheckpoint | None) -> AuditReport:
        if kind is Kind.SINCE:
            return audit(settings, since=remembered, patience=0)
        return audit(settings, held=Held([remembered] if remembered else []), patience=0)

    return Monitor(look, path, Plan(0.01, whole_every), rounds.append)


def drop_last_checkpoint(home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        db.execute("UPDATE checkpoints SET note = note || 'x' WHERE size = (SELECT max(size) FROM checkpoints)")
        db.commit()


def sizes(rounds: list[Round]) -> list[tuple[Kind, int]]:
    return [(one.kind, one.report.size) for one in rounds if one.report is not None]


def test_it_goes_on_with_what_came_and_ends_at_a_difference(story: Story, copy: Path, tmp_path: Path) -> None:
    kept, rounds = tmp_path / "state" / "kept.note", list[Round]()
    watch = monitor(copy, kept, rounds)
    done = watch._tell

    def then(ended: Round) -> None:
        done(ended)
        if len(rounds) == 2:
            go_on(copy, story, tmp_path, "more")
        elif len(rounds) == 3:
            drop_last_checkpoint(copy)

    watch._tell = then
    report = watch.run(threading.Event())
    size = audit(story.settings).size
    assert sizes(rounds) == [(Kind.WHOLE, size), (Kind.SINCE, size), (Kind.SINCE, size + 1), (Kind.SINCE, size + 1)]
    assert report is not None
    assert report.findings
    remembered = read_remembered(kept)
    assert remembered is not None
    assert remembered.size == size + 1, "of the last audit that named nothing"
    text = generate_latest(watch.metrics.registry).decode()
    assert "lading_audit_ok 0.0" in text
    assert f"lading_audit_size {size + 1}.0" in text


def test_after_a_restart_it_holds_the_home_to_what_it_remembers(story: Story, copy: Path, tmp_path: Path) -> None:
    later = Path(shutil.copytree(copy, tmp_path / "later"))
    shutil.copy(go_on(later, story, tmp_path, "later").checkpoint, tmp_path / "kept.note")
    rounds = list[Round]()
    report = monitor(copy, tmp_path / "kept.note", rounds).run(threading.Event())
    assert report is not None
    assert [one.kind for one in rounds] == [Kind.WHOLE]
    assert "rolled back" in report.findings[0].what


def test_whole_audits_come_as_often_as_told(copy: Path, tmp_path: Path) -> None:
    rounds, stop = list[Round](), threading.Event()
    watch = monitor(copy, tmp_path / "kept.note", rounds, whole_every=0)
    done = watch._tell
    watch._tell = lambda ended: (done(ended), stop.set() if len(rounds) == 2 else None)  # type: ignore[assignment,func-returns-value]
    assert watch.run(stop) is None
    assert [one.kind for one in rounds] == [Kind.WHOLE, Kind.WHOLE]


def test_a_node_that_is_away_is_no_difference(tmp_path: Path) -> None:
    rounds, stop = list[Round](), threading.Event()

    def away(_kind: Kind, _remembered: HeldCheckpoint | None) -> AuditReport:
        if len(rounds) == 2:
            stop.set()
        raise ChainUnavailable("nobody answers")

    watch = Monitor(away, tmp_path / "kept.note", Plan(0.01, NEVER), rounds.append)
    assert watch.run(stop) is None
    assert [one.report for one in rounds] == [None] * 3
    assert "nobody answers" in rounds[0].problem
    assert "lading_audit_unreadable_total 3.0" in generate_latest(watch.metrics.registry).decode()


def test_what_it_remembers_is_no_matter_of_opinion(tmp_path: Path) -> None:
    (tmp_path / "kept.note").write_text("{}")
    with pytest.raises(MalformedRecord, match="not a checkpoint"):
        read_remembered(tmp_path / "kept.note")


def test_the_command_serves_metrics_and_stops_when_told(copy: Path, tmp_path: Path) -> None:
    port = free_port()
    process = _command(copy, tmp_path, "--metrics", str(port))
    try:
        assert process.stderr is not None
        assert "all of it: ok" in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"lading_audit_ok 1.0" in answer.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert read_remembered(tmp_path / "kept.note") is not None
    finally:
        process.kill()
        process.communicate()


def test_the_command_ends_with_the_report_when_anything_differs(copy: Path, tmp_path: Path) -> None:
    drop_last_checkpoint(copy)
    process = _command(copy, tmp_path, "--json")
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert json.loads(stdout)["findings"]
    assert not (tmp_path / "kept.note").exists()


def _command(home: Path, folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "ledger.cli.main", "monitor", "--remember", str(folder / "kept.note"), *options]
    environment = {**os.environ, "LADING_HOME": str(home)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
