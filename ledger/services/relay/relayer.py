"""From the outbox to the chain: every accepted record with a chain track is submitted until its outcome is final.

A record waits in the outbox from the commit that accepted it. The relayer submits it, many in one transaction where
there is a courier, and the follower reads what the chain made of it. In between:

- *refused*: the reason is kept, and it is tried again with growing pauses, or when something it concerns changes. Its
  sequences are free for others meanwhile.
  Only a refusal in a block later than `submitBy` is final, and only once that block was followed and no receipt of
  another transaction of the record speaks against it.
- *unjudged*: its call failed without a reason among others; it is sent alone. What a transaction did not come to is due
  as before.
- *ahead*, *unknown*: it rests without any transaction until something that it concerns changes.
- *another record uses its sequence first*: it is looked at again every half minute, for the other one may fail.
- after `submitBy` it is submitted once more, so that the chain itself says that it is too late. Without `submitBy` it
  goes to sleep after 30 days, until something that it concerns changes.

Submitting twice does no harm: a contract applies only what still applies, and the first final outcome stands.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.chain.contracts import contract_of, encode_call, kind_of, revert_reason
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.errors import ChainUnavailable, LadingError
from ledger.services.home.home import Home
from ledger.services.intake.sequencer import Sequencer
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.courier import Courier, Fate, Undelivered
from ledger.services.relay.final_rejections import FinalRejections
from ledger.services.relay.lease import Lease
from ledger.services.relay.loading import Loading
from ledger.services.relay.missed_events import CURSOR, MissedEvents
from ledger.services.relay.parcels import Parcel
from ledger.services.relay.sender import Sender
from ledger.store import cursors, outbox, pending, records, transactions
from ledger.store import log as log_store
from ledger.store.database import Connection
from ledger.store.outbox import OutboxRow
from ledger.store.pending import Slot
from ledger.store.records import StoredRecord

LEASE = "relayer"
BATCH = 200
"""Records in one commit of the outbox, and at most in one block of the embedded chain."""
_STEP_SECONDS = 2
"""A long backlog must not keep the rest of the work waiting: after this a step takes on nothing more."""
_MOST_LOOKS = 10
"""Batches that are looked through in a row without a transaction: many that wait must not hold up those behind them."""
_FIRST_PAUSE = 30
_LONGEST_PAUSE = HOUR
LONGEST_PAUSE_WITHOUT_LIMIT = DAY
"""Nothing waits longer for its next try, but for an override, which waits for the council's delay."""
DORMANT_AFTER = 30 * DAY
"""Seconds after which a record without `submitBy` is no longer tried, unless something that it concerns changes."""

BLOCK_SHARE = 25
"""Per cent of a block's gas that one transaction takes at most."""

log = logging.getLogger("lading.relayer")
Follow = Callable[[], object]
"""Takes into the log what the final blocks say, now or soon."""
Extras = Callable[[Connection, StoredRecord], Sequence[Any] | None]
"""The further arguments of a record's call, such as a claim's proof; None while they are not known."""


@dataclass(frozen=True, slots=True)
class RelayReport:
    """What one step did, in records. `held` is False when another process has the lease; `more`: it took on nothing
    more because its time was over.
    """

    held: bool = True
    submitted: int = 0
    refused: int = 0
    rejected: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Foresight:
    """What submitting a record now would bring. `rests` says in words why nothing, or is empty; `slots` are the
    sequences that it would use up, `moves` whether anything would come of it."""

    rests: str = ""
    slots: tuple[Slot, ...] = ()
    moves: bool = False


Foresee = Callable[[Connection, StoredRecord], Foresight]
"""Judges a record that waits, or that failed before, on what the chain has recorded."""


@dataclass(frozen=True, slots=True)
class _PutOff:
    """Why a record is not submitted now. `frees`: it holds no sequence meanwhile; `rests`: only a change of what it
    concerns can help, and it holds none either; `soon`: time alone does, and looking again costs little."""

    why: str
    frees: bool = False
    rests: bool = False
    soon: bool = False


def foresee_nothing(_: Connection, __: StoredRecord) -> Foresight:
    return Foresight()


def no_extras(_: Connection, __: StoredRecord) -> Sequence[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """What the relayer asks of others, and how much it takes on at a time."""

    follow: Follow
    extras: Extras = no_extras
    foresee: Foresee = foresee_nothing
    batch: int = BATCH
    block_share: int = BLOCK_SHARE


def pause(row: OutboxRow) -> int:
    """Seconds until a record that failed is tried again: doubling from half a minute."""
    longest = _LONGEST_PAUSE if row.submit_by else LONGEST_PAUSE_WITHOUT_LIMIT
    return min(_FIRST_PAUSE << min(row.attempts, 20), longest)


def next_try(row: OutboxRow, now: int) -> int:
    """When to try again: after the pause, but no later than the first second after `submitBy`."""
    after = now + pause(row)
    return min(after, row.submit_by + 1) if row.submit_by >= now else after


class Relayer:
    """One at a time submits: who holds `lease`, which is the sender's too."""

    def __init__(
        self,
        home: Home,
        sender: Sender,
        sequencer: Sequencer,
        options: RelayOptions,
        lease: Lease,
    ) -> None:
        self._database = home.database
        self._chain = home.chain
        self._sender = sender
        self._lease = lease
        self._sequencer = sequencer
        self._book = ContractBook(home.chain, home.deployment)
        self._courier = Courier(home)
        self._loading = Loading(self._courier, options.block_share)
        self._missed = MissedEvents(home, options.follow)
        self._rejections = FinalRejections(home, self._missed)
        self._domain = home.domain
        self._clock = home.clock
        self._options = options

    def step(self) -> RelayReport:
        """Submit some of what is due and note what became of it. Call it again while it submits.

        1. Take the lease, or leave; take it again before every batch.
        2. Push what an earlier step, or an earlier life, left behind, and see what is settled.
        3. Batch by batch: sign and store, send, see what is settled; until nothing is due, the network is full, or two
           seconds are over.
        4. Put back what was in a block but left no event, after looking for the event once more.

        Raises `ChainUnavailable` when the node is, and `LeaseLost` when another took over meanwhile; everything stored
        is looked up at the next step.
        """
        submitted = refused = rejected = 0
        begun, ends, over = 1, self._clock.monotonic() + _STEP_SECONDS, False
        while begun:
            if not self._lease.take():
                return RelayReport(held=False, submitted=submitted, refused=refused, rejected=rejected)
            if self._sender.unfinished():
                self._sender.push()
            failed, ended = self._collect()
            refused, rejected = refused + failed, rejected + ended
            over = self._clock.monotonic() >= ends
            begun = 0 if over else self._begin()
            submitted += begun
        if not submitted:
            self._put_back_stranded()
        return RelayReport(submitted=submitted, refused=refused, rejected=rejected, more=over)

    def under_way(self) -> bool:
        """Whether a transaction is neither in a final block nor given up."""
        return bool(self._sender.unfinished())

    # --- 2: what became of it ----------------------------------------------------------------------------------------

    def _collect(self) -> tuple[int, int]:
        """Note settled transactions: how many records were refused, and for how many of these it was the end."""
        settled = self._sender.settle()
        if settled:
            # What the chain said of a record stands, whoever submitted it first; the rest is looked at more closely.
            self._options.follow()
            settled = self._rejections.followed(settled)
        undelivered = self._courier.undelivered(settled)
        settled, ends = self._rejections.judge(settled, undelivered)
        if not settled:
            return 0, 0
        failed = [one for one in undelivered if one.settled in settled]
        ended = {entry.settles for entry in ends}
        now = self._clock.now()

        def note(connection: Connection) -> None:
            self._sender.finish(connection, settled)
            for one in failed:
                if one.record_id not in ended:
                    self._note_undelivered(connection, one, now)

        # One commit: a crash before it finds the receipts again, after it nothing is left to do.
        if ends:
            self._sequencer.append(ends, note)
        else:
            with self._database.write() as connection:
                log_store.hold(connection)
                note(connection)
        self._loading.learn(settled, failed)
        return sum(one.fate == Fate.REFUSED for one in failed), len(ends)

    def _note_undelivered(self, connection: Connection, one: Undelivered, now: int) -> None:
        row = outbox.get(connection, one.record_id)
        if row is None or row.state == outbox.FINAL:
            return
        if one.fate == Fate.LEFT and one.settled.receipt is not None:
            outbox.put_back(connection, [one.record_id])
            return
        # It may wait for long or for ever, so it must not keep others from its sequence: the chain decides.
        pending.free(connection, [one.record_id])
        again = next_try(row, now) if one.fate == Fate.REFUSED else now
        outbox.postpone(connection, [one.record_id], again, self._reason(one))

    def _reason(self, one: Undelivered) -> str:
        receipt = one.settled.receipt
        if receipt is None:
            return "another transaction took its nonce"
        reason = "it was not judged" if one.fate == Fate.UNJUDGED else str(revert_reason(one.reason))
        log.warning("record %s was refused in block %d: %s", to_hex(one.record_id), receipt.block, reason)
        return reason

    # --- 3: submitting -----------------------------------------------------------------------------------------------

    def _begin(self) -> int:
        """Store the transactions of the next batch; how many records they carry.

        Batches in which everything is put off do not count.
        """
        for _ in range(_MOST_LOOKS):
            begun, looked_at = self._next_batch()
            if begun or not looked_at:
                return begun
        return 0

    def _next_batch(self) -> tuple[int, int]:
        """How many records are on their way now, of how many rows that were due."""
        room = self._sender.room()
        if room <= 0:
            return 0, 0
        now = self._clock.now()
        with self._database.read() as connection:
            under_way = transactions.records_of(connection, self._sender.unfinished()).values()
            busy = {record_id for ids in under_way for record_id in ids}
            seen = cursors.get(connection, CURSOR)
            rows = [row for row in outbox.due(connection, now, self._options.batch) if row.record_id not in busy]
            stored = records.get_many(connection, (row.record_id for row in rows))
            batch = _Batch(connection)
            plans = [(row, self._plan(batch, row, stored[row.record_id], now)) for row in rows]
        parcels = [plan for _, plan in plans if isinstance(plan, Parcel)]
        intents = self._loading.intents(parcels, self._sender.block_gas())[:room]
        begun = [record_id for intent in intents for record_id in intent.record_ids]

        def note(connection: Connection) -> None:
            log_store.hold(connection)
            outbox.mark_sent(connection, begun)
            pending.take(connection, {slot: holder for slot, holder in batch.taken.items() if holder in set(begun)})
            unchanged = cursors.get(connection, CURSOR) == seen
            for row, plan in plans:
                if isinstance(plan, _PutOff):
                    old = not row.submit_by and stored[row.record_id].log_time + DORMANT_AFTER <= now
                    self._put_off(connection, row, plan, now, old=old, unchanged=unchanged)

        if intents:
            self._sender.begin(intents, note)
            self._loading.sent(begun)
        elif plans:
            with self._database.write() as connection:
                note(connection)
                self._lease.confirm(connection)
        return len(begun), len(rows)

    def _put_off(
        self, connection: Connection, row: OutboxRow, plan: _PutOff, now: int, *, old: bool, unchanged: bool
    ) -> None:
        """Note why a record is not submitted, and when to look again: after a pause, or when what it concerns changes.

        `old`: it has no `submitBy` and was tried for long enough. Unless `unchanged`, what it waits for may just have
        come, and it stays due.
        """
        if plan.frees or plan.rests:
            pending.free(connection, [row.record_id])
        if plan.rests and unchanged:
            outbox.rest(connection, row, plan.why)
        elif old and unchanged:
            outbox.rest(connection, row, f"{plan.why}; not tried any more until something about it changes")
        elif not plan.rests:
            again = min(next_try(row, now), now + _FIRST_PAUSE) if plan.soon else next_try(row, now)
            outbox.postpone(connection, [row.record_id], again, plan.why)

    def _plan(self, batch: "_Batch", row: OutboxRow, stored: StoredRecord, now: int) -> Parcel | _PutOff:
        """The call that submits it, or why there is none now."""
        # After submitBy the refusal itself is wanted on the chain.
        again = (row.attempts > 0 or row.state == outbox.WAITING) and not 0 < row.submit_by < now
        foresight = Foresight()
        if again:
            foresight = self._options.foresee(batch.connection, stored)
            if foresight.rests:
                return _PutOff(foresight.rests, rests=True)
            if batch.held_by_another(foresight.slots, row.record_id):
                # Looked at again soon: nothing that it concerns changes when the other one fails.
                return _PutOff("another record that uses the same sequence is pending", frees=True, soon=True)
        try:
            extras = self._options.extras(batch.connection, stored)
            if extras is None:
                return _PutOff("what its call needs besides the record is not known yet")
            target = self._book.target(batch.connection, stored.record, row.record_id, batch.asked)
            if target is None:
                return _PutOff("no contract of its kind is in force", soon=True)
            data = encode_call(stored.signed, *extras)
        except ChainUnavailable:
            raise
        except LadingError as error:
            return _PutOff(str(error))
        if again:
            # It failed before: ask first, so that a hopeless record does not fill blocks.
            result = self._chain.call(target, data, sender=self._sender.address)
            if not result.succeeded:
                return _PutOff(str(revert_reason(result.output)), frees=True)
            batch.taken |= dict.fromkeys(foresight.slots, row.record_id)
        kind = int(kind_of(contract_of(type(stored.record)) or "") or 0)
        return Parcel(row.record_id, target, kind, self._loading.gas_bound(row.record_id, stored.record), data)

    # --- 4: what nobody looks after ----------------------------------------------------------------------------------

    def _put_back_stranded(self) -> None:
        """Rows marked as sent whose transactions are all settled and whose block was followed: no event came."""
        now = self._clock.now()
        with self._database.read() as connection:
            followed = cursors.get(connection, CURSOR)
            if followed is None:
                return
            rows = outbox.in_state(connection, outbox.SENT, self._options.batch)
            moving = transactions.under_way(connection, (row.record_id for row in rows), followed.block)
            stranded = [row for row in rows if row.record_id not in moving]
        if not stranded:
            return
        clear = self._missed.all_followed([row.record_id for row in stranded])
        with self._database.write() as connection:
            log_store.hold(connection)
            self._lease.confirm(connection)
            for row in stranded:
                if row.record_id not in clear:
                    continue
                now_at = outbox.get(connection, row.record_id)
                if now_at is not None and now_at.state == outbox.SENT:  # still, after all was followed
                    outbox.postpone(connection, [row.record_id], next_try(row, now), "its event has not been seen")


@dataclass
class _Batch:
    """What the plans of one batch share: contracts asked for already, and sequences that its records take."""

    connection: Connection
    asked: dict[ContractKind, bytes | None] = field(default_factory=dict)
    taken: dict[Slot, RecordId] = field(default_factory=dict)

    def held_by_another(self, slots: Sequence[Slot], record_id: RecordId) -> bool:
        holders = {**pending.holders(self.connection, slots), **self.taken}
        return any(holders.get(slot, record_id) != record_id for slot in slots)
