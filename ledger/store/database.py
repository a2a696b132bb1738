"""One database, SQLite or PostgreSQL: opening it, and the two kinds of transaction there are.

`read` sees one snapshot. `write` holds the write lock of SQLite from its start, so that it never fails half-way for
want of it, and commits when its block ends. A write that was refused, because the disk is full or may not be written,
was undone and can be tried again. After an error of the disk itself, or a commit of which nobody knows what it did,
nothing is written any more: the page cache may no longer tell the truth, and the process must end. PostgreSQL sees to
that itself, so that losing it, even in a commit, only means to ask it again.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.errors import Busy, DiskFailed, LadingError, Misconfigured, StorageFailed
from ledger.store import migrate
from ledger.store.sqlite.writers_turn import WritersTurn

__all__ = ["Connection", "Database"]

BUSY_TIMEOUT = 30
"""Seconds that a writer waits for another process's transaction before it gives up."""
CONNECT_TIMEOUT = 10
"""Seconds in which a PostgreSQL server has to answer who connects."""
ERASED_FROM = ("openings", "proposals", "goods", "meta", "sealed_records", "epcis_events", "epcis_terms")
"""Tables from which private parts, and what repeats them, are deleted."""
_WRITING = {"lading_writing": True}
_BROKEN_DISK = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_REFUSED = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY", "SQLITE_LOCKED")
"""Nothing was written: SQLite says so before a commit is on its way to the disk."""
_RETRY_STATES = {"40001", "40P01", "55P03", "57014"}  # PostgreSQL: serialization, deadlock, lock and statement timeout

_SCRATCH_CACHE = 64 << 10
"""KiB of a scratch database's pages that stay in memory; SQLite's own 2 MiB are read and written over and over."""


class Database:
    """A database and its connections; safe to share between threads."""

    _empty = b""
    """The file of a new SQLite database, once one was made: to make the tables takes a while."""

    def __init__(self, url: str, *, busy_timeout: int = BUSY_TIMEOUT, read_only: bool = False) -> None:
        """`read_only`: for a look from outside; nothing is created, and SQLite refuses every change.

        Raises `Misconfigured` for a URL that names neither SQLite nor PostgreSQL through psycopg, or when there is no
        file to look at.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):  # the latter for a port that is no number
            raise Misconfigured("not a database URL", where="LADING_DATABASE_URL") from None
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise Misconfigured(
                "no such database",
                where="LADING_DATABASE_URL",
                expected="sqlite or postgresql+psycopg",
                found=parsed.drivername,
            )
        self.dialect = parsed.get_backend_name()
        self.path = Path(parsed.database) if self.dialect == "sqlite" and parsed.database else None
        self.failure: DiskFailed | None = None
        self._writing = threading.Lock()
        self._turns: WritersTurn | None = None
        self._patience = busy_timeout
        if read_only and self.path and not self.path.exists():
            raise Misconfigured("there is no database here", where=str(self.path))
        if self.dialect == "sqlite":
            self.engine = _sqlite(parsed, busy_timeout, read_only=read_only)
        else:
            self.engine = _postgresql(parsed, busy_timeout)

    @classmethod
    def file_of(cls, url: str) -> Path | None:
        """The file that a database URL names; None for one that names none. Nothing is created by asking."""
        database = cls(url)
        database.close()
        return database.path

    @classmethod
    def exists(cls, url: str) -> bool:
        """Whether a ledger was ever opened there; nothing is created by asking. Raises `Unavailable` branches."""
        database = cls(url)
        if database.path and not database.path.exists():
            return False
        try:
            with database.read() as connection:
                return inspect(connection).has_table("records")
        finally:
            database.close()

    @classmethod
    def open(cls, url: str, *, busy_timeout: int = BUSY_TIMEOUT, begin: bool = True) -> "Database":
        """Bring the tables up to date and return the database; with `begin`, create what is missing.

        Several processes may do so at once. Raises `Misconfigured` when it was written by a newer Lading,
        `StorageFailed` when it cannot be read or written or, without `begin`, holds no ledger.
        """
        database = cls(url, busy_timeout=busy_timeout)
        if database.path:
            database._turns = WritersTurn(database.path)
        try:
            if begin and database.path:
                _create(database.path)
            elif database.path and not database.path.exists():
                raise _lost(database.path)
            with database.write() as connection:
                if not begin and not inspect(connection).has_table("records"):
                    raise _lost(database.path)
                migrate.upgrade(connection)
        except OSError as error:
            database.close()
            raise StorageFailed("the database cannot be opened", found=error.strerror or str(error)) from error
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def scratch(cls, path: Path) -> "Database":
        """A new, empty database in a file at `path`, to work with and throw away."""
        url = f"sqlite:///{path}"
        if cls._empty:
            path.write_bytes(cls._empty)
        else:
            cls.open(url).close()
            cls._empty = path.read_bytes()
        database = cls(url)
        event.listen(database.engine, "connect", _be_careless)
        return database

    @classmethod
    def existing(cls, url: str, *, read_only: bool = True) -> "Database":
        """The database as it is, for use beside the process that serves it.

        Raises `Misconfigured` when there is none, or when another release wrote it.
        """
        database = cls(url, read_only=read_only)
        try:
            if database.path and not database.path.exists():
                raise Misconfigured("there is no database here", where=str(database.path))
            with database.read() as connection:
                migrate.require_current(connection)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only look at one consistent state. Raises `Unavailable` branches of errors."""
        try:
            with self.engine.connect() as plain:
                connection = plain
                if self.dialect == "postgresql":
                    connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    yield connection
        except PoolTimeout as error:
            raise _too_many() from error
        except DBAPIError as error:
            raise _translated(error) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed when the block ends, rolled back when it raises.

        Raises `Busy` when another writer held the lock too long and `StorageFailed` when the disk refused; then nothing
        was written. `DiskFailed` when it is unknown what was: every later `write` fails with the same error. A commit
        that PostgreSQL did not confirm raises `StorageFailed`, and may have taken effect.
        """
        if self.failure:
            raise self.failure
        with self._turn(), self._connected() as connection:
            try:
                transaction = connection.begin()
            except DBAPIError as error:
                raise self._noted(error) from error
            try:
                yield connection
            except BaseException as error:
                _roll_back(connection)
                if isinstance(error, DBAPIError):
                    raise self._noted(error) from error
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                _roll_back(connection)
                raise self._unconfirmed(error) from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers of one process wait for each other here, and then for those of others: at SQLite's lock each would
        look again now and then, and some for long.
        """
        if self.dialect != "sqlite":
            yield
            return
        if not self._writing.acquire(timeout=self._patience):
            raise Busy("another thread is writing to the database", retry_after=2)
        try:
            with self._turns.taken() if self._turns else nullcontext():
                yield
        finally:
            self._writing.release()

    def _connected(self) -> Connection:
        try:
            return self.engine.connect().execution_options(**_WRITING)
        except PoolTimeout as error:
            raise _too_many() from error
        except DBAPIError as error:
            raise self._noted(error) from error

    def scrub(self) -> None:
        """Leave nothing in the database's files of rows that were deleted: every page is written anew.

        SQLite's write-ahead log is emptied as well. PostgreSQL rewrites the tables that rows are erased from, and its
        own write-ahead log, replicas and backups are its operator's. Raises `Busy` when others do not let it.
        """
        try:
            if self.dialect == "postgresql":
                with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    for table in ERASED_FROM:
                        connection.exec_driver_sql(f"VACUUM (FULL) {table}")
                return
            plain = self.engine.raw_connection()  # without the BEGIN that every other use emits
            try:
                cursor = plain.cursor()
                cursor.execute("VACUUM")
                (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                plain.close()
        except sqlite3.OperationalError as error:
            raise _translated(DBAPIError("VACUUM", None, error)) from error
        except DBAPIError as error:
            raise _translated(error) from error
        if busy:
            raise Busy("others are reading the database, so its write-ahead log cannot be emptied", retry_after=2)

    def close(self) -> None:
        self.engine.dispose()
        if self._turns and self._writing.acquire(timeout=self._patience):
            self._turns.close()
            self._writing.release()

    def _noted(self, error: DBAPIError) -> LadingError:
        """`error` as one of ours; that the disk failed is remembered."""
        if _code(error).startswith(_BROKEN_DISK):
            self.failure = DiskFailed(
                "the database cannot be read: it is damaged, or its disk is",
                where=str(self.path or ""),
                found=_reason(error),
                mend="Check the disk and put the newest copy back if need be, then start again.",
            )
            return self.failure
        return _translated(error)

    def _unconfirmed(self, error: DBAPIError) -> LadingError:
        """What a commit that failed means."""
        code = _code(error)
        if code.startswith(_REFUSED):
            return _translated(error)
        what = "the database did not confirm a commit; whether it took effect is unknown"
        if self.dialect != "sqlite":
            return StorageFailed(
                what, found=_reason(error), mend="Send the same again: what was committed is not taken twice."
            )
        self.failure = DiskFailed(
            what,
            found=_reason(error),
            mend="Check the disk, then start again; sending again what was committed doubles nothing.",
        )
        return self.failure


def _create(path: Path) -> None:
    """An empty file at `path`, if there is none: connections open what is there, and never begin a database."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise StorageFailed("the database cannot be made", where=str(path), found=error.strerror or "") from None


def _lost(path: Path | None) -> StorageFailed:
    return StorageFailed(
        "the database of this home is gone: there is no ledger in it",
        where=str(path or "LADING_DATABASE_URL"),
        mend="Put the newest copy back; without one, `lading rebuild --from-chain` fills a new one from chain and log.",
    )


def _be_careless(connection: sqlite3.Connection, _record: object) -> None:
    """Of what will be thrown away nothing needs to outlast a crash, and whoever fills it has judged what he puts in."""
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=OFF", f"cache_size=-{_SCRATCH_CACHE}"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite(url: URL, busy_timeout: int, *, read_only: bool) -> Engine:
    # A file that was taken away is an error, and not begun anew by whoever connects next.
    place = url.set(database=f"file:{quote(url.database or '')}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(place, connect_args={"timeout": busy_timeout}, pool_size=10, max_overflow=20)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # no BEGIN behind our back: the event below emits it
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("lading_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: URL, busy_timeout: int) -> Engine:
    # A server that vanished, or takes a connection and says nothing, is told of in half a minute, and not after the two
    # minutes and two hours that driver and kernel wait. What the URL says goes first.
    patience = {"connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": 30_000}
    patience |= {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4}
    given = {name: value for name, value in patience.items() if name not in url.query}
    engine = create_engine(url, connect_args=given, pool_pre_ping=True, pool_size=10, max_overflow=20)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # A process that was stopped half-way keeps its locks: nobody waits for it without end. The locks of a machine
        # that vanished are free once the server finds that out, in half a minute and not in two hours.
        connection.execute(
            f"SET lock_timeout = '{busy_timeout}s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; "
            "SET tcp_keepalives_count = 4"
        )
        connection.commit()

    # Who writes and stops half-way is cut off before those who wait for its locks give up.
    idle = max(1, busy_timeout - 5)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("lading_writing", False):
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{idle}s'")

    return engine


def _roll_back(connection: Connection) -> None:
    transaction = connection.get_transaction()
    if transaction is not None:
        try:
            transaction.rollback()
        except DBAPIError:
            connection.invalidate()


def _code(error: DBAPIError) -> str:
    """SQLite's name of the error, empty for others."""
    return str(getattr(error.orig, "sqlite_errorname", ""))


def _reason(error: DBAPIError) -> str:
    # The driver's words only: SQLAlchemy's text would print statement and values.
    return str(error.orig).splitlines()[0][:200] if error.orig else type(error).__name__


def _too_many() -> Busy:
    return Busy("all connections of this process to the database are in use", retry_after=5)


def _translated(error: DBAPIError) -> LadingError:
    """Busy when waiting helps, `StorageFailed` for the rest."""
    if _code(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy("another process is writing to the database", retry_after=2)
    if getattr(error.orig, "sqlstate", None) in _RETRY_STATES:
        return Busy("the database is busy with other transactions", retry_after=2)
    return StorageFailed("the database refused", found=_reason(error))
