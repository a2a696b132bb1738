"""Leases: one holder at a time for work that must not be done twice, such as anchoring.

They run by the database's clock, which all who ask share. A holder's name is never used again once its lease was lost,
so it is the fencing token as well: who finds another name in the row has lost it.
"""

from sqlalchemy import Connection, select

from ledger.store.processes.database_clock import seconds as now
from ledger.store.rows import insert_new
from ledger.store.tables import leases

_GIVEN_UP = 0


def take(connection: Connection, name: str, holder: str, seconds: int, *, from_anybody: bool = False) -> bool:
    """Take the lease for at least `seconds`; False while another's has not run out.

    `from_anybody`: even then, as whoever has it is known to be gone.
    """
    insert_new(connection, leases, [{"name": name, "holder": holder, "expires": _GIVEN_UP}])
    row = leases.update().where(leases.c.name == name)
    if not from_anybody:
        row = row.where((leases.c.holder == holder) | (leases.c.expires < now(connection)))
    return connection.execute(row.values(holder=holder, expires=now(connection) + seconds)).rowcount == 1


def renew(connection: Connection, name: str, holder: str, seconds: int) -> bool:
    """Whether nobody else has taken the lease since: it is renewed, and nobody can take it before the commit."""
    own = leases.update().where(leases.c.name == name, leases.c.holder == holder)
    return connection.execute(own.values(expires=now(connection) + seconds)).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give up the lease, if `holder` has it: another can take it at once."""
    own = leases.update().where(leases.c.name == name, leases.c.holder == holder)
    connection.execute(own.values(expires=_GIVEN_UP))


def holder(connection: Connection, name: str) -> str | None:
    """Who took the lease last, run out or not."""
    return connection.scalar(select(leases.c.holder).where(leases.c.name == name))
