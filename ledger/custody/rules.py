"""Custody: who holds which shipment, by records that both sides signed. The same rules as `CustodyLedger.sol`.

Every function takes a record, who signed it, a lookup of holdings and the block time, and answers with a `Decision`:
one outcome an item and the holdings that change. A record that the contract would revert raises `InvalidInput` or
`Refused`. Random histories give the same outcomes and slots here and in the contract.
"""

from dataclasses import replace

from ledger.codes import ShipmentState
from ledger.custody.handoff import (
    HANDLING,
    HANDLING_ROLES,
    Transfer,
    count_agrees,
    handoff,
    handoff_item,
    override,
)
from ledger.custody.slot import NO_KEY, Decision, Flag, Holding, Lookup, Requirement, Signer, Slot, pair_of
from ledger.custody.statements import split, state
from ledger.custody.terms import CONSIGNOR, CONSIGNOR_ROLES, open_shipment

__all__ = [
    "CONSIGNOR",
    "CONSIGNOR_ROLES",
    "HANDLING",
    "HANDLING_ROLES",
    "NO_KEY",
    "Decision",
    "Flag",
    "Holding",
    "Lookup",
    "Requirement",
    "Signer",
    "Slot",
    "Transfer",
    "count_agrees",
    "end_by_customs",
    "handoff",
    "handoff_item",
    "open_shipment",
    "override",
    "pair_of",
    "set_released",
    "split",
    "state",
]


def set_released(holding: Holding, mask: int, released: bool) -> Holding:
    """The holding after a clearance released (or closed again) the requirements in `mask`.

    After delivery, and after any other end, a clearance is recorded and custody left alone.
    """
    slot = holding.slot
    if slot.state != ShipmentState.OPEN:
        return holding
    requirements = tuple(replace(r, released=released) if mask >> i & 1 else r for i, r in enumerate(slot.requirements))
    return replace(holding, slot=replace(slot, requirements=requirements))


def end_by_customs(holding: Holding, ended: ShipmentState) -> Holding:
    """The holding after customs seized or destroyed the goods: an open shipment ends, a seized one can be destroyed."""
    slot = holding.slot
    destroyed = slot.state == ShipmentState.SEIZED and ended == ShipmentState.DESTROYED
    if slot.state != ShipmentState.OPEN and not destroyed:
        return holding
    return replace(holding, slot=replace(slot, state=ended))
