"""The packed custody slot, child ids, and who signs a custody record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes import Gate, ShipmentState
from ledger.common.keccak import keccak256
from ledger.custody.rules import Flag, Requirement, Slot, pair_of
from ledger.custody.slot import MAX_REQUIREMENTS
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import signing_partners
from ledger.records.types import Endorsement, Handoff, Override, ShipmentTerms, Split, Statement

NOTHING = Withheld(bytes(32))
PARTNERS = st.integers(0, 2**40 - 1)
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2).map(str.encode)
REQUIREMENTS = st.lists(
    st.builds(
        Requirement,
        jurisdiction=LETTERS,
        regime=st.integers(1, 9),
        gates=st.integers(1, 7).map(Gate),
        relay=st.booleans(),
        released=st.booleans(),
    ),
    max_size=MAX_REQUIREMENTS,
    unique_by=lambda r: r.pair,
).map(tuple)
SLOTS = st.builds(
    Slot,
    custodian=PARTNERS,
    consignee=PARTNERS,
    consignor=PARTNERS,
    packages=st.integers(0, 2**32 - 1),
    requirements=REQUIREMENTS,
    sequence=st.integers(0, 2**16 - 1),
    state=st.sampled_from(ShipmentState),
    flags=st.integers(0, 3).map(Flag),
)


@given(SLOTS)
def test_a_slot_survives_packing(slot: Slot) -> None:
    word = slot.pack()
    assert word < 2**256
    assert Slot.unpack(word) == slot


@given(SLOTS, st.integers(1, 7).map(Gate))
def test_missing_are_the_unreleased_at_these_gates(slot: Slot, gates: Gate) -> None:
    missing = slot.missing(gates)
    for requirement in slot.requirements:
        assert (requirement in missing) == (not requirement.released and bool(requirement.gates & gates))


@pytest.mark.parametrize("word", [0, 11 << 244, 15 << 244])
def test_a_word_without_a_state_is_no_slot(word: int) -> None:
    with pytest.raises(MalformedRecord):
        Slot.unpack(word)


@pytest.mark.parametrize(("jurisdiction", "regime"), [(b"de", 1), (b"D", 1), (b"D1", 1), (b"DE", 0), (b"DE", 10)])
def test_no_pair(jurisdiction: bytes, regime: int) -> None:
    with pytest.raises(MalformedRecord):
        pair_of(jurisdiction, regime)


def test_children_are_numbered_by_parent_sequence_and_index() -> None:
    parent = keccak256(b"parent")
    words = parent + (3).to_bytes(32, "big") + (2**32 - 1).to_bytes(32, "big")
    assert remainder_id(parent, 3) == child_id(parent, 3, 2**32 - 1) == keccak256(words)
    assert len({child_id(parent, s, i) for s in range(20) for i in range(20)}) == 400


def test_who_signs() -> None:
    def terms(holder: int) -> ShipmentTerms:
        return ShipmentTerms(
            bytes(16), 1, 2, holder, bytes(20), 1, (), 1, 0, 0, NOTHING, NOTHING, NOTHING, NOTHING, (), 0, NOTHING
        )

    def manifest(releaser: int, receiver: int) -> Handoff:
        return Handoff((), releaser, receiver, NOTHING, NOTHING, 0, 0, 0, NOTHING)

    def statement(kind: int) -> Statement:
        return Statement(3, 4, kind, bytes(32), 0, 0, NOTHING, NOTHING)

    assert signing_partners(terms(1)) == (1,)
    assert signing_partners(terms(5)) == (1, 5)
    assert signing_partners(terms(0)) == (1, 0)
    assert signing_partners(manifest(7, 8)) == (7, 8)
    assert signing_partners(manifest(7, 0)) == signing_partners(manifest(0, 7)) == (7, 0)
    assert signing_partners(Split(9, bytes(32), 0, (), 1, 0, NOTHING)) == (9,)
    assert [signing_partners(statement(kind)) for kind in (1, 3, 6, 7)] == [(3,), (3,), (3, 4), (3, 4)]
    assert signing_partners(Override(bytes(32), 0, 1, 2, 3, 0, NOTHING)) == (2,)
    assert signing_partners(Endorsement(1, bytes(32))) == (1,)
