"""The partners of random journeys, and what the acts of one share: its chain, its dishonest clocks, its terms."""

from dataclasses import dataclass, field
from random import Random

from ledger.codes import Purpose, Role
from ledger.records.eip712 import Withheld
from ledger.records.types import UNLIMITED_LAG, Commercial, Details, Goods, Place, Require, ShipmentRef, ShipmentTerms
from tests.oracle.chain import Chain, Slot
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.travels import terms_of

SUPPLIER, RETAILER, CARRIER, SECOND, MAIN, WAREHOUSE, LOCKER, CUSTOMS, BROKER = range(11, 20)
THIRD, AUDITOR, PLATFORM, AUTHORITY, FAR_LOCKER, BUYER, RIVAL = range(20, 27)
ROLES: dict[int, int] = {
    SUPPLIER: 1 << Role.SUPPLIER,
    RETAILER: 1 << Role.RETAILER,
    CARRIER: 1 << Role.CARRIER,
    SECOND: 1 << Role.CARRIER,
    MAIN: 1 << Role.CARRIER | 1 << Role.MAIN_CARRIER,
    WAREHOUSE: 1 << Role.WAREHOUSE,
    LOCKER: 1 << Role.LOCKER,
    CUSTOMS: 1 << Role.CUSTOMS,
    BROKER: 1 << Role.BROKER,
    THIRD: 1 << Role.WAREHOUSE,
    AUDITOR: 1 << Role.AUDITOR,
    PLATFORM: 1 << Role.PLATFORM,
    AUTHORITY: 1 << Role.AUTHORITY,
    FAR_LOCKER: 1 << Role.LOCKER,
    BUYER: 1 << Role.RETAILER,
    RIVAL: 1 << Role.BROKER,
}
EPOCH = 1_790_000_000
HAMBURG, BERLIN, ROME = ("DE", "DEHAM", "4012345000009"), ("DE", "DEBER", ""), ("IT", "ITROM", "")
OPEN = Details(bytes(16), "")


@dataclass
class Story:
    """What the acts of a journey share."""

    rng: Random
    chain: Chain
    features: set[str] = field(default_factory=set)
    roots: list[bytes] = field(default_factory=list)
    tenders: list[Seen] = field(default_factory=list)
    resting: set[bytes] = field(default_factory=set)
    """Shipments that wait at the door after a tender, until they are delivered."""
    over: bool = False
    """Nothing follows: the journey is judged while the last act still matters."""
    last_amendment: dict[bytes, bytes] = field(default_factory=dict)

    def salt(self) -> bytes:
        return self.rng.randbytes(16)

    def mark(self, *names: str) -> None:
        self.features |= set(names)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def live(self, *states: str) -> list[Slot]:
        slots = self.chain.slots.values()
        return [slot for slot in slots if slot.state in (states or ("open",)) and slot.id not in self.resting]

    def claimed(self) -> int:
        """An `occurredAt`: now, a little ahead, or back-dated, sometimes by much."""
        draw = self.rng.random()
        if draw < 0.1:
            self.mark("clock ahead")
            return self.chain.now + self.rng.randrange(1, 900)
        if draw < 0.25:
            self.mark("back-dated")
            return self.chain.now - self.rng.randrange(DAY, 10 * DAY)
        return self.chain.now - self.rng.randrange(0, 3 * HOUR)

    def place(self, code: tuple[str, str, str]) -> Place:
        return Place(self.salt(), *code, "")

    def commercial(self, promised: int, liable: int, beneficiary: int) -> Commercial:
        rng = self.rng
        report_lag = rng.choice((DAY, DAY, DAY, 6 * HOUR, 0, UNLIMITED_LAG))
        self.mark("unlimited lag" if report_lag == UNLIMITED_LAG else "some lag" if report_lag else "no lag")
        alpha = rng.choice((rng.randrange(1, 50), rng.randrange(1_000, 100_000)))
        return Commercial(
            self.salt(),
            "order",
            10_000_000,
            "EUR",
            1_000_000,
            "DAP",
            promised,
            rng.choice((0, HOUR, DAY)),
            alpha,
            rng.choice((alpha * 100, alpha * 10, alpha * 2000)),
            liable,
            beneficiary,
            rng.choice((30 * DAY, 30 * DAY, 30 * DAY, 10 * DAY)) if self.chance(0.9) else rng.choice((0, 3 * DAY)),
            rng.choice((72 * HOUR, 72 * HOUR, DAY, 0)),
            report_lag,
            bytes(32),
        )

    def contents(self) -> tuple[Goods, ...]:
        """What is in the packages of the next terms; nobody says it, unless a kind of story does."""
        return ()

    def requires(self) -> tuple[Require, ...]:
        rng = self.rng
        pairs = [(b"DE", 1), (b"IT", 2)][: rng.randrange(0, 3)]
        return tuple(Require(country, regime, rng.randrange(1, 8), self.chance(0.6)) for country, regime in pairs)

    def open_first(self) -> Seen:
        """Terms between supplier and retailer, or a consumer with a one-time key."""
        rng, chain = self.rng, self.chain
        consumer = self.chance(0.15)
        consignee = 0 if consumer else RETAILER
        liable = rng.choice((SUPPLIER, CARRIER, MAIN))
        beneficiary = rng.choice((PLATFORM, SUPPLIER) if consumer else (RETAILER, RETAILER, PLATFORM, SUPPLIER))
        if beneficiary == liable:
            beneficiary = PLATFORM
        holder = rng.choice((SUPPLIER, SUPPLIER, WAREHOUSE))
        named = self.place(rng.choice((HAMBURG, HAMBURG, ("DE", "DEHAM", ""), ("DE", "", ""), ("", "", ""))))
        destination: Place | Withheld = named
        if self.chance(0.12):
            self.mark("closed destination")
            destination = Withheld(named.hash_struct())
        terms = ShipmentTerms(
            self.salt(),
            SUPPLIER,
            consignee,
            holder,
            rng.randbytes(20) if consumer else bytes(20),
            Purpose.ORIGINAL,
            (),
            rng.choice((1, 2, 3, 7, 10, 100)),
            3,
            1,
            self.place(ROME),
            destination,
            self.contents(),
            self.commercial(chain.now + rng.randrange(DAY, 10 * DAY), liable, beneficiary),
            self.requires(),
            chain.now + 14 * DAY,
            OPEN,
        )
        signers = [SUPPLIER, holder]
        if liable in signers:
            self.mark("liable signed")
        self.mark("consumer" if consumer else "consignee is a partner")
        seen = chain.open(terms, tuple(signers))
        self.roots.append(seen.id)
        return seen

    def open_later(self, slots: list[Slot], purpose: Purpose) -> Seen | None:
        """Terms over what one partner holds, from the consignor or consignee of the parents."""
        rng, parents = self.rng, [terms_of(slot.terms) for slot in slots]
        able = set.intersection(*({p.consignor, p.consignee} - {0} for p in parents))
        if all(slot.state == "delivered" for slot in slots):
            able = {slots[0].holder}
        holder = slots[0].holder
        if not able or not holder or any(slot.holder != holder for slot in slots):
            return None
        consignor = rng.choice(sorted(able))
        consignee = {Purpose.RETURN: SUPPLIER}.get(purpose) or rng.choice((BUYER, RETAILER, BUYER))
        if holder == consignee:
            return None
        liable = rng.choice((CARRIER, SUPPLIER, MAIN))
        packages = sum(slot.packages for slot in slots)
        if purpose == Purpose.TRANSFORMATION or (purpose == Purpose.MERGE and self.chance(0.5)):
            packages = rng.randrange(1, packages + 3)
        terms = ShipmentTerms(
            self.salt(),
            consignor,
            consignee,
            holder,
            bytes(20),
            purpose,
            tuple(ShipmentRef(s.id, s.sequence) for s in sorted(slots, key=lambda s: s.id)),
            packages,
            3,
            1,
            self.place(HAMBURG),
            self.place(rng.choice((HAMBURG, ROME))),
            self.contents(),
            self.commercial(self.chain.now + rng.randrange(DAY, 6 * DAY), liable, PLATFORM),
            self.requires(),
            self.chain.now + 14 * DAY,
            OPEN,
        )
        if rng.random() < 0.5 and holder in (CARRIER, SECOND, WAREHOUSE, MAIN):
            self.mark("later terms of a carrier's goods")
        seen = self.chain.open(terms, (consignor, holder))
        self.roots.append(seen.id)
        self.mark(purpose.name.lower())
        for slot in slots:
            first = terms_of(slot.terms)
            assert isinstance(first.commercial, Commercial)
            counts = {first.consignee, first.commercial.beneficiary} & {consignor, holder}
            self.mark("later terms that count" if counts else "later terms that do not count")
        return seen


def pick(story: Story, *states: str) -> Slot | None:
    slots = story.live(*states)
    return story.rng.choice(slots) if slots else None


def commercial_of(slot: Slot) -> Commercial:
    commercial = terms_of(slot.terms).commercial
    assert isinstance(commercial, Commercial)
    return commercial
