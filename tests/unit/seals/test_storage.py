"""Storage proofs in trees of every small size, of every key and every gap; and none of anything else."""

import pytest

from ledger.errors import NotSealed
from ledger.seals.storage import StorageProof
from scripts.vectors.keys import digest
from scripts.vectors.paper_network import PaperState

CONTRACT = digest("contract")[:20]


def slot_of(number: int) -> bytes:
    return number.to_bytes(32)


def key_of(number: int) -> bytes:
    return b"\2" + CONTRACT + slot_of(number)


def state_of(size: int) -> PaperState:
    """Slots 1, 3, 5, …: every even number is a gap."""
    return PaperState({key_of(2 * n + 1): digest(f"value/{n}") for n in range(size)}, 300)


def value_of(state: PaperState, proof: StorageProof, number: int) -> bytes | None:
    return proof.value(state.app_hash, CONTRACT, slot_of(number), "here")


@pytest.mark.parametrize("size", range(1, 34))
def test_every_key_and_every_gap_of_every_small_tree(size: int) -> None:
    state = state_of(size)
    for number in range(2 * size + 1):
        expected = digest(f"value/{number // 2}") if number % 2 else None
        assert value_of(state, state.proof(key_of(number)), number) == expected


@pytest.mark.parametrize("size", range(1, 9))
def test_no_gap_is_shown_by_two_that_are_no_neighbours(size: int) -> None:
    """Every pair of leaves for every key, there or not: only the neighbours of a gap show it."""
    state = state_of(size)
    ends: list[int | None] = [None, *(2 * n + 1 for n in range(size))]
    for number in range(2 * size + 1):
        beside = (number - 1 if number > 0 else None, number + 1 if number < 2 * size else None)
        for left in ends:
            for right in ends:
                proof = state.absence(key_of(number), *(None if n is None else key_of(n) for n in (left, right)))
                if number % 2 == 0 and (left, right) == beside:
                    assert value_of(state, proof, number) is None
                else:
                    with pytest.raises(NotSealed):
                        value_of(state, proof, number)


@pytest.mark.parametrize("number", [5, 6], ids=["there", "not there"])
def test_no_byte_of_a_proof_may_be_another(number: int) -> None:
    state = state_of(7)
    good = state.proof(key_of(number))
    assert value_of(state, good, number) == (digest("value/2") if number == 5 else None)
    for place in range(len(good.slot)):
        for bit in (1, 128):
            slot = bytearray(good.slot)
            slot[place] ^= bit
            with pytest.raises(NotSealed):
                value_of(state, StorageProof(bytes(slot), good.store), number)
    for place in range(len(good.store)):
        store = bytearray(good.store)
        store[place] ^= 1
        with pytest.raises(NotSealed):
            value_of(state, StorageProof(good.slot, bytes(store)), number)
