"""Random journeys, signed without a network: every kind of step that goods can take, drawn by a seed.

A small picture of each shipment (who has how much at which sequence) is enough to draw steps that the rules allow.
Endings and what a recipient key signs alone are left out: these depend on the order of arrival (ADR 0010).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ledger.cli.demo.scribe import NO_HASH, NO_KEY, Deal, details, place
from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Gate,
    HoldCause,
    Purpose,
    Regime,
    SplitReason,
    StatementKind,
)
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import signing_partners
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    Amendment,
    Child,
    Endorsement,
    Handoff,
    KeyGrant,
    Override,
    Record,
    Require,
    ShipmentRef,
    Split,
)
from tests.e2e.stage import (
    BROKER,
    CARRIER,
    CONSUMER,
    LOCKER,
    LOT,
    MAKER,
    NONE,
    NZ,
    OCEAN,
    REFUSED,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    key_of,
)

HANDLERS = (CARRIER, SECOND, OCEAN, WAREHOUSE, LOCKER)
SCANNER = key_of("scanner of the wandering")
EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True)


@dataclass
class Journey:
    """Signed on docks without a network; submitted whenever somebody comes by. `opened`: what terms opened."""

    stage: Stage
    signed: list[SignedRecord] = field(default_factory=list)
    opened: list[RecordId] = field(default_factory=list)

    def sign(self, record: Record, *signers: int | SigningKey) -> RecordId:
        self.signed.append(self.stage.trial.signed(record, *self.stage.keys(signers)))
        return self.stage.trial.node.home.domain.record_id(record)

    def terms(
        self,
        packages: int,
        *parents: tuple[bytes, int],
        purpose: Purpose = Purpose.ORIGINAL,
        holder: int | None = None,
        consignee: int | None = None,
        key: SigningKey = CONSUMER,
    ) -> RecordId:
        """Of the maker to the shop; over parents, of the shop to a consumer. Promised for two days ago."""
        onward = bool(parents)
        to = (0 if onward else SHOP) if consignee is None else consignee
        held = (WAREHOUSE if onward else MAKER) if holder is None else holder
        terms = self.stage.scribe.terms(
            Deal("PO", 100_00, 10_00, self.stage.now - 2 * DAY, 10, 1000, CARRIER, SHOP),
            LOT,
            consignor=SHOP if onward else MAKER,
            consignee=to,
            holder=held,
            packages=packages,
            requires=() if onward else (EXPORT,),
            purpose=purpose,
            parents=tuple(ShipmentRef(*parent) for parent in parents),
            recipient_key=key.address if 0 in (to, held) else NO_KEY,
        )
        signers = {SHOP: None, held or CONSUMER: None} if onward else {MAKER: None}
        self.opened.append(self.sign(terms, *signers))
        return self.opened[-1]

    def hand(self, releaser: int, receiver: int, *items: tuple[bytes, int, int, int]) -> RecordId:
        return self.hand_signed(releaser, receiver, *items, by=(releaser or CONSUMER, receiver or CONSUMER))

    def hand_signed(
        self, releaser: int, receiver: int, *items: tuple[bytes, int, int, int], by: tuple[int | SigningKey, ...]
    ) -> RecordId:
        lines = sorted((RecordId(item[0]), item[1], item[2], ExceptionBit(item[3])) for item in items)
        return self.sign(self.stage.scribe.handoff(lines, releaser, receiver, place("NZ", "", "")), *by)

    def clear(self, by: int, status: ClearanceStatus, *items: tuple[bytes, int]) -> None:
        backed = Assurance.BROKER_WORD if by == BROKER else Assurance.AUTHORITY_SIGNED
        cause = HoldCause.RISK if status == ClearanceStatus.HELD else None
        listed = sorted((RecordId(shipment), sequence) for shipment, sequence in items)
        declarant = SHOP if by == BROKER else BROKER  # consignee of what the maker sends, and consignor of what goes on
        record = self.stage.scribe.clearance(
            by, listed, "NZ", Regime.EXPORT, status, declarant=declarant, cause=cause, assurance=backed
        )
        self.sign(record, *signing_partners(record))


@dataclass
class _Goods:
    """What is known of a shipment while it goes: `cleared` counts its export clearances, `status` is the last."""

    id: bytes
    custodian: int
    packages: int
    consignee: int = SHOP
    sequence: int = 0
    cleared: int = 0
    status: ClearanceStatus | None = None
    delivered: bool = False


class Wandering:
    """Draws `steps` steps of a journey; `journey.signed` has them in the order in which they happened."""

    def __init__(self, stage: Stage, seed: int, steps: int) -> None:
        self.journey = Journey(stage)
        self._stage = stage
        self._chance = random.Random(seed)
        self._goods: list[_Goods] = []
        self._last_leg: Handoff | None = None
        self._grant = KeyGrant(CARRIER, SCANNER.address, 0, 1 << 4, stage.now, stage.now + 30 * DAY, details())
        self._open()
        draws: list[tuple[int, Callable[[], None]]] = [
            (2, self._open), (9, self._hand), (2, self._deliver), (2, self._split), (2, self._onward), (2, self._merge),
            (1, self._back), (3, self._clear), (1, self._override), (1, self._tender), (1, self._amend),
            (1, self._endorse),
        ]  # fmt: skip
        weights, actions = [weight for weight, _ in draws], [action for _, action in draws]
        while len(self.journey.signed) < steps:
            self._chance.choices(actions, weights)[0]()

    @property
    def granted(self) -> SignedRecord:
        """The grant of the carrier's scanner, which has to be in the log before its first signature."""
        return self._stage.trial.signed(self._grant, *self._stage.keys([CARRIER, SCANNER]))

    def _any(self, allowed: Callable[[_Goods], bool]) -> _Goods | None:
        found = [goods for goods in self._goods if allowed(goods)]
        return self._chance.choice(found) if found else None

    def _open(self) -> None:
        packages = self._chance.randint(2, 9)
        self._goods.append(_Goods(self.journey.terms(packages), MAKER, packages))

    def _hand(self) -> None:
        """A manifest of up to three shipments of one holder: refused, short or whole, each for itself."""
        first = self._any(lambda g: not g.delivered)
        if first is None:
            return
        releaser = first.custodian
        receiver = self._chance.choice([one for one in HANDLERS if one != releaser])
        held = [g for g in self._goods if g.custodian == releaser and not g.delivered and g is not first]
        lot = [first, *self._chance.sample(held, min(len(held), self._chance.randint(0, 2)))]
        items = []
        for goods in lot:
            drawn = self._chance.random()
            packages, noted = goods.packages, NONE
            if drawn < 0.15:
                packages, noted = 0, REFUSED
            elif drawn < 0.3 and goods.packages > 1:
                packages, noted = self._chance.randint(1, goods.packages - 1), SHORT
            items.append((goods.id, goods.sequence, packages, noted))
            if noted == SHORT:
                self._missing(goods, releaser, goods.packages - packages)
            if packages:
                goods.custodian, goods.packages = receiver, packages
            goods.sequence += 1
        device = CARRIER in (releaser, receiver) and self._chance.random() < 0.5
        signers = tuple(SCANNER if one == CARRIER and device else one or CONSUMER for one in (releaser, receiver))
        self.journey.hand_signed(releaser, receiver, *items, by=signers)
        self._note_leg()

    def _note_leg(self) -> None:
        record = self.journey.signed[-1].record
        if isinstance(record, Handoff) and 0 not in (record.releaser, record.receiver):
            self._last_leg = record

    def _missing(self, goods: _Goods, releaser: int, packages: int) -> None:
        rest = _Goods(remainder_id(goods.id, goods.sequence), releaser, packages, goods.consignee)
        if releaser and self._chance.random() < 0.5:
            self.journey.sign(self._stage.statement(StatementKind.FOUND, releaser, rest.id, 0), releaser)
        self._goods.append(rest)

    def _deliver(self) -> None:
        goods = self._any(lambda g: not g.delivered and g.custodian in HANDLERS)
        if goods is None:
            return
        signers = (goods.custodian, goods.consignee or CONSUMER)
        self.journey.hand_signed(
            goods.custodian, goods.consignee, (goods.id, goods.sequence, goods.packages, NONE), by=signers
        )
        self._note_leg()
        goods.custodian, goods.sequence, goods.delivered = goods.consignee, goods.sequence + 1, True

    def _split(self) -> None:
        goods = self._any(lambda g: g.packages > 1 and g.custodian != 0)
        if goods is None:
            return
        first = self._chance.randint(1, goods.packages - 1)
        parts = (first, goods.packages - first)
        children = tuple(Child(count, ()) for count in parts)
        split = Split(
            goods.custodian, goods.id, goods.sequence, children, int(SplitReason.PARCELS), self._stage.now, details()
        )
        self.journey.sign(split, goods.custodian)
        self._goods.remove(goods)
        self._goods += [
            replace(goods, id=child_id(goods.id, goods.sequence, i), packages=count, sequence=0, cleared=0, status=None)
            for i, count in enumerate(parts)
        ]

    def _onward(self) -> None:
        """To a consumer, by the shop: over what it has received, or what is still under way to it."""
        goods = self._any(lambda g: g.consignee == SHOP and g.custodian != 0)
        if goods is None:
            return
        onward = self.journey.terms(
            goods.packages, (goods.id, goods.sequence), purpose=Purpose.ONWARD, holder=goods.custodian
        )
        self._goods.remove(goods)
        self._goods.append(_Goods(onward, goods.custodian, goods.packages, consignee=0))

    def _merge(self) -> None:
        one = self._any(lambda g: g.consignee == SHOP and g.custodian != 0)
        other = self._any(
            lambda g: one is not None and g is not one and g.consignee == SHOP and g.custodian == one.custodian
        )
        if one is None or other is None:
            return
        packages = one.packages + other.packages
        parents = sorted([(one.id, one.sequence), (other.id, other.sequence)])
        merged = self.journey.terms(packages, *parents, purpose=Purpose.MERGE, holder=one.custodian)
        self._goods.remove(one)
        self._goods.remove(other)
        self._goods.append(_Goods(merged, one.custodian, packages, consignee=0))

    def _back(self) -> None:
        """A consumer sends back what it received, with the key of its order."""
        goods = self._any(lambda g: g.delivered and g.custodian == 0)
        if goods is None:
            return
        back = self.journey.terms(
            goods.packages, (goods.id, goods.sequence), purpose=Purpose.RETURN, holder=0, consignee=SHOP, key=CONSUMER
        )
        self._goods.remove(goods)
        self._goods.append(_Goods(back, 0, goods.packages))

    def _clear(self) -> None:
        goods = self._any(lambda _: True)
        if goods is None:
            return
        free = [ClearanceStatus.HELD, ClearanceStatus.RELEASED, ClearanceStatus.AMENDED]
        released = goods.status in (ClearanceStatus.RELEASED, ClearanceStatus.RECALLED)
        more = [ClearanceStatus.RECALLED] if released else [ClearanceStatus.LODGED, ClearanceStatus.PRESENTED]
        status = self._chance.choice(free + more)
        if status == ClearanceStatus.LODGED:  # at any sequence, and it changes nothing
            self.journey.clear(BROKER, status, (goods.id, self._chance.choice((0, goods.cleared, 9))))
            return
        self.journey.clear(NZ, status, (goods.id, goods.cleared))
        goods.status, goods.cleared = status, goods.cleared + 1

    def _override(self) -> None:
        goods = self._any(lambda g: not g.delivered and g.custodian in HANDLERS)
        if goods is None:
            return
        receiver = self._chance.choice([one for one in HANDLERS if one != goods.custodian])
        record = Override(goods.id, goods.sequence, goods.custodian, receiver, goods.packages, 0, details())
        self.journey.sign(record, *self._stage.trial.council[:2], receiver)
        goods.custodian, goods.sequence = receiver, goods.sequence + 1

    def _tender(self) -> None:
        goods = self._any(lambda g: not g.delivered and g.custodian in HANDLERS)
        if goods is not None:
            record = self._stage.statement(
                StatementKind.TENDER, goods.custodian, goods.id, goods.sequence, goods.consignee
            )
            self.journey.sign(record, goods.custodian)

    def _amend(self) -> None:
        """Two corrections in a row of the newest leg between partners."""
        leg = self._last_leg
        if leg is None:
            return
        self._last_leg = None
        target, previous = self._stage.trial.node.home.domain.record_id(leg), NO_HASH
        for hours in (1, 2):
            text = f'{{"occurredAt":{leg.occurredAt - hours * 3600}}}'
            record = Amendment(target, previous, int(AmendmentKind.CORRECTION), details(text))
            previous = self.journey.sign(record, leg.releaser, leg.receiver)

    def _endorse(self) -> None:
        self.journey.sign(Endorsement(CARRIER, self._chance.choice(self.journey.opened)), CARRIER)
