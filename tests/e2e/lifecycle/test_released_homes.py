"""Homes as each release wrote them: opened, brought up to date, audited, and carried on by this release.

`make release-home` packs one before a version goes out; none is ever written again.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.common.periods import DAY
from ledger.errors import Misconfigured
from ledger.merkle import verify_consistency
from ledger.records.signing import SignedRecord
from ledger.records.types import Observation
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import CONSORTIUM, FORMAT
from ledger.services.home.keystores import DEMO_PASSPHRASE, read_keystore
from ledger.services.home.settings import Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.lifecycle.upgrade import upgrade
from ledger.services.node.node import Node
from ledger.services.node.reader import open_ledger
from ledger.store import migrate
from ledger.store.database import Database
from tests.postgresql import copy_rows

LADING = Path(sys.executable).with_name("lading")
HOMES = Path(__file__).parents[2] / "fixtures" / "homes"
RELEASES = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*.tar.xz"))
VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def facts(release: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HOMES / f"{release}.json").read_bytes())
    return content


@pytest.fixture
def settings(release: str, tmp_path: Path) -> Settings:
    with tarfile.open(HOMES / f"{release}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return read_settings({"LADING_HOME": str(tmp_path / "home")})


def test_says_what_its_release_said_of_it(settings: Settings, facts: dict[str, Any]) -> None:
    upgrade(settings)
    with open_ledger(settings, _later(settings)) as reader:
        state = reader.log_state()
        assert state["records"] == facts["records"]
        for shipment in facts["shipments"]:
            view = reader.views.shipment(RecordId(bytes_from_hex(shipment["id"], 32, "id")))
            assert view.summary.status == shipment["status"]
        expected = facts["penalty"]
        shipment_id = bytes_from_hex(expected["shipment"], 32, "shipment")
        statement = reader.numbers.penalty(shipment_id, expected["judged_at"])
        for name in ("liable", "beneficiary", "late_seconds", "customs_seconds", "amount", "amount_high", "indicative"):
            assert getattr(statement, name) == expected[name], name
        assert [to_hex(record) for record in statement.evidence] == expected["evidence"]
        for product in facts["products"]:
            assert reader.products.look_up(product["id"])["verdict"] == product["verdict"]


def test_passes_the_audit_once_it_is_up_to_date(settings: Settings, facts: dict[str, Any]) -> None:
    upgrade(settings)
    report = audit(settings)
    assert report.to_json()["findings"] == []
    assert report.size == facts["checkpoint"]["size"]
    assert report.root == facts["checkpoint"]["root"]


def test_its_log_goes_on(settings: Settings, facts: dict[str, Any]) -> None:
    node = Node(settings, _later(settings))
    try:
        accepted = node.submission.submit(_observation(node))
        assert isinstance(accepted, Accepted)
        node.settle()
        published = node.reader.publisher.current()
        assert published is not None
        old = facts["checkpoint"]
        assert published.head.size > old["size"]
        verify_consistency(
            old["size"],
            published.head.size,
            node.reader.publisher.consistency_proof(old["size"], published.head.size),
            bytes_from_hex(old["root"], 32, "root"),
            published.head.root,
        )
        assert audit(node).ok
    finally:
        node.close()


def test_upgrading_again_changes_nothing(settings: Settings) -> None:
    first = upgrade(settings)
    before = _contents(settings)
    again = upgrade(settings)
    assert (again.before, again.after, again.size) == (first.after, first.after, first.size)
    assert _contents(settings) == before


def test_a_reader_does_not_write_and_says_what_to_do(settings: Settings, release: str) -> None:
    if upgrade_is_needed(settings):
        before = _contents(settings)
        with pytest.raises(Misconfigured, match="older Lading") as refused:
            open_ledger(settings)
        assert "lading upgrade" in refused.value.mend
        assert _contents(settings) == before
    upgrade(settings)
    open_ledger(settings).close()


def test_a_migration_that_is_cut_off_is_done_the_next_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _contents(settings)
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "recreate_projections", _fail)
        patched.setattr(migrate, "projection_version", _no_version)
        with pytest.raises(RuntimeError, match="cut off"):
            upgrade(settings)
    assert _contents(settings) == before
    upgrade(settings)
    assert audit(settings).ok


def test_moves_to_postgresql(settings: Settings, postgresql_url: str, facts: dict[str, Any]) -> None:
    """The same rows, as the release had them there: brought up to date, they say the same."""
    copy_rows(settings.database_url, postgresql_url)
    there = read_settings({"LADING_HOME": str(settings.home), "LADING_DATABASE_URL": postgresql_url})
    assert upgrade(there).size == facts["checkpoint"]["size"]
    report = audit(there)
    assert report.to_json()["findings"] == []
    assert report.root == facts["checkpoint"]["root"]


# --- newer homes -----------------------------------------------------------------------------------------------------


def test_a_newer_consortium_file_is_refused_in_words(settings: Settings) -> None:
    upgrade(settings)
    path = settings.home / CONSORTIUM
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"lading": "consortium/3"}))
    _refused(settings, "consortium file was written by a newer Lading", expected=FORMAT)


def test_a_newer_chain_file_is_refused_in_words(settings: Settings) -> None:
    upgrade(settings)
    with closing(sqlite3.connect(settings.home / "chain.db")) as chain:
        chain.execute("PRAGMA user_version = 3")
    with pytest.raises(Misconfigured, match="chain file was written by a newer Lading"):
        Node(settings)


def test_a_newer_database_is_refused_in_words(settings: Settings) -> None:
    upgrade(settings)
    with closing(sqlite3.connect(settings.home / "ledger.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    _refused(settings, "database was written by a newer Lading", expected=None)


def _refused(settings: Settings, words: str, expected: str | None) -> None:
    """By everything that opens a home, and by the command line with status 2, without a trace."""
    before = _contents(settings)
    for attempt in (lambda: Node(settings), lambda: open_ledger(settings), lambda: upgrade(settings)):
        with pytest.raises(Misconfigured, match=words) as refused:
            attempt()
        assert expected is None or refused.value.expected == expected
    environment = {**os.environ, "LADING_HOME": str(settings.home)}
    shown = subprocess.run([LADING, "upgrade"], env=environment, capture_output=True, text=True, check=False)
    assert shown.returncode == 2
    assert "Install the newer version." in shown.stderr
    assert "Traceback" not in shown.stderr
    assert _contents(settings) == before


# --- migrations are added, never edited ------------------------------------------------------------------------------

RELEASED = {
    "0001_first.py": "c536e0856c667645a67851ad28ae726ec7f60661bcd7ed2cca64093ca306a4f5",
    "0002_cosignatures.py": "c918ddc20372fc2501d4ba877776fa3ea00458424098fb7cc7c1f1deced347be",
    "0003_erasures.py": "11e5bc597999986446d2502bc69ec8cc4012232da09505c52f4465f0a98cb366",
    "0004_anchor_times.py": "56b573d444195dec901f6071fda68674c0c894d088d1bbf2ece979d4024302ac",
    "0005_accesses.py": "9df3f7c7c8eec04136e3a62c2f35ae3eb54098ac6931496c79d58c06a9c23a91",
}


def test_a_released_migration_is_never_edited() -> None:
    for name, expected in RELEASED.items():
        assert hashlib.sha256((VERSIONS / name).read_bytes()).hexdigest() == expected, name


def test_every_migration_that_a_release_wrote_is_held(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.home / "ledger.db")) as database:
        ((version,),) = database.execute("SELECT version_num FROM alembic_version").fetchall()
    released = {path.name for path in VERSIONS.glob("0*.py") if path.name[:4] <= version}
    assert released <= set(RELEASED), "a release went out with migrations that may be edited: put their hashes here"


def test_every_release_has_its_home() -> None:
    assert RELEASES
    for release in RELEASES:
        assert (HOMES / f"{release}.json").exists()


# --- help ------------------------------------------------------------------------------------------------------------


def upgrade_is_needed(settings: Settings) -> bool:
    database = Database(settings.database_url, read_only=True)
    with closing(database), database.read() as connection:
        try:
            migrate.require_current(connection)
        except Misconfigured:
            return True
    return False


def _no_version(_: Connection) -> None:
    """As of projections that were never made."""


def _fail(_: Connection) -> None:
    raise RuntimeError("cut off")


def _later(settings: Settings) -> ManualClock:
    with closing(sqlite3.connect(settings.home / "ledger.db")) as database:
        (last,) = database.execute("SELECT max(log_time) FROM records").fetchone()
    return ManualClock(last + 90 * DAY)


def _observation(node: Node) -> SignedRecord:
    (keystore,) = (node.home.settings.home / "keys" / "partners").glob("02-*.json")
    record = Observation(2, bytes(range(32)), node.home.clock.now())
    return SignedRecord(record, (read_keystore(keystore, DEMO_PASSPHRASE).sign(node.home.domain, record),))


def _contents(settings: Settings) -> dict[str, Any]:
    """Everything that the home says: rows of all tables, and files but the databases and locks."""
    result: dict[str, Any] = {
        str(path.relative_to(settings.home)): path.read_bytes()
        for path in settings.home.rglob("*")
        if path.is_file() and ".db" not in path.name and not path.name.endswith(".lock")
    }
    with closing(sqlite3.connect(settings.home / "ledger.db")) as database:
        result["database"] = sorted(line for line in database.iterdump())
    return result
