"""Whether the file of the embedded chain still holds what was written: everything in it that proves itself, reread.

Headers, bodies, receipts, state and code are stored under their hashes, so each proves itself. What is stored under
other keys is compared with these: the blocks form one chain of hashes down to the first, and each transaction is
looked up where it stands. Not proved: that a state follows from its transactions (they are not run again), and what
decides nothing that was recorded: the library's scores of blocks, and notes on reverts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.chain.faults import translated
from ledger.chain.keyvalue import SqliteStore
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.errors import LadingError

HASH_LENGTH = 32


@dataclass(frozen=True, slots=True)
class ChainDamage:
    """Something in the chain's file that is not what was written."""

    where: str
    expected: str
    found: str


def damages(store: SqliteStore, chaindb: Any) -> Iterator[ChainDamage]:
    """1. Every value whose key is a hash has this hash.
    2. From the head down, each block is found by its number, and names the one before.
    3. Every transaction of a block is looked up there, and nowhere else.

    Ends early with the trouble itself when something cannot be read at all.
    """
    try:
        # 1.
        for key, value in store.pairs():
            if len(key) == HASH_LENGTH and keccak256(value) != key:
                yield ChainDamage(f"value {to_hex(key)}", to_hex(key), to_hex(keccak256(value)))
        # 2.
        with translated("chain"):
            head = chaindb.get_canonical_head()
            number, parent = int(head.block_number), bytes(head.hash)
        while number >= 0:
            with translated("chain"):
                header = chaindb.get_canonical_block_header_by_number(number)
            if (bytes(header.hash), int(header.block_number)) != (parent, number):
                yield ChainDamage(f"block {number}", to_hex(parent), to_hex(header.hash))
                return
            # 3.
            yield from _misplaced(chaindb, header, number)
            number, parent = number - 1, bytes(header.parent_hash)
    except LadingError as error:
        yield ChainDamage(error.where or "chain", "a file that can be read", str(error))


def _misplaced(chaindb: Any, header: Any, number: int) -> Iterator[ChainDamage]:
    with translated("chain"):
        places = [(h, tuple(chaindb.get_transaction_index(h))) for h in chaindb.get_block_transaction_hashes(header)]
    for index, (transaction, place) in enumerate(places):
        if place != (number, index):
            yield ChainDamage(f"place of transaction {to_hex(transaction)}", f"{number}, {index}", f"{place}")
