"""What Lading asks of a chain: one protocol for the embedded chain and for any EVM network with JSON-RPC.

It assumes nothing that a permissioned network may lack: no `finalized` tag, no proofs, no event subscriptions, no
answer for block 0 worth trusting, no gas price. Hashes and addresses are raw bytes, times UTC seconds.

Every method raises `ChainUnavailable` when the node cannot be reached or its answer makes no sense. After `send` that
means *unknown*: the transaction may or may not be on its way, so look for its receipt before doing anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

FIRST_BLOCK = 1
"""Nothing of Lading is in block 0, and some nodes answer it with the latest block."""
MAX_TRANSACTION_GAS = 16_777_216
"""EIP-7825: networks refuse transactions above 2²⁴ gas."""


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    hash: bytes
    parent: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Log:
    """One event. `index` counts the events of its block from 0."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    transaction: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Events:
    """What a range of blocks holds: `blocks`, each the parent of the next, and `logs` by block and index, each once.

    `proved`: the hashes of the blocks vouch for it; otherwise only that the node's answers agree with each other.
    """

    blocks: tuple[Block, ...]
    logs: tuple[Log, ...]
    proved: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that is in a block. `succeeded` is False when it reverted; `contract` is set by a deployment."""

    transaction: bytes
    block: int
    succeeded: bool
    gas_used: int
    contract: bytes | None


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call gave back: the returned bytes, or the revert data when `succeeded` is False."""

    succeeded: bool
    output: bytes


class Sent(Enum):
    """What a node said about a raw transaction. Only REFUSED says that it will never be in a block as it is."""

    ACCEPTED = "accepted"
    KNOWN = "already known"
    NONCE_USED = "nonce too low"
    NONCE_AHEAD = "nonce too high"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SendResult:
    """`reason` is the node's own sentence, empty for ACCEPTED."""

    sent: Sent
    reason: str = ""


class ChainReader(Protocol):
    """A view of one chain."""

    @property
    def chain_id(self) -> int: ...

    def head(self) -> int:
        """Number of the newest block."""
        ...

    def final(self) -> int:
        """Number of the newest block that can never be replaced; 0 when there is none yet."""
        ...

    def block(self, number: int) -> Block | None:
        """The block of this number, None while it does not exist. `number` counts from `FIRST_BLOCK`."""
        ...

    def nonce(self, address: bytes) -> int:
        """How many transactions of `address` are in blocks: the nonce of its next one."""
        ...

    def receipt(self, transaction: bytes) -> Receipt | None:
        """The receipt of a transaction in a block, None when the node knows of none."""
        ...

    def receipts(self, transactions: Sequence[bytes]) -> list[Receipt | None]:
        """As `receipt`, for several at once, in their order."""
        ...

    def revert_data(self, transaction: bytes) -> bytes:
        """The revert data of a transaction that reverted, empty when it cannot be had."""
        ...

    def input(self, transaction: bytes) -> bytes | None:
        """The call data of a transaction in a block, None when the node knows of none."""
        ...

    def signed(self, transaction: bytes) -> bytes | None:
        """The signed bytes of a transaction in a block, where its chain is in this home and so keeps them for good.

        None for one that is in no block, and for all of a network: its nodes may forget them.
        """
        ...

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        """Blocks first (at least `FIRST_BLOCK`) to last, which exist, and every event of `addresses` in them.

        None is missing: what a node says is compared with the headers of the blocks, see `ledger.chain.checked`.
        """
        ...

    def confirms(self, receipt: Receipt) -> bool:
        """Whether the block that `receipt` names holds it just so, compared with the header as in `events`."""
        ...

    def call(self, to: bytes, data: bytes, *, sender: bytes = bytes(20), block: int | None = None) -> CallResult:
        """Execute without a transaction, on the state after `block` (None: the newest)."""
        ...

    def code(self, address: bytes) -> bytes:
        """The code of a contract, empty where there is none."""
        ...

    def storage(self, address: bytes, slot: int, *, block: int | None = None) -> bytes:
        """The 32 bytes in a storage slot of a contract after `block` (None: the newest); zeros for one never written.

        A node need not keep the state of old blocks: ask for a recent one.
        """
        ...

    def doubt(self) -> None:
        """What it said did not fit: where there are several nodes, another is asked from now on."""
        ...

    def close(self) -> None:
        """Let go of files and connections. Nothing is lost: every block was committed when it was made."""
        ...


class ChainClient(ChainReader, Protocol):
    """A view of one chain, and the door through which signed transactions enter it."""

    def in_flight(self, sender: bytes) -> int:
        """How many transactions of one sender may wait at the same time."""
        ...

    def block_gas(self) -> int:
        """How much gas a block has room for, as of the last few minutes."""
        ...

    def gas_price(self) -> int:
        """Wei a unit of gas that a transaction should offer; 0 where gas is free."""
        ...

    def gas_limit(self, sender: bytes, to: bytes | None, data: bytes) -> int:
        """A gas limit with a margin, at most `MAX_TRANSACTION_GAS`. `to` None deploys.

        Where the node foresees a revert the answer is the maximum: the reason is wanted on the chain, not guessed.
        """
        ...

    def send(self, raw: bytes) -> SendResult:
        """Hand over a signed transaction. True afterwards only what `Sent` says; sending again is harmless."""
        ...

    def seal(self, timestamp: int) -> Block | None:
        """Embedded chain: make one block of what was sent, with time max(timestamp, parent's + 1), and commit it.

        None when nothing was waiting or block times are too far ahead of `timestamp`, and on networks, which make
        their own blocks.
        """
        ...
