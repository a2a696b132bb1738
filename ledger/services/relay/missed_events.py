"""Whether what our own transactions brought about has reached the log, and if not, that it is read again.

Blocks are compared with their headers when they are followed, but not every network's headers prove anything. A
receipt that says that our transaction succeeded is a second witness: its block must have settled what the log has.
"""

import logging
from collections.abc import Callable, Iterable

from ledger.chain.client import ChainReader
from ledger.codes import NOT_FINAL
from ledger.common.ids import RecordId, to_hex
from ledger.errors import ChainUnavailable
from ledger.services.home.home import Home
from ledger.services.relay.chain_reader import read_ranges
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.store import cursors, transactions
from ledger.store.database import Connection, Database
from ledger.store.projections import outcomes

CURSOR = "follower"
"""The name of the cursor that says how far the chain is in the log."""

log = logging.getLogger("lading.follower")


def rewind(database: Database, chain: ChainReader, block: int) -> None:
    """Have `block` and what comes after it followed again: something of it was missed."""
    before = chain.block(block - 1)
    if before is None:
        raise ChainUnavailable("a final block is missing", where=f"block {block - 1}")
    log.warning("something was missed in block %d or after it: the chain is read again from there", block)
    with database.write() as connection:
        # A crash before the commit leaves it to the next look.
        cursors.rewind(connection, CURSOR, before.number, before.hash)


class MissedEvents:
    """Compares receipts of our own transactions with the log of one home."""

    def __init__(self, home: Home, follow: Callable[[], object]) -> None:
        """`follow` takes into the log what the final blocks say."""
        self._database = home.database
        self._chain = home.chain
        self._deployment = home.deployment
        self._follow = follow
        self._book = ContractBook(home.chain, home.deployment)

    def follow_again(self, record_ids: Iterable[RecordId]) -> None:
        """See to it that what our transactions settled of these records is in the log.

        Raises `ChainUnavailable` when that cannot be said, see `find`, or not be had.
        """
        ids = list(record_ids)
        block = self.find(ids)
        if block is not None:
            rewind(self._database, self._chain, block)
            self._follow()
            if self.find(ids) is not None:
                raise ChainUnavailable("the node does not give the events of our transaction", where=f"block {block}")

    def find(self, record_ids: Iterable[RecordId]) -> int | None:
        """The first block that was followed and yet settled an item of these records that the log has not settled.

        Raises `ChainUnavailable` when nothing can be said: the node does not answer, no longer knows of a transaction
        that it had in a block, has one in a block that was not followed yet, or shows that block without it.
        """
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
            followed = 0 if cursor is None else cursor.block
            missed = {block for one in record_ids for block in self._missed(connection, one, followed)}
        return min(missed, default=None)

    def _missed(self, connection: Connection, record_id: RecordId, followed: int) -> list[int]:
        blocks: set[int] = set()
        for sent in transactions.of_record(connection, record_id):
            receipt = self._chain.receipt(sent.hash)
            if receipt is None and sent.state == transactions.MINED:
                raise ChainUnavailable("the node lost a transaction that it had in a block", where=to_hex(sent.hash))
            if receipt is not None and receipt.succeeded:
                if receipt.block > followed:
                    raise ChainUnavailable("a block with our transaction is not final yet", where=f"block {followed}")
                if not self._chain.confirms(receipt):
                    raise ChainUnavailable("it does not hold what its receipt says", where=f"block {receipt.block}")
                blocks.add(receipt.block)
        known = {row.item for row in outcomes.of(connection, record_id)} if blocks else set()
        return [block for block in blocks if self._settled_in(connection, record_id, block) - known]

    def _settled_in(self, connection: Connection, record_id: RecordId, block: int) -> set[int]:
        """The items of a record that the events of a block made final."""
        known = self._book.known(connection)
        (read,) = read_ranges(self._chain, self._deployment, block, after=block - 1, contracts=known)
        return {
            item
            for timed in read.events
            if timed.event.record_id == record_id
            for item, code in enumerate(timed.event.outcomes)
            if code not in NOT_FINAL
        }
