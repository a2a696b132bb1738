"""All journeys that the log knows, kept up to date: each record is read and verified once, not at every question.

A record is taken in once the chain has said something of it; before, it changes no number. When evidence of its time
comes in later, as checkpoints are anchored and cosigned, it takes the place of what was taken in: only records between
the checkpoints concerned are. Everything is taken in anew when more became known than figures can follow step by step:
further items of a manifest came to their outcome, or a private part was opened or forgotten.
"""

import gc
from bisect import bisect_left, insort

from ledger.common.periods import FOREVER, Period
from ledger.records.evidence import CheckpointTimes
from ledger.records.verification import VerifiedRecord, with_evidence
from ledger.scores.incremental import Running
from ledger.services.figures.sealed_records import LOG_ONLY, SealedRecords, in_log_order
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import changes, log
from ledger.store.database import Connection

_MANY = 20_000
"""From so many leaves on it pays to take what was loaded out of the collector's way."""


class Feed:
    """The log as figures know it. Whoever shares one between threads keeps them apart."""

    def __init__(self, home: Home, sealed: SealedRecords) -> None:
        self._home = home
        self._sealed = sealed
        self._version = 0
        self._forget()

    def _forget(self) -> None:
        self._running = Running(Period(0, FOREVER, 0))
        self._records: dict[bytes, VerifiedRecord] = {}
        self._places: list[tuple[int, bytes]] = []
        """The log indexes of what was taken in, ascending."""
        self._times = CheckpointTimes()
        self._size, self._changed = 0, dict[str, int]()

    def refreshed(self, connection: Connection, registry: CurrentRegistry) -> tuple[int, Running]:
        """A number that grows with every change, and all figures from the log, equal to those computed from all its
        records, and all evidence of their times, at once.

        Raises what `ledger.records.verification.verify_record` raises; then nothing is remembered.
        """
        size, changed = log.head(connection).size, {**changes.counts(connection), changes.DOCUMENTS: 0}
        if (size, changed) != (self._size, self._changed):
            self._version += 1
            same = changed[changes.PARTS] == self._changed.get(changes.PARTS)
            start = self._size if size >= self._size and same else 0
            records = VerifiedRecords(connection, self._home.consortium, registry)
            period = self._running.period
            try:
                if start:
                    self._learn(records.evidence.times)
                if not start or not all(map(self._take, records.since(start))):
                    self._forget()
                    self._running.judge(period)
                    self._times = records.evidence.times
                    known, reached = self._sealed.read(connection, records)
                    for verified in in_log_order([*known, *records.since(reached)]):
                        self._take(verified)
                    if size >= _MANY:
                        settle_in()
            except BaseException:
                self._forget()
                raise
            self._size, self._changed = size, changed
        return self._version, self._running

    @property
    def size(self) -> int:
        """Of the log as it was last taken in."""
        return self._size

    def records(self) -> list[VerifiedRecord]:
        """Everything that was taken in, in log order."""
        return [self._records[record_id] for _, record_id in self._places]

    def _learn(self, times: CheckpointTimes) -> None:
        """Put each record whose evidence is another now in the place of what was taken in."""
        for start, end in times.changed_since(self._times):
            first, last = (bisect_left(self._places, (index, b"")) for index in (start, end))
            for _, record_id in self._places[first:last]:
                self._records[record_id] = verified = with_evidence(self._records[record_id], times)
                self._running.replace(verified)
        self._times = times

    def _take(self, verified: VerifiedRecord) -> bool:
        """Take in one record; False where another state of it was taken in before."""
        known = self._records.get(verified.id)
        if known is None and (verified.facts.outcomes or isinstance(verified.record, LOG_ONLY)):
            self._records[verified.id] = verified
            insort(self._places, (verified.log_index, verified.id))
            self._running.add(verified)
        return known is None or known.facts == verified.facts


def settle_in() -> None:
    """Take what lives now out of the cyclic collector's sight: records and journeys stay, and hold no cycles.

    Otherwise it walks millions of them again and again while figures are computed, which takes a quarter of the time.
    They are freed as ever when nobody refers to them.
    """
    gc.collect()
    gc.freeze()
