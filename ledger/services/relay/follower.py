"""From the chain to the log: what contracts recorded becomes outcomes, and records that nobody told us about.

Final blocks only, in order, each exactly once: what a range of blocks says and how far it reaches are committed
together, so a crash at any moment repeats or loses nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.chain.client import Block
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY
from ledger.chain.events import RecordedEvent, Undecodable, decode_event, item_count
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import ChainUnavailable, InconsistentLog, Misconfigured, TreeView
from ledger.records.index_keys import SHIPMENT, concerns
from ledger.records.signing import Domain
from ledger.records.types import Checkpoint, Outcome, Override, RegistryChange
from ledger.services.home.home import Home
from ledger.services.intake.out_of_order import ANNOUNCED, in_words
from ledger.services.intake.sequencer import Entry, Sequencer
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.relayer import next_try, outcome_entry
from ledger.store import checkpoints, cursors, outbox, pending, records
from ledger.store import log as log_store
from ledger.store.database import Connection
from ledger.store.projections import outcomes

CURSOR = "follower"
NOT_FINAL = (Code.AHEAD, Code.UNKNOWN)
"""These items wait for their predecessor; the record is submitted again."""
_FEWEST_BLOCKS, _MOST_BLOCKS = 16, 2_000
_EVENTS_A_COMMIT = 400

log = logging.getLogger("lading.follower")
Project = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class FollowReport:
    """How far the chain was followed, and what one step took from it."""

    block: int
    events: int = 0
    appended: int = 0
    outcomes: int = 0
    undecodable: int = 0


@dataclass
class _Range:
    """What a range of blocks holds, and what follows from it, before anything is written."""

    first: int
    last: Block
    events: list[RecordedEvent] = field(default_factory=list)
    undecodable: int = 0
    opened: list[tuple[ContractKind, bytes]] = field(default_factory=list)
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
        self._width = _FEWEST_BLOCKS

    def step(self) -> FollowReport:
        """Follow the chain up to its newest final block, range by range, one commit each.

        Raises `ChainUnavailable` when the node is, `Misconfigured` when the chain is not the one followed before.
        """
        final = self._chain.final()
        done = self._position()
        total = FollowReport(done)
        while done < final:
            found = self._read(done + 1, min(done + self._width, final))
            self._derive(found)
            self._commit(found)
            done = found.last.number
            total = FollowReport(
                done,
                total.events + len(found.events),
                total.appended + found.appended,
                total.outcomes + found.outcomes,
                total.undecodable + found.undecodable,
            )
            busy = len(found.events) > _EVENTS_A_COMMIT
            self._width = max(self._width // 2, _FEWEST_BLOCKS) if busy else min(self._width * 2, _MOST_BLOCKS)
        return total

    def has_begun(self) -> bool:
        """Whether anything was followed or logged before."""
        with self._database.read() as connection:
            return cursors.get(connection, CURSOR) is not None or log_store.head(connection).size > 0

    # --- reading -----------------------------------------------------------------------------------------------------

    def _position(self) -> int:
        """The last block that is in the log, checked to be still the same block."""
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
        if cursor is None:
            self._deployment.check(self._chain)
            return self._deployment.block - 1
        block = self._chain.block(cursor.block)
        if block is None or block.hash != cursor.block_hash:
            raise Misconfigured(
                "the chain is not the one that was followed before",
                where=f"block {cursor.block}",
                expected=to_hex(cursor.block_hash),
                found=to_hex(block.hash) if block else "no such block",
                mend="The chain was reset, or a block taken as final was replaced: check the finality setting.",
            )
        return cursor.block

    def _read(self, first: int, last: int) -> _Range:
        """The records of a range of blocks. Contracts opened within it are read from there on."""
        end = self._chain.block(last)
        if end is None:
            raise ChainUnavailable("a final block is missing", where=f"block {last}")
        with self._database.read() as connection:
            known = self._book.known(connection)
        while True:
            found = _Range(first, end)
            for entry in self._chain.logs(first, last, list(known)):
                event = decode_event(entry, known[entry.address], self._domain_at(entry.address, known))
                if isinstance(event, Undecodable):
                    found.undecodable += 1
                    log.warning("event %d of block %d holds no record: %s", entry.index, entry.block, event.why)
                elif event is not None:
                    found.events.append(event)
            found.opened = [opening for event in found.events if (opening := _opening(event)) is not None]
            unknown = {address: CONTRACT_OF_KIND[kind] for kind, address in found.opened if address not in known}
            if not unknown:
                return found
            known |= unknown

    def _domain_at(self, address: bytes, known: dict[bytes, str]) -> Domain:
        is_pool = known[address] == CONTRACT_OF_KIND[ContractKind.BONUS]
        return self._deployment.domain(address if is_pool else None)

    # --- what follows from it ----------------------------------------------------------------------------------------

    def _derive(self, found: _Range) -> None:
        """Leaves for records that the log does not have and for outcomes that it does not know.

        In the order of the chain, each record before its outcome. An event whose items are all settled already gives
        no leaf: the first final outcome stands.
        """
        carried = [event for event in found.events if not isinstance(event.signed.record, Checkpoint)]
        ids = {event.record_id for event in carried}
        with self._database.read() as connection:
            in_log = set(records.get_many(connection, ids))
            settled = {i: {o.item for o in known} for i, known in outcomes.of_many(connection, ids).items()}
        times: dict[int, int] = {}
        for event in carried:
            record, record_id = event.signed.record, event.record_id
            done = settled.setdefault(record_id, set())
            news = {item for item, code in enumerate(event.outcomes) if code not in NOT_FINAL} - done
            done |= news
            complete = len(done) == item_count(record)
            if record_id not in in_log:
                # Somebody submitted it directly. If it has to wait, it is submitted again like one of ours.
                submit_by = getattr(record, "submitBy", 0)
                found.entries.append(
                    Entry(
                        event.signed,
                        record_id,
                        concerns=concerns(record_id, record),
                        relay=not complete,
                        submit_by=submit_by,
                    )
                )
                in_log.add(record_id)
                found.appended += 1
            if news:
                outcome = self._outcome(event, times)
                found.entries.append(outcome_entry(self._deployment.domain(), outcome, record_id if complete else None))
                found.outcomes += 1
                found.touched |= (touched := _shipments(event))
                found.registry_changed |= event.contract == REGISTRY
                # What was put off earlier in this range need not wait, if this is what it waited for.
                found.ready |= {i for i, other in found.waiting.items() if touched & _shipments(other)}
            found.waiting.pop(record_id, None)
            found.ready.discard(record_id)
            if not complete:
                found.waiting[record_id] = event

    def _outcome(self, event: RecordedEvent, times: dict[int, int]) -> Outcome:
        number = event.log.block
        if number not in times:
            block = self._chain.block(number)
            if block is None:
                raise ChainUnavailable("a final block is missing", where=f"block {number}")
            times[number] = block.timestamp
        return Outcome(
            record=event.record_id,
            target=event.log.address,
            blockNumber=number,
            blockTime=times[number],
            transaction=event.log.transaction,
            eventIndex=event.log.index,
            outcomes=event.outcomes,
        )

    # --- writing -----------------------------------------------------------------------------------------------------

    def _commit(self, found: _Range) -> None:
        """One transaction: leaves, what waits or need not wait any longer, projections, and how far we came."""
        retries = {record_id: self._next_try(event) for record_id, event in found.waiting.items()}

        def also(connection: Connection) -> None:
            for kind, address in found.opened:
                self._book.add(connection, kind, address)
            for event in found.events:
                self._note_anchor(connection, event)
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
            cursors.put(connection, CURSOR, found.last.number, found.last.hash)

        self._sequencer.append(found.entries, also)

    def _next_try(self, event: RecordedEvent) -> tuple[int, str]:
        """When an announced override may move, else 0; and what the record waits for, in words."""
        if isinstance(event.signed.record, Override):
            ready = self._book.override_ready_at(event.log.address, event.record_id)
            if ready:
                return ready, ANNOUNCED
        return 0, in_words([i for i, code in enumerate(event.outcomes) if code in NOT_FINAL])

    def _note_anchor(self, connection: Connection, event: RecordedEvent) -> None:
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
        checkpoints.set_anchored(connection, record.size, event.log.block, event.log.transaction)


def _shipments(event: RecordedEvent) -> set[str]:
    return {c.key for c in concerns(event.record_id, event.signed.record) if c.kind == SHIPMENT}


def _opening(event: RecordedEvent) -> tuple[ContractKind, bytes] | None:
    """The contract that a registry change opens, by kind and address."""
    record = event.signed.record
    if not isinstance(record, RegistryChange) or record.action != RegistryAction.OPEN_CONTRACT:
        return None
    try:
        return ContractKind(record.number), record.key
    except ValueError:
        return None  # a kind that this version does not know


def rebuild_from_events(follower: Follower) -> FollowReport:
    """The database was lost: put every record that the chain holds into the new log, with its outcomes.

    Log-only records, opened private parts and the old log's order are not on the chain and stay lost. `follower` must
    stand on an empty database; raises `Misconfigured` otherwise.
    """
    if follower.has_begun():
        raise Misconfigured("the database is not empty", where="rebuild", mend="Rebuild into a new home directory.")
    return follower.step()
