"""What a custody or clearance record does to shipments: one door to the rules, for every record type.

Acceptance asks with the state it expects, the projection with the state that the chain has made, the audit with the
state it rebuilds. All get the same answer as the contracts give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ledger.codes import ClearanceStatus, Outcome, ShipmentState
from ledger.common.ids import RecordId
from ledger.custody import clearance, rules
from ledger.custody.clearance import ClearanceSlot, GateEffect, ShipmentFacts, SlotKey
from ledger.custody.rules import Holding, Signer
from ledger.errors import MalformedRecord
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement

CUSTODY = (ShipmentTerms, Handoff, Split, Statement, Override)
MOVES_SHIPMENTS = (*CUSTODY, Clearance)


class State(Protocol):
    """The state of shipments and clearances before a record."""

    def holding(self, shipment: bytes) -> Holding | None:
        """Slot and recipient key of a shipment; None for one that was never opened."""

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        """Where the clearance stands; None when there is none yet."""

    def override_ready_at(self, record_id: bytes) -> int | None:
        """When an announced override may move the goods; None when it was not announced."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One outcome an item (one in all for records without items), and the state that changes with them."""

    outcomes: tuple[Outcome, ...]
    holdings: Mapping[bytes, Holding] = field(default_factory=dict)
    clearances: Mapping[SlotKey, ClearanceSlot] = field(default_factory=dict)


class RegistryAnswers(Protocol):
    """What the registry says at the moment of judgement."""

    def customs_roles(self, partner: int, jurisdiction: bytes) -> clearance.CustomsRoles:
        """Roles of a partner for the jurisdiction (two capital letters)."""

    def knows(self, key: bytes) -> bool:
        """Whether an address (20 bytes) was ever entered, as whatever it be."""


def effect_of(
    record: Record,
    record_id: RecordId,
    signers: Sequence[Signer],
    registry: RegistryAnswers,
    state: State,
    now: int,
) -> Effect:
    """What `record` does when recorded at `now` (UTC seconds) on `state`.

    `signers` say who made each signature, in canonical order (of an override: the receiver alone). Raises the errors
    of the rule modules where the contract would revert the whole record; `MalformedRecord` for a type without effect
    on shipments.
    """
    lookup = state.holding
    match record:
        case ShipmentTerms():
            decision = rules.open_shipment(record, record_id, signers, lookup, now, registry.knows)
        case Handoff():
            decision = rules.handoff(record, signers, lookup, now)
        case Split():
            decision = rules.split(record, signers[0], lookup, now)
        case Statement():
            decision = rules.state(record, signers, lookup, now)
        case Override():
            decision = rules.override(record, signers[-1], lookup, now, state.override_ready_at(record_id))
        case Clearance():
            return _clearance(record, registry.customs_roles(record.by, record.jurisdiction), state, now)
        case _:
            raise MalformedRecord("moves no shipment", where="type", found=type(record).__name__)
    return Effect(decision.outcomes, decision.changes)


def _clearance(record: Clearance, standing: clearance.CustomsRoles, state: State, now: int) -> Effect:
    clearance.check(record, standing, now)
    holdings = {item.shipment: state.holding(item.shipment) for item in record.items}
    facts: dict[RecordId, ShipmentFacts] = {}
    slots: dict[SlotKey, ClearanceSlot] = {}
    for shipment, holding in holdings.items():
        if holding is None:
            continue
        facts[RecordId(shipment)] = facts_of(holding.slot, record)
        key = SlotKey(RecordId(shipment), record.jurisdiction, record.regime)
        if (known := state.clearance(key)) is not None:
            slots[key] = known
    results = clearance.judge(record, slots, facts)
    changed: dict[bytes, Holding] = {}
    for result in results:
        before = holdings[result.key.shipment]
        if result.outcome != Outcome.APPLIED or before is None:
            continue
        after = before
        if result.gate != GateEffect.LEAVE:
            mask = before.slot.requirement_mask(record.jurisdiction, record.regime)
            after = rules.set_released(after, mask, result.gate == GateEffect.OPEN)
        if result.ends is not None:
            after = rules.end_by_customs(after, result.ends)
        if after != before:
            changed[result.key.shipment] = after
    applied = {
        result.key: result.slot
        for result in results
        if result.outcome == Outcome.APPLIED and record.status != ClearanceStatus.LODGED
    }
    return Effect(tuple(result.outcome for result in results), changed, applied)


def facts_of(slot: rules.Slot, record: Clearance) -> ShipmentFacts:
    """What a clearance's rules ask of the shipment whose slot this is."""
    return ShipmentFacts(
        consignor=slot.consignor,
        consignee=slot.consignee,
        custodian=slot.custodian,
        required=slot.requirement_mask(record.jurisdiction, record.regime) != 0,
        relay=slot.lets_relay(record.jurisdiction, record.regime),
        seized=slot.state == ShipmentState.SEIZED,
    )


@dataclass
class Overlay:
    """A state with changes of its own on top of another: what records would do that are not recorded yet."""

    below: State
    holdings: dict[bytes, Holding] = field(default_factory=dict)
    clearances: dict[SlotKey, ClearanceSlot] = field(default_factory=dict)

    def holding(self, shipment: bytes) -> Holding | None:
        return self.holdings.get(shipment) or self.below.holding(shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return self.clearances.get(key) or self.below.clearance(key)

    def override_ready_at(self, record_id: bytes) -> int | None:
        return self.below.override_ready_at(record_id)

    def apply(self, effect: Effect) -> None:
        self.holdings |= effect.holdings
        self.clearances |= effect.clearances
