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

CURSOR = cursors.FOLLOWER

log = logging.getLogger("lading.follower")


def rewind(database: Database, chain: ChainReader, block: int) -> None:
    """Have `block` and what comes after it followed again: something of it was missed."""
    before = chain.events(block - 1, block - 1, []).blocks[-1]
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

    def all_followed(self, record_ids: Iterable[RecordId]) -> set[RecordId]:
        """Those of the records of which the log has all that our transactions settled, read again where it had not.

        The others are unclear: the node does not answer, has a transaction in a block that was not followed yet, shows
        a block without what its receipt says, or does not give the events.
        """
        clear, missed = self._look(record_ids)
        if missed:
            rewind(self._database, self._chain, min(missed.values()))
            self._follow()
            clear |= self._look(missed)[0]
        return clear

    def _look(self, record_ids: Iterable[RecordId]) -> tuple[set[RecordId], dict[RecordId, int]]:
        """Which records are clear, and of which a block was followed and yet not taken in; unclear ones are neither."""
        clear: set[RecordId] = set()
        missed: dict[RecordId, int] = {}
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
            followed = 0 if cursor is None else cursor.block
            for record_id in record_ids:
                try:
                    blocks = self._missed(connection, record_id, followed)
                except ChainUnavailable as error:
                    log.info("record %s: %s", to_hex(record_id), error)
                    continue
                if blocks:
                    missed[record_id] = min(blocks)
                else:
                    clear.add(record_id)
        return clear, missed

    def _missed(self, connection: Connection, record_id: RecordId, followed: int) -> list[int]:
        """The blocks of our transactions that settled an item of the record which the log has not settled."""
        blocks: set[int] = set()
        for sent in transactions.of_record(connection, record_id):
            receipt = self._chain.receipt(sent.hash)
            if receipt is None and sent.state == transactions.MINED and sent.block_number is not None:
                blocks.add(sent.block_number)  # nodes forget old transactions before old blocks
            if receipt is not None and receipt.succeeded:
                if receipt.block > followed:
                    raise ChainUnavailable(
                        "a block with our transaction is not followed", where=f"block {receipt.block}"
                    )
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
