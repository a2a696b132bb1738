"""The database itself: migrations, triggers, snapshots, and what a refusing disk does."""

import fcntl
import random
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, text

from ledger.common.ids import RecordId
from ledger.errors import Busy, Misconfigured, StorageFailed
from ledger.records.erasure import Erasure
from ledger.records.types import ShipmentTerms
from ledger.services.home.clock import ManualClock
from ledger.services.intake.sequencer import Sequencer
from ledger.store import checkpoints, log, meta, migrate, openings, records, sealed
from ledger.store import database as database_module
from ledger.store.checkpoints import StoredCosignature
from ledger.store.database import Database
from ledger.store.documents import consents
from ledger.store.documents.consents import StoredConsent
from ledger.store.openings import StoredAccess
from ledger.store.sealed import Stretch
from ledger.store.tables import APPEND_ONLY, durable
from tests.samples import sample
from tests.store.entries import SIGNER, endorsement, endorsements, entry_of, rng


def test_migrations_make_what_the_tables_say(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or name in durable.tables,
            },
        )
        assert compare_metadata(context, durable) == []


def test_quarters_without_evidence_are_taken_again_and_codes_are_named_once(url: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    kept = {"codes/0x01": '["b", "b"]', "codes/0x02": "no list", "published/1": '{"from": {}}', "rule/0x03": "x"}
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrate.configuration(connection), "0010")
        for name, value in {**kept, "published/2": "{}"}.items():
            meta.put(connection, name, value)
    engine.dispose()
    database = Database.open(url)
    with database.read() as connection:
        found = {name: meta.get(connection, name) for name in (*kept, "published/2")}
    database.close()
    assert found == {**kept, "codes/0x01": '["b"]', "published/2": None}


def test_opening_again_changes_nothing(database: Database, url: str, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(3))
    again = Database.open(url)
    with again.read() as connection:
        assert log.head(connection).size == 3
        assert migrate.projected_size(connection) == 0
    again.close()


def test_several_threads_may_open_an_empty_database_at_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Database.open, [url] * 4))
    for database in opened:
        with database.read() as connection:
            assert log.head(connection).size == 0
        database.close()


def test_a_database_from_the_future_is_refused(database: Database, url: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer Lading"):
        Database.open(url)


def test_whether_there_is_a_ledger_is_told_in_words_where_that_cannot_be_seen(tmp_path: Path) -> None:
    damaged, folder = tmp_path / "damaged.db", tmp_path / "folder.db"
    damaged.write_bytes(b"no database" * 1000)
    folder.mkdir()
    for url in (f"sqlite:///{damaged}", f"sqlite:///{folder}", "postgresql://nobody@127.0.0.1:1/none"):
        with pytest.raises(StorageFailed):
            Database.exists(url)
    assert not Database.exists(f"sqlite:///{tmp_path / 'none.db'}")


@pytest.mark.parametrize("wrong", ["mysql://x", "nonsense", "postgresql+asyncpg://x", "postgresql://u@h:x/y"])
def test_other_databases_are_refused(wrong: str) -> None:
    with pytest.raises(Misconfigured):
        Database(wrong)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_append_only_tables_refuse_change(database: Database, sequencer: Sequencer, table: str, verb: str) -> None:
    _fill(database, sequencer)
    columns = {
        "records": "log_time",
        "record_index": "log_index",
        "enrolments": "created_at",
        "cosignatures": "time",
        "erasures": "erased_at",
        "accesses": "at",
        "consents": "created_at",
    }
    column = columns[table]
    statement = f"UPDATE {table} SET {column} = 5" if verb == "update" else f"DELETE FROM {table}"
    before = _rows(database, table)
    assert before
    with pytest.raises(StorageFailed, match="append-only"), database.write() as connection:
        connection.execute(text(statement))
    assert _rows(database, table) == before
    assert database.failure is None, "a trigger that refuses is no broken disk"


def test_openings_can_be_erased_but_not_altered(database: Database, sequencer: Sequencer) -> None:
    _fill(database, sequencer)
    with pytest.raises(StorageFailed, match="append-only"), database.write() as connection:
        connection.execute(text("UPDATE openings SET body = '{}'"))
    with database.write() as connection:
        connection.execute(text("DELETE FROM openings"))
    assert _rows(database, "openings") == []


def test_replace_and_truncate_are_refused_too(database: Database, sequencer: Sequencer) -> None:
    _fill(database, sequencer)
    before = _rows(database, "records")
    trick = (
        "INSERT OR REPLACE INTO records SELECT record_id, log_index, type_number, 5, leaf_hash, signatures, message "
        "FROM records"
        if database.dialect == "sqlite"
        else "TRUNCATE records CASCADE"
    )
    with pytest.raises(StorageFailed, match="append-only"), database.write() as connection:
        connection.execute(text(trick))
    if database.path:  # any other program's connection meets the triggers as well
        with sqlite3.connect(database.path) as plain, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            plain.execute(trick)
    assert _rows(database, "records") == before


def test_a_reader_sees_one_state(database: Database, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(2))
    with database.read() as connection:
        assert log.head(connection).size == 2
        sequencer.append(endorsements(3, start=10))
        assert log.head(connection).size == 2
        assert len(list(records.stream(connection))) == 2
    with database.read() as connection:
        assert log.head(connection).size == 5


def test_an_error_in_the_block_undoes_everything(database: Database) -> None:
    def broken() -> None:
        with database.write() as connection:
            meta.put(connection, "a", "1")
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        broken()
    with database.read() as connection:
        assert meta.get(connection, "a") is None


def test_a_writer_that_waits_too_long_is_told_so(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}", busy_timeout=0)
    with database.write() as connection:
        meta.put(connection, "a", "1")
        with pytest.raises(Busy), database.write():
            pass
    with database.write() as connection:
        meta.put(connection, "a", "2")
    database.close()


def test_a_writer_waits_for_one_of_anothers_transactions_however_many_it_makes(tmp_path: Path) -> None:
    """Two databases on one file are as two processes: only the locks of files are between them."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    busy, patient = Database.open(url), Database.open(url)
    begun, ended = 0, threading.Event()

    def write_without_end() -> None:
        nonlocal begun
        while not ended.is_set():
            with busy.write() as connection:
                begun += 1
                meta.put(connection, "busy", str(begun))
                time.sleep(0.01)

    writer = threading.Thread(target=write_without_end)
    writer.start()
    try:
        for turn in range(20):
            time.sleep(0.005)
            before = begun
            with patient.write() as connection:
                assert begun - before <= 3
                meta.put(connection, "patient", str(turn))
    finally:
        ended.set()
        writer.join()
        busy.close()
        patient.close()


def test_a_full_disk_refuses_loses_nothing_and_goes_on_by_itself(tmp_path: Path, clock: ManualClock) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    sequencer = Sequencer(database, SIGNER, clock)
    receipts = sequencer.append(endorsements(5))
    full = True

    @event.listens_for(database.engine, "begin")
    def _no_more_pages(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages if full else 1_000_000}")

    large = [entry_of(sample(ShipmentTerms, rng(seed), edge="most", items=50)) for seed in range(20)]
    for _ in range(3):
        with pytest.raises(StorageFailed, match="full"):
            sequencer.append(large)
    assert sequencer.failure is None, "what was refused was undone: nothing is unknown"
    assert sequencer.append(endorsements(5)) == receipts
    full = False
    assert [receipt.index for receipt in sequencer.append(large)] == list(range(5, 25))
    database.close()
    restarted = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    with restarted.read() as connection:
        assert log.head(connection).size == 25
    restarted.close()


class _FaultyConnection(sqlite3.Connection):
    """A connection whose next commit fails, with or without having been carried out."""

    fault: str = ""

    def commit(self) -> None:
        if _FaultyConnection.fault == "lost":
            raise sqlite3.OperationalError("disk I/O error")
        super().commit()
        if _FaultyConnection.fault == "persisted":
            raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    Database.open(url).close()
    database = Database(url)

    @event.listens_for(database.engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, kwargs: Any) -> sqlite3.Connection:
        return sqlite3.connect(*args, **kwargs, factory=_FaultyConnection)

    yield database
    _FaultyConnection.fault = ""
    database.close()


@pytest.mark.parametrize("fault", ["lost", "persisted"])
def test_a_commit_that_fails_gives_no_receipt_and_stops_the_service(
    faulty: Database, clock: ManualClock, fault: str, tmp_path: Path
) -> None:
    sequencer = Sequencer(faulty, SIGNER, clock)
    first = sequencer.append(endorsements(2))
    _FaultyConnection.fault = fault
    with pytest.raises(StorageFailed, match="did not confirm"):
        sequencer.append(endorsements(2, start=2))
    _FaultyConnection.fault = ""
    assert sequencer.failure, "the page cache may lie now"
    with pytest.raises(StorageFailed):
        sequencer.append(endorsements(1, start=9))
    # After a restart nobody has to know which of the two it was.
    restarted = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    receipts = Sequencer(restarted, SIGNER, clock).append(endorsements(4))
    assert receipts[:2] == first
    assert [r.index for r in receipts] == [0, 1, 2, 3]
    restarted.close()


def test_a_statement_that_is_wrong_does_not_stop_the_service(database: Database) -> None:
    with pytest.raises(StorageFailed), database.write() as connection:
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
    assert database.failure is None
    with database.write() as connection:
        meta.put(connection, "a", "1")


def test_errors_show_no_values(database: Database) -> None:
    secret = "the passphrase"
    with pytest.raises(StorageFailed) as caught, database.write() as connection:
        connection.execute(text("INSERT INTO meta VALUES (:v, NULL)"), {"v": secret})
    assert secret not in str(caught.value)


def test_scrubbed_files_hold_nothing_of_what_was_deleted(database: Database, sequencer: Sequencer) -> None:
    word = "unmistakable " * 300  # on overflow pages too
    _fill(database, sequencer)
    with database.write() as connection:
        for i in range(50):
            meta.put(connection, f"note {i}", f"{word}{i}")
    with database.write() as connection:
        for i in range(50):
            meta.remove(connection, f"note {i}")
        # A stretch that an erasure deletes, as bytes that no database compresses.
        sealed.put(connection, Stretch(0, 2, b"unmistakable" + random.Random(1).randbytes(100_000), b"s"))
        sealed.remove(connection, 0)
    database.scrub()
    if database.path:
        files = [database.path, *database.path.parent.glob(f"{database.path.name}-*")]
        assert not any(b"unmistakable" in file.read_bytes() for file in files)
    else:
        with database.read() as connection:
            size = connection.execute(text("SELECT pg_total_relation_size('sealed_records')")).scalar_one()
        assert size < 100_000
    assert len(_rows(database, "records")) == 2


def test_a_reader_that_holds_an_old_state_keeps_the_log_from_being_emptied(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'busy.db'}", busy_timeout=0)
    with database.read() as reading:
        meta.get(reading, "x")
        with database.write() as connection:
            meta.put(connection, "x", "y")
        with pytest.raises(Busy):
            database.scrub()
    database.scrub()
    database.close()


def test_writers_of_other_processes_have_their_turn_first(tmp_path: Path) -> None:
    """Whoever took it by another handle is another process to the kernel."""
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    events: list[str] = []

    def write() -> None:
        with database.write() as connection:
            meta.put(connection, "x", "y")
        events.append("written")

    with (tmp_path / "ledger.db.turn.lock").open("r+b") as other, ThreadPoolExecutor(1) as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        writing = pool.submit(write)
        assert wait([writing], 0.2).not_done
        events.append("let go")
        fcntl.flock(other, fcntl.LOCK_UN)
        writing.result()
    assert events == ["let go", "written"]
    database.close()


@pytest.mark.parametrize("stopped", ["next", "turn"])
def test_a_process_that_was_stopped_while_it_had_a_turn_keeps_nobody(tmp_path: Path, stopped: str) -> None:
    """SQLite's lock it does not have: that decides."""
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}", busy_timeout=2)
    with (tmp_path / f"ledger.db.{stopped}.lock").open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for number in range(20):
            with database.write() as connection:
                meta.put(connection, f"note {number}", "written")
    database.close()


def test_a_turn_that_cannot_be_given_back_is_let_go_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails in `flock`: what was written stands, and the next writer has its turn."""
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    flock = fcntl.flock

    def failing(handle: Any, operation: int) -> None:
        if operation == fcntl.LOCK_UN:
            raise OSError(28, "No space left on device")
        flock(handle, operation)

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", failing)
        with database.write() as connection:
            meta.put(connection, "x", "y")
    with database.read() as connection:
        assert meta.get(connection, "x") == "y"
    for name in ("next", "turn"):
        with (tmp_path / f"ledger.db.{name}.lock").open("r+b") as other:
            flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    database.close()


def _fill(database: Database, sequencer: Sequencer) -> None:
    sequencer.append([entry_of(sample(ShipmentTerms, rng(1), items=2)), endorsement(1)])
    with database.write() as connection:
        connection.execute(
            durable.tables["enrolments"]
            .insert()
            .values(document_hash=b"h", document=b"d", signature=b"s", key=b"k", created_at=1)
        )
        checkpoints.add_cosignatures(connection, [StoredCosignature(1, "w+00000000+A", bytes(32), 1, bytes(64))])
        openings.note_accesses(
            connection, [StoredAccess(RecordId(bytes(32)), bytes(20), 0, "commercial", 2, "party", 7)]
        )
        consents.add(connection, StoredConsent(b"h", b"h", b"d", b"s", 1))
        openings.note_erased(connection, [Erasure(RecordId(b"r" * 32), "details", 1, 0, "order")])


def _rows(database: Database, table: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("when", ["in a transaction", "before its commit"])
def test_a_database_server_that_was_lost_is_asked_again(database: Database, sequencer: Sequencer, when: str) -> None:
    """Every connection is cut, as when the server dies: what was under way is refused, and nothing else is lost."""
    receipts = sequencer.append(endorsements(3))

    def cut() -> None:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
            other.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )

    def write() -> None:
        with database.write() as connection:
            meta.put(connection, "a", "1")
            cut()
            if when == "in a transaction":
                meta.put(connection, "b", "2")

    with pytest.raises(StorageFailed):
        write()
    assert database.failure is None
    assert sequencer.append(endorsements(3)) == receipts
    assert [receipt.index for receipt in sequencer.append(endorsements(1, start=3))] == [3]
    with database.read() as connection:
        assert meta.get(connection, "a") is None


def test_a_lock_that_nobody_gives_back_is_not_waited_for_without_end(url: str) -> None:
    """Its holder may have been stopped half-way, or its machine be gone."""
    with closing(Database.open(url)) as holder, closing(Database(url, busy_timeout=1)) as other:
        with holder.write() as held:
            log.hold(held)
            begun = time.monotonic()
            with pytest.raises(Busy), other.write() as connection:
                log.hold(connection)
            assert 0.9 < time.monotonic() - begun < 5
        with other.write() as connection:
            assert log.hold(connection).size == 0


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_writer_that_stopped_half_way_is_cut_off_before_the_others_give_up(url: str) -> None:
    """Its process may be paused or hang: what it wrote is undone, its locks are free, and it is told so."""

    def stop_half_way(database: Database) -> None:
        with database.write() as connection:
            meta.put(connection, "a", "1")
            log.hold(connection)
            time.sleep(2)
            meta.put(connection, "b", "2")

    with closing(Database.open(url)) as other, closing(Database(url, busy_timeout=6)) as stopped:
        with pytest.raises(StorageFailed):
            stop_half_way(stopped)
        with other.write() as connection:
            assert log.hold(connection).size == 0
            assert meta.get(connection, "a") is None
        with stopped.write() as connection:
            meta.put(connection, "b", "2")


def test_a_database_server_that_does_not_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing, as one behind a broken network; what the URL says goes first."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        for default, given in ((2, ""), (60, "?connect_timeout=2")):
            monkeypatch.setattr(database_module, "CONNECT_TIMEOUT", default)
            with closing(Database(url + given)) as database:
                begun = time.monotonic()
                with pytest.raises(StorageFailed, match="refused"), database.read():
                    pass
                assert time.monotonic() - begun < 10
