"""A chain in this process: eth-tester's py-evm backend on a SQLite file that survives restarts.

Transactions wait in memory until `seal` makes one block of them and commits it, so a crash leaves the chain after
some whole block and the senders' outboxes send the rest again. Opening reads the head and replays nothing.

One process writes (a file lock says which). `EmbeddedReader` opens the same file for reading while it runs.
The chain is run by the operator alone: trust rests on signatures, receipts and the checkpoints that others hold.

Why eth-tester's own front is not in the path of a transaction: see `docs/adr/0001-embedded-chain.md`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

import eth.exceptions
from eth._utils.address import generate_contract_address
from eth_bloom.bloom import BloomFilter
from eth_tester import EthereumTester

from ledger.chain.backend import CHAIN_ID, SqliteBackend, note_of_revert
from ledger.chain.client import (
    FIRST_BLOCK,
    MAX_TRANSACTION_GAS,
    Block,
    CallResult,
    Events,
    Log,
    Receipt,
    SendResult,
    Sent,
)
from ledger.chain.evm.bodies import Contents, contents_of, transactions_of
from ledger.chain.evm.vm import BLOCK_GAS_LIMIT, chain_class, revert_output
from ledger.chain.faults import translated
from ledger.chain.inspection import ChainDamage, damages
from ledger.chain.keyvalue import SqliteStore
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, Misconfigured, StorageFailed

_RECENT_BLOCKS = 8
MOST_AHEAD = 300
"""Seconds that block times may be ahead of the clock. Each is at least one later than the last, so with more than one
block a second they would leave it behind for ever: then blocks wait."""


class EmbeddedReader:
    """The chain as its last commit left it. Safe to use from several threads; sees new blocks as they are made."""

    def __init__(self, path: Path, *, chain_id: int, now: Callable[[], int] | None = None) -> None:
        """Open an existing chain. Raises `Misconfigured` if there is none, or if it is another one.

        `now` is the time at which calls on the newest state are judged, as in the next block; without it, they are
        judged at the newest block's time.
        """
        self._chain_id = chain_id
        self._now = now
        self._lock = RLock()
        self._recent: dict[bytes, Contents] = {}
        if not path.exists():
            raise Misconfigured("there is no chain here yet", where=path.name)
        self._store = SqliteStore(path, writable=False)
        try:
            _check_chain_id(self._store, chain_id, path)
            with translated("chain"):
                self._chain = chain_class(chain_id)(self._store)
        except BaseException:
            self._store.close()
            raise

    @property
    def chain_id(self) -> int:
        return self._chain_id

    def head(self) -> int:
        with self._lock, translated("chain"):
            return int(self._head().block_number)

    def final(self) -> int:
        return self.head()

    def block(self, number: int) -> Block | None:
        with self._lock, translated("chain"):
            header = self._header(number)
            return None if header is None else _block(header)

    def nonce(self, address: bytes) -> int:
        with self._lock, translated("chain"):
            return int(self._state().get_nonce(address))

    def receipt(self, transaction: bytes) -> Receipt | None:
        with self._lock, translated("chain"):
            place = self._place(transaction)
            if place is None:
                return None
            number, index = place
            header = self._header(number)
            contents = self._contents(header)
            receipt = contents.receipts[index]
            sent = self._kind(header).get_transaction_builder().decode(contents.transactions[index])
            before = contents.receipts[index - 1].gas_used if index else 0
            created = generate_contract_address(sent.sender, sent.nonce) if sent.to == b"" else None
            return Receipt(transaction, number, receipt.state_root == b"\x01", receipt.gas_used - before, created)

    def receipts(self, transactions: Sequence[bytes]) -> list[Receipt | None]:
        return [self.receipt(transaction) for transaction in transactions]

    def revert_data(self, transaction: bytes) -> bytes:
        with self._lock:
            return self._store.note(note_of_revert(transaction)) or b""

    def input(self, transaction: bytes) -> bytes | None:
        with self._lock, translated("chain"):
            place = self._place(transaction)
            return None if place is None else bytes(self._chain.get_canonical_transaction_by_index(*place).data)

    def signed(self, transaction: bytes) -> bytes | None:
        """None also where a damaged file leads to a place that does not have it."""
        with self._lock, translated("chain"):
            place = self._place(transaction)
            header = None if place is None else self._header(place[0])
            if place is None or header is None:
                return None
            sent = transactions_of(self._chain.chaindb, self._kind(header), header)[place[1] : place[1] + 1]
            return sent[0] if sent and keccak256(sent[0]) == transaction else None

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        wanted = frozenset(addresses)
        blocks: list[Block] = []
        logs: list[Log] = []
        with self._lock, translated("chain"):
            if last > int(self._head().block_number):
                raise ChainUnavailable("a final block is missing", where=f"block {last}")
            for number in range(max(first, FIRST_BLOCK), last + 1):
                header = self._header(number)
                if header is None:
                    raise StorageFailed("a block is missing from the chain", where=f"block {number}")
                blocks.append(_block(header))
                logs += self._logs_of(header, wanted)
        return Events(tuple(blocks), tuple(logs), proved=True)

    def confirms(self, receipt: Receipt) -> bool:
        return self.receipt(receipt.transaction) == receipt  # read from the block's own receipts

    def call(self, to: bytes, data: bytes, *, sender: bytes = bytes(20), block: int | None = None) -> CallResult:
        with self._lock, translated("chain"):
            header = self._head() if block is None else self._header(block)
            if header is None:
                raise Misconfigured("no such block", where="call", found=block)
            if block is None and self._now is not None:
                header = header.copy(timestamp=max(self._now(), header.timestamp + 1))
            vm = self._chain.get_vm(header)
            computation = vm.execute_bytecode(
                origin=sender,
                gas_price=0,
                gas=BLOCK_GAS_LIMIT,
                to=to,
                sender=sender,
                value=0,
                data=data,
                code=vm.state.get_code(to),
            )
            if computation.is_error:
                return CallResult(False, revert_output(computation))
            return CallResult(True, computation.output)

    def damages(self) -> list[ChainDamage]:
        """What in the file is not what was written; see `ledger.chain.inspection`."""
        with self._lock:
            return damages(self._store, self._chain)

    def code(self, address: bytes) -> bytes:
        with self._lock, translated("chain"):
            return bytes(self._state().get_code(address))

    def storage(self, address: bytes, slot: int, *, block: int | None = None) -> bytes:
        with self._lock, translated("chain"):
            header = self._head() if block is None else self._header(block)
            if header is None:
                raise Misconfigured("no such block", where="storage", found=block)
            return int(self._chain.get_vm(header).state.get_storage(address, slot)).to_bytes(32, "big")

    def doubt(self) -> None:
        """There is no other."""

    def close(self) -> None:
        with self._lock:
            self._store.close()

    # --- reading -----------------------------------------------------------------------------------------------------

    def _head(self) -> Any:
        return self._chain.chaindb.get_canonical_head()

    def _header(self, number: int) -> Any:
        try:
            return self._chain.chaindb.get_canonical_block_header_by_number(number)
        except eth.exceptions.HeaderNotFound:
            return None

    def _state(self) -> Any:
        return self._chain.get_vm(self._head()).state

    def _place(self, transaction: bytes) -> tuple[int, int] | None:
        try:
            number, index = self._chain.chaindb.get_transaction_index(transaction)
        except eth.exceptions.TransactionNotFound:
            return None
        return int(number), int(index)

    def _contents(self, header: Any) -> Contents:
        """A block's transactions and receipts; the last few are kept, for whoever asks for one asks for all."""
        known = self._recent.get(header.hash)
        if known is None:
            known = contents_of(self._chain.chaindb, self._kind(header), header)
            if len(self._recent) >= _RECENT_BLOCKS:
                del self._recent[next(iter(self._recent))]
            self._recent[header.hash] = known
        return known

    def _kind(self, header: Any) -> Any:
        return self._chain.get_vm_class_for_block_number(header.block_number)

    def _logs_of(self, header: Any, wanted: frozenset[bytes]) -> list[Log]:
        bloom = BloomFilter(header.bloom)
        if not any(address in bloom for address in wanted):
            return []
        contents = self._contents(header)
        result: list[Log] = []
        index = 0
        for transaction, receipt in zip(contents.hashes, contents.receipts, strict=True):
            for log in receipt.logs:
                if log.address in wanted:
                    result.append(Log(log.address, log.topics, log.data, int(header.block_number), transaction, index))
                index += 1
        return result


class EmbeddedChain(EmbeddedReader):
    """The one writer of a chain. Reading goes through a connection of its own and never sees half a block."""

    def __init__(
        self,
        path: Path,
        *,
        chain_id: int,
        genesis_time: int | None,
        funded: Sequence[bytes] = (),
        now: Callable[[], int] | None = None,
    ) -> None:
        """Open the chain at `path`, or begin it: block 0 at `genesis_time`, with funds for `funded`.

        An existing chain keeps the genesis it has. `genesis_time` None opens, and never begins one. Raises
        `Misconfigured` when it has another chain id, or when another process writes it; `StorageFailed` when it is
        gone, or cannot be read or written.
        """
        if genesis_time is None:
            if not path.exists():
                raise _lost(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        store = SqliteStore(path, writable=True)
        try:
            if store.note(CHAIN_ID) is None:
                if genesis_time is None:
                    raise _lost(path)
                with translated("genesis"):
                    SqliteBackend.begin(store, chain_id, genesis_time, funded)
                store.commit([(CHAIN_ID, str(chain_id).encode())])
            _check_chain_id(store, chain_id, path)
            with translated("chain"):
                self._backend = SqliteBackend(store, chain_id)
            super().__init__(path, chain_id=chain_id, now=now)
        except BaseException:
            store.close()
            raise
        self._writing = RLock()
        self._waiting: dict[bytes, Any] = {}
        self._next_nonce: dict[bytes, int] = {}

    def in_flight(self, sender: bytes) -> int:  # noqa: ARG002  # the protocol asks; every sender is alike here
        return 1_000

    def block_gas(self) -> int:
        return BLOCK_GAS_LIMIT

    def gas_price(self) -> int:
        return 0

    def gas_limit(self, sender: bytes, to: bytes | None, data: bytes) -> int:  # noqa: ARG002  # the protocol asks
        # Gas is free here, and an estimate would run the transaction twice.
        return MAX_TRANSACTION_GAS

    def send(self, raw: bytes) -> SendResult:
        with self._writing:
            self._backend.store.require_sound()
            try:
                with translated("send"):
                    transaction = self._backend.decode(raw)
                    sender, nonce = transaction.sender, transaction.nonce
                    transaction.validate()
            except ChainUnavailable as error:
                return SendResult(Sent.REFUSED, error.what)
            if transaction.chain_id != self._chain_id:
                return SendResult(Sent.REFUSED, f"for chain {transaction.chain_id}, this is {self._chain_id}")
            if transaction.gas > MAX_TRANSACTION_GAS:
                return SendResult(Sent.REFUSED, f"gas limit {transaction.gas} above {MAX_TRANSACTION_GAS}")
            if transaction.hash in self._waiting:
                return SendResult(Sent.KNOWN, "already waiting for a block")
            if sender not in self._next_nonce:
                self._next_nonce[sender] = self.nonce(sender)
            expected = self._next_nonce[sender]
            if nonce != expected:
                sent = Sent.NONCE_USED if nonce < expected else Sent.NONCE_AHEAD
                return SendResult(sent, f"nonce {nonce}, expected {expected}")
            self._waiting[transaction.hash] = transaction
            self._next_nonce[sender] = nonce + 1
            return SendResult(Sent.ACCEPTED)

    def seal(self, timestamp: int) -> Block | None:
        """One block of the waiting transactions, as many as its gas limit holds; the others wait on.

        A crash before the commit leaves the chain without the block, and what was in it must be sent again.
        """
        with self._writing:
            self._backend.store.require_sound()
            if not self._waiting or self._newest().timestamp >= timestamp + MOST_AHEAD:
                return None
            waiting = tuple(self._waiting.values())
            try:
                with translated("seal"):
                    header, settled = self._backend.make_block(waiting, timestamp)
            except BaseException as error:
                self._forget(self._backend.executing, error)
                raise
            for transaction in waiting[:settled]:
                del self._waiting[transaction.hash]
            if not self._waiting:
                self._next_nonce.clear()
            return _block(header)

    def _forget(self, broken: Any, error: BaseException) -> None:
        """Drop what may have kept a block from being made, for it would keep the next one too: its sender has it, and
        sends again. What others sent waits on, and so does everything where only the disk refused.
        """
        for key, waiting in list(self._waiting.items()):
            if waiting.sender == broken.sender if broken is not None else not isinstance(error, StorageFailed):
                del self._waiting[key]
                self._next_nonce.pop(waiting.sender, None)

    def _newest(self) -> Any:
        with translated("seal"):
            return self._backend.chain.get_canonical_head()

    def tester(self) -> EthereumTester:
        """This chain behind eth-tester's own front, for looking at it with web3. Every transaction makes a block."""
        return EthereumTester(self._backend)

    def close(self) -> None:
        with self._writing:
            self._backend.store.close()
        super().close()


def _block(header: Any) -> Block:
    return Block(int(header.block_number), header.hash, header.parent_hash, int(header.timestamp))


def _lost(path: Path) -> StorageFailed:
    return StorageFailed(
        "the chain of this home is gone: there is none in its file",
        where=str(path),
        mend="Put the newest copy back. Its blocks cannot be made again: without one, found a new consortium.",
    )


def _check_chain_id(store: SqliteStore, chain_id: int, path: Path) -> None:
    result = (store.note(CHAIN_ID) or b"none").decode(errors="replace")
    if result != str(chain_id):
        raise Misconfigured("the file holds another chain", where=path.name, expected=chain_id, found=result)
