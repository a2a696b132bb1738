"""A small model of custody and clearance: records go in, outcomes as the chain would give them come out, with times."""

import hashlib
from dataclasses import dataclass, field
from random import Random

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Gate, Outcome, Purpose, Role, StatementKind
from ledger.common.keccak import keccak256
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import (
    Clearance,
    Handoff,
    HandoffItem,
    Override,
    Record,
    Require,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.travels import ENDS, terms_of

CONSORTIUM = hashlib.sha256(b"oracle").digest()
_DOMAIN = keccak256(
    keccak256(b"EIP712Domain(string name,string version,bytes32 salt)")
    + keccak256(b"Lading")
    + keccak256(b"1")
    + CONSORTIUM
)
Pair = tuple[bytes, int]
FROM_RELEASED = RELEASES | {ClearanceStatus.RECALLED}
AFTER_RELEASED = RELEASES | {
    ClearanceStatus.HELD,
    ClearanceStatus.AMENDED,
    ClearanceStatus.RECALLED,
    ClearanceStatus.SEIZED,
    ClearanceStatus.DESTROYED,
}


def record_id(record: Record) -> bytes:
    """The EIP-712 digest in the oracle's own consortium."""
    return keccak256(b"\x19\x01" + _DOMAIN + record.hash_struct())


@dataclass
class Slot:
    """The custody slot of a shipment, with the clearance slots of its pairs."""

    id: bytes
    terms: Seen
    holder: int
    packages: int
    sequence: int = 0
    state: str = "open"  # open, delivered, closed, ended
    holders: list[int] = field(default_factory=list)  # by sequence
    status: dict[Pair, int] = field(default_factory=dict)
    clearance_sequence: dict[Pair, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.holders.append(self.holder)

    def advance(self, holder: int) -> None:
        self.holder = holder
        self.sequence += 1
        self.holders.append(holder)

    def breaches(self, gates: int) -> bool:
        """Whether a pair required at one of the gates is not released as far as the chain knows."""
        return any(p.gate & gates and self.status.get(_pair(p), 0) not in RELEASES for p in self.requires)

    @property
    def requires(self) -> tuple[Require, ...]:
        return terms_of(self.terms).requires

    def may_become(self, pair: Pair, status: int) -> bool:
        now = self.status.get(pair, 0)
        if now in FROM_RELEASED:
            return status in AFTER_RELEASED
        if now in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED):
            return now == ClearanceStatus.SEIZED and status == ClearanceStatus.DESTROYED
        return status != ClearanceStatus.RECALLED


def _pair(require: Require) -> Pair:
    return require.jurisdiction, require.regime


class Chain:
    """Takes records in order and gives each its outcome, block, log time and evidence; `now` is the true time."""

    def __init__(self, rng: Random, roles: dict[int, int], now: int, *, own_clock: bool) -> None:
        self.rng, self.roles, self.now, self.own_clock = rng, roles, now, own_clock
        self.seen: list[Seen] = []
        self.slots: dict[bytes, Slot] = {}
        self._logged = self._block_time = now
        self._block = (1, -1)

    # --- effects ---

    def open(self, terms: ShipmentTerms, signers: tuple[int, ...]) -> Seen:
        seen = self.take(terms, signers, (Outcome.APPLIED,))
        if terms.purpose != Purpose.REPLACEMENT:
            for ref in terms.parents:
                self.slots[ref.shipment].state = "closed"
                self.slots[ref.shipment].sequence += 1
        self.slots[seen.id] = Slot(seen.id, seen, terms.holder, terms.packages)
        return seen

    def handoff(self, handoff: Handoff) -> Seen:
        outcomes = tuple(self._hand_over(handoff, item) for item in handoff.items)
        return self.take(handoff, (handoff.releaser, handoff.receiver), outcomes)

    def _hand_over(self, handoff: Handoff, item: HandoffItem) -> int:
        slot = self.slots[item.shipment]
        if slot.state != "open":
            return Outcome.ENDED
        if item.sequence != slot.sequence:
            return Outcome.STALE
        if handoff.releaser != slot.holder:
            return Outcome.NOT_HELD
        delivery = handoff.receiver == terms_of(slot.terms).consignee
        if item.packages == 0:
            slot.advance(slot.holder)
            return Outcome.APPLIED
        gates = Gate.DELIVERY if delivery else Gate(0)
        if self.roles.get(handoff.receiver, 0) >> Role.MAIN_CARRIER & 1:
            gates |= Gate.HANDOVER
        breach = slot.breaches(gates)
        self._move(slot, item.packages, handoff.receiver)
        slot.state = "delivered" if delivery else "open"
        return Outcome.APPLIED_IN_BREACH if breach else Outcome.APPLIED

    def _move(self, slot: Slot, packages: int, receiver: int) -> None:
        if packages < slot.packages:
            rest = remainder_id(slot.id, slot.sequence)
            self.slots[rest] = Slot(rest, slot.terms, slot.holder, slot.packages - packages)
        slot.packages = packages
        slot.advance(receiver)

    def override(self, override: Override) -> Seen:
        slot = self.slots[override.shipment]
        self._move(slot, override.packages, override.receiver)
        if override.receiver == terms_of(slot.terms).consignee:
            slot.state = "delivered"
        return self.take(override, (override.receiver,), (Outcome.APPLIED,))

    def split(self, split: Split) -> Seen:
        slot = self.slots[split.shipment]
        for index, child in enumerate(split.children):
            below = child_id(slot.id, slot.sequence, index)
            self.slots[below] = Slot(below, slot.terms, slot.holder, child.packages, state=slot.state)
        slot.sequence, slot.state = slot.sequence + 1, "closed"
        return self.take(split, (split.by,), (Outcome.APPLIED,))

    def statement(self, statement: Statement, signers: tuple[int, ...]) -> Seen:
        slot, outcome = self.slots[statement.shipment], Outcome.APPLIED
        if statement.kind in ENDS:
            if statement.kind == StatementKind.SOLD and slot.breaches(Gate.SALE):
                outcome = Outcome.APPLIED_IN_BREACH
            slot.state = "ended"
        return self.take(statement, signers, (outcome,))

    def clearance(self, clearance: Clearance, signers: tuple[int, ...]) -> Seen:
        pair = clearance.jurisdiction, clearance.regime
        for ref in clearance.items:
            slot = self.slots[ref.shipment]
            if clearance.status != ClearanceStatus.LODGED:
                slot.status[pair] = clearance.status
                slot.clearance_sequence[pair] = slot.clearance_sequence.get(pair, 0) + 1
                ends = clearance.status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
                required = pair in {_pair(p) for p in slot.requires}
                if ends and required and clearance.assurance == Assurance.AUTHORITY_SIGNED and slot.state == "open":
                    slot.state = "ended"
        return self.take(clearance, signers, (Outcome.APPLIED,) * len(clearance.items))

    # --- times ---

    def take(self, record: Record, signers: tuple[int, ...], outcomes: tuple[int, ...] = ()) -> Seen:
        """File the record with the times that clock, chain and witnesses give it; without outcomes the log alone."""
        rng = self.rng
        straight = bool(outcomes) and rng.random() < 0.04  # past the operator, whose log follows the event
        logged = max(self._logged, self.now + rng.randrange(1, 60))
        block_time = None
        if outcomes:
            outage = rng.randrange(HOUR, 3 * DAY) if rng.random() < 0.05 else rng.randrange(1, 900)
            same = rng.random() < 0.2 and self._block[1] >= 0 and self._block_time >= logged
            block_time = self._block_time if same else max(self._block_time + 1, logged + outage)
            self._block = (self._block[0], self._block[1] + 1) if same else (self._block[0] + 1, 0)
            self._block_time = block_time
            if straight:
                logged = block_time + rng.randrange(60, DAY)
        self._logged = logged
        witnessed = logged + rng.randrange(1, 3 * HOUR) if rng.random() < (0.3 if outcomes else 0.9) else None
        evidence = [time for time in (witnessed, None if self.own_clock else block_time) if time is not None]
        one = Seen(
            id=record_id(record),
            record=record,
            signers=tuple(dict.fromkeys(signers)),
            roles={partner: self.roles.get(partner, 0) for partner in signers},
            outcomes=outcomes,
            log_index=len(self.seen),
            logged_at=logged,
            evidenced=min(evidence, default=None),
            block_time=block_time,
            block=self._block if outcomes else None,
            own_clock=self.own_clock,
        )
        self.seen.append(one)
        return one

    @property
    def latest(self) -> int:
        return max(max(s.visible, s.known, s.logged_at) for s in self.seen)
