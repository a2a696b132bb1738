"""Random histories of custody: contract and pure rules give the same outcomes, slots and refusals.

Few shipments, few partners and every field sometimes wrong, so that each outcome comes up often. Checked beside: the
packages of all live shipments of one origin add up, sequences only grow, what has ended stays ended.
"""

import random
from collections import Counter

import pytest

from ledger.codes import ExceptionBit, Outcome, Purpose, ShipmentState, StatementKind
from ledger.custody.rules import Holding
from ledger.records.signing import SigningKey
from ledger.records.types import HandoffItem, KeyGrant, Record, Require, ShipmentRef
from tests.chain.contracts.consortium import (
    AUDITOR,
    CARRIER,
    DELAY,
    IDLE_CARRIER,
    MAIN_CARRIER,
    MAKER,
    PLATFORM,
    RETAILER,
    WAREHOUSE,
    key_of,
    partner_key,
    sign,
)
from tests.chain.contracts.custody_world import Who, World, hidden, world
from tests.chain.contracts.harness import Reverted

PARTNERS = (MAKER, WAREHOUSE, CARRIER, MAIN_CARRIER, PLATFORM, RETAILER, AUDITOR, IDLE_CARRIER)
CONSUMERS = (key_of("consumer 1"), key_of("consumer 2"))
UNOPENED = tuple(bytes([i]) * 32 for i in (1, 0x80, 0xFF))
REMARKS = (StatementKind.TENDER, StatementKind.CONTEST, StatementKind.FOUND)
LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)
STEPS = 110
SHORT = 3


class Player:
    """Makes up records that are right more often than not."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.w: World = world()
        self.outcomes: Counter[str] = Counter()

    def play(self, steps: int) -> None:
        for step in range(steps):
            if step == steps // 2:
                self.w.members.suspend(IDLE_CARRIER)
            if step == 3 * steps // 4:
                self.take(CONSUMERS[1])
            before = dict(self.w.holdings)
            self.step()
            check_history(before, self.w.holdings)

    def step(self) -> None:
        rng = self.rng
        if rng.random() < 0.1:
            self.w.wait(rng.choice((10, 1000, DELAY)))
        if rng.random() < 0.12 and self.w.holdings:
            return self.push()
        live = sum(h.slot.state == ShipmentState.OPEN for h in self.w.holdings.values())
        makers = (self.terms, self.manifest, self.split, self.statement, self.override)
        make = rng.choices(makers, (12 if live < 5 else 4, 11, 2, 5, 2))[0]
        record, who = make()
        if self.odd(0.05):
            who = tuple(rng.choice((*PARTNERS, *CONSUMERS)) for _ in who)
        try:
            outcomes = self.w.submit(record, *who)
            self.outcomes.update(outcome.name for outcome in outcomes)
        except Reverted as reverted:
            self.outcomes[reverted.name] += 1

    def take(self, key: SigningKey) -> None:
        """A carrier makes a recipient key its own device's."""
        grant = KeyGrant(CARRIER, key.address, 0, 1 << 4, self.w.now, self.w.now + 86_400, hidden("details"))
        self.w.members.registry.record("grantKey", grant, sign(grant, CARRIER, key))

    # --- choices -----------------------------------------------------------------------------------------------------

    def odd(self, chance: float) -> bool:
        return self.rng.random() < chance

    def shipment(self) -> bytes:
        """Mostly one that is open."""
        if not self.w.holdings or self.odd(0.05):
            return self.rng.choice(UNOPENED)
        moving = [s for s, h in self.w.holdings.items() if h.slot.state == ShipmentState.OPEN]
        return self.rng.choice(moving if moving and not self.odd(0.15) else list(self.w.holdings))

    def sequence(self, shipment: bytes) -> int:
        current = self.w.sequence(shipment)
        return max(0, current + self.rng.choice((-1, -1, 1))) if self.odd(0.12) else current

    def custodian(self, shipment: bytes) -> int:
        holding = self.w.holdings.get(shipment)
        return self.rng.choice(PARTNERS) if holding is None or self.odd(0.07) else holding.slot.custodian

    def who(self, partner: int, shipment: bytes) -> Who:
        """The partner, or the consumer whose key this shipment has."""
        if partner:
            return partner
        holding = self.w.holdings.get(shipment)
        keys = [k for k in CONSUMERS if holding and k.address == holding.recipient_key]
        return keys[0] if keys and not self.odd(0.1) else self.rng.choice(CONSUMERS)

    def packages(self, held: int) -> tuple[int, int]:
        packages = held if self.odd(0.75) else max(0, held + self.rng.choice((-1, 1, -held, -2)))
        said = ExceptionBit(0)
        if packages == 0:
            said = ExceptionBit.REFUSED
        elif packages != held:
            said = ExceptionBit.SHORT if packages < held else ExceptionBit.OVER
        if self.odd(0.06):
            said = ExceptionBit(self.rng.randrange(256))
        return packages, said

    # --- records -----------------------------------------------------------------------------------------------------

    def terms(self) -> tuple[Record, tuple[Who, ...]]:
        rng = self.rng
        consignee = rng.choice((RETAILER, RETAILER, PLATFORM, AUDITOR, 0))
        consignor = rng.choice((MAKER, MAKER, PLATFORM, RETAILER))
        if self.odd(0.05):
            consignor = CARRIER
        holder = rng.choice((consignor, consignor, WAREHOUSE))
        purpose, parents = Purpose.ORIGINAL, tuple[ShipmentRef, ...]()
        last: Who = holder
        if self.w.holdings and self.odd(0.45):
            purpose = rng.choice(
                (Purpose.ONWARD, Purpose.RETURN, Purpose.REPLACEMENT, Purpose.MERGE, Purpose.RE_EXPORT)
            )
            named = [self.shipment() for _ in range(rng.choice((1, 1, 2)))]
            parents = tuple(ShipmentRef(s, self.sequence(s)) for s in named)
            holder = self.custodian(named[0]) if purpose != Purpose.REPLACEMENT else holder
            slot = self.w.holdings[named[0]].slot if named[0] in self.w.holdings else None
            if slot and self.odd(0.8):
                consignor = rng.choice((slot.consignor, slot.consignee or slot.consignor))
            last = self.who(holder, named[0])
            if holder == 0:
                purpose, consignee = Purpose.RETURN, MAKER
        key = CONSUMERS[0] if isinstance(last, int) else last
        if isinstance(last, int) and self.odd(0.5):
            key = self.rng.choice((*CONSUMERS, CONSUMERS[1], partner_key(CARRIER)))
        needs_key = 0 in (consignee, holder)
        pairs = rng.sample([(j, r) for j in (b"DE", b"FR") for r in (1, 2, 3)], rng.choice((0, 0, 1, 2, 4)))
        terms = self.w.terms(
            consignor=consignor,
            consignee=consignee,
            holder=holder,
            purpose=purpose,
            parents=parents,
            packages=rng.randrange(1, 12),
            recipientKey=key.address if needs_key else bytes(20),
            requires=tuple(Require(j, r, rng.randrange(1, 8), self.odd(0.3)) for j, r in pairs),
        )
        return terms, (consignor,) if holder == consignor else (consignor, last)

    def manifest(self) -> tuple[Record, tuple[Who, ...]]:
        rng = self.rng
        lead = self.shipment()
        releaser = self.custodian(lead)
        consignee = self.w.holdings[lead].slot.consignee if lead in self.w.holdings else RETAILER
        receivers = (CARRIER, MAIN_CARRIER, WAREHOUSE, IDLE_CARRIER, consignee, consignee)
        receiver = rng.choice([r for r in receivers if r != releaser or self.odd(0.05)])
        held = [
            s for s, h in self.w.holdings.items()
            if h.slot.custodian == releaser and (h.slot.state == ShipmentState.OPEN or self.odd(0.1))
        ]  # fmt: skip
        chosen = {lead, *rng.sample(held, min(len(held), rng.randrange(4)))}
        if receiver in (0, AUDITOR, PLATFORM, RETAILER) and not self.odd(0.1):
            chosen = {s for s in chosen if s == lead or self.w.slot(s).consignee == receiver}
        items = []
        for shipment in chosen:
            count = self.w.holdings[shipment].slot.packages if shipment in self.w.holdings else 3
            items.append(HandoffItem(shipment, self.sequence(shipment), *self.packages(count)))
        manifest = self.w.manifest(
            releaser, receiver, *items, occurredAt=self.w.now + rng.choice((0, -5000, 900, 900 + 30 * self.odd(0.1)))
        )
        a, b = self.who(releaser, lead), self.who(receiver, lead)
        return manifest, (b, a) if releaser == 0 else (a, b)

    def split(self) -> tuple[Record, tuple[Who, ...]]:
        shipment = self.shipment()
        by = self.custodian(shipment)
        left = self.w.holdings[shipment].slot.packages if shipment in self.w.holdings else 4
        parts: list[int] = []
        while left > 0 and len(parts) < 4:
            part = self.rng.randrange(1, left + 1)
            parts.append(part)
            left -= part
        parts[-1] += left + (1 if self.odd(0.1) else 0)
        record = self.w.splitting(shipment, by, parts, sequence=self.sequence(shipment))
        return record, (self.who(by, shipment),)

    def statement(self) -> tuple[Record, tuple[Who, ...]]:
        rng = self.rng
        shipment = self.shipment()
        kind = rng.choice(list(StatementKind) if self.odd(0.4) else REMARKS)
        slot = self.w.holdings[shipment].slot if shipment in self.w.holdings else None
        by, counterparty = self.custodian(shipment), rng.choice((*PARTNERS, 0))
        if slot and not self.odd(0.1):
            counterparty = next((p for p in (slot.consignor, slot.consignee) if p != by), PLATFORM)
            if kind == StatementKind.TENDER:
                counterparty = slot.consignee
            if kind == StatementKind.CONTEST:
                # One in three is by whoever it is, and mostly forbidden.
                by, counterparty = rng.choice((slot.consignee, slot.consignor, rng.choice(PARTNERS))), slot.custodian
        record = self.w.statement(kind, shipment, by, counterparty, sequence=self.sequence(shipment))
        witnessed = kind in (StatementKind.DESTROYED, StatementKind.ABANDONED)
        first = self.who(by, shipment)
        return record, (first, self.who(counterparty, shipment)) if witnessed else (first,)

    def override(self) -> tuple[Record, tuple[Who, ...]]:
        shipment = self.shipment()
        holding = self.w.holdings.get(shipment)
        packages, exceptions = self.packages(holding.slot.packages if holding else 3)
        releaser = self.custodian(shipment)
        receivers = (CARRIER, WAREHOUSE, holding.slot.consignee if holding else RETAILER)
        receiver = self.rng.choice([r for r in receivers if r != releaser] or [MAIN_CARRIER])
        record = self.w.overriding(
            shipment, releaser, receiver,
            sequence=self.sequence(shipment), packages=packages, exceptions=exceptions,
        )  # fmt: skip
        who = (self.who(receiver, shipment),)
        if self.odd(0.6):
            # Announce it now, so that submitting it below may move the goods.
            try:
                self.outcomes.update(outcome.name for outcome in self.w.submit(record, *who))
            except Reverted as reverted:
                self.outcomes[reverted.name] += 1
            self.w.wait(DELAY)
        return record, who

    def push(self) -> None:
        shipments = self.rng.sample(list(self.w.holdings), min(3, len(self.w.holdings)))
        if self.odd(0.15):
            self.w.end(shipments, self.rng.choice((ShipmentState.SEIZED, ShipmentState.DESTROYED)))
        else:
            self.w.release(shipments, [self.rng.randrange(16) for _ in shipments], released=not self.odd(0.3))


def check_history(before: dict[bytes, Holding], after: dict[bytes, Holding]) -> None:
    """What holds from any step to the next."""
    for shipment, old in before.items():
        new = after[shipment].slot
        assert new.sequence >= old.slot.sequence, "a sequence never shrinks"
        assert new.flags & old.slot.flags == old.slot.flags, "a mark stays for ever"
        if old.slot.state == ShipmentState.SEIZED:
            assert new.state in (ShipmentState.SEIZED, ShipmentState.DESTROYED)
        elif old.slot.state not in LIVE:
            assert new == old.slot, "what has ended stays ended"
        if old.slot.state == ShipmentState.DELIVERED:
            assert new.custodian == old.slot.custodian, "delivered goods stay with the consignee"
        assert (new.consignor, new.consignee) == (old.slot.consignor, old.slot.consignee)


@pytest.mark.parametrize("seeds", [SHORT, pytest.param(20, marks=pytest.mark.drill)])
def test_random_histories_agree(seeds: int) -> None:
    met: Counter[str] = Counter()
    for seed in range(seeds):
        player = Player(seed)
        player.play(STEPS)
        met += player.outcomes
    # Agreement says little about what never came up.
    for outcome in Outcome:
        if outcome != Outcome.REJECTED:  # the log's word for a record that reverted
            assert met[outcome.name], f"{outcome.name} never came up: {met}"
    assert met["CustodyKnownKey"]
    assert 5 * met["APPLIED"] > 2 * seeds * STEPS
