"""Random histories: clearances, handoffs and splits in any order give the same in the contracts and in the pure rules.

`World.submit` compares every outcome and every slot. After each step the invariants hold, here in words:

- The sequence of a clearance grows by one with each applied record but a lodged one, and never otherwise.
- A gate of a shipment under way is open exactly when the latest of its statuses that decides about release released it.
- Custody of a shipment that is not under way never changes through a clearance, but that what was seized is destroyed.
- A party to the shipment never moved its gate, and what rests on a broker's word has a party as its declarant.
- Only customs itself, under a pair that the terms require, ended a shipment; what it seized it destroys under any.
"""

import random
from collections import Counter

import pytest

from ledger.codes import Assurance, ClearanceStatus, Outcome, Regime, ShipmentState
from ledger.common.ids import RecordId
from ledger.custody.clearance import GateEffect, SlotKey, gate_effect
from ledger.records.signers import signing_partners
from ledger.records.types import Clearance, ShipmentRef
from tests.chain.contracts.clearance_world import (
    FRENCH_CUSTOMS,
    IDLE_CUSTOMS,
    TRADING_BROKER,
    TRADING_CUSTOMS,
    require,
    world,
)
from tests.chain.contracts.consortium import BROKER, CARRIER, CUSTOMS, MAKER, RETAILER
from tests.chain.contracts.harness import Reverted

STEPS = 100
PAIRS = ((b"DE", Regime.IMPORT), (b"DE", Regime.TRANSIT), (b"FR", Regime.IMPORT))
AUTHORS = (CUSTOMS, CUSTOMS, FRENCH_CUSTOMS, TRADING_CUSTOMS, BROKER, BROKER, TRADING_BROKER, MAKER)
CARRIERS = (CARRIER, TRADING_CUSTOMS, TRADING_BROKER, RETAILER)


class History:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = world()
        self.gates: dict[SlotKey, bool] = {}
        self.sequences: dict[SlotKey, int] = {}
        self.applied = self.skipped = self.reverted = 0
        self.met: Counter[str] = Counter()

    def run(self) -> None:
        for _ in range(5):
            self.open()
        for _ in range(STEPS):
            move = self.random.choices([self.clear, self.hand, self.split, self.open], [16, 3, 1, 1])[0]
            move()
            self.check()

    def open(self) -> None:
        requires = [
            require(j.decode(), r, self.random.randint(1, 7), relay=self.random.random() < 0.7)
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
        by = self.random.choice(AUTHORS)
        relayed = [i for i in known if self.world.slot(i).lets_relay(jurisdiction, regime)]
        if by in (BROKER, TRADING_BROKER) and relayed and self.random.random() < 0.8:
            known = relayed
        chosen = self.random.sample(known, self.random.randint(1, min(4, len(known))))
        weights = [4, 2, 3, 2, 8, 3, 1, 2, 1.5, 1.5, 3]
        status = self.random.choices(list(ClearanceStatus), weights)[0]
        slips = (0, -1, 1, 9) if status == ClearanceStatus.LODGED else (0, 0, 0, 0, -1, 1)
        items = []
        for shipment in chosen:
            sequence = self.world.sequence(shipment, jurisdiction, regime) + self.random.choice(slips)
            items.append(ShipmentRef(shipment, max(0, sequence)))
        if self.random.random() < 0.1:
            items.append(ShipmentRef(self.random.randbytes(32), self.random.choice((0, 0, 1))))
        # Customs mostly at its own assurance, others mostly below it; now and then neither.
        low = self.random.choice((1, 2))
        proper = 3 if by in (CUSTOMS, FRENCH_CUSTOMS, TRADING_CUSTOMS) else low
        # Mostly a party of the first shipment, sometimes of none.
        first = self.world.slot(items[0].shipment)
        declarants = [p for p in (first.consignor, first.consignee, first.custodian) if p] * 2 + [by, IDLE_CUSTOMS, 0]
        record = self.world.clear(
            *items,
            by=by,
            declarant=self.random.choice(declarants),
            jurisdiction=jurisdiction,
            regime=regime,
            status=status,
            assurance=proper if self.random.random() < 0.85 else 4 - proper,
            holdCause=self.random.randint(1, 11) if status == ClearanceStatus.HELD else 0,
        )
        before = {item.shipment: self.world.holdings.get(item.shipment) for item in record.items}
        try:
            outcomes = self.world.submit(record, *self.signers(record))
        except Reverted:
            self.reverted += 1
            return
        for item, outcome in zip(record.items, outcomes, strict=True):
            key = SlotKey(RecordId(item.shipment), jurisdiction, regime)
            if outcome != Outcome.APPLIED:
                self.skipped += 1
                continue
            self.applied += 1
            held = before[item.shipment]
            assert held is not None
            by_customs = record.assurance == Assurance.AUTHORITY_SIGNED
            assert by_customs or held.slot.is_party(record.declarant)
            if status == ClearanceStatus.LODGED:
                in_turn = item.sequence == self.sequences.get(key, 0)
                self.met["lodged in turn" if in_turn else "lodged out of turn"] += 1
                assert self.world.holdings[item.shipment] == held
                continue
            assert not held.slot.is_party(record.by)
            self.met["on a word"] += not by_customs
            if self.world.slot(item.shipment).state != held.slot.state:
                assert by_customs
                required = held.slot.requirement_mask(jurisdiction, regime) != 0
                assert required or held.slot.state == ShipmentState.SEIZED
                self.met["ended"] += 1
            self.sequences[key] = self.sequences.get(key, 0) + 1
            under_way = held.slot.state == ShipmentState.OPEN
            if (effect := gate_effect(status)) != GateEffect.LEAVE and under_way:
                self.gates[key] = effect == GateEffect.OPEN

    def signers(self, record: Clearance) -> tuple[int, ...]:
        """Those who have to sign; now and then one too few, or in the wrong order."""
        signers = signing_partners(record)
        slip = self.random.random()
        return signers[:1] if slip < 0.05 else signers[::-1] if slip < 0.1 else signers

    def check(self) -> None:
        for shipment, holding in self.world.holdings.items():
            for requirement in holding.slot.requirements:
                key = SlotKey(RecordId(shipment), requirement.jurisdiction, requirement.regime)
                if holding.slot.state == ShipmentState.OPEN:
                    assert requirement.released == self.gates.get(key, False)
        for key, sequence in self.sequences.items():
            assert self.world.clearances[key].sequence == sequence


@pytest.mark.parametrize("seeds", [2, pytest.param(20, marks=pytest.mark.drill)])
def test_contracts_and_rules_agree(seeds: int) -> None:
    met: Counter[str] = Counter()
    for seed in range(1, seeds + 1):
        history = History(seed)
        history.run()
        assert history.applied > 25
        assert history.skipped > 10
        assert history.reverted > 3
        for shipment, holding in history.world.holdings.items():
            assert history.world.members.custody.read("slotOf", shipment) == holding.slot.pack()
        for key, slot in history.world.clearances.items():
            assert history.world.slot_of(history.world.members.clearance, key) == slot
        met += history.met
    # Agreement says little about what never came up.
    assert met["on a word"] > 10
    assert met["ended"] > 1
    assert met["lodged in turn"] > 5
    assert met["lodged out of turn"] > 5
