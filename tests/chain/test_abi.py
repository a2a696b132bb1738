"""Our ABI codec: equal to eth_abi on what eth_abi makes, and unharmed by what a stranger may have encoded."""

import random
from typing import Any

import pytest
from eth_abi.abi import encode as eth_abi_encode

from ledger.chain.abi import AbiType, decode, encode, parse_type
from ledger.errors import MalformedRecord

ITEM = {
    "type": "tuple[]",
    "name": "items",
    "internalType": "struct HandoffItem[]",
    "components": [
        {"type": "bytes32", "name": "shipment"},
        {"type": "uint16", "name": "sequence"},
        {"type": "bool", "name": "flag"},
    ],
}
RECORD = {
    "type": "tuple",
    "name": "r",
    "internalType": "struct Handoff",
    "components": [
        ITEM,
        {"type": "uint40", "name": "releaser"},
        {"type": "address", "name": "key"},
        {"type": "string", "name": "subject"},
        {"type": "bytes16", "name": "salt"},
        {"type": "uint128", "name": "amount"},
    ],
}
TYPES = [parse_type(RECORD), parse_type({"type": "bytes32[]"}), parse_type({"type": "bytes"})]


def sample(source: random.Random, items: int) -> list[Any]:
    return [
        {
            "items": [
                {"shipment": source.randbytes(32), "sequence": source.randrange(2**16), "flag": source.random() < 0.5}
                for _ in range(items)
            ],
            "releaser": source.randrange(2**40),
            "key": source.randbytes(20),
            "subject": "".join(source.choice("añ€𝄞0/") for _ in range(source.randrange(70))),
            "salt": source.randbytes(16),
            "amount": source.randrange(2**128),
        },
        [source.randbytes(32) for _ in range(source.randrange(4))],
        source.randbytes(source.choice([0, 1, 31, 32, 33, 65, 130])),
    ]


def as_sequences(values: list[Any]) -> list[Any]:
    record = dict(values[0])
    record["items"] = [tuple(item.values()) for item in record["items"]]
    record["key"] = "0x" + record["key"].hex()
    return [tuple(record.values()), *values[1:]]


@pytest.mark.parametrize("items", [0, 1, 2, 3, 200])
def test_equal_to_eth_abi(items: int) -> None:
    source = random.Random(items)
    names = [kind.name for kind in TYPES]
    assert names[0] == "((bytes32,uint16,bool)[],uint40,address,string,bytes16,uint128)"
    for _ in range(20):
        values = sample(source, items)
        encoded = encode(TYPES, values)
        assert encoded == eth_abi_encode(names, as_sequences(values))
        found = decode(TYPES, encoded)
        assert found[0] == values[0] | {"items": tuple(values[0]["items"])}
        assert found[1:] == (tuple(values[1]), values[2])
        assert encode(TYPES, found) == encoded


def test_parts_may_lie_in_any_order_and_be_followed_by_more() -> None:
    types = [AbiType("bytes"), AbiType("bytes")]
    second, first = (1).to_bytes(32, "big") + b"b".ljust(32, b"\0"), (1).to_bytes(32, "big") + b"a".ljust(32, b"\0")
    head = (128).to_bytes(32, "big") + (64).to_bytes(32, "big")
    assert decode(types, head + second + first + b"more") == (b"a", b"b")
    both = (64).to_bytes(32, "big") * 2
    assert decode(types, both + first) == (b"a", b"a")


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("uint40", 1 << 40),
        ("uint16", 1 << 255),
        ("bool", 2),
        ("address", 1 << 160),
        ("bytes16", 1),
        ("bytes2", 1 << 200),
    ],
)
def test_bits_outside_a_type_are_refused_as_solidity_refuses_them(kind: str, word: int) -> None:
    with pytest.raises(MalformedRecord):
        decode([AbiType(kind)], word.to_bytes(32, "big"))


def test_lengths_that_lie_cost_nothing() -> None:
    items = parse_type(ITEM)
    for lie in (1, 2**16, 2**31, 2**64, 2**255):
        with pytest.raises(MalformedRecord):
            decode([items], (32).to_bytes(32, "big") + lie.to_bytes(32, "big"))
        with pytest.raises(MalformedRecord):
            decode([AbiType("bytes")], (32).to_bytes(32, "big") + lie.to_bytes(32, "big"))
        with pytest.raises(MalformedRecord):
            decode([AbiType("bytes")], lie.to_bytes(32, "big"))


def test_text_that_is_not_utf8_is_refused() -> None:
    data = (32).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\xff".ljust(32, b"\0")
    with pytest.raises(MalformedRecord, match="UTF-8"):
        decode([AbiType("string")], data)


def test_random_damage_ends_in_a_value_or_in_malformed_and_nothing_else() -> None:
    source = random.Random(7)
    encoded = encode(TYPES, sample(source, 3))
    for _ in range(20_000):
        damaged = bytearray(encoded)
        for _ in range(source.randrange(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        cut = bytes(damaged[: source.choice([len(damaged), source.randrange(len(damaged))])])
        try:
            found = decode(TYPES, cut)
        except MalformedRecord:
            continue
        assert len(found) == 3


def test_values_that_do_not_fit_are_not_encoded() -> None:
    for kind, value in (("uint16", 2**16), ("uint16", -1), ("bytes32", b"short"), ("address", bytes(21))):
        with pytest.raises(MalformedRecord):
            encode([AbiType(kind)], [value])
    with pytest.raises(MalformedRecord):
        encode([AbiType("bool")], [])
