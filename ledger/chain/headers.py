"""Block headers and receipts as a node answers them, and the arithmetic by which they prove each other.

On networks whose blocks are Ethereum's, a block's hash is the hash of its header, and the header commits to the
receipts (`receiptsRoot`) and to which contracts have events (`logsBloom`). Others hash something else (CometBFT its own
header, QBFT one without seals) or leave fields empty; their answers can only be compared with each other.
Source: the yellow paper, sections 4.3 and 4.4; EIP-2718 for typed receipts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from trie.hexary import HexaryTrie

from ledger.chain.answers import count, data_of, field_of, fixed_bytes, quantity
from ledger.chain.client import Block, Log, Receipt
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable

_FIELDS = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)  # fmt: skip
_LATER_FIELDS = (
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
_NUMBERS = {
    "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas",
}  # fmt: skip
_BESIDES = {"hash", "transactions", "uncles", "withdrawals", "size", "totalDifficulty"}
_BLOOM_BYTES = 256
_LAST_KIND = 0x7F  # EIP-2718
NEWEST_KIND = 4
"""Of transactions whose receipts have the four usual fields; some networks add kinds with more."""


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. `proves`: its hash is that of its fields, so whoever knows the hash can believe them.

    `bloom` is a set of bits as a number; `transactions` are hashes, and proved by nothing in the header. `strange`: it
    has fields that this version does not know, as after a fork of the network, so it need not prove itself any more.
    """

    block: Block
    bloom: int
    receipts_root: bytes
    transactions: tuple[bytes, ...]
    proves: bool
    strange: bool


@dataclass(frozen=True, slots=True)
class BlockReceipt:
    """One of a block's receipts, with what its encoding needs. `logs` are numbered as the node says."""

    receipt: Receipt
    block_hash: bytes
    kind: int
    gas_so_far: int
    logs: tuple[Log, ...]


def header_of(answer: Any) -> Header:
    """A header from `eth_getBlockByNumber`; raises `ChainUnavailable` for what is none."""
    block = Block(
        count(field_of(answer, "number"), "number"),
        fixed_bytes(field_of(answer, "hash"), 32, "hash"),
        fixed_bytes(field_of(answer, "parentHash"), 32, "parentHash"),
        count(field_of(answer, "timestamp"), "timestamp"),
    )
    hashes = field_of(answer, "transactions")
    if not isinstance(hashes, list):
        raise ChainUnavailable("not a list of transactions", where="transactions")
    return Header(
        block,
        int.from_bytes(data_of(field_of(answer, "logsBloom"), "logsBloom"), "big"),
        fixed_bytes(field_of(answer, "receiptsRoot"), 32, "receiptsRoot"),
        tuple(fixed_bytes(one, 32, "transactions") for one in hashes),
        _hash_of_fields(answer) == block.hash,
        not answer.keys() <= {*_FIELDS, *_LATER_FIELDS, *_BESIDES},
    )


def _hash_of_fields(answer: dict[str, Any]) -> bytes | None:
    """The hash of an Ethereum header with these fields; None where one is missing, or is nothing that has a place."""
    names = [*_FIELDS, *(name for name in _LATER_FIELDS if answer.get(name) is not None)]
    try:
        return keccak256(
            rlp.encode([quantity(answer[n], n) if n in _NUMBERS else data_of(answer[n], n) for n in names])
        )
    except (KeyError, ChainUnavailable):
        return None


def outline_of(answer: Any) -> Receipt:
    """A receipt from `eth_getTransactionReceipt`, of a transaction that is in a block; its events are not looked at."""
    transaction = fixed_bytes(field_of(answer, "transactionHash"), 32, "transactionHash")
    created = answer.get("contractAddress")
    return Receipt(
        transaction,
        count(field_of(answer, "blockNumber"), "blockNumber"),
        quantity(field_of(answer, "status"), "status") == 1,
        count(field_of(answer, "gasUsed"), "gasUsed"),
        None if created is None else fixed_bytes(created, 20, "contractAddress"),
    )


def receipt_of(answer: Any) -> BlockReceipt:
    """A receipt from `eth_getTransactionReceipt` or `eth_getBlockReceipts`, of a transaction that is in a block."""
    receipt, logs = outline_of(answer), field_of(answer, "logs")
    if not isinstance(logs, list):
        raise ChainUnavailable("not a list of events", where="logs")
    kind = quantity(answer.get("type") or "0x0", "type")
    if kind > _LAST_KIND:
        raise ChainUnavailable("no kind of transaction", where="type", found=kind)
    read = tuple(log_of(one) for one in logs)
    if any((log.block, log.transaction) != (receipt.block, receipt.transaction) for log in read):
        raise ChainUnavailable("a receipt holds another transaction's events", where=f"block {receipt.block}")
    return BlockReceipt(
        receipt,
        fixed_bytes(field_of(answer, "blockHash"), 32, "blockHash"),
        kind,
        count(field_of(answer, "cumulativeGasUsed"), "cumulativeGasUsed"),
        read,
    )


def log_of(answer: Any) -> Log:
    """An event, from a receipt or from `eth_getLogs`."""
    topics = field_of(answer, "topics")
    return Log(
        fixed_bytes(field_of(answer, "address"), 20, "address"),
        tuple(fixed_bytes(topic, 32, "topics") for topic in (topics if isinstance(topics, list) else [])),
        data_of(field_of(answer, "data"), "data"),
        count(field_of(answer, "blockNumber"), "blockNumber"),
        fixed_bytes(field_of(answer, "transactionHash"), 32, "transactionHash"),
        count(field_of(answer, "logIndex"), "logIndex"),
    )


def bloom_of(values: Iterable[bytes]) -> int:
    """The bits of addresses and topics: three of 2,048 for each, taken from its hash."""
    bits = 0
    for value in values:
        digest = keccak256(value)
        for start in (0, 2, 4):
            bits |= 1 << (int.from_bytes(digest[start : start + 2], "big") % 2048)
    return bits


def bloom_of_logs(logs: Iterable[Log]) -> int:
    return bloom_of({value for log in logs for value in (log.address, *log.topics)})


def receipts_root(receipts: Sequence[BlockReceipt]) -> bytes:
    """The root of the trie of a block's receipts."""
    trie = HexaryTrie({})
    for index, one in enumerate(receipts):
        body = rlp.encode(
            [
                b"\x01" if one.receipt.succeeded else b"",
                one.gas_so_far,
                bloom_of_logs(one.logs).to_bytes(_BLOOM_BYTES, "big"),
                [[log.address, list(log.topics), log.data] for log in one.logs],
            ]
        )
        trie[rlp.encode(index)] = bytes([one.kind]) + body if one.kind else body
    return bytes(trie.root_hash)
