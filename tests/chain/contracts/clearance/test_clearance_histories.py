"""Random histories: clearances, handoffs and splits in any order give the same in the contracts and in the pure rules.

`World.submit` compares every outcome and every slot. After each step the invariants hold, here in words:

- The sequence of a clearance grows by one with each applied record, and never otherwise.
- A gate of a shipment under way is open exactly when the latest of its statuses that decides about release released it.
- Custody of a shipment that is not under way never changes through a clearance, but that what was seized is destroyed.
- A party to the shipment never moved its gate.
"""

import random

import pytest

from ledger.codes import ClearanceStatus, Outcome, Regime, ShipmentState
from ledger.common.ids import RecordId
from ledger.custody.clearance import GateEffect, SlotKey, gate_effect
from ledger.records.types import ShipmentRef
from tests.chain.contracts.clearance_world import FRENCH_CUSTOMS, TRADING_BROKER, TRADING_CUSTOMS, require, world
from tests.chain.contracts.consortium import BROKER, CARRIER, CUSTOMS, MAKER, RETAILER
from tests.chain.contracts.harness import Reverted

STEPS = 100
PAIRS = ((b"DE", Regime.IMPORT), (b"DE", Regime.TRANSIT), (b"FR", Regime.IMPORT))
AUTHORS = (CUSTOMS, CUSTOMS, FRENCH_CUSTOMS, TRADING_CUSTOMS, BROKER, TRADING_BROKER, MAKER)
CARRIERS = (CARRIER, TRADING_CUSTOMS, TRADING_BROKER, RETAILER)


class History:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = world()
        self.gates: dict[SlotKey, bool] = {}
        self.sequences: dict[SlotKey, int] = {}
        self.applied = self.skipped = self.reverted = 0

    def run(self) -> None:
        for _ in range(5):
            self.open()
        for _ in range(STEPS):
            move = self.random.choices([self.clear, self.hand, self.split, self.open], [16, 3, 1, 1])[0]
            move()
            self.check()

    def open(self) -> None:
        requires = [
            require(j.decode(), r, self.random.randint(1, 7), relay=self.random.random() < 0.5)
            for j, r in self.random.sample(PAIRS, self.random.randint(0, 3))
        ]
        consignor = self.random.choice((MAKER, MAKER, TRADING_CUSTOMS, TRADING_BROKER))
        consignee = self.random.choice([p for p in (RETAILER, TRADING_CUSTOMS, TRADING_BROKER) if p != consignor])
        self.world.open(*requires, consignor=consignor, consignee=consignee)

    def hand(self) -> None:
        under_way = [i for i, h in self.world.holdings.items() if h.slot.state == ShipmentState.OPEN]
        if under_way:
            shipment = self.random.choice(under_way)
            slot = self.world.slot(shipment)
            receiver = self.random.choice([p for p in CARRIERS if p != slot.custodian])
            try:
                self.world.hand(shipment, slot.custodian, receiver)
            except Reverted:
                self.reverted += 1  # a receiver without a handling role who is not the consignee

    def split(self) -> None:
        held = [i for i, h in self.world.holdings.items() if h.slot.state == ShipmentState.OPEN and h.slot.packages > 1]
        if held:
            shipment = self.random.choice(held)
            packages = self.world.slot(shipment).packages
            self.world.split(shipment, 1, packages - 1)

    def clear(self) -> None:
        known = list(self.world.holdings)
        jurisdiction, regime = self.random.choice(PAIRS)
        chosen = self.random.sample(known, self.random.randint(1, min(4, len(known))))
        items = []
        for shipment in chosen:
            sequence = self.world.sequence(shipment, jurisdiction, regime) + self.random.choice((0, 0, 0, 0, -1, 1))
            items.append(ShipmentRef(shipment, max(0, sequence)))
        if self.random.random() < 0.1:
            items.append(ShipmentRef(self.random.randbytes(32), self.random.choice((0, 0, 1))))
        weights = [3, 2, 3, 2, 8, 3, 1, 2, 0.4, 0.4, 3]
        status = self.random.choices(list(ClearanceStatus), weights)[0]
        record = self.world.clear(
            *items,
            by=self.random.choice(AUTHORS),
            jurisdiction=jurisdiction,
            regime=regime,
            status=status,
            assurance=self.random.choice((1, 2, 3)),
            holdCause=self.random.randint(1, 11) if status == ClearanceStatus.HELD else 0,
        )
        try:
            outcomes = self.world.submit(record, record.by)
        except Reverted:
            self.reverted += 1
            return
        for item, outcome in zip(record.items, outcomes, strict=True):
            key = SlotKey(RecordId(item.shipment), jurisdiction, regime)
            if outcome != Outcome.APPLIED:
                self.skipped += 1
                continue
            self.applied += 1
            self.sequences[key] = self.sequences.get(key, 0) + 1
            under_way = self.world.slot(item.shipment).state == ShipmentState.OPEN
            ended = status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
            if (effect := gate_effect(status)) != GateEffect.LEAVE and (under_way or ended):
                self.gates[key] = effect == GateEffect.OPEN

    def check(self) -> None:
        for shipment, holding in self.world.holdings.items():
            for requirement in holding.slot.requirements:
                key = SlotKey(RecordId(shipment), requirement.jurisdiction, requirement.regime)
                if holding.slot.state == ShipmentState.OPEN:
                    assert requirement.released == self.gates.get(key, False)
        for key, sequence in self.sequences.items():
            assert self.world.clearances[key].sequence == sequence


@pytest.mark.parametrize("seed", range(3))
def test_contracts_and_rules_agree(seed: int) -> None:
    history = History(seed)
    history.run()
    assert history.applied > 25
    assert history.skipped > 10
    assert history.reverted > 3
    for shipment, holding in history.world.holdings.items():
        assert history.world.members.custody.read("slotOf", shipment) == holding.slot.pack()
    for key, slot in history.world.clearances.items():
        assert history.world.slot_of(history.world.members.clearance, key) == slot
