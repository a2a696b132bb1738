"""From the chain to the log: what contracts recorded becomes outcomes, and records that nobody told us about.

Final blocks only, in order, each exactly once: what a range of blocks says and how far it reaches are committed
together, so a crash at any moment repeats or loses nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.chain.client import Block
from ledger.chain.contracts import REGISTRY
from ledger.chain.events import RecordedEvent
from ledger.codes import NOT_FINAL
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import HOUR
from ledger.errors import ChainUnavailable, InconsistentLog, Misconfigured, TreeView
from ledger.records.index_keys import SHIPMENT, concerns
from ledger.records.types import Checkpoint, Override
from ledger.services.home.home import Home
from ledger.services.intake.out_of_order import ANNOUNCED, in_words
from ledger.services.intake.sequencer import Entry, Sequencer
from ledger.services.relay.chain_reader import BlockRange, Settling, TimedEvent, read_ranges
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.final_rejections import outcome_entry
from ledger.services.relay.gaps import find_gap
from ledger.services.relay.missed_events import CURSOR, rewind
from ledger.services.relay.relayer import next_try
from ledger.store import checkpoints, cursors, outbox, pending, records
from ledger.store import log as log_store
from ledger.store.database import Connection
from ledger.store.projections import outcomes

GAP_SECONDS = 600
"""For so long a node may go on hiding what came before an event."""
_GAP_PAUSE = 30

log = logging.getLogger("lading.follower")
Project = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class FollowReport:
    """How far the chain was followed, and what one step took from it; `money`: events of bonus agreements; `newest`:
    the last block of it, if any.
    """

    block: int
    events: int = 0
    appended: int = 0
    outcomes: int = 0
    undecodable: int = 0
    money: int = 0
    newest: Block | None = None


class _OvertakenError(Exception):
    """The chain was followed by another meanwhile, or is to be read again."""


@dataclass
class _Consequences:
    """What follows from a range of blocks, before anything is written."""

    entries: list[Entry] = field(default_factory=list)
    appended: int = 0
    outcomes: int = 0
    touched: set[str] = field(default_factory=set)
    registry_changed: bool = False
    waiting: dict[RecordId, RecordedEvent] = field(default_factory=dict)
    ready: set[RecordId] = field(default_factory=set)


class Follower:
    """Reads the chain for one log. `project` runs in each commit, after the records were appended."""

    def __init__(self, home: Home, sequencer: Sequencer, *, project: Project | None = None) -> None:
        self._database = home.database
        self._chain = home.chain
        self._sequencer = sequencer
        self._book = ContractBook(home.chain, home.deployment)
        self._deployment = home.deployment
        self._log_id = home.log_id
        self._clock = home.clock
        self._project = project
        self._gaps: dict[tuple[int, int], tuple[int, int]] = {}
        """By block and index of an event that does not fit: since when it is known, and when to read again."""

    def step(self) -> FollowReport:
        """Follow the chain up to its newest final block, range by range, one commit each.

        Raises `ChainUnavailable` when the node is, `Misconfigured` when the chain is not the one followed before.
        """
        final = self._chain.final()
        cursor = self._position()
        done, last = (self._deployment.block - 1, None) if cursor is None else (cursor.block, cursor.block_hash)
        total = FollowReport(done)
        with self._database.read() as connection:
            known = self._book.known(connection)
        ranges = read_ranges(self._chain, self._deployment, final, after=done, parent=last, contracts=known)
        for blocks in ranges:
            for strange in blocks.undecodable:
                event = strange.log
                log.warning("event %d of block %d holds no record: %s", event.index, event.block, strange.why)
            if not blocks.proved:
                self._require_no_gap(blocks)
            result = self._derive(blocks)
            try:
                cursor = self._commit(blocks, result, cursor)
            except _OvertakenError:
                break
            total = FollowReport(
                blocks.end.number,
                total.events + len(blocks.events),
                total.appended + result.appended,
                total.outcomes + result.outcomes,
                total.undecodable + len(blocks.undecodable),
                total.money + sum(timed.event.signed.record.MONEY for timed in blocks.events),
                blocks.end,
            )
        return total

    def behind(self) -> bool:
        """Whether the chain has final blocks that were not followed."""
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
        return cursor is None or self._chain.final() > cursor.block

    def has_begun(self) -> bool:
        """Whether anything was followed or logged before."""
        with self._database.read() as connection:
            return cursors.get(connection, CURSOR) is not None or log_store.head(connection).size > 0

    # --- reading -----------------------------------------------------------------------------------------------------

    def _position(self) -> cursors.Cursor | None:
        """The last block that is in the log, checked to be still the same block; None before any."""
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
        if cursor is None:
            self._deployment.check(self._chain)
            return None
        block = self._chain.block(cursor.block)
        if block is None:
            self._deployment.check(self._chain)
            raise ChainUnavailable(
                "the node is behind what was followed: it has not got that block",
                where=f"block {cursor.block}",
                mend="Nothing is taken from it until it has caught up. Was its data lost or restored from a backup?",
            )
        if block.hash != cursor.block_hash:
            raise Misconfigured(
                "the chain is not the one that was followed before",
                where=f"block {cursor.block}",
                expected=to_hex(cursor.block_hash),
                found=to_hex(block.hash),
                mend="The chain was reset, or a block taken as final was replaced: check the finality setting.",
            )
        return cursor

    def _require_no_gap(self, blocks: BlockRange) -> None:
        """Raise `ChainUnavailable` for an event that does not follow from the log; what was missed is read again.

        For so long only: in a log that lost an event in an earlier version, what follows on it never fits.
        """
        if self._project is None or not blocks.events:
            return
        with self._database.write() as connection:
            self._project(connection)  # what only the log takes may have come since
            gap = find_gap(connection, blocks.events)
        if gap is None:
            return
        place, now = (gap.event.log.block, gap.event.log.index), self._clock.now()
        where = f"block {place[0]}, event {place[1]}"
        first, again = self._gaps.setdefault(place, (now, now))
        if now - first > GAP_SECONDS:
            log.error("%s does not follow from the log: %s, and the log has %s", where, gap.found, gap.expected)
            return
        if now >= again:
            self._gaps[place] = (first, now + _GAP_PAUSE)
            rewind(self._database, self._chain, max(gap.since, self._deployment.block + 1))
        raise ChainUnavailable(
            "the event does not follow from those before: the node did not give them all",
            where=where,
            expected=gap.expected,
            found=gap.found,
        )

    # --- what follows from it ----------------------------------------------------------------------------------------

    def _derive(self, blocks: BlockRange) -> _Consequences:
        """Leaves for records that the log does not have and for outcomes that it does not know.

        In the order of the chain, each record before its outcome. An event whose items are all settled already gives
        no leaf: the first final outcome stands.
        """
        result = _Consequences()
        carried = [timed for timed in blocks.events if not isinstance(timed.event.signed.record, Checkpoint)]
        ids = {timed.event.record_id for timed in carried}
        with self._database.read() as connection:
            in_log = set(records.get_many(connection, ids))
            known = outcomes.of_many(connection, ids)
        domain = self._deployment.domain()
        settling = Settling(domain, {i: {row.item: row.outcome for row in rows} for i, rows in known.items()})
        for timed in carried:
            event = timed.event
            record, record_id = event.signed.record, event.record_id
            outcome = settling.outcome(timed)
            complete = record_id in settling.finished
            if record_id not in in_log:
                # Somebody submitted it directly. If it has to wait, it is submitted again like one of ours.
                submit_by = getattr(record, "submitBy", 0)
                result.entries.append(
                    Entry(
                        event.signed,
                        record_id,
                        concerns=concerns(record_id, record),
                        relay=not complete,
                        submit_by=submit_by,
                    )
                )
                in_log.add(record_id)
                result.appended += 1
            if outcome is not None:
                result.entries.append(outcome_entry(domain, outcome, record_id if complete else None))
                result.outcomes += 1
                result.touched |= (touched := _shipments(event))
                result.registry_changed |= event.contract == REGISTRY
                # What was put off earlier in this range need not wait, if this is what it waited for.
                result.ready |= {i for i, other in result.waiting.items() if touched & _shipments(other)}
            result.waiting.pop(record_id, None)
            result.ready.discard(record_id)
            if not complete:
                result.waiting[record_id] = event
        return result

    # --- writing -----------------------------------------------------------------------------------------------------

    def _commit(self, blocks: BlockRange, found: _Consequences, since: cursors.Cursor | None) -> cursors.Cursor:
        """One transaction: leaves, what waits or need not wait any longer, projections, and how far we came.

        Raises `_OvertakenError`, and nothing is written, unless the cursor is still at `since`.
        """
        reached = cursors.Cursor(CURSOR, blocks.end.number, blocks.end.hash)
        retries = {record_id: self._next_try(event) for record_id, event in found.waiting.items()}

        def also(connection: Connection) -> None:
            if not cursors.advance(connection, since, reached):
                raise _OvertakenError
            self._book.add(connection, blocks.contracts)
            for timed in blocks.events:
                self._note_anchor(connection, timed)
            if found.registry_changed:
                outbox.wake(connection)
            elif found.touched:
                outbox.wake(connection, sorted(found.touched))
            # After waking the others: what the chain has just put off would only be put off again.
            for record_id, (announced, problem) in retries.items():
                row = outbox.get(connection, record_id)
                if row is not None and row.state != outbox.FINAL:
                    again = 0 if record_id in found.ready else max(next_try(row, self._clock.now()), announced)
                    state = outbox.PENDING if announced else outbox.WAITING
                    outbox.postpone(connection, [record_id], again, problem, state=state)
                    pending.free(connection, [record_id])  # what waits holds no sequence
            if self._project is not None and found.entries:
                self._project(connection)

        self._sequencer.append(found.entries, also)
        return reached

    def _next_try(self, event: RecordedEvent) -> tuple[int, str]:
        """When an announced override may move, else 0; and what the record waits for, in words."""
        if isinstance(event.signed.record, Override):
            ready = self._book.override_ready_at(event.log.address, event.record_id)
            if ready:
                # The node's bare word: put off for longer than the delay, the record would wait for ever.
                latest = self._clock.now() + self._deployment.genesis.delay + HOUR
                return min(ready, latest), ANNOUNCED
        return 0, in_words([i for i, code in enumerate(event.outcomes) if code in NOT_FINAL])

    def _note_anchor(self, connection: Connection, timed: TimedEvent) -> None:
        event = timed.event
        record = event.signed.record
        if not isinstance(record, Checkpoint) or record.logId != self._log_id:
            return
        ours = checkpoints.get(connection, record.size)
        if ours is not None and ours.root != record.root:
            raise InconsistentLog(
                "the chain holds another checkpoint of this log than the database",
                first=TreeView(record.size, to_hex(record.root)),
                second=TreeView(ours.size, to_hex(ours.root)),
                where=f"block {event.log.block}",
            )
        checkpoints.set_anchored(connection, record.size, event.log.block, event.log.transaction, timed.time)


def _shipments(event: RecordedEvent) -> set[str]:
    return {c.key for c in concerns(event.record_id, event.signed.record) if c.kind == SHIPMENT}


def rebuild_from_events(follower: Follower) -> FollowReport:
    """The database was lost: put every record that the chain holds into the new log, with its outcomes.

    Log-only records, opened private parts and the old log's order are not on the chain and stay lost. `follower` must
    stand on an empty database; raises `Misconfigured` otherwise.
    """
    if follower.has_begun():
        raise Misconfigured("the database is not empty", where="rebuild", mend="Rebuild into a new home directory.")
    return follower.step()
