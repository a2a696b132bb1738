"""Leases: one holder at a time for work that must not be done twice, such as anchoring."""

from sqlalchemy import Connection, delete, select

from ledger.store.rows import insert_new
from ledger.store.tables import leases


def acquire(connection: Connection, name: str, holder: str, now: int, until: int) -> bool:
    """Take or renew the lease until the second `until`; False while another holder's has not run out."""
    insert_new(connection, leases, [{"name": name, "holder": holder, "expires": until}])
    free = (leases.c.holder == holder) | (leases.c.expires <= now)
    changed = connection.execute(
        leases.update().where(leases.c.name == name, free).values(holder=holder, expires=until)
    )
    return changed.rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give up the lease, if `holder` has it."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def holder(connection: Connection, name: str) -> str | None:
    """Who took the lease last, run out or not."""
    return connection.scalar(select(leases.c.holder).where(leases.c.name == name))
