"""Verified state, sealed in stretches of the log and used again, so that a restart does not verify everything anew.

A stretch is what a process of this home verified, under a secret of the home (`keys/session.key`): edited, foreign or
damaged it is passed over, deleted and made anew. Only this home's own figures rest on it. An audit, an export and a
published quarter read and verify the rows themselves.

1. A record in a stretch has facts that are final, so that no later leaf changes them. The others of its span are
   listed there, and are read as ever.
2. Evidence of times is no part of it: it is what is there when it is read.
3. What is sealed was published: each row is the leaf that the tree has there, none is missing, and so is what tells of
   their outcomes, and of the keys and partners that signed them (`published_registry`).
4. Whatever opens or erases a private part deletes the record's stretch in the same commit (`ledger.store.sealed`).
"""

import hmac
from collections.abc import Callable, Iterable, Set

from ledger.bundle.subject import NUMBERS_NEED
from ledger.codes import NOT_FINAL, Outcome
from ledger.errors import DiskFailed, LadingError, NotFound
from ledger.log.tiles import TileTree
from ledger.records import sealed as encoding
from ledger.records.evidence import Evidence
from ledger.records.types import Amendment, Clearance, Endorsement, Handoff
from ledger.records.types import Outcome as OutcomeRecord
from ledger.records.verification import VerifiedRecord
from ledger.services.figures.published_registry import (
    PublishedRegistry,
    other_than_published,
    require_leaf,
    require_leaves,
)
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.verified_records import Settled, VerifiedRecords
from ledger.store import changes, log, records, sealed
from ledger.store.database import Connection
from ledger.store.sealed import Stretch

STRETCH = 2_000
"""Leaves: sealed in under a second, and half a megabyte or two."""
LOG_ONLY = (Amendment, Endorsement)


class SealedRecords:
    """The stretches of one home. `secret` is known to its own processes alone."""

    def __init__(self, home: Home, secret: bytes, leaves: int = STRETCH) -> None:
        self._home = home
        self._secret = secret
        self._leaves = leaves
        self._sound: set[tuple[int, bytes]] = set()
        """Stretches, by start and seal, that this process made or found sound."""
        self._refused: set[int] = set()
        """Where a row does not verify: the audit names it, and figures say so too."""
        self._registry: PublishedRegistry | None = None
        self._reading = False
        """Whether it is still to be read on."""

    def read(self, connection: Connection, verified: VerifiedRecords) -> tuple[list[VerifiedRecord], int]:
        """Everything that numbers need up to a leaf, and that leaf: what comes from there on is still to be read, and
        what is said from there on of these. Raises what verifying does, of what lies between stretches.
        """
        found: list[VerifiedRecord] = []
        reached = 0
        for start in sorted(sealed.seals(connection)):
            stretch = sealed.get(connection, start) if start >= reached else None
            result = None if stretch is None else self._opened(stretch, verified.evidence)
            if stretch is None or result is None:
                continue
            found += verified.between(reached, start)
            found += result.records
            for index in result.open:
                found += verified.between(index, index + 1)
            reached = stretch.stop
        return found, reached

    def seal_next(self, registry: CurrentRegistry, published: Callable[[], TileTree]) -> bool:
        """Seal the first stretch that is not, once it is `published`, and delete those that are none of this home's;
        whether any was looked at.

        Raises `Busy` and what a database raises; a stretch of which a row does not verify is left alone.
        """
        database = self._home.database
        with database.read() as connection:
            size, parts = log.head(connection).size, changes.counts(connection)[changes.PARTS]
            there = sealed.seals(connection)
            broken = [start for start, seal in there.items() if not self._holds(connection, start, seal)]
            start = self._first_gap(there.keys() - set(broken), size)
            made = None if start is None else self._made(connection, start, registry, published)
        if made is None and not broken:
            return start is not None and (start in self._refused or self._reading)
        with database.write() as connection:
            # A part that was opened or erased since would be missing in it, or still be there. Held first: whoever does
            # that elsewhere deletes stretches after it.
            unchanged = changes.hold(connection, changes.PARTS) == parts
            for begun in broken:
                sealed.remove(connection, begun)
            if made is not None and unchanged:
                sealed.put(connection, made)
        return True

    def _first_gap(self, there: Set[int], size: int) -> int | None:
        starts = range(0, size - self._leaves + 1, self._leaves)
        return next((start for start in starts if start not in there and start not in self._refused), None)

    def _holds(self, connection: Connection, start: int, seal: bytes) -> bool:
        if (start, seal) not in self._sound:
            stretch = sealed.get(connection, start)
            if stretch is None or stretch.seal != self._seal(stretch.start, stretch.stop, stretch.body):
                return False
            self._sound.add((start, seal))
        return True

    def _made(
        self, connection: Connection, start: int, registry: CurrentRegistry, published: Callable[[], TileTree]
    ) -> Stretch | None:
        """None while it is not published, or what was is still read, and where a row is not what was."""
        stop = start + self._leaves
        self._reading = False
        try:
            tree = published()
            if tree.size < stop:
                return None
            try:
                told = self._told(connection, registry, tree)
                if told is None:
                    return None
                require_leaves(records.leaves(connection, start, stop), start, stop, tree)
                verified = VerifiedRecords(connection, self._home.consortium, told)
                rows = list(records.stream(connection, start, stop, types=NUMBERS_NEED))
                settled = verified.settled(rows)
                self._require_published(settled, tree)
            except NotFound:  # a tile that is about to be written
                return None
            every = list(verified.verify(rows, settled))
        except DiskFailed:
            raise
        except LadingError:
            self._refused.add(start)
            return None
        late = {told.record_id for told in settled.told.values() if told.log_index >= tree.size}
        waits = {one for one, items in settled.items.items() if any(item.outcome_record in late for item in items)}
        final = [one for one in every if _is_final(one) and one.id not in waits]
        others = tuple(sorted({one.log_index for one in every} - {one.log_index for one in final}))
        body = encoding.body_of(encoding.Sealed(final, others))
        return Stretch(start, stop, body, self._seal(start, stop, body))

    def _told(self, connection: Connection, registry: CurrentRegistry, tree: TileTree) -> CurrentRegistry | None:
        """The registry by the published log; None while some of that is still to be read."""
        if self._registry is None:
            self._registry = PublishedRegistry(self._home.consortium.genesis, self._home.domain, registry.signer_keys)
        self._reading = not self._registry.read_on(connection, tree)
        return None if self._reading else registry.with_history(self._registry.history)

    def _require_published(self, settled: Settled, tree: TileTree) -> None:
        """Raise `VerificationFailed` where a row that tells of an outcome is not the leaf in the tree's place, or tells
        of something else: who signed a record has signed neither its place and time in the log, nor what the chain made
        of it, and what is sealed is not looked at again.
        """
        for row in settled.told.values():
            if row.log_index < tree.size:
                require_leaf(row, tree)
                if self._home.domain.record_id(row.record) != row.record_id:
                    raise other_than_published(row.record_id)
        for record_id, items in settled.items.items():
            for item in items:
                teller = settled.told.get(item.outcome_record)
                if teller is None or not isinstance(teller.record, OutcomeRecord):
                    raise other_than_published(record_id)
                if (teller.record.record, teller.log_index) != (record_id, item.log_index):
                    raise other_than_published(record_id)

    def _opened(self, stretch: Stretch, evidence: Evidence) -> encoding.Sealed | None:
        """What a stretch holds, with the evidence that there is; None where its seal does not hold."""
        if not hmac.compare_digest(stretch.seal, self._seal(stretch.start, stretch.stop, stretch.body)):
            return None
        return encoding.read(stretch.body, evidence)

    def _seal(self, start: int, stop: int, body: bytes) -> bytes:
        """Of which log, from where to where: leaves are written once, and never again."""
        about = self._home.log_id + start.to_bytes(8, "big", signed=True) + stop.to_bytes(8, "big", signed=True)
        return encoding.seal_of(self._secret, about, body)


def _is_final(verified: VerifiedRecord) -> bool:
    """Whether no later leaf says more of the record."""
    record = verified.record
    if isinstance(record, LOG_ONLY):
        return True
    lines = len(record.items) if isinstance(record, Handoff | Clearance) else 1
    unsaid = {*NOT_FINAL, Outcome.REJECTED}
    return len(verified.outcomes) >= lines and unsaid.isdisjoint(verified.outcomes)


def in_log_order(every: Iterable[VerifiedRecord]) -> list[VerifiedRecord]:
    """Each once, as it was read last."""
    latest = {verified.id: verified for verified in every}
    return sorted(latest.values(), key=lambda verified: verified.log_index)
