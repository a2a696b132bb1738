"""Quotas that count in all processes of one database."""

from collections.abc import Mapping

from ledger.store.database import Database
from ledger.store.processes import quotas

_SECOND = 1_000_000


class SharedQuotas:
    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, points: Mapping[str, float], per_second: float) -> Mapping[str, float]:
        """Take points from payers' buckets, to which so many come back a second: how many lack to full then.

        Raises `Unavailable` branches.
        """
        refill = {payer: round(spent * _SECOND / per_second) for payer, spent in points.items()}
        with self._database.write() as connection:
            return {payer: time * per_second / _SECOND for payer, time in quotas.spend(connection, refill).items()}
