"""A disk that fails in the midst of a commit."""

import sqlite3
from typing import Any


class LostCommits:
    """The connection `db` of a chain's store, none of whose commits gets to the disk."""

    def __init__(self, db: Any) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, statement: str, *arguments: Any) -> Any:
        if statement == "COMMIT":
            self._db.execute("ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return self._db.execute(statement, *arguments)
