"""How often was changed what the log's size does not tell of: who keeps an answer sees whether it still holds.

Counted in the transaction of the change. One that is appended with a record needs no count: the log grew.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from ledger.store.tables import changes

PARTS = "parts"
"""Private parts that came later than their record, or were erased."""
EVIDENCE = "evidence"
"""Cosignatures and anchors."""
DOCUMENTS = "documents"
"""Enrolments of partners, that came after the partner."""
KINDS = (PARTS, EVIDENCE, DOCUMENTS)


def note(connection: Connection, kind: str) -> None:
    connection.execute(update(changes).where(changes.c.kind == kind).values(count=changes.c.count + 1))


def counts(connection: Connection) -> Mapping[str, int]:
    """By kind."""
    rows = connection.execute(select(changes.c.kind, changes.c.count))
    return dict.fromkeys(KINDS, 0) | {str(kind): int(count) for kind, count in rows}
