"""Random journeys, told record by record: everything that makes a journey crooked, now and then.

What they owe is compared elsewhere: the short way with the general one, kept figures with those computed at once, and
the node's figures with those of its records on paper.
"""

import random
from dataclasses import dataclass, field
from typing import Any, cast

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Purpose, Regime, Role, StatementKind
from ledger.records.shipment_ids import child_id
from ledger.records.types import REMAINDER_INDEX, Require
from ledger.shipments.tenders import LOCKER as LOCKER_ROLE
from tests.unit.history import BROKER, CARRIER, CUSTOMS, DAY, LOCKER, MAKER, SECOND, SHOP, History

THIRD, WITNESS = 9, 10
HANDLERS = (CARRIER, SECOND, THIRD)
START = 100
PAIRS = ((b"US", Regime.IMPORT), (b"MX", Regime.EXPORT))
REQUIRED = tuple(Require(jurisdiction, regime, 0, relay=True) for jurisdiction, regime in PAIRS)


@dataclass
class Pile:
    """Goods under one id. `tenders`: the records, each with the sequence at which it was made."""

    shipment: bytes
    holder: int
    packages: int
    open: bool = True
    tenders: list[tuple[bytes, int]] = field(default_factory=list)


class Tale:
    """A random journey, told to `history`; `piles` are all ids that its goods ever had."""

    words = True
    """Whether brokers say things on their own word too."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        dice = self.dice
        self.history = self.new_history(seed)
        self.now = START
        self.count = dice.randint(1, 6)
        self.terms: dict[str, int] = {
            "promisedAt": START + dice.randint(1, 25),
            "grace": dice.choice((0, 0, 3)),
            "alpha": dice.choice((DAY * DAY, DAY * DAY * 7 // 3, 123456789012)),
            "penaltyCap": dice.choice((10**6, 200, 50)),
            "lostAfter": dice.choice((10, 30, 1000)),
            "tenderWindow": dice.choice((4, 10)),
            "reportLag": dice.choice((0, 2, 100)),
            "liable": dice.choice((CARRIER, SECOND, MAKER)),
        }
        fields = cast("dict[str, Any]", self.terms)
        self.shipment = self.history.terms(known=START, packages=self.count, requires=self.required(), **fields)
        self.newest = bytes(32)
        self.piles = [Pile(self.shipment, CARRIER, self.count)]
        for _ in range(dice.randint(1, 14)):
            self.now += dice.randint(0, 6)
            self.step()

    def new_history(self, seed: int) -> History:  # noqa: ARG002 - tales that are lived tell themselves apart by it
        return History()

    def required(self) -> tuple[Require, ...]:
        return REQUIRED[: self.dice.randint(0, 2)]

    def step(self) -> None:
        dice = self.dice
        pile = dice.choice(self.piles)
        actions = [self.customs, self.customs]
        if pile.open:
            actions += [self.move, self.move, self.move, self.deliver, self.refuse, self.tender, self.locker]
            actions += [self.split] if dice.random() < 0.5 else []
            actions += [self.lose, self.override] if dice.random() < 0.3 else []
            actions += [self.onward] if dice.random() < 0.3 else []
        if pile.tenders:
            actions += [self.contest, self.bear_out]
        if dice.random() < 0.3:
            actions += [self.relieve, self.renegotiate]
        dice.choice(actions)(pile)

    def move(self, pile: Pile, receiver: int | None = None, roles: int = 0) -> None:
        dice = self.dice
        if receiver is None:
            receiver = dice.choice([h for h in HANDLERS if h != pile.holder])
        claimed = self.now - dice.choice((0, 0, 1, 4))
        due = dice.choice((0, self.now + dice.randint(1, 15)))
        taken = dice.randint(1, pile.packages) if dice.random() < 0.3 else pile.packages
        sequence = self.history.sequences.get(pile.shipment, 0)
        self.history.handoff(
            pile.shipment, pile.holder, receiver, claimed, known=self.now, packages=taken,
            exceptions=1 if taken < pile.packages else 0, due=due, receiver_roles=roles,
        )  # fmt: skip
        if taken < pile.packages:
            name = child_id(pile.shipment, sequence, REMAINDER_INDEX)
            self.piles.append(Pile(name, pile.holder, pile.packages - taken))
        pile.holder, pile.packages = receiver, taken

    def deliver(self, pile: Pile) -> None:
        self.move(pile, SHOP)
        pile.open = False

    def refuse(self, pile: Pile) -> None:
        claimed = self.now - self.dice.choice((0, 2))
        self.history.handoff(pile.shipment, pile.holder, SHOP, claimed, known=self.now, packages=0)

    def locker(self, pile: Pile) -> None:
        """The goods stay in the locker, their consignee fetches them, or a carrier takes them out again."""
        if pile.holder != LOCKER:
            self.move(pile, LOCKER, LOCKER_ROLE)
        elif self.dice.random() < 0.5:
            self.deliver(pile)

    def tender(self, pile: Pile) -> None:
        claimed = self.now - self.dice.choice((0, 3))
        sequence = self.history.sequences.get(pile.shipment, 0)
        record = self.history.statement(
            StatementKind.TENDER, pile.shipment, pile.holder, claimed, counterparty=SHOP, known=self.now
        )
        pile.tenders.append((record.id, sequence))

    def contest(self, pile: Pile) -> None:
        _, sequence = self.dice.choice(pile.tenders)
        by = self.dice.choice((SHOP, MAKER))
        self.history.statement(StatementKind.CONTEST, pile.shipment, by, self.now, sequence=sequence)

    def bear_out(self, pile: Pile) -> None:
        """Somebody who has no part in the goods endorses a tender."""
        tender, _ = self.dice.choice(pile.tenders)
        self.history.endorse(tender, WITNESS, self.now, roles=1 << Role.AUDITOR)

    def lose(self, pile: Pile) -> None:
        kind = self.dice.choice((StatementKind.LOST, StatementKind.SOLD, StatementKind.LEFT))
        self.history.statement(kind, pile.shipment, pile.holder, self.now)
        pile.open = False

    def override(self, pile: Pile) -> None:
        """The council moves the goods: a leg ends, and nothing is delivered."""
        receiver = self.dice.choice([h for h in HANDLERS if h != pile.holder])
        self.history.override(pile.shipment, pile.holder, receiver, self.now, pile.packages)
        pile.holder = receiver

    def relieve(self, pile: Pile) -> None:
        """Relief for spells of time and for so many seconds, of all goods or of these; it replaces the one before."""
        dice = self.dice
        starts = [dice.randint(START, self.now + 5) for _ in range(dice.randint(0, 2))]
        periods = [{"from": start, "until": start + dice.randint(1, 12)} for start in starts]
        self.amend(AmendmentKind.RELIEF, self.of(pile, {"periods": periods, "seconds": dice.randint(0, 4)}))

    def renegotiate(self, pile: Pile) -> None:
        """New terms, of all goods or of these: what is not named stays, and the newest holds from the beginning."""
        dice = self.dice
        offers = {
            "promisedAt": self.terms["promisedAt"] + dice.randint(-3, 12),
            "grace": dice.choice((0, 2, 5)),
            "alpha": dice.choice((DAY * DAY * 3, 987654321012)),
            "penaltyCap": dice.choice((80, 10**5)),
            "lostAfter": dice.choice((8, 400)),
        }
        chosen = {name: offers[name] for name in dice.sample(sorted(offers), dice.randint(1, 3))}
        self.amend(AmendmentKind.TERMS, self.of(pile, {"commercial": as_json(chosen)}))

    def of(self, pile: Pile, changes: dict[str, Any]) -> dict[str, Any]:
        return changes if self.dice.random() < 0.7 else {"shipment": "0x" + pile.shipment.hex(), **changes}

    def amend(self, kind: AmendmentKind, changes: dict[str, Any]) -> None:
        """All who signed the terms sign, with who is liable and to whom; new terms bind whoever signs them."""
        signers = tuple(dict.fromkeys((MAKER, CARRIER, self.terms["liable"], SHOP)))
        self.newest = self.history.amend(self.shipment, kind, changes, signers, self.now, self.newest).id

    def onward(self, pile: Pile) -> None:
        """New terms; their goods go on under these, whether or not the shop endorsed them."""
        purpose = self.dice.choice((Purpose.ONWARD, Purpose.ONWARD, Purpose.RETURN))
        later = self.history.terms(
            known=self.now, parents=[pile.shipment], purpose=purpose, promisedAt=10**6, holder=pile.holder,
            packages=pile.packages,
        )  # fmt: skip
        if self.dice.random() < 0.5:
            self.history.endorse(later, SHOP, self.now)
        pile.open = False
        self.piles.append(Pile(later, pile.holder, pile.packages))

    def split(self, pile: Pile) -> None:
        if pile.packages < 2:
            return
        cut = self.dice.randint(1, pile.packages - 1)
        counts = [cut, pile.packages - cut]
        names = self.history.split(pile.shipment, pile.holder, self.now, counts)
        pile.open = False
        self.piles += [Pile(name, pile.holder, count) for name, count in zip(names, counts, strict=True)]

    def customs(self, pile: Pile) -> None:
        """Customs say something, now and then late or of a time that they correct afterwards."""
        dice = self.dice
        held, released = ClearanceStatus.HELD, ClearanceStatus.RELEASED
        status = dice.choice((held, held, released, ClearanceStatus.PRESENTED))
        pair = dice.choice(PAIRS)
        caused_by = dice.choice((0, BROKER, CARRIER, SECOND)) if status == held else 0
        word = self.words and dice.random() < 0.3
        claimed = self.now - dice.choice((0, 0, 0, 0, 1, 3, 8))
        record = self.history.clearance(
            status, pile.shipment, claimed, known=self.now, caused_by=caused_by, by=BROKER if word else CUSTOMS,
            declarant=MAKER if word else BROKER, jurisdiction=pair[0], regime=pair[1],
            assurance=Assurance.BROKER_WORD if word else Assurance.AUTHORITY_SIGNED,
        )  # fmt: skip
        if word and dice.random() < 0.5:
            self.history.endorse(record.id, dice.choice((SHOP, self.terms["liable"])), self.now)
        if dice.random() < 0.1:
            claimed = self.now - dice.choice((0, 2, 5, 12))
            self.history.amend(record.id, AmendmentKind.CORRECTION, {"occurredAt": claimed}, record.signers, self.now)


def as_json(terms: dict[str, int]) -> dict[str, Any]:
    """As records have it in JSON: amounts are decimal strings."""
    return {name: str(value) if name in ("alpha", "penaltyCap") else value for name, value in terms.items()}
