"""eth-tester's py-evm backend, standing on a SQLite file instead of memory.

What differs from `PyEVMBackend`: the chain is opened, not reset; a block is committed to disk in one write when it is
made; and `make_block` executes many transactions, once each.
"""

from collections.abc import Sequence
from typing import Any

from eth_tester.backends.pyevm.main import PyEVMBackend
from eth_tester.exceptions import ValidationError as NotSupported
from eth_utils import ValidationError

from ledger.chain.evm.vm import BLOCK_GAS_LIMIT, chain_class, revert_output
from ledger.chain.keyvalue import SqliteStore

_FUNDS = 10**27
CHAIN_ID, REVERT = b"chain id", b"revert "
"""Keys of notes beside the chain's own pairs; the second is followed by a transaction's hash."""


def note_of_revert(transaction: bytes) -> bytes:
    """The store's key for a transaction's revert data, which no receipt holds."""
    return REVERT + transaction


class SqliteBackend(PyEVMBackend):  # type: ignore[misc]  # eth-tester carries no types
    """An eth-tester backend whose chain is already in `store`."""

    def __init__(self, store: SqliteStore, chain_id: int) -> None:
        self.store = store
        self.account_keys: tuple[Any, ...] = ()
        self.chain = chain_class(chain_id)(store)
        self.executing: Any = None
        """What of a block is being executed just now, and after an error what was."""

    @staticmethod
    def begin(store: SqliteStore, chain_id: int, timestamp: int, funded: Sequence[bytes]) -> None:
        """Put block 0 into `store`, uncommitted. The same arguments always give the same block."""
        account = {"balance": _FUNDS, "nonce": 0, "code": b"", "storage": {}}
        chain_class(chain_id).from_genesis(
            store,
            {
                "coinbase": bytes(20),
                "difficulty": 0,
                "extra_data": b"",
                "gas_limit": BLOCK_GAS_LIMIT,
                "mix_hash": bytes(32),
                "nonce": bytes(8),
                "timestamp": timestamp,
            },
            dict.fromkeys(funded, account),
        )

    def decode(self, raw: bytes) -> Any:
        """py-evm's transaction from its bytes; raises py-evm's and rlp's errors."""
        return self.chain.get_vm().get_transaction_builder().decode(raw)

    def make_block(self, transactions: Sequence[Any], timestamp: int) -> tuple[Any, int]:
        """Execute as many transactions as fit, make a block of them and commit it.

        Returns its header and how many of `transactions` are settled. A transaction that cannot be in a block (its
        nonce was used meanwhile) is settled without being in it. On any error nothing has changed, and `executing`
        is the transaction in which it came up, or None.
        """
        self.executing = None
        try:
            parent = self.chain.get_canonical_head()
            header = self.chain.create_header_from_parent(
                parent, timestamp=max(timestamp, parent.timestamp + 1), gas_limit=parent.gas_limit
            )
            vm = self.chain.get_vm(header)
            empty = vm.get_block()
            header = empty.header
            included, receipts, notes = [], [], []
            settled = 0
            for transaction in transactions:
                if header.gas_used + transaction.gas > header.gas_limit:
                    break
                settled += 1
                self.executing = transaction
                try:
                    receipt, computation = vm.apply_transaction(header, transaction)
                except ValidationError:
                    continue
                header = vm.add_receipt_to_header(header, receipt)
                included.append(transaction)
                receipts.append(receipt)
                if computation.is_error:
                    notes.append((note_of_revert(transaction.hash), revert_output(computation)))
            self.executing = None
            filled = vm.set_block_transactions_and_withdrawals(empty, header, tuple(included), tuple(receipts))
            block = vm.mine_block(filled).block
            self.chain.persist_block(block)
        except BaseException:
            self.store.rollback()
            raise
        # A crash before this line leaves the chain as it was, after it with the whole block.
        self.store.commit(notes)
        self.chain.header = self.chain.create_header_from_parent(block.header)
        return block.header, settled

    # --- what eth-tester's front calls -------------------------------------------------------------------------------

    def reset_to_genesis(self, *_: Any, **__: Any) -> None:
        raise NotSupported("this chain is kept; it is never reset")

    def revert_to_snapshot(self, _: Any) -> None:
        raise NotSupported("this chain is kept; it never goes back")

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = bytes(20)) -> tuple[bytes, ...]:
        mined = []
        for _ in range(num_blocks):
            mined.append(self.chain.mine_block(coinbase=coinbase).hash)
            self.store.commit()
        return tuple(mined)
