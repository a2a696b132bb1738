"""How often was changed what the log's size does not tell of: who keeps an answer sees whether it still holds.

Counted in the transaction of the change. One that is appended with a record needs no count: the log grew.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from ledger.store.rows import insert_of
from ledger.store.tables import changes

PARTS = "parts"
"""Private parts that came later than their record, or were erased."""
EVIDENCE = "evidence"
"""Cosignatures and anchors."""
DOCUMENTS = "documents"
"""Enrolments of partners, that came after the partner."""
KINDS = (PARTS, EVIDENCE, DOCUMENTS)


def note(connection: Connection, kind: str) -> None:
    first = insert_of(connection, changes).values(kind=kind, count=1)
    connection.execute(first.on_conflict_do_update(index_elements=["kind"], set_={"count": changes.c.count + 1}))


def hold(connection: Connection, kind: str) -> int:
    """How many there are, once those that others are about to commit are there; until this transaction ends nobody
    notes another.
    """
    first = insert_of(connection, changes).values(kind=kind, count=0)
    connection.execute(first.on_conflict_do_update(index_elements=["kind"], set_={"count": changes.c.count}))
    return counts(connection)[kind]


def counts(connection: Connection) -> Mapping[str, int]:
    """By kind."""
    rows = connection.execute(select(changes.c.kind, changes.c.count))
    return dict.fromkeys(KINDS, 0) | {str(kind): int(count) for kind, count in rows}
