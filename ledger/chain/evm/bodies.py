"""What a block holds, read from its tries at once: transactions and receipts in their order, as they are stored.

py-evm looks each of them up from the root on, and makes an object of every field. Nothing is decided here: of what does
not read at once nothing is told, and py-evm, which is asked then, says what is wrong with it.

Source: the yellow paper, appendix D; EIP-2718.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import rlp

from ledger.chain.evm.rlp_items import read_rlp
from ledger.common.keccak import keccak256

Load = Callable[[bytes], bytes | None]
"""The node with this hash, None where it is missing."""
_HASH, _ADDRESS, _BLOOM = 32, 20, 256
_EMPTY = keccak256(rlp.encode(b""))
_TYPED = (1, 2)
_MOST_NODES = 10_000
"""Of one trie; whoever writes one by hand can make a few nodes lead to each other along as many paths as there are
atoms.
"""
_FIELDS, _TO, _DATA = 9, 3, 5


class StoredLog(NamedTuple):
    """An event: who wrote it, under what topics, and what."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class StoredReceipt(NamedTuple):
    """What came of a transaction; `state_root` is one byte that says whether it succeeded, `gas_used` that of the block
    so far.
    """

    state_root: bytes
    gas_used: int
    logs: tuple[StoredLog, ...]


class Contents(NamedTuple):
    """What a block holds, in its order; transactions as they were signed."""

    hashes: tuple[bytes, ...]
    transactions: tuple[bytes, ...]
    receipts: tuple[StoredReceipt, ...]


def contents_of(chaindb: Any, kind: Any, header: Any) -> Contents:
    """What the block with this header holds. `chaindb` and `kind`: py-evm's, of the block's rules the latter."""
    sent = transactions_of(chaindb, kind, header)
    results = listed(bytes(header.receipt_root), chaindb.db.get)
    receipts = [receipt for one in results or () if (receipt := read_receipt(one)) is not None]
    if results is None or len(receipts) < len(results):
        receipts = list(map(_receipt, chaindb.get_receipts(header, kind.get_receipt_builder())))
    return Contents(tuple(map(keccak256, sent)), tuple(sent), tuple(receipts))


def transactions_of(chaindb: Any, kind: Any, header: Any) -> list[bytes]:
    """The transactions alone."""
    sent = listed(bytes(header.transaction_root), chaindb.db.get)
    if sent is not None and all(map(is_plain, sent)):
        return sent
    return [bytes(one.encode()) for one in chaindb.get_block_transactions(header, kind.get_transaction_builder())]


def _receipt(read: Any) -> StoredReceipt:
    logs = [StoredLog(log.address, tuple([topic.to_bytes(32) for topic in log.topics]), log.data) for log in read.logs]
    return StoredReceipt(read.state_root, read.gas_used, tuple(logs))


def listed(root: bytes, load: Load) -> list[bytes] | None:
    """The values under 0, 1, 2, … in the trie with this root; None where it does not read at once. Every node is asked
    for.
    """
    try:
        values = dict(_leaves(root, load))
    except (LookupError, TypeError, ValueError, rlp.DecodingError):
        return None
    found: list[bytes] = []
    while (value := values.get(rlp.encode(len(found)).hex())) is not None:
        found.append(value)
    return found


def _leaves(root: bytes, load: Load) -> Iterator[tuple[str, bytes]]:
    """Keys, in hexadecimal digits, and values."""
    waiting: list[tuple[str, Any]] = [] if root == _EMPTY else [("", root)]
    seen = 0
    while waiting:
        path, node = waiting.pop()
        if not node:
            continue
        seen += 1
        if type(node) is bytes:
            data = load(node) if len(node) == _HASH else None
            node = () if data is None else read_rlp(data)
        if len(node) == 2:
            # The yellow paper's hex-prefix encoding: a flag, and of an odd number of digits the first.
            digits = node[0].hex()
            flag = int(digits[0])
            if flag > 3 or (not flag & 1 and digits[1] != "0"):
                raise ValueError
            rest = path + digits[1 if flag & 1 else 2 :]
            if flag < 2:
                waiting.append((rest, node[1]))
                continue
            value = rest, node[1]
        elif len(node) == 17:
            waiting += [(path + digit, below) for digit, below in zip("0123456789abcdef", node[:16], strict=True)]
            if not node[16]:
                continue
            value = path, node[16]
        else:
            raise ValueError
        if type(value[1]) is not bytes or not value[1] or seen > _MOST_NODES:
            raise ValueError
        yield value


def is_plain(transaction: bytes) -> bool:
    """Whether it is one of the kind that Lading sends (EIP-155), every field of which fits its type; False of others,
    whether or not they are transactions.
    """
    try:
        fields = read_rlp(transaction)
    except rlp.DecodingError:
        return False
    return (
        type(fields) is list
        and len(fields) == _FIELDS
        and all(type(field) is bytes for field in fields)
        and len(fields[_TO]) in (0, _ADDRESS)
        and all(field[:1] != b"\0" for i, field in enumerate(fields) if i not in (_TO, _DATA))
    )


def read_receipt(encoded: bytes) -> StoredReceipt | None:
    """A receipt as its trie has it; None where it does not read at once."""
    try:
        status, gas, bloom, logs = read_rlp(encoded[1:] if encoded[0] in _TYPED else encoded)
        found = tuple([StoredLog(address, tuple(topics), data) for address, topics, data in logs])
    except (LookupError, TypeError, ValueError, rlp.DecodingError):
        return None
    fits = type(status) is type(gas) is type(bloom) is bytes and len(bloom) == _BLOOM and gas[:1] != b"\0"
    return StoredReceipt(status, int.from_bytes(gas), found) if fits and all(map(_is_log, found)) else None


def _is_log(log: StoredLog) -> bool:
    return (
        type(log.address) is type(log.data) is bytes
        and len(log.address) == _ADDRESS
        and all(type(topic) is bytes and len(topic) == _HASH for topic in log.topics)
    )
