"""The last sequence, 65,535, is never used up: the next would carry into the first requirement's regime, or the status.

No history reaches it, so the slots are written into the contracts' storage; the rules hold the same.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.codes import ClearanceStatus, ExceptionBit, Outcome, Purpose, Regime, StatementKind
from ledger.common.keccak import keccak256
from ledger.custody.clearance import LAST_SEQUENCE, ClearanceSlot, SlotKey
from ledger.custody.slot import pair_of
from ledger.records.types import Require
from tests.chain.contracts import clearance_world, custody_world
from tests.chain.contracts.consortium import BROKER, CARRIER, COUNCIL, DELAY, MAKER, RETAILER, WAREHOUSE, sign
from tests.chain.contracts.custody_world import World
from tests.chain.contracts.harness import Reverted

REQUIRED = tuple(Require(letters, Regime.IMPORT, 7, True) for letters in (b"DE", b"FR", b"NL", b"US"))
BEFORE = LAST_SEQUENCE - 1
APPLIED, FORBIDDEN = (Outcome.APPLIED,), (Outcome.FORBIDDEN,)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def at(world: World, shipment: bytes, sequence: int) -> bytes:
    """Put a shipment at this sequence, in the contract and in the rules."""
    holding = world.holdings[shipment]
    slot = replace(holding.slot, sequence=sequence)
    place = int.from_bytes(keccak256(shipment + word(0)), "big")
    world.members.evm.write(world.members.custody.address, place, slot.pack())
    world.holdings[shipment] = replace(holding, slot=slot)
    world.agree(shipment, world.holdings[shipment])
    return shipment


@pytest.fixture
def w() -> World:
    return custody_world.world()


def hand(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    return w.submit(w.manifest(CARRIER, WAREHOUSE, w.item(shipment)), CARRIER, WAREHOUSE)


def hand_short(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    return w.submit(w.manifest(CARRIER, WAREHOUSE, w.item(shipment, 9, ExceptionBit.SHORT)), CARRIER, WAREHOUSE)


def refuse(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    return w.submit(w.manifest(CARRIER, WAREHOUSE, w.item(shipment, 0, ExceptionBit.REFUSED)), CARRIER, WAREHOUSE)


def deliver(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    w.release([shipment], [0xF])
    return w.submit(w.manifest(CARRIER, RETAILER, w.item(shipment)), CARRIER, RETAILER)


def split(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    return w.submit(w.splitting(shipment, CARRIER, [4, 6]), CARRIER)


def override(w: World, shipment: bytes) -> tuple[Outcome, ...]:
    record = w.overriding(shipment, CARRIER, WAREHOUSE)
    signatures = sign(record, *COUNCIL[:2], WAREHOUSE)
    outcomes = w.submit(record, signatures=signatures)
    if outcomes != (Outcome.ANNOUNCED,):
        return outcomes
    w.wait(DELAY)
    return w.submit(record, signatures=signatures)


@pytest.mark.parametrize("act", [hand, hand_short, refuse, deliver, split, override])
def test_custody_never_uses_up_the_last_sequence(w: World, act: Callable[[World, bytes], tuple[Outcome, ...]]) -> None:
    last, before = (at(w, w.on_the_road(requires=REQUIRED), sequence) for sequence in (LAST_SEQUENCE, BEFORE))
    shown = act(w, last)
    assert shown == FORBIDDEN
    assert w.slot(last).sequence == LAST_SEQUENCE
    assert [r.regime for r in w.slot(last).requirements] == [Regime.IMPORT] * 4
    assert act(w, before) == APPLIED
    assert w.slot(before).sequence == LAST_SEQUENCE
    assert [r.regime for r in w.slot(before).requirements] == [Regime.IMPORT] * 4


def test_terms_close_no_parent_at_the_last_sequence(w: World) -> None:
    last, before = (at(w, w.open(requires=REQUIRED), sequence) for sequence in (LAST_SEQUENCE, BEFORE))
    onward = {"purpose": Purpose.ONWARD, "consignor": MAKER, "holder": MAKER}
    with pytest.raises(Reverted) as reverted:
        w.submit(w.terms(**onward, parents=(w.reference(last),)), MAKER)
    assert (reverted.value.name, reverted.value.arguments["outcome"]) == ("CustodyParent", Outcome.FORBIDDEN)
    assert w.submit(w.terms(**onward, parents=(w.reference(before),)), MAKER) == APPLIED
    assert w.slot(before).sequence == LAST_SEQUENCE


def test_statements_use_up_no_sequence_and_are_made_at_the_last_one_too(w: World) -> None:
    shipment = at(w, w.on_the_road(requires=REQUIRED), LAST_SEQUENCE)
    assert w.submit(w.statement(StatementKind.TENDER, shipment, CARRIER, RETAILER), CARRIER) == APPLIED
    assert w.submit(w.statement(StatementKind.LOST, shipment, CARRIER), CARRIER) == APPLIED
    assert w.slot(shipment).sequence == LAST_SEQUENCE


def test_a_clearance_never_uses_up_the_last_sequence() -> None:
    w = clearance_world.world()
    last, before = (w.open(*REQUIRED) for _ in range(2))
    pair = keccak256(word(pair_of(b"DE", Regime.IMPORT)) + word(0))
    for shipment, sequence in ((last, LAST_SEQUENCE), (before, BEFORE)):
        slot = ClearanceSlot(sequence, ClearanceStatus.HELD)
        place = int.from_bytes(keccak256(shipment + pair), "big")
        w.members.evm.write(w.members.clearance.address, place, slot.status << 16 | slot.sequence)
        key = SlotKey(shipment, b"DE", Regime.IMPORT)  # type: ignore[arg-type]
        w.clearances[key] = slot
        w.agree(key)
    assert w.clears(last) == FORBIDDEN
    assert w.released(last)[0] is False
    assert w.standing_of(last) == ClearanceSlot(LAST_SEQUENCE, ClearanceStatus.HELD)
    assert w.clears(last, by=BROKER, assurance=1, status=ClearanceStatus.LODGED) == APPLIED, "it changes no slot"
    assert w.clears(before) == APPLIED
    assert w.standing_of(before) == ClearanceSlot(LAST_SEQUENCE, ClearanceStatus.RELEASED)


def test_lodged_in_a_predecessors_slot_is_followed_like_nothing() -> None:
    """An older contract wrote it there; the status after it is the second."""
    w = clearance_world.world()
    shipment = w.open(*REQUIRED)
    place = int.from_bytes(keccak256(shipment + keccak256(word(pair_of(b"DE", Regime.IMPORT)) + word(0))), "big")
    w.members.evm.write(w.members.clearance.address, place, ClearanceStatus.LODGED << 16 | 1)
    key = SlotKey(shipment, b"DE", Regime.IMPORT)  # type: ignore[arg-type]
    w.clearances[key] = ClearanceSlot(1, ClearanceStatus.LODGED)
    w.agree(key)
    assert w.clears(shipment, status=ClearanceStatus.RECALLED) == FORBIDDEN
    assert w.clears(shipment) == APPLIED
    assert w.standing_of(shipment) == ClearanceSlot(2, ClearanceStatus.RELEASED)
