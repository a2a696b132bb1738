"""What payers have spent of a quota in all processes: for each the time at which its bucket is full again.

That one number is the whole state of a token bucket (the generic cell rate algorithm's theoretical arrival time).
"""

from collections.abc import Mapping

from sqlalchemy import Connection, case

from ledger.store.processes.database_clock import microseconds
from ledger.store.rows import chunks, insert_of
from ledger.store.tables import quotas


def spend(connection: Connection, refill: Mapping[str, int]) -> dict[str, int]:
    """Take from each payer's bucket what comes back in so many microseconds; a negative number gives back.

    In how many microseconds each bucket is full again, 0 or less when it is.
    """
    now = microseconds(connection)
    left: dict[str, int] = {}
    for chunk in chunks(sorted(refill.items())):  # in one order everywhere, so that no two wait for each other
        new = insert_of(connection, quotas).values([{"payer": payer, "full_at": now + time} for payer, time in chunk])
        before = case((quotas.c.full_at > now, quotas.c.full_at), else_=now)
        spent = new.on_conflict_do_update(
            index_elements=["payer"], set_={"full_at": before + new.excluded.full_at - now}
        ).returning(quotas.c.payer, quotas.c.full_at - now)
        left.update(tuple(row) for row in connection.execute(spent))
    return left
