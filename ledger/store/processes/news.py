"""What one process tells the others on its database: each piece under its name, the newest in place of the last.

None of it is evidence: it is what the worker heard of chain and witnesses, for those that ask neither.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ledger.store.processes.database_clock import seconds
from ledger.store.rows import upsert
from ledger.store.tables import news


@dataclass(frozen=True, slots=True)
class Told:
    """`age`: seconds since then, by the database's clock."""

    text: str
    age: int


def tell(connection: Connection, name: str, text: str) -> None:
    upsert(connection, news, {"name": name, "told_at": seconds(connection), "text": text})


def told(connection: Connection, name: str) -> Told | None:
    query = select(news.c.text, seconds(connection) - news.c.told_at).where(news.c.name == name)
    row = connection.execute(query).first()
    return None if row is None else Told(row[0], max(0, row[1]))
