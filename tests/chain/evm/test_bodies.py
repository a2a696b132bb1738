"""Blocks that are read at once, against what py-evm and its libraries read of the same bytes."""

import random
from typing import Any

import pytest
import rlp
from eth.rlp.logs import Log
from eth.rlp.receipts import Receipt
from trie.hexary import HexaryTrie

from ledger.chain.evm.bodies import is_plain, listed, read_receipt
from ledger.chain.evm.rlp_items import read_rlp
from ledger.chain.evm.vm import chain_class
from ledger.chain.transactions import sign_transaction
from ledger.records.signing import SigningKey

KIND = chain_class(1).vm_configuration[0][1]
LENGTHS = (0, 1, 1, 2, 20, 32, 55, 56, 57, 255, 256, 300)


def drawn(dice: random.Random, depth: int = 0) -> Any:
    if depth < 4 and dice.random() < 0.4:
        return [drawn(dice, depth + 1) for _ in range(dice.choice((0, 1, 2, 5, 17, 60)) if depth < 2 else 2)]
    return bytes(dice.choices((0, 1, 0x7F, 0x80, 0xC0, 0xFF), k=dice.choice(LENGTHS)))


def altered(dice: random.Random, data: bytes) -> bytes:
    """One byte of it is another, missing or too many."""
    i = dice.randrange(min(len(data), 8)) if dice.random() < 0.5 else dice.randrange(len(data))
    return data[:i] + dice.choice((b"", bytes([dice.randrange(256)]), data[i : i + 1] * 2)) + data[i + 1 :]


def read_by(read: Any, data: bytes) -> Any:
    try:
        return read(data)
    except Exception as error:  # noqa: BLE001 whatever it is, the other has to raise it too
        return type(error)


def test_rlp_is_read_and_refused_as_by_the_library() -> None:
    dice, refused = random.Random(1), 0
    for _ in range(700):
        data = rlp.encode(drawn(dice))
        assert read_rlp(data) == rlp.decode(data)
        broken = altered(dice, data)
        expected = read_by(rlp.decode, broken)
        refused += isinstance(expected, type)
        assert read_by(read_rlp, broken) == expected
    assert refused > 150
    for data in (b"", b"\x81\x00", b"\xb8\x01a", b"\xb9\x00\x38" + bytes(56), b"\xc1\x81", b"\xb8", b"\xf8"):
        assert read_by(read_rlp, data) == read_by(rlp.decode, data)


def trie_of(values: list[bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for i, value in enumerate(values):
        trie[rlp.encode(i)] = value
    return trie


@pytest.mark.parametrize("count", [0, 1, 2, 17, 127, 128, 129, 300])
def test_a_list_is_read_from_its_trie(count: int) -> None:
    dice = random.Random(count)
    values = [dice.randbytes(dice.choice((1, 5, 40, 200))) for _ in range(count)]
    trie = trie_of(values)
    asked: set[bytes] = set()

    def load(key: bytes) -> bytes | None:
        asked.add(key)
        node: bytes | None = trie.db.get(key)
        return node

    assert listed(trie.root_hash, load) == values
    if values:
        gone = dice.choice(sorted(asked))
        assert listed(trie.root_hash, lambda key: None if key == gone else load(key)) is None


def test_a_list_ends_where_an_entry_is_missing() -> None:
    trie = trie_of([b"a" * 40, b"b" * 40, b"c" * 40])
    trie.delete(rlp.encode(1))  # type: ignore[no-untyped-call]
    assert listed(trie.root_hash, trie.db.get) == [b"a" * 40]


def test_a_trie_that_leads_to_the_same_node_everywhere_is_left_to_others() -> None:
    """Sixteen ways from each of twelve nodes to the next: to go them all would take for ever."""
    nodes = {b"0" * 32: rlp.encode([b"\x20", b"value"])}
    for depth in range(1, 12):
        nodes[b"%032d" % depth] = rlp.encode([f"{depth - 1:032d}".encode() if depth > 1 else b"0" * 32] * 16 + [b""])
    assert listed(b"%032d" % 11, nodes.get) is None


@pytest.mark.parametrize(
    "node", [[b"\x40", b"value"], [b"\x21", b"value"], [b"\x20", b""], [b"\x20", [b"value"]], [b"", b"value"], [b"a"]]
)
def test_what_is_no_node_is_left_to_others(node: list[Any]) -> None:
    assert listed(b"r" * 32, {b"r" * 32: rlp.encode(node)}.get) is None


def test_receipts_are_those_that_py_evm_reads() -> None:
    dice, builder, told = random.Random(2), KIND.get_receipt_builder(), 0
    for _ in range(600):
        logs = [
            Log(dice.randbytes(20), tuple(map(dice.getrandbits, [256] * dice.randrange(4))), dice.randbytes(40))
            for _ in range(dice.randrange(4))
        ]
        plain = Receipt(dice.choice((b"", b"\x01")), dice.randrange(1 << 24), logs)
        whole = (plain if dice.random() < 0.5 else builder.typed_receipt_class(2, plain)).encode()
        for data in (whole, altered(dice, whole)):
            mine = read_receipt(data)
            if mine is None:
                assert data != whole
                continue
            theirs = builder.decode(data)
            told += data != whole
            assert (mine.state_root, mine.gas_used) == (theirs.state_root, theirs.gas_used)
            assert [(log.address, log.data, [int.from_bytes(topic) for topic in log.topics]) for log in mine.logs] == [
                (log.address, log.data, list(log.topics)) for log in theirs.logs
            ]
    assert told > 100


def test_plain_transactions_are_those_that_py_evm_reads() -> None:
    dice, builder, taken = random.Random(3), KIND.get_transaction_builder(), 0
    for i in range(300):
        key = SigningKey(dice.randrange(1, 1 << 250).to_bytes(32, "big"))
        to = dice.randbytes(20) if i % 3 else None
        sent = sign_transaction(
            key, chain_id=7, nonce=i, to=to, data=dice.randbytes(dice.choice(LENGTHS)), gas_limit=9, gas_price=0
        )
        assert is_plain(sent.raw)
        for data in (sent.raw, altered(dice, sent.raw)):
            if is_plain(data):
                taken += 1
                assert builder.decode(data).encode() == data
    assert taken > 350
