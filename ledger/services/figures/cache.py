"""All journeys that the log knows, kept up to date: each record is read and verified once, not at every question.

A record is taken in once the chain has said something of it; before, it changes no number. What was taken in is
taken in anew, with everything else, when more became known about it than figures can follow step by step: further
items of a manifest came to their outcome, or a private part was opened or forgotten.
"""

import gc

from ledger.common.periods import FOREVER, Period
from ledger.records.types import Amendment, Endorsement
from ledger.records.verification import Facts, VerifiedRecord
from ledger.scores.incremental import Running
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import log, openings
from ledger.store.database import Connection

_LOG_ONLY = (Amendment, Endorsement)
_MANY = 20_000
"""From so many leaves on it pays to take what was loaded out of the collector's way."""


class Feed:
    """The log as figures know it. Whoever shares one between threads keeps them apart."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._running = Running(Period(0, FOREVER, 0))
        self._facts: dict[bytes, Facts] = {}
        self._size, self._parts, self._erased = 0, 0, 0

    def refreshed(self, connection: Connection, registry: CurrentRegistry) -> tuple[int, Running]:
        """The size of the log, and all figures from it, equal to those computed from all its records at once.

        Raises what `ledger.records.verification.verify_record` raises; then nothing is remembered.
        """
        size, parts, erased = log.head(connection).size, openings.count(connection), openings.count_erased(connection)
        if (size, parts, erased) != (self._size, self._parts, self._erased):
            new_parts = openings.count(connection, self._size) if size > self._size else 0
            same = parts - new_parts == self._parts and erased == self._erased
            start = self._size if size >= self._size and same else 0
            records = VerifiedRecords(connection, self._home, registry)
            period = self._running.period
            try:
                if not start or not all(map(self._take, records.since(start))):
                    self._forget()
                    self._running.judge(period)
                    for verified in records.since(0):
                        self._take(verified)
                    if size >= _MANY:
                        settle_in()
            except BaseException:
                self._forget()
                raise
            self._size, self._parts, self._erased = size, parts, erased
        return size, self._running

    def _forget(self) -> None:
        self._running, self._facts = Running(Period(0, FOREVER, 0)), {}
        self._size, self._parts = 0, 0

    def _take(self, verified: VerifiedRecord) -> bool:
        """Take in one record; False where another state of it was taken in before."""
        known = self._facts.get(verified.id)
        if known is None and (verified.facts.outcomes or isinstance(verified.record, _LOG_ONLY)):
            self._facts[verified.id] = verified.facts
            self._running.add(verified)
        return known in (None, verified.facts)


def settle_in() -> None:
    """Take what lives now out of the cyclic collector's sight: records and journeys stay, and hold no cycles.

    Otherwise it walks millions of them again and again while figures are computed, which takes a quarter of the time.
    They are freed as ever when nobody refers to them.
    """
    gc.collect()
    gc.freeze()
