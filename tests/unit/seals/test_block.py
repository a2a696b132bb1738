"""A block's proof: no byte of it may be another, and it is made in every block of a small size."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import LadingError, NotSealed
from ledger.seals.block import SealedBlock
from scripts.vectors.keys import digest
from scripts.vectors.paper_network import PaperNetwork, answer, log_message, recorded, result

PAPER = PaperNetwork()
TRANSACTION = digest("t")


def block_of(size: int, shown: list[int]) -> SealedBlock:
    event = recorded(digest("record"), 5, b"call", b"\1", digest("contract")[:20], (7, TRANSACTION, 0))
    results = [result(i, answer(TRANSACTION, [log_message(replace(event, index=i))])) for i in range(size)]
    return PAPER.block(7, 1_000, results, shown)


@pytest.mark.parametrize("size", range(1, 18))
def test_every_transaction_of_every_small_block(size: int) -> None:
    for index in range(size):
        assert len(list(block_of(size, [index]).events(PAPER.network))) == 1
    assert len(list(block_of(size, list(range(size))).events(PAPER.network))) == size


def edits(value: Any) -> Iterator[Any]:
    """`value` with one digit, number or byte changed, in each place."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (value | {name: other} for other in edits(part))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from ([*value[:i], other, *value[i + 1 :]] for other in edits(part))
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        for i in {2, len(value) // 2, len(value) - 1}:
            if i < len(value):
                yield value[:i] + ("1" if value[i] == "0" else "0") + value[i + 1 :]


def test_nothing_in_it_may_be_another() -> None:
    """But the number of transactions, on which nothing rests: the path may lead to the root in a larger tree too."""
    good = block_of(5, [2]).to_json()
    assert SealedBlock.from_json(json.loads(json.dumps(good)), "block").to_json() == good
    count = 0
    for other in edits(good):
        if other["size"] != good["size"]:
            continue
        count += 1
        with pytest.raises(LadingError):
            list(SealedBlock.from_json(other, "block").events(PAPER.network))
    assert count > 100


@pytest.mark.parametrize("name", ["header", "following", "size", "results", "proof"])
def test_every_field_is_asked_for(name: str) -> None:
    value = block_of(1, [0]).to_json()
    del value[name]
    with pytest.raises(LadingError, match="missing field"):
        SealedBlock.from_json(value, "block")


def test_the_network_of_another_consortium_seals_nothing_here() -> None:
    others = PaperNetwork(PAPER.pairs[::-1])
    with pytest.raises(NotSealed, match="other validators"):
        list(block_of(1, [0]).events(others.network))
