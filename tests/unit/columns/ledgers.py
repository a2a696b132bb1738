"""Random ledgers of many shipments that meet: in manifests, on lanes, at offices, in days and in the same hands."""

from itertools import pairwise
from random import Random
from typing import Any

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Outcome, Purpose, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Place
from tests.unit.history import CUSTOMS, DAY, HOUR, SALT, US_IMPORT, History

MAKERS, CARRIERS, SHOPS, BROKERS = (1, 10, 11), (2, 3, 12, 13), (5, 14), (6, 15)
PLACES: tuple[Place, ...] = tuple(Place(SALT, country, locode, "", name) for country, locode, name in (
    ("NZ", "NZAKL", ""), ("NZ", "", ""), ("", "", "Depot"), ("US", "USNYC", ""), ("US/1", "", ""),
))  # fmt: skip
CLOSED = Withheld(bytes(32))
GTIN = "09506000134352"
LAST = 90 * DAY
FATES = ("plain",) * 30 + ("short", "split", "tender", "lost", "return", "breach", "open", "amended")


class Ledger(History):
    """Shipments with dice, some of them plain, some not; `shipments` as opened by terms."""

    def __init__(self, dice: Random, shipments: int) -> None:
        super().__init__()
        self.dice = dice
        self.for_consumers: set[bytes] = set()
        self.brand(MAKERS[0])
        for _ in range(3):
            self.attest(dice.choice((MAKERS[0], MAKERS[1])), f"01/{GTIN}", at=dice.randrange(20) * DAY)
        self.wide = dice.random() < 0.3
        while shipments > 0:
            shipments -= self._manifest()

    def _manifest(self) -> int:
        """Some shipments that go together, and what becomes of them."""
        dice = self.dice
        size, now = dice.choice((1, 1, 1, 2, 5)), dice.randrange(5, 45) * DAY + dice.choice((0, HOUR))
        maker, carrier, shop = dice.choice(MAKERS), dice.choice(CARRIERS), dice.choice(SHOPS)
        fate = dice.choice(FATES)
        names = [self._open(maker, carrier, shop, now) for _ in range(size)]
        consumer = names[0] in self.for_consumers
        hands = [maker, carrier, *dice.sample([c for c in CARRIERS if c != carrier], dice.randrange(3))]
        if dice.random() < 0.3:
            hands = hands[1:]
        hands.append(0 if consumer else shop)
        for step, (releaser, receiver) in enumerate(pairwise(hands)):
            now += dice.choice((HOUR, DAY, 3 * DAY, 8 * DAY))
            last = step == len(hands) - 2
            if last and dice.random() < 0.4:
                self._customs(names, now)
            if fate == "open" and last:
                break
            if fate == "tender" and last:
                tender = self.statement(StatementKind.TENDER, names[0], releaser, now, counterparty=receiver)
                if dice.random() < 0.5:
                    self.statement(StatementKind.CONTEST, names[0], receiver, now + HOUR, counterparty=releaser)
                elif dice.random() < 0.5:
                    self.endorse(tender.id, dice.choice(CARRIERS), now + HOUR)
                break
            if fate == "lost" and last:
                self.statement(StatementKind.LOST, names[0], releaser, now)
                break
            outcome = Outcome.APPLIED_IN_BREACH if fate == "breach" else Outcome.APPLIED
            exceptions = dice.choice((0,) * 8 + (ExceptionBit.DAMAGED, ExceptionBit.UNCHECKED))
            packages = 10
            if fate == "short" and last:
                exceptions, packages = ExceptionBit.SHORT, 6
            known = now + dice.choice((0, HOUR, 2 * DAY))
            due = dice.choice((0, now + DAY, now + 5 * DAY))
            self.handoff(
                names, releaser, receiver, now, known=known, packages=packages, exceptions=exceptions, due=due,
                outcome=outcome,
            )  # fmt: skip
        if fate == "amended":
            changes = {"occurredAt": now - HOUR}
            self.amend(self.records[-1].id, AmendmentKind.CORRECTION, changes, hands[-2:], now + DAY)
        if fate == "split":
            self.split(names[0], hands[-1], now + HOUR, (3, 7))
        if fate == "return":
            onward = self.terms(
                known=now + DAY, consignor=shop, consignee=maker, holder=shop, purpose=Purpose.RETURN,
                parents=names[:1], promisedAt=now + 9 * DAY,
            )  # fmt: skip
            self.handoff(onward, shop, carrier, now + 2 * DAY)
        return size

    def _open(self, maker: int, carrier: int, shop: int, now: int) -> bytes:
        dice = self.dice
        liable = dice.choice((carrier, carrier, carrier, maker, 0, *CARRIERS))
        signers = dice.choice(((maker, liable), (maker,))) if liable else (maker,)
        huge = self.wide and dice.random() < 0.2
        amounts: dict[str, Any] = {"alpha": dice.choice((0, 100, 977)), "freight": dice.choice((0, 10_000, 10_007))}
        if huge:
            amounts = {"alpha": 2**70, "penaltyCap": 2**80, "freight": 2**65}
        terms = self.terms(
            known=now,
            consignor=maker,
            consignee=(consignee := dice.choice((shop, shop, shop, 0))),
            holder=dice.choice((maker, maker, carrier)),
            signers=signers,
            recipient=bytes(19) + bytes([dice.randrange(1, 4)]) if consignee == 0 else bytes(20),
            mode=dice.randrange(1, 3),
            requires=(US_IMPORT,),
            origin=dice.choice(PLACES[:2]),
            destination=self._destination(),
            contents=(Goods(SALT, GTIN, "", bytes(32), 1, "", "", ""),) if dice.random() < 0.4 else (),
            promisedAt=dice.choice((0, *(now + days * DAY for days in (2, 5, 9, 14)))),
            grace=dice.choice((0, HOUR)),
            liable=liable,
            beneficiary=dice.choice((shop, shop, 0)),
            incoterm=dice.choice(("DAP", "FOB", "EXW", "")),
            currency=dice.choice(("EUR", "EUR", "USD")),
            lostAfter=dice.choice((DAY, 30 * DAY)),
            **amounts,
        )
        if consignee == 0:
            self.for_consumers.add(terms)
        if dice.random() < 0.2:
            self.endorse(terms, dice.choice((liable, shop)) or maker, now + HOUR)
        return terms

    def _destination(self) -> Place | Withheld:
        places: tuple[Place | Withheld, ...] = PLACES[:2] if self.dice.random() < 0.7 else (*PLACES, CLOSED)
        return self.dice.choice(places)

    def _customs(self, names: list[bytes], now: int) -> None:
        """Held and released by customs, before `now`; or still held."""
        dice, broker = self.dice, self.dice.choice(BROKERS)
        steps = [ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED][dice.randrange(2) :]
        cause = dice.choice((0, 0, 0, broker))
        for i, status in enumerate(steps[: dice.choice((3, 3, 3, 1))]):
            at = now - dice.choice((5, 20, 50)) * HOUR // (i + 1)
            known = at + dice.choice((0, HOUR, 2 * DAY))
            caused_by = cause if status == ClearanceStatus.HELD else 0
            self.clearance(status, names, at, declarant=broker, caused_by=caused_by, by=CUSTOMS, known=known)
