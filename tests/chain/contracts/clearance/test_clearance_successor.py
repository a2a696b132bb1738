"""Closing ClearanceLedger and CustodyLedger, and what their successors go on with."""

import pytest

from ledger.codes import ClearanceStatus as S
from ledger.codes import ContractKind, Outcome, Regime, RegistryAction
from ledger.common.ids import RecordId
from ledger.custody.clearance import ClearanceSlot, SlotKey
from ledger.records.types import ShipmentRef
from tests.chain.contracts.clearance_world import World, require, world
from tests.chain.contracts.consortium import BROKER, CUSTOMS, sign
from tests.chain.contracts.harness import Reverted

APPLIED = (Outcome.APPLIED,)
NAMES = {ContractKind.CUSTODY: "CustodyLedger", ContractKind.CLEARANCE: "ClearanceLedger"}


@pytest.fixture
def w() -> World:
    return world()


def close(w: World, kind: ContractKind) -> None:
    address = w.members.contracts[NAMES[kind]].address
    w.members.change(RegistryAction.CLOSE_CONTRACT, key=address, number=kind)
    w.members.wait()


def succeed(w: World, kind: ContractKind) -> None:
    """Close the contract of this kind and open its successor."""
    close(w, kind)
    old = w.members.contracts[NAMES[kind]]
    w.members.contracts[NAMES[kind]] = w.members.deploy(kind, NAMES[kind], old.address)
    w.members.wait()


def test_a_closed_ledger_takes_nothing(w: World) -> None:
    record = w.clear(w.open())
    close(w, ContractKind.CLEARANCE)
    with pytest.raises(Reverted, match="PartnerRegistryNotOpen"):
        w.members.clearance.record("clear", record, b"\x01" * 65)


def test_without_a_custody_ledger_nothing_can_be_cleared(w: World) -> None:
    shipment = w.open()
    record = w.clear(shipment)
    close(w, ContractKind.CUSTODY)
    with pytest.raises(Reverted, match="ClearanceNoCustody"):
        w.members.clearance.record("clear", record, sign(record, CUSTOMS))


def test_the_successor_goes_on_where_the_closed_one_stopped(w: World) -> None:
    held, released, fresh = w.open(require()), w.open(require()), w.open(require())
    assert w.clears(held, status=S.HELD) == APPLIED
    assert w.clears(released) == APPLIED
    succeed(w, ContractKind.CLEARANCE)
    for shipment in (held, released, fresh):
        w.agree(SlotKey(RecordId(shipment), b"DE", Regime.IMPORT))

    stale = (ShipmentRef(held, 0), ShipmentRef(released, 0))
    assert w.clears(*stale) == (Outcome.STALE, Outcome.STALE)
    assert w.clears(held, fresh) == (Outcome.APPLIED, Outcome.APPLIED)
    assert w.clears(released, status=S.PRESENTED) == (Outcome.FORBIDDEN,)
    assert w.clears(released, status=S.RECALLED) == APPLIED
    assert w.standing_of(released) == ClearanceSlot(2, S.RECALLED)


def test_what_custody_refuses_returns_to_what_was_inherited(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment, status=S.HELD) == APPLIED
    succeed(w, ContractKind.CLEARANCE)
    assert w.clears(shipment, by=BROKER, assurance=1) == (Outcome.FORBIDDEN,)
    assert w.standing_of(shipment) == ClearanceSlot(1, S.HELD)
    assert w.clears(shipment) == APPLIED


def test_a_successor_of_a_successor_reads_through_both(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment, status=S.HELD) == APPLIED
    succeed(w, ContractKind.CLEARANCE)
    succeed(w, ContractKind.CLEARANCE)
    w.agree(SlotKey(RecordId(shipment), b"DE", Regime.IMPORT))
    assert w.clears(shipment) == APPLIED
    assert w.released(shipment) == [True]


def test_a_new_custody_ledger_is_told(w: World) -> None:
    shipment = w.open(require())
    succeed(w, ContractKind.CUSTODY)
    assert w.clears(shipment, b"\x42" * 32) in (
        (Outcome.APPLIED, Outcome.UNKNOWN),
        (Outcome.UNKNOWN, Outcome.APPLIED),
    )
    assert w.released(shipment) == [True]


def test_nobody_but_the_clearance_ledger_moves_gates(w: World) -> None:
    shipment = w.open(require())
    effect = (0, 0, b"DE", Regime.IMPORT, False, 1, 0)
    with pytest.raises(Reverted, match="CustodyNotClearance"):
        w.members.custody.send("applyClearance", effect, [shipment])
    assert w.released(shipment) == [False]
