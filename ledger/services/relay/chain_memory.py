"""What the chain remembers of this home: a home that was put back to an older state meets it before it signs anything.

The anchor contract holds the newest checkpoint of the log. The block up to which the chain was followed is still the
same block. And the chain counts the transactions of the relayer's account: each was stored before it was sent, so when
there are more of them, the records that follow show whether the database forgot any.

A node that lies is no fork. What this log's own key signed, and the chain took, contradicts it for good; the bare word
of a node only holds it back, until the node says otherwise of a state that is no older.
"""

from collections.abc import Iterator

from ledger.chain.contracts import CONTRACT_OF_KIND, view
from ledger.chain.events import RecordedEvent
from ledger.codes import ContractKind
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import BadSignature, ChainUnavailable, InconsistentLog, VerificationFailed
from ledger.records.signing import recover
from ledger.records.types import Checkpoint
from ledger.services.home.consortium import OperatorKeys
from ledger.services.home.home import Home
from ledger.services.home.restored import is_restored
from ledger.services.home.settings import EMBEDDED
from ledger.services.publish.publisher import MEND, Publisher
from ledger.services.relay.chain_reader import TimedEvent, read_ranges
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.store import checkpoints, cursors, records, transactions

CHAIN = "chain"
"""What the guard is held by while the chain was not asked, or contradicts the log by its node's word alone."""
_ANCHOR = CONTRACT_OF_KIND[ContractKind.ANCHOR]
_CURSOR = "follower"


class ChainMemory:
    """One per process. `met`: the chain was asked, and nothing that it holds contradicts the log."""

    def __init__(self, home: Home, keys: OperatorKeys, publisher: Publisher) -> None:
        self._home = home
        self._relayer = keys.relayer.address
        self._anchor_key: KeyAddress = keys.anchor.address
        self._publisher = publisher
        self._book = ContractBook(home.chain, home.deployment)
        self._doubted = 0
        """The newest block of which a node said what contradicts the log; what it says of older ones lifts nothing."""
        self.met = False

    def meet(self) -> None:
        """Compare what the chain holds with the log.

        1. The block up to which the chain was followed is the same.
        2. The log contains the checkpoint that is anchored.
        3. Of the transactions that the relayer's account has sent, none is unknown and carries a record that is.

        Raises `VerificationFailed` when chain and log cannot both be the newest; `ChainUnavailable` when the chain
        cannot be asked, is behind, or contradicts the log by its node's word alone: then the guard is held until it
        does not. `Misconfigured` when it is another chain.
        """
        self.met = False
        with self._home.database.read() as connection:
            cursor = cursors.get(connection, _CURSOR)
            stored = transactions.next_nonce(connection, self._relayer)
        # 1.
        if cursor is None:
            self._home.deployment.check(self._home.chain)
        else:
            self._compare_block(cursor)
        # 2.
        self._compare_anchored()
        # 3. Without any, a database that is no backup was rebuilt from the chain, which shows no transactions that
        # were not needed.
        sent = stored or is_restored(self._home.settings.home)
        if cursor is not None and sent and stored < self._home.chain.nonce(self._relayer):
            self._compare_records(cursor, stored)
        self.met = True
        self._home.guard.release(CHAIN)

    def meet_again(self, told: InconsistentLog) -> None:
        """As `meet`, after the anchorer was `told` what contradicts the log; the guard is held until nothing does."""
        self._home.guard.hold(CHAIN, _doubt(told))
        self.meet()

    # --- the block that was followed ---------------------------------------------------------------------------------

    def _compare_block(self, cursor: cursors.Cursor) -> None:
        chain = self._home.chain
        block, embedded = chain.block(cursor.block), self._home.settings.chain == EMBEDDED
        if block is None and not embedded:
            raise ChainUnavailable(
                "the node is behind: it lacks a block that was followed before", where=f"block {cursor.block}"
            )
        if block is None:
            raise VerificationFailed(
                "the chain file is older than the database",
                where="chain.db",
                expected=f"block {cursor.block}",
                found=f"{chain.head()} blocks",
                mend="Put the newest chain.db back.",
            )
        if block.hash != cursor.block_hash:
            error = (VerificationFailed if embedded else ChainUnavailable)(
                "the chain is not the one that was followed before",
                where=f"block {cursor.block}",
                expected=to_hex(cursor.block_hash),
                found=to_hex(block.hash),
                mend="The chain was reset or restored, or a block taken as final was replaced: check the finality "
                "setting. If the node erred, it goes on by itself.",
            )
            self._home.guard.hold(CHAIN, error)
            raise error

    # --- what is anchored --------------------------------------------------------------------------------------------

    def _compare_anchored(self) -> None:
        """Of one block that the node has: so it is known what state an answer is about."""
        chain = self._home.chain
        block = chain.head()
        if block < self._doubted or chain.block(block) is None:
            raise ChainUnavailable(
                "the node is behind", where=f"block {block}", expected=f"block {max(block, self._doubted)}"
            )
        contract = self._book.in_force(ContractKind.ANCHOR)
        if contract is None:
            return
        size, root, _ = view(chain, contract, _ANCHOR, "anchored", self._home.log_id, block=block)
        with self._home.database.read() as connection:
            newest = checkpoints.latest_anchored(connection)
        if not size:
            return  # a new contract that continues none begins with nothing
        if newest is not None and int(size) < newest.size:
            raise ChainUnavailable(
                "the node is behind: it lacks a checkpoint that was anchored", expected=newest.size, found=size
            )
        try:
            self._publisher.check_contained(int(size), bytes(root))
        except InconsistentLog as error:
            self._judge(error, block, newest)

    def _judge(self, told: InconsistentLog, block: int, newest: checkpoints.StoredCheckpoint | None) -> None:
        """Raise what contradicts the log for good, or `ChainUnavailable` where `told` is all there is.

        The contract takes only what the log's anchor key signed, and tells of it: what is anchored since the `newest`
        that the database knows of can be shown.
        """
        self._doubted = max(self._doubted, block)
        doubt = _doubt(told)
        self._home.guard.hold(CHAIN, doubt)  # before the search: it may fail
        since = None if newest is None or newest.anchored_block is None else newest.anchored_block - 1
        for events in self._events(block, since):
            for timed in events:
                if (shown := self._signed_by_us(timed.event)) is not None:
                    self._publisher.check_contained(shown.size, shown.root)
        raise doubt

    def _signed_by_us(self, event: RecordedEvent) -> Checkpoint | None:
        """The checkpoint of this log that an event carries, if the anchor key signed it."""
        record = event.signed.record
        if not isinstance(record, Checkpoint) or record.logId != self._home.log_id:
            return None
        try:
            signers = {recover(event.record_id, signature) for signature in event.signed.signatures}
        except BadSignature:
            return None
        return record if self._anchor_key in signers else None

    def _events(self, last: int, after: int | None) -> Iterator[tuple[TimedEvent, ...]]:
        with self._home.database.read() as connection:
            known = self._book.known(connection)
        for blocks in read_ranges(self._home.chain, self._home.deployment, last, after=after, contracts=known):
            yield blocks.events

    # --- what the relayer sent ---------------------------------------------------------------------------------------

    def _compare_records(self, cursor: cursors.Cursor, stored: int) -> None:
        """The chain has transactions of the relayer's account that the database never signed: none may carry a record.

        Another program may have sent them, which is asking for trouble and no more. But a record that the log lacks was
        accepted here, with a receipt, and forgotten. Others' records may follow too, and the number is the node's bare
        word: it is asked again before anything is made of it.
        """
        self._home.guard.hold(
            CHAIN,
            ChainUnavailable(
                "the relayer's account has sent transactions that the database does not know, and what they carried "
                "could not be read yet",
                where=f"account {to_hex(self._relayer)}",
                expected=f"{stored} transactions",
            ),
        )
        forgotten = self._first_unknown(cursor.block)
        if forgotten is None or self._home.chain.nonce(self._relayer) <= stored:
            return
        block, record_id = forgotten
        raise VerificationFailed(
            "the chain holds a record that this home has relayed and its log does not have",
            where=f"block {block}",
            found=to_hex(record_id),
            mend=MEND,
        )

    def _first_unknown(self, after: int) -> tuple[int, RecordId] | None:
        """Block and id of the first record after a block that the log does not have."""
        for events in self._events(self._home.chain.head(), after):
            carried = [timed.event for timed in events if not isinstance(timed.event.signed.record, Checkpoint)]
            with self._home.database.read() as connection:
                in_log = records.get_many(connection, {event.record_id for event in carried})
            for event in carried:
                if event.record_id not in in_log:
                    return event.log.block, event.record_id
        return None


def _doubt(told: InconsistentLog) -> ChainUnavailable:
    return ChainUnavailable(
        f"what the node says is anchored contradicts the log: {told.what}",
        where=told.where,
        expected=told.expected,
        found=told.found,
        mend="The chain shows no such checkpoint that this log signed. The node is asked again, and nothing is signed "
        "meanwhile; ask another one if it goes on.",
    )
