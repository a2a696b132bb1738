"""One SQLite file as it is at one moment, copied while others go on writing it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ledger.errors import StorageFailed


class SqliteSnapshot:
    """The state of a file in WAL mode when this was made; others write on, and it stays what it was. Close it soon: the
    write-ahead log grows until then.

    Raises `StorageFailed` where there is no such file, or SQLite refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _translated(path):
            place = f"file:{quote(str(path))}?mode=rw"
            self._db = sqlite3.connect(place, uri=True, isolation_level=None, timeout=30)
            try:
                self._db.execute("PRAGMA query_only = ON")
                self._db.execute("BEGIN")
                self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read takes the snapshot
            except sqlite3.Error:
                self._db.close()
                raise

    def copy_to(self, target: Path) -> None:
        """Write it to `target`, which is a whole database afterwards; SQLite's own backup."""
        with _translated(target), closing(sqlite3.connect(target)) as copy:
            self._db.backup(copy)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageFailed("a database cannot be copied", where=str(path), found=str(error)) from error
