"""A home is copied while it is served, and made again: whole, audited, and never a second log unseen."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.commands.backup import until_it_is_met
from ledger.cli.demo.scribe import Scribe
from ledger.cli.main import app
from ledger.cli.sandbox import open_trial
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, LadingError, MalformedRecord, Misconfigured, VerificationFailed
from ledger.records.types import Observation
from ledger.seals.validators import COSMOS_EVM_0_7, Network, Validator, ValidatorSet
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium, write_network
from ledger.services.home.home_lock import unused
from ledger.services.home.peers import PEERS, read_peers
from ledger.services.home.restored import is_restored
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.backup import BackedUp, backup
from ledger.services.lifecycle.backup_files import MANIFEST, Manifest
from ledger.services.lifecycle.restore import RestoredHome, restore
from ledger.services.lifecycle.upgrade import upgrade
from ledger.services.relay.chain_memory import ChainMemory
from ledger.store import log
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage, parties, staged
from tests.postgresql import copy_rows, new_database


def quiet(_step: str, _done: int, _total: int) -> None:
    pass


def take(settings: Settings, target: Path, now: int = 0) -> BackedUp:
    return backup(settings, target, now, quiet)


def put_back(source: Path, home: Path) -> RestoredHome:
    return restore(read_settings({}, home=home), source, quiet)


@pytest.fixture(scope="module")
def kept(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A backup of a home where goods were handed on, and the time at which it was made."""
    folder = tmp_path_factory.mktemp("kept")
    with staged(founded, folder / "home") as stage:
        goods = stage.open(10)
        stage.hand(MAKER, SHOP, (goods, 0, 10))
        stage.node.settle()
        taken = take(stage.node.home.settings, folder / "backup", stage.now)
        assert taken.report is not None
        assert taken.report.ok, taken.report.to_json()["findings"]
        assert taken.manifest.size == taken.report.size
        return folder / "backup", stage.now


def reopened(home: Path, now: int) -> Stage:
    trial = open_trial(read_settings({}, home=home), clock := ManualClock(now))
    trial.parties = parties()
    return Stage(trial, clock, parties(), Scribe(trial, parties()))


# --- a copy that goes on ---------------------------------------------------------------------------------------------


def test_a_restored_home_is_the_same_and_goes_on(kept: tuple[Path, int], tmp_path: Path) -> None:
    source, now = kept
    restored = put_back(source, tmp_path / "home")
    assert restored.report.ok, restored.report.to_json()["findings"]
    assert restored.report.size == restored.manifest.size
    assert is_restored(tmp_path / "home")
    stage = reopened(tmp_path / "home", now)
    with closing(stage.node):
        assert stage.node.guard.halted is None
        goods = stage.open(4)
        stage.hand(MAKER, CARRIER, (goods, 0, 4))
        stage.audited()
        assert not is_restored(tmp_path / "home"), "the chain has been asked"


def test_what_the_operator_wrote_into_the_home_comes_with_it(founded: Path, tmp_path: Path) -> None:
    """Nothing else in the home says who seals its chain, and which services it forwards to."""
    settings = read_settings({}, home=tmp_path / "home")
    shutil.copytree(founded, settings.home)
    sealing = ValidatorSet(1, (Validator(b"\x01" * 32, 10),))
    write_network(settings.home, Network("consortium_1-1", COSMOS_EVM_0_7, (sealing,)))
    (settings.home / PEERS).write_text(f"0x{'ab' * 32} https://other.example\n")
    take(settings, tmp_path / "backup")
    put_back(tmp_path / "backup", tmp_path / "again")
    old, new = read_consortium(settings.home), read_consortium(tmp_path / "again")
    assert old.network is not None
    assert new.trust_file() == old.trust_file()
    assert read_peers(tmp_path / "again") == read_peers(settings.home) != {}


def test_copies_taken_under_steady_writing_are_whole(founded: Path, tmp_path: Path) -> None:
    """Each is one moment's: it stands the audit, opens as after a crash, and has every record of its log."""
    with staged(founded, tmp_path / "home") as stage:
        node, ended, troubles = stage.node, threading.Event(), list[BaseException]()

        def write_on() -> None:
            number = 0
            try:
                while not ended.is_set():
                    number += 1
                    note = Observation(CARRIER, keccak256(b"%d" % number), stage.now)
                    node.submission.submit(stage.trial.signed(note, stage.parties[CARRIER]))
                    if number % 10 == 0:
                        node.settle()
            except BaseException as error:  # noqa: BLE001 - shown by the test itself
                troubles.append(error)

        writer = threading.Thread(target=write_on)
        writer.start()
        try:
            taken = [take(node.home.settings, tmp_path / f"copy-{i}") for i in range(4)]
        finally:
            ended.set()
            writer.join()
        assert troubles == []
        now = stage.now
    sizes = [one.manifest.size for one in taken]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1], "it went on being written"
    for i, one in enumerate(taken):
        assert one.report is not None
        assert one.report.ok, one.report.to_json()["findings"]
        home = tmp_path / f"home-{i}"
        assert put_back(tmp_path / f"copy-{i}", home).report.ok
        stage = reopened(home, now + 60)
        with closing(stage.node):
            assert stage.node.guard.halted is None
            with stage.node.home.database.read() as connection:
                assert log.head(connection).size >= one.manifest.size
            stage.node.settle()
            assert audit(stage.node).ok


def test_nothing_is_accepted_before_the_chain_was_asked(
    kept: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own files vouch for a database while the chain is away; those of a backup do not."""
    source, now = kept
    put_back(source, tmp_path / "home")
    away, meet = True, ChainMemory.meet

    def unless_away(memory: ChainMemory) -> None:
        if away:
            raise ChainUnavailable("the node is away")
        meet(memory)

    monkeypatch.setattr(ChainMemory, "meet", unless_away)
    stage = reopened(tmp_path / "home", now)
    with closing(stage.node):
        note = Observation(CARRIER, keccak256(b"while it is away"), now)
        signed = stage.trial.signed(note, stage.parties[CARRIER])
        with pytest.raises(ChainUnavailable):
            stage.node.submission.submit(signed)
        assert "away" in stage.node.health.readiness().checks["chain"]
        away = False
        stage.node.tick()
        assert stage.node.submission.submit(signed)
    shutil.copytree(tmp_path / "home", tmp_path / "met")
    away = True
    stage = reopened(tmp_path / "met", now)
    with closing(stage.node):
        later = Observation(CARRIER, keccak256(b"it was met before"), now)
        assert stage.node.submission.submit(stage.trial.signed(later, stage.parties[CARRIER]))


def test_an_old_backup_beside_newer_files_halts_as_ever(kept: tuple[Path, int], tmp_path: Path) -> None:
    """The chain file of today and the database of the backup: the log does not fork."""
    source, now = kept
    put_back(source, tmp_path / "home")
    stage = reopened(tmp_path / "home", now)
    with closing(stage.node):
        stage.open(4)
        stage.node.settle()
    put_back(source, tmp_path / "again")
    for name in ("chain.db", "chain.db-wal"):
        if (tmp_path / "home" / name).exists():
            shutil.copy(tmp_path / "home" / name, tmp_path / "again" / name)
    stage = reopened(tmp_path / "again", now)
    with closing(stage.node):
        assert stage.node.guard.halted is not None
        with pytest.raises(LadingError):
            stage.sign(Observation(CARRIER, keccak256(b"forked"), now), CARRIER)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    """PostgreSQL's own, of the server that the tests run on: that of the wheel, or the machine's."""
    found = find_spec("pgserver")
    folder = Path(found.origin or "").parent / "pginstall" / "bin" if found else None
    return str(folder / name) if folder and (folder / name).exists() else name


def test_a_postgresql_database_is_dumped_after_the_files_and_put_back_before(
    founded: Path, tmp_path: Path, postgresql: str, postgresql_url: str
) -> None:
    shutil.copytree(founded, tmp_path / "home")
    file = read_settings({}, home=tmp_path / "home")
    copy_rows(file.database_url, postgresql_url)
    (tmp_path / "home" / "ledger.db").unlink()
    settings = replace(file, database_url=postgresql_url)
    upgrade(settings)  # makes the derived tables, which were not moved
    taken = take(settings, tmp_path / "copy")
    assert (taken.report, taken.manifest.database, "ledger.db" in taken.manifest.files) == (None, "postgresql", False)
    dump = tmp_path / "copy" / "ledger.dump"
    plain = postgresql_url.replace("+psycopg", "")
    subprocess.run([tool("pg_dump"), "--format=custom", f"--file={dump}", plain], check=True)
    there = new_database(postgresql, f"restored_{os.getpid()}")
    again = replace(settings, home=tmp_path / "again", database_url=there)
    with pytest.raises(Misconfigured, match="no ledger in the database"):
        restore(again, tmp_path / "copy", quiet)
    subprocess.run([tool("pg_restore"), f"--dbname={there.replace('+psycopg', '')}", str(dump)], check=True)
    restored = restore(again, tmp_path / "copy", quiet)
    assert restored.report.ok, restored.report.to_json()["findings"]
    assert restored.report.size > 0
    with unused(settings.home), pytest.raises(Misconfigured, match="another process"):
        take(settings, tmp_path / "while it is served")


# --- refused ---------------------------------------------------------------------------------------------------------


def test_nothing_is_written_over(kept: tuple[Path, int], tmp_path: Path) -> None:
    source, _ = kept
    home = tmp_path / "home"
    home.mkdir()
    (home / "something").write_text("of somebody")
    with pytest.raises(Misconfigured, match="not empty"):
        put_back(source, home)
    assert [path.name for path in home.iterdir()] == ["something"]
    put_back(source, tmp_path / "whole")
    settings = read_settings({}, home=tmp_path / "whole")
    for target in (source, tmp_path / "whole" / "backup", tmp_path):
        with pytest.raises(Misconfigured, match=r"not empty|does not lie in the home"):
            take(settings, target)
    with pytest.raises(Misconfigured):
        take(read_settings({}, home=tmp_path / "none"), tmp_path / "target")
    elsewhere = replace(read_settings({}, home=tmp_path / "third"), database_url=f"sqlite:///{source / 'ledger.db'}")
    with pytest.raises(Misconfigured, match="is there already"):
        restore(elsewhere, source, quiet)


@pytest.fixture
def damaged(kept: tuple[Path, int], tmp_path: Path) -> Iterator[Path]:
    """A copy of the backup that may be damaged; whatever is done to it, no home comes of it."""
    shutil.copytree(kept[0], tmp_path / "damaged")
    yield tmp_path / "damaged"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["ledger.db", "chain.db", "consortium.json", "keys/log.pem", "log/checkpoint"])
def test_a_flipped_byte_or_a_missing_file_is_named(damaged: Path, tmp_path: Path, name: str) -> None:
    path = damaged / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    with pytest.raises(VerificationFailed, match=name):
        put_back(damaged, tmp_path / "home")
    path.unlink()
    with pytest.raises(VerificationFailed, match="missing"):
        put_back(damaged, tmp_path / "home")


def test_a_backup_that_was_not_finished_is_none(damaged: Path, tmp_path: Path) -> None:
    (damaged / MANIFEST).unlink()
    with pytest.raises(Misconfigured, match="no finished backup"):
        put_back(damaged, tmp_path / "home")


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda m: m["files"].update({"log/../../outside": "00"}), "a file that no backup has"),
        (lambda m: m["files"].update({"/etc/passwd": "00"}), "a file that no backup has"),
        (lambda m: m["files"].update({"notes.txt": "00"}), "a file that no backup has"),
        (lambda m: m["files"].update({"keys/a\nb": "00"}), "a file that no backup has"),
        (lambda m: m.update(files=[]), "not a table"),
        (lambda m: m.update(lading="backup/2"), "another format"),
        (lambda m: m.pop("size"), "missing field"),
        (lambda m: m.update(more=1), "unknown field"),
    ],
    ids=[
        "a way out",
        "an absolute path",
        "another file",
        "a line end",
        "no table",
        "another format",
        "too little",
        "too much",
    ],
)
def test_a_manifest_that_no_backup_has_is_refused(
    damaged: Path, tmp_path: Path, edit: Callable[[Any], None], why: str
) -> None:
    manifest = json.loads((damaged / MANIFEST).read_bytes())
    edit(manifest)
    (damaged / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(MalformedRecord, match=why):
        put_back(damaged, tmp_path / "home")


@pytest.mark.parametrize("told", [{"origin": "ledger.example.org/other"}, {"size": 1}], ids=["origin", "size"])
def test_a_manifest_of_another_log_is_refused(damaged: Path, tmp_path: Path, told: dict[str, Any]) -> None:
    manifest = json.loads((damaged / MANIFEST).read_bytes())
    (damaged / MANIFEST).write_text(json.dumps(manifest | told))
    with pytest.raises(VerificationFailed, match="the manifest is of another log"):
        put_back(damaged, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_manifest_that_names_a_file_twice_is_refused(damaged: Path, tmp_path: Path) -> None:
    text = (damaged / MANIFEST).read_text()
    (damaged / MANIFEST).write_text(text.replace('"files": {', '"files": {"consortium.json": "00",'))
    with pytest.raises(MalformedRecord):
        put_back(damaged, tmp_path / "home")


def test_a_backup_of_another_kind_of_home_is_refused(kept: tuple[Path, int], tmp_path: Path) -> None:
    source, _ = kept
    settings = read_settings({"LADING_CHAIN": "http://127.0.0.1:1"}, home=tmp_path / "home")
    with pytest.raises(Misconfigured, match="another kind of chain"):
        restore(settings, source, quiet)
    url = {"LADING_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    with pytest.raises(Misconfigured, match="another kind of database"):
        restore(read_settings(url, home=tmp_path / "home"), source, quiet)


# --- who may read it -------------------------------------------------------------------------------------------------


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file() and path.name[0] != "."}


def test_any_web_server_reads_the_log_and_nobody_the_keys(founded: Path, tmp_path: Path) -> None:
    """The command has a umask of 077, for databases and keys hold secrets; tiles are everybody's."""
    before = os.umask(0o077)
    try:
        home = tmp_path / "home"
        shutil.copytree(founded, home)
        shutil.rmtree(home / "log", ignore_errors=True)
        stage = reopened(home, int((founded / "now").read_text()))
        with closing(stage.node):
            stage.open(1)
            stage.node.settle()
            take(stage.node.home.settings, tmp_path / "backup")
        put_back(tmp_path / "backup", tmp_path / "again")
    finally:
        os.umask(before)
    for top in (home, tmp_path / "again"):
        assert modes(top / "log") == {0o644}
        folders = [top / "log", *(path for path in (top / "log").rglob("*") if path.is_dir())]
        assert {path.stat().st_mode & 0o777 for path in folders} == {0o755}
        assert not any(mode & 0o077 for mode in modes(top / "keys"))
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700
    assert not any(mode & 0o077 for mode in modes(tmp_path / "backup" / "keys"))
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


# --- the commands ----------------------------------------------------------------------------------------------------


def test_the_commands_end_with_an_audit_and_say_what_is_not_known(founded: Path, tmp_path: Path) -> None:
    def run(home: Path, *arguments: str) -> Any:
        result = CliRunner().invoke(app, list(arguments), env={"LADING_HOME": str(home)})
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    shutil.copytree(founded, tmp_path / "home")
    made = json.loads(run(tmp_path / "home", "backup", str(tmp_path / "copy"), "--json").stdout)
    assert (made["audit"]["ok"], made["chain"], made["database"]) == (True, "embedded", "sqlite")
    assert made["files"] == len(Manifest.read(tmp_path / "copy").files)
    told = run(tmp_path / "second", "restore", str(tmp_path / "copy"))
    assert "ok: the ledger is as it was signed" in told.stdout
    assert "it would sign a second log" in " ".join(told.output.split())
    again = json.loads(run(tmp_path / "third", "restore", str(tmp_path / "copy"), "--json").stdout)
    assert (again["audit"]["ok"], again["network"], again["witnesses"]) == (True, False, False)


def test_a_home_on_a_network_is_told_to_wait_for_it(kept: tuple[Path, int], tmp_path: Path) -> None:
    restored = put_back(kept[0], tmp_path / "home")
    words = " ".join(until_it_is_met(replace(restored, network=True, witnessed=True)))
    assert "Until `lading serve` has asked the chain, it accepts nothing" in words
    assert "witnesses are asked" in words
    assert "second log" not in words
