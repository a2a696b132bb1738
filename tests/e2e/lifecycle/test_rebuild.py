"""Projections come back from the records, and a lost database from the chain, as far as that can be."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.commands.rebuild import read_records
from ledger.cli.sandbox import open_trial
from ledger.codes import Outcome as Code
from ledger.errors import Misconfigured, VerificationFailed
from ledger.log.leaf import LogIdentity
from ledger.records.disclosure import join
from ledger.records.signing import SignedRecord
from ledger.records.types import Outcome, RegistryChange
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.rebuild import Restored, rebuild_projections, restore_from_chain
from ledger.services.node.node import Node
from ledger.shipments.parties import EVERYBODY
from ledger.store import openings, records
from ledger.store.database import Database
from ledger.store.projections.projected import shipment_parties
from ledger.store.rowwise import projection_names
from tests.e2e.story import Story

PUBLIC_COLUMNS = [column.name for column in shipment_parties.columns].index("due_at")
Tables = Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture
def home(story: Story, tmp_path: Path) -> Settings:
    shutil.copytree(story.settings.home, tmp_path / "home")
    return read_settings({}, home=tmp_path / "home")


@pytest.fixture
def clock(story: Story) -> ManualClock:
    return ManualClock(story.clock.now())


def projections(settings: Settings, *, without: tuple[str, ...] = ()) -> Tables:
    """Every row of every projection; columns `without` are left out."""
    with closing(sqlite3.connect(settings.home / "ledger.db")) as db:
        found = {}
        for table in projection_names():
            columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")') if row[1] not in without]
            names = ", ".join(f'"{column}"' for column in columns)
            found[table] = sorted(db.execute(f'SELECT {names} FROM "{table}"').fetchall(), key=repr)
        return found


def public_parts(tables: Tables) -> list[tuple[Any, ...]]:
    """Of everybody's row of each shipment, what its private terms do not tell."""
    return [row[:PUBLIC_COLUMNS] for row in tables["shipment_parties"] if row[0] == EVERYBODY]


def lose_the_database(settings: Settings) -> None:
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (settings.home / name).unlink(missing_ok=True)


def copies(settings: Settings, *, of_chain: bool = False) -> Iterator[SignedRecord]:
    """The records that partners hold, opened as they know them; those that the chain has only if asked."""
    database = Database(settings.database_url, read_only=True)
    with database.read() as connection:
        settled = {row[0] for row in connection.exec_driver_sql("SELECT record_id FROM outcomes WHERE outcome <> 11")}
        for row in list(records.stream(connection)):
            on_chain = row.record_id in settled or isinstance(row.record, Outcome)
            rejected = isinstance(row.record, Outcome) and Code.REJECTED in row.record.outcomes
            if of_chain or rejected or not on_chain:
                yield SignedRecord(join(row.record, openings.of(connection, row)), row.signature_list)
    database.close()


def root_of(settings: Settings) -> bytes:
    consortium = read_consortium(settings.home)
    return consortium.log.verify_checkpoint((settings.home / "log" / "checkpoint").read_bytes()).root


# --- projections -----------------------------------------------------------------------------------------------------


def test_rebuilt_projections_equal_the_old(home: Settings) -> None:
    before = projections(home)
    with closing(sqlite3.connect(home.home / "ledger.db")) as db:
        db.execute("UPDATE shipments SET packages = packages + 1")
        db.execute("DELETE FROM custody_steps")
        db.execute("DELETE FROM registry_changes WHERE sequence > 3")
        db.commit()
    assert projections(home) != before
    assert rebuild_projections(home) > 256
    assert projections(home) == before
    assert audit(home).ok


# --- the same log ----------------------------------------------------------------------------------------------------


def test_with_every_leaf_given_back_the_same_log_goes_on(story: Story, home: Settings, clock: ManualClock) -> None:
    before, root, given = projections(home), root_of(home), list(copies(home))
    lose_the_database(home)
    restored = restore_from_chain(home, given=given, clock=clock)
    assert (restored.done, restored.lost, restored.registration) == (True, (), None)
    assert restored.appended == 0
    assert root_of(home) == root
    assert audit(home).ok
    after = projections(home)
    # The chain shows terms with goods, prices and places withheld, and nobody gave these back.
    hidden = {"goods", "identifiers", "shipment_parties", "unendorsed_terms"}
    assert {name for name in before if before[name] != after[name]} == hidden
    assert public_parts(after) == public_parts(before)
    node = Node(home, clock)
    node.settle()
    waiting = node.reader.views.record(story.ids["waiting terms"])
    node.close()
    assert waiting.chain.status == "recorded", "what waited when the database was lost went on to the chain"
    assert audit(home).ok


def test_opened_parts_come_back_with_the_records(home: Settings, clock: ManualClock) -> None:
    before, given = projections(home), list(copies(home, of_chain=True))
    lose_the_database(home)
    assert restore_from_chain(home, given=given, clock=clock).done
    assert projections(home) == before


def test_lost_leaves_are_named_and_nothing_is_written(story: Story, home: Settings, clock: ManualClock) -> None:
    given = [signed for signed in copies(home) if type(signed.record).__name__ != "Amendment"]
    lose_the_database(home)
    restored = restore_from_chain(home, given=given, clock=clock)
    assert not restored.done
    assert [leaf.record_id for leaf in restored.lost] == [story.ids["amendment"]]
    assert restored.to_json()["lost"][0]["type"] == "Amendment"
    with closing(sqlite3.connect(home.home / "ledger.db")) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone() == (0,)


def test_a_record_that_does_not_fit_its_leaf_is_not_taken(story: Story, home: Settings, clock: ManualClock) -> None:
    given = list(copies(home))
    i = next(i for i, signed in enumerate(given) if type(signed.record).__name__ == "Amendment")
    given[i] = SignedRecord(given[i].record, given[i].signatures[:-1])
    lose_the_database(home)
    restored = restore_from_chain(home, given=given, clock=clock)
    assert [leaf.record_id for leaf in restored.lost] == [story.ids["amendment"]]


def test_entries_that_were_altered_are_refused(home: Settings, clock: ManualClock) -> None:
    lose_the_database(home)
    bundle = home.home / "log" / "tile" / "entries" / "000"
    data = bytearray(bundle.read_bytes())
    data[100] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(VerificationFailed, match="not those that the log signed"):
        restore_from_chain(home, clock=clock)


def test_a_database_that_is_not_lost_is_left_alone(home: Settings, clock: ManualClock) -> None:
    before = projections(home)
    with pytest.raises(Misconfigured, match="not lost"):
        restore_from_chain(home, clock=clock)
    assert projections(home) == before


# --- a new log -------------------------------------------------------------------------------------------------------


def test_a_new_log_takes_over_what_the_chain_has(story: Story, home: Settings, clock: ManualClock) -> None:
    before = projections(home, without=PLACES)
    old = read_consortium(home.home).log
    lose_the_database(home)
    restored = restore_from_chain(home, new_log=True, clock=clock)
    assert restored.done
    assert restored.in_place == 0
    _check_kept_aside(home, old, restored)
    after = projections(home, without=PLACES)
    assert after["shipments"] == before["shipments"]
    rejected = [step for step in before["custody_steps"] if story.ids["rejected"] in step]
    assert after["custody_steps"] == [step for step in before["custody_steps"] if step not in rejected]
    assert len(rejected) == 1, "no event tells of a rejection"
    assert after["registry_changes"] == before["registry_changes"]
    assert audit(home).ok
    _register(home, clock, restored, old)


PLACES = ("log_index", "opened_index", "outcome_record")


def _check_kept_aside(home: Settings, old: LogIdentity, restored: Restored) -> None:
    ended = old.log_id.hex()[:16]
    kept = home.home / "keys" / f"ended-{ended}"
    assert {path.name for path in kept.iterdir()} == {"log.pem", "anchor.json", "highest-checkpoint"}
    assert old.verify_checkpoint((home.home / f"log-{ended}" / "checkpoint").read_bytes()).size > 256
    assert restored.log == read_consortium(home.home).log != old


def _register(home: Settings, clock: ManualClock, restored: Restored, old: LogIdentity) -> None:
    """The council signs what the command printed, and the new log is anchored."""
    registration = restored.registration
    assert isinstance(registration, RegistryChange)
    assert registration.document == old.log_id
    trial = open_trial(home, clock)
    trial.change(registration)
    trial.node.settle()
    clock.advance(7200)
    trial.node.settle()
    trial.node.close()
    report = audit(home)
    assert report.findings == ()
    assert report.anchored_size > 0


def test_records_are_read_from_a_list(home: Settings, tmp_path: Path) -> None:
    given = list(copies(home))
    path = tmp_path / "copies.json"
    path.write_text(json.dumps([signed.to_json() for signed in given]))
    assert read_records(path) == given
