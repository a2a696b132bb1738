"""Custody: who holds which shipment, by records that both sides signed. The same rules as `CustodyLedger.sol`.

Every function takes a record, who signed it, a lookup of holdings and the block time, and answers with a `Decision`:
one outcome an item and the holdings that change. A record that the contract would revert raises `InvalidInput` or
`Refused`. Random histories give the same outcomes and slots here and in the contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.codes import Outcome, ShipmentState
from ledger.custody_checks import CLOCK_SKEW
from ledger.custody_movement import (
    HANDLING,
    HANDLING_ROLES,
    Transfer,
    count_agrees,
    handoff,
    handoff_item,
    override,
)
from ledger.custody_opening import CONSIGNOR, CONSIGNOR_ROLES, open_shipment, terms_signers
from ledger.custody_slot import (
    NO_KEY,
    Decision,
    Flag,
    Holding,
    Lookup,
    Requirement,
    Signer,
    Slot,
    child_id,
    pair_of,
    remainder_id,
)
from ledger.custody_statements import split, state, statement_signers
from ledger.records import NOBODY, Handoff, Override, Record, ShipmentRef, ShipmentTerms, Split, Statement

__all__ = [
    "CLOCK_SKEW",
    "CONSIGNOR",
    "CONSIGNOR_ROLES",
    "HANDLING",
    "HANDLING_ROLES",
    "NO_KEY",
    "ClearancePush",
    "Decision",
    "Flag",
    "Holding",
    "Lookup",
    "Requirement",
    "Signer",
    "Slot",
    "Transfer",
    "apply_clearance",
    "child_id",
    "count_agrees",
    "handoff",
    "handoff_item",
    "open_shipment",
    "override",
    "pair_of",
    "remainder_id",
    "signing_partners",
    "split",
    "state",
    "statement_signers",
    "terms_signers",
]


def signing_partners(record: Record) -> tuple[int, ...]:
    """The partners whose signatures a custody record bears, in their order; 0 is the recipient key, always last.

    An override's council members, who come first, are not partners and not listed.
    """
    match record:
        case ShipmentTerms():
            return terms_signers(record)
        case Handoff(releaser=0):
            return (record.receiver, NOBODY)
        case Handoff():
            return (record.releaser, record.receiver)
        case Split():
            return (record.by,)
        case Statement():
            return statement_signers(record)
        case Override():
            return (record.receiver,)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class ClearancePush:
    """What a clearance tells custody about its shipments, as `ICustodyLedger.ClearancePush`.

    `decision`: a party to the shipment may not sign it. `needs_relay`: it counts only where the terms allow a broker
    to relay. `gate`: 1 releases the matching requirement, 2 closes it again, 0 leaves it. `end`: SEIZED or DESTROYED
    ends the shipment, 0 does not.
    """

    by: int
    jurisdiction: bytes
    regime: int
    decision: bool
    needs_relay: bool
    gate: int
    end: int


def apply_clearance(
    push: ClearancePush, items: Sequence[ShipmentRef], verdicts: Sequence[Outcome], lookup: Lookup
) -> Decision:
    """Outcomes of a clearance, and the slots it moves; `verdicts` are the clearance rules' own outcomes an item."""
    changes: dict[bytes, Holding] = {}
    outcomes = []
    for item, verdict in zip(items, verdicts, strict=True):
        holding = changes.get(item.shipment) or lookup(item.shipment)
        outcome, changed = _clear_one(push, verdict, holding)
        outcomes.append(outcome)
        if changed is not None:
            changes[item.shipment] = changed
    return Decision(tuple(outcomes), changes)


def _clear_one(push: ClearancePush, verdict: Outcome, holding: Holding | None) -> tuple[Outcome, Holding | None]:
    if holding is None:
        return Outcome.UNKNOWN, None
    if verdict != Outcome.APPLIED:
        return verdict, None
    slot = holding.slot
    mask = slot.requirement_mask(push.jurisdiction, push.regime)
    relays = any(r.relay for i, r in enumerate(slot.requirements) if mask >> i & 1)
    if (push.decision and slot.is_party(push.by)) or (push.needs_relay and not relays):
        return Outcome.FORBIDDEN, None
    if slot.state == ShipmentState.SEIZED and push.end == ShipmentState.DESTROYED:
        return Outcome.APPLIED, replace(holding, slot=replace(slot, state=ShipmentState.DESTROYED))
    # After delivery, and after any other end, a clearance is recorded and custody left alone.
    if slot.state != ShipmentState.OPEN:
        return Outcome.APPLIED, None
    requirements = tuple(
        replace(r, released=push.gate == 1) if push.gate and mask >> i & 1 else r
        for i, r in enumerate(slot.requirements)
    )
    ended = ShipmentState(push.end) if push.end else slot.state
    changed = replace(slot, requirements=requirements, state=ended)
    return Outcome.APPLIED, replace(holding, slot=changed) if changed != slot else None
