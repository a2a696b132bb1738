"""The embedded chain's key-value store: one SQLite file under py-evm, written once a block.

What py-evm writes while it makes a block stays in memory until `commit`, which writes all of it in one transaction
and syncs it to disk. A crash at any moment therefore leaves the chain after some whole block. Nearly every key is the
hash of its value and never changes, which makes reading ahead of the writer safe.

Long values are kept packed (`ledger.chain.packing`) in a table of their own, those under other keys than hashes never.
A file of format 1 has no such table: whoever may write adds it, and what is there stays as it is.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eth.db.atomic import AtomicDB

from ledger.chain.packing import packed, unpacked
from ledger.errors import DiskFailed, Misconfigured, StorageFailed

_FORMAT = 2
_TABLES = {
    "table pairs": "CREATE TABLE pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "table packed": "CREATE TABLE packed (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "table notes": "CREATE TABLE notes (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
}
"""As SQLite keeps them: a trigger, or another rule, could undo or refuse what is written."""
_PUT = "INSERT OR REPLACE INTO {} SELECT ?, ? WHERE NOT EXISTS (SELECT * FROM {} WHERE key = ?)"
_HASH_LENGTH = 32
_NEWER = "the chain file was written by a newer Lading", "Install the newer version."
_OLDER = (
    "the chain file was written by an older Lading",
    "Run `lading upgrade`, or start the service, which does it too.",
)
_NONE = "not a chain file", "Restore chain.db from a backup."
_REFUSED = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY", "SQLITE_LOCKED")
"""Nothing was written: SQLite says so before a commit is on its way to the disk."""
CACHED_BYTES = 8 << 20
"""Most that is remembered of the file's values, what Python adds to each included."""
_OVERHEAD = 200
"""Bytes of a key, the two objects' heads and the entry in the dictionary."""


class SqliteStore(AtomicDB):
    """A `BaseAtomicDB` over one SQLite connection. Not for use by two threads at once.

    Raises `StorageFailed` when SQLite refuses; then nothing was written. `DiskFailed`, from then on for every call,
    after a commit that failed in any other way: what the disk holds then is unknown.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        super().__init__()
        self._path = path
        self._writable = writable
        self._pending: dict[bytes, bytes | None] = {}
        self._cache = _Cache()
        self._failure: DiskFailed | None = None
        self._lock_file: int | None = lock(path) if writable else None
        try:
            self._db = _connect(path, writable)
        except BaseException:
            self._unlock()
            raise

    # --- what py-evm calls -------------------------------------------------------------------------------------------

    def __getitem__(self, key: bytes) -> bytes:
        if key in self._pending:
            value = self._pending[key]
            if value is None:
                raise KeyError(key)
            return value
        if (cached := self._cache.get(key)) is not None:
            return cached
        value = self.stored(key)
        if value is None:
            raise KeyError(key)
        self._cache.keep(key, value)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._pending[key] = value

    def __delitem__(self, key: bytes) -> None:
        if key not in self:
            raise KeyError(key)
        self._pending[key] = None
        self._cache.forget(key)

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    # --- what the embedded chain calls --------------------------------------------------------------------------------

    def commit(self, notes: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Write everything set since the last commit, and the `notes`, and sync. All of it or nothing is on disk."""
        with self._translated():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                gone = [(key,) for key, value in self._pending.items() if value is None]
                kept = [(key, value) for key, value in self._pending.items() if value is not None]
                self._db.executemany("DELETE FROM pairs WHERE key = ?", gone)
                self._db.executemany("DELETE FROM packed WHERE key = ?", gone)
                self._keep(kept)
                self._db.executemany("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)", list(notes))
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                # Whoever made the block starts again from what the file holds.
                self._pending.clear()
                if getattr(error, "sqlite_errorname", "").startswith(_REFUSED):
                    with suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                    raise
                self._failure = DiskFailed(
                    "the disk failed under the chain; what it holds is unknown",
                    where=self._path.name,
                    found=str(error),
                    mend="Check the disk, then start again.",
                )
                raise self._failure from error
        for key, value in kept:
            self._cache.keep(key, value)
        self._pending.clear()

    def _keep(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Write pairs; each then stands in one table, and a value of a hash that is there already stays where it is."""
        plain, short = [], []
        for key, value in pairs:
            packing = packed(value) if len(key) == _HASH_LENGTH else None
            if packing is None:
                plain.append((key, value, key))
            else:
                short.append((key, packing, key))
        self._db.executemany(_PUT.format("pairs", "packed"), plain)
        self._db.executemany(_PUT.format("packed", "pairs"), short)

    def rollback(self) -> None:
        """Forget everything set since the last commit."""
        self._pending.clear()

    def note(self, key: bytes) -> bytes | None:
        """A value that was committed beside the chain's own pairs."""
        with self._translated():
            row = self._db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def notes(self) -> Iterator[tuple[bytes, bytes]]:
        """Every note, key and value."""
        with self._translated():
            for key, value in self._db.execute("SELECT key, value FROM notes"):
                yield bytes(key), bytes(value)

    def stored(self, key: bytes) -> bytes | None:
        """What the file has under `key`, whatever was read before."""
        with self._translated():
            row = self._db.execute("SELECT value FROM pairs WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return bytes(row[0])
            if len(key) == _HASH_LENGTH:
                row = self._db.execute("SELECT value FROM packed WHERE key = ?", (key,)).fetchone()
        try:
            return None if row is None else unpacked(bytes(row[0]))
        except ValueError as error:
            raise StorageFailed(str(error), where=self._path.name) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the file as one moment has it, whatever its writer does meanwhile."""
        with self._translated():
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            with self._translated():
                self._db.execute("ROLLBACK")

    def pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """Everything in the file as one moment has it, keys and values, but for what is packed."""
        with self._translated():
            for key, value in self._db.execute("SELECT key, value FROM pairs"):
                yield bytes(key), bytes(value)

    def packed_pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """What is packed, as `pairs`; of a value that is damaged what the file has."""
        with self._translated():
            for key, value in self._db.execute("SELECT key, value FROM packed"):
                try:
                    yield bytes(key), unpacked(bytes(value))
                except ValueError:
                    yield bytes(key), bytes(value)

    def strangers(self) -> Iterator[tuple[str, str, str]]:
        """What the file consists of besides rows, and should not: its name, what is right, and what is there."""
        with self._translated():
            rows = self._db.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        there = {f"{kind} {name}": " ".join(str(sql).split()) for kind, name, sql in rows}
        for name in sorted(there.keys() | _TABLES.keys()):
            right, wrong = _TABLES.get(name, "nothing"), there.get(name, "nothing")
            if right != wrong:
                yield name, right, wrong

    def close(self) -> None:
        self._db.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def require_sound(self) -> None:
        """Raise `DiskFailed` if the disk failed before."""
        if self._failure is not None:
            raise self._failure

    @contextmanager
    def _translated(self) -> Iterator[None]:
        self.require_sound()
        try:
            yield
        except sqlite3.Error as error:
            raise StorageFailed(str(error), where=self._path.name) from error


class _Cache:
    """Values that were read or written last, up to `CACHED_BYTES`; the oldest make room."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._size = 0

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def keep(self, key: bytes, value: bytes) -> None:
        # Only hashes are kept: other keys (the head, block numbers) point to something else tomorrow.
        if len(key) != _HASH_LENGTH:
            return
        self.forget(key)
        self._values[key] = value
        self._size += len(value) + _OVERHEAD
        while self._size > CACHED_BYTES:
            self.forget(next(iter(self._values)))

    def forget(self, key: bytes) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._size -= len(value) + _OVERHEAD


def _connect(path: Path, writable: bool) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if writable:
            _bring_up_to_date(db)
        else:
            db.execute("PRAGMA query_only = ON")
        result = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise StorageFailed(str(error), where=path.name) from error
    if result != _FORMAT:
        db.close()
        what, mend = _OLDER if 0 < result < _FORMAT else _NEWER if result > _FORMAT else _NONE
        raise Misconfigured(what, where=path.name, expected=_FORMAT, found=result, mend=mend)
    return db


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables of a new file, or those that an older one lacks; a newer one is left alone."""
    if db.execute("PRAGMA user_version").fetchone()[0] < _FORMAT:
        db.execute("BEGIN IMMEDIATE")
        for definition in _TABLES.values():
            db.execute(definition.replace("TABLE", "TABLE IF NOT EXISTS", 1))
        db.execute(f"PRAGMA user_version = {_FORMAT}")
        db.execute("COMMIT")


def upgrade(path: Path) -> None:
    """Bring the file at `path`, if there is one, to the newest format; the caller holds its lock.

    Raises `Misconfigured` when a newer Lading wrote it, or it is no chain file, `StorageFailed` when SQLite refuses.
    """
    if path.exists():
        _connect(path, writable=True).close()


def lock_file(path: Path) -> Path:
    """The file by which `path` is locked; one that was taken away and made again would be another lock."""
    return path.with_name(path.name + ".lock")


def lock(path: Path, *, shared: bool = False) -> int:
    """Take the lock of `path`, be it there yet or not, alone or with others that share it; `os.close` gives it back.

    Raises `Misconfigured` when another process holds it, `StorageFailed` when the home cannot be written.
    """
    # The kernel lets go of the lock when the process ends, however it ends.
    try:
        handle = os.open(lock_file(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageFailed("the home cannot be written", where=str(path.parent), found=error.strerror or "") from None
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Misconfigured(
            "another process writes this chain", where=path.name, mend="Stop it first, or choose another LADING_HOME."
        ) from None
    except OSError as error:
        os.close(handle)
        raise StorageFailed("the home cannot be locked", where=path.name, found=error.strerror or "") from None
    return handle
