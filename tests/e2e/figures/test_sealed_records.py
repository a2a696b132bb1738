"""What was verified before is used again after a restart, under this home's seal, and never otherwise."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.codes import ClearanceStatus, HoldCause, RegistryAction, Role
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import BadSignature, LadingError
from ledger.records.erasure import ErasureReason
from ledger.records.types import Handoff, Observation, RegistryChange
from ledger.records.verification import VerifiedRecord
from ledger.services.figures import published_registry, sealed_records
from ledger.services.figures.sealed_records import SealedRecords
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import log, openings, sealed
from ledger.store.tables import sealed_records as table
from tests.e2e.stage import CARRIER, MAKER, NZ, OCEAN, SHOP, Stage, staged
from tests.postgresql import copy_rows

SHORT = 7
"""Leaves of a stretch, here."""


class Restarted:
    """Processes of the stage's home that begin anew: nothing that another one recovered is known to them."""

    def __init__(self, stage: Stage, secret: bytes = b"of this home") -> None:
        self.home, self.secret = stage.node.home, secret
        self.registry = CurrentRegistry(self.home.consortium.genesis, self.home.clock)
        self.sealed = SealedRecords(self.home, secret, leaves=SHORT)
        self.published = stage.node.reader.publisher.tree

    def seal(self) -> int:
        """Seal all that can be; how many stretches were made or deleted."""
        return sum(1 for _ in iter(lambda: self.sealed.seal_next(self.registry, self.published), False))

    def read_registry(self) -> None:
        with self.home.database.read() as connection, suppress(LadingError):
            self.registry.refreshed(connection)

    def read(self) -> tuple[list[VerifiedRecord], int, int]:
        """All that numbers need, up to where stretches tell of it, and how many signatures were recovered for it."""
        with self.home.database.read() as connection:
            records = VerifiedRecords(connection, self.home.consortium, self.registry.refreshed(connection))
            before = len(self.registry.signer_keys._known)
            known, reached = self.sealed.read(connection, records)
            found = sealed_records.in_log_order([*known, *records.since(reached)])
            return found, reached, len(self.registry.signer_keys._known) - before


def everything(stage: Stage) -> list[VerifiedRecord]:
    one = Restarted(stage)
    with one.home.database.read() as connection:
        registry = one.registry.refreshed(connection)
        return list(VerifiedRecords(connection, one.home.consortium, registry).all())


def lived(stage: Stage) -> bytes:
    """A shipment held by customs and delivered; and a manifest of which one item waits for a handoff that comes later,
    as everything before it is sealed.
    """
    first = stage.open()
    stage.hand(MAKER, CARRIER, (first, 0, 10))
    stage.clear(NZ, ClearanceStatus.HELD, (first, 0), cause=HoldCause.RANDOM)
    stage.clear(NZ, ClearanceStatus.RELEASED, (first, 1))
    second = stage.open()
    both = sorted([(first, 1, 10), (second, 1, 10)])
    stage.submit(stage.scribe_handoff(CARRIER, OCEAN, *both), CARRIER, OCEAN)
    stage.settle()
    stage.endorse(first, SHOP)
    stage.node.work.publish()
    assert Restarted(stage).seal() >= 3
    stage.hand(MAKER, CARRIER, (second, 0, 10))
    stage.settle()
    stage.pass_time(DAY)
    return first


def change(stage: Stage, **values: Any) -> None:
    with stage.node.home.database.write() as connection:
        connection.execute(table.update().values(**values))


def stretches(stage: Stage) -> list[int]:
    with stage.node.home.database.read() as connection:
        return sorted(sealed.seals(connection))


def test_a_restart_reads_what_was_verified_and_recovers_little(stage: Stage) -> None:
    lived(stage)
    found, reached, recovered = Restarted(stage).read()
    assert found == everything(stage)
    with stage.node.home.database.read() as connection:
        size = log.head(connection).size
    assert size - SHORT < reached + 2 * SHORT
    assert reached >= 3 * SHORT
    anew, _, all_of_it = Restarted(stage, b"another home").read()
    assert anew == found
    assert recovered < all_of_it / 2


def test_what_was_edited_or_sealed_by_another_is_verified_anew_and_made_anew(stage: Stage) -> None:
    lived(stage)
    one = Restarted(stage)
    with stage.node.home.database.read() as connection:
        body = sealed.get(connection, 0)
    assert body is not None
    odd = [("stop", "'x'"), ("stop", "1.5"), ("body", "'x'"), ("seal", "'x'"), ("seal", "1e300")]  # SQLite takes all
    odd += [("start", "'x' || start"), ("start", "start + 0.5"), ("start", "-start - 1")]
    edits: list[dict[str, Any]] = [{"body": body.body[:-1] + b"\1"}, {"seal": bytes(32)}, {"stop": 1}, {"body": b""}]
    edits += [{column: text(value)} for column, value in odd]
    for edit in edits:
        with stage.node.home.database.write() as connection:
            connection.execute(table.delete())
        one.seal()
        change(stage, **edit)
        found, reached, _ = Restarted(stage).read()
        assert (found, reached) == (everything(stage), 0), edit
        one = Restarted(stage)
        assert one.seal() > 0
        assert Restarted(stage).read()[1] >= 3 * SHORT, "it was made anew"
    foreign = Restarted(stage, b"another home")
    assert foreign.read()[1] == 0


def test_a_stretch_is_of_its_own_place(stage: Stage) -> None:
    """Another stretch's body and seal in its place are none."""
    lived(stage)
    with stage.node.home.database.write() as connection:
        other = sealed.get(connection, SHORT)
        assert other is not None
        connection.execute(table.update().where(table.c.start == 0).values(body=other.body, seal=other.seal))
    found, _, _ = Restarted(stage).read()
    assert found == everything(stage)
    Restarted(stage).seal()
    assert stretches(stage)[0] == 0


def test_what_is_erased_leaves_with_its_stretch_in_one_commit(stage: Stage) -> None:
    shipment = lived(stage)
    before = stretches(stage)
    stage.node.erasing.erase(shipment, ["commercial"], reason=ErasureReason.MISTAKE)
    gone = set(before) - set(stretches(stage))
    assert len(gone) == 1, "that of the terms"
    assert Restarted(stage).read()[0] == everything(stage)
    Restarted(stage).seal()
    assert stretches(stage) >= before
    assert Restarted(stage).read()[0] == everything(stage)


EDITS = {
    "when a record was logged": f"UPDATE records SET log_time = log_time + {DAY} WHERE log_index > 20",
    "when the chain recorded it": "UPDATE records SET message = replace(message, 'blockTime\":17', 'blockTime\":16')",
    "by which leaf it is told": "UPDATE outcomes SET log_index = log_index - 1 WHERE log_index > 20",
    "which outcome tells of it": "UPDATE outcomes SET outcome_record = (SELECT max(outcome_record) FROM outcomes) "
    f"WHERE type_number = {Handoff.NUMBER}",
}


@contextmanager
def edited_for_a_moment(stage: Stage, edit: str) -> Iterator[None]:
    """Without any stretch, as the database's owner may do it."""
    path = stage.node.home.database.path
    assert path is not None
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM sealed_records")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in ("records", "outcomes")}
        assert database.execute(edit).rowcount
        database.commit()
        yield
        for name, old in rows.items():
            marks = ", ".join("?" * len(old[0]))
            database.executemany(f"REPLACE INTO {name} VALUES ({marks})", old)
        database.commit()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_was_edited_for_a_moment_is_never_sealed(stage: Stage, edit: str) -> None:
    """By whoever has the database and no secret: nobody has signed such things, and an audit finds nothing after."""
    lived(stage)
    right = everything(stage)
    with edited_for_a_moment(stage, edit):
        Restarted(stage).seal()
    assert Restarted(stage).read()[0] == right


GRANTED = f"(SELECT record_id FROM records WHERE type_number = {RegistryChange.NUMBER} ORDER BY log_index DESC LIMIT 1)"
REGISTRY_EDITS = {
    "when the chain recorded it": "UPDATE outcomes SET block_number = block_number + 1000, block_time = block_time + "
    f"{DAY} WHERE record_id = {GRANTED}",
    "that the chain recorded it": f"DELETE FROM outcomes WHERE record_id = {GRANTED}",
    "of what type it is": f"UPDATE outcomes SET type_number = 0 WHERE record_id = {GRANTED}",
    "the record itself": f"DELETE FROM records WHERE record_id = {GRANTED}",
    "what it says": "UPDATE records SET message = replace(message, '\"role\":4', '\"role\":3') WHERE record_id = "
    f"{GRANTED}",
}


@pytest.mark.parametrize("edit", REGISTRY_EDITS.values(), ids=REGISTRY_EDITS)
def test_what_was_edited_of_keys_and_roles_as_a_worker_began_is_never_sealed(stage: Stage, edit: str) -> None:
    """Such a worker goes by another registry until it ends; what it seals would be used by all that begin later."""
    stage.decide(RegistryAction.GRANT_ROLE, partner=CARRIER, role=int(Role.WAREHOUSE))
    stage.pass_time(2 * DAY)
    lived(stage)
    right = everything(stage)
    assert any(one.roles_of(CARRIER) >> Role.WAREHOUSE & 1 for one in right)
    worker = Restarted(stage)
    with edited_for_a_moment(stage, edit):
        worker.read_registry()
        worker.seal()
    worker.seal()
    assert Restarted(stage).read()[0] == right


def test_a_row_that_was_away_for_a_moment_is_missing_in_no_stretch(stage: Stage) -> None:
    """Nor one that bore the number of a type that figures do not need."""
    lived(stage)
    right = everything(stage)
    missing = f"FROM records WHERE type_number = {Handoff.NUMBER} ORDER BY log_index LIMIT 1"
    for edit in (
        f"DELETE FROM records WHERE log_index = (SELECT log_index {missing})",
        f"UPDATE records SET type_number = {Observation.NUMBER} WHERE log_index = (SELECT log_index {missing})",
    ):
        with edited_for_a_moment(stage, edit):
            Restarted(stage).seal()
        assert Restarted(stage).read()[0] == right, edit


def test_a_long_log_is_read_a_piece_at_a_time_before_anything_is_sealed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(stage)
    right = everything(stage)
    monkeypatch.setattr(published_registry, "LEAVES", 5)
    with stage.node.home.database.write() as connection:
        connection.execute(table.delete())
    one = Restarted(stage)
    assert one.sealed.seal_next(one.registry, one.published)
    assert stretches(stage) == []
    one.seal()
    assert len(stretches(stage)) >= 3
    assert Restarted(stage).read()[0] == right


def test_what_is_erased_while_it_is_sealed_is_in_no_stretch(founded: Path, tmp_path: Path, postgresql_url: str) -> None:
    """By another process, which has not committed yet: on PostgreSQL writers see nothing of each other until then."""
    copy_rows(f"sqlite:///{founded / 'ledger.db'}", postgresql_url)
    with staged(founded, tmp_path / "home", LADING_DATABASE_URL=postgresql_url) as stage:
        shipment = lived(stage)
        with stage.node.home.database.write() as connection:
            connection.execute(table.delete())
        with ThreadPoolExecutor(1) as other:
            with stage.node.home.database.write() as connection:
                assert openings.forget(connection, RecordId(shipment), "commercial")
                sealing = other.submit(Restarted(stage).seal)
                wait([sealing], 2)  # it waits for us, or is done
            sealing.result()
        assert Restarted(stage).read()[0] == everything(stage)
        Restarted(stage).seal()
        assert Restarted(stage).read()[1] >= 3 * SHORT


def test_an_edited_row_is_not_sealed_and_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(stage)
    one = Restarted(stage)
    before = stretches(stage)
    change(stage, seal=bytes(32))
    asked: list[int] = []
    verify = VerifiedRecords.verify

    def refusing(records: VerifiedRecords, rows: Any, settled: Any = None) -> Any:
        rows = list(rows)
        asked.extend(sorted({row.log_index // SHORT * SHORT for row in rows}))
        if asked[-1:] == [SHORT]:
            raise BadSignature("made by no key", where="Handoff.signatures[0]")
        return verify(records, rows, settled)

    monkeypatch.setattr(VerifiedRecords, "verify", refusing)
    one.seal()
    assert stretches(stage) == [start for start in before if start != SHORT]
    assert asked.count(SHORT) == 1, "it is not tried again and again"


def test_the_service_seals_while_it_tidies_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = stage.node.reader.numbers
    monkeypatch.setattr(numbers.sealed, "_leaves", SHORT)
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    assert stretches(stage) == []
    stage.node.work.publish()
    stage.node.work.tidy()
    assert stretches(stage) == [0]
    stage.audited()
