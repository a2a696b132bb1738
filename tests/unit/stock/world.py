"""Random histories of custody, each record judged by the chain's rules as the contract judges it."""

import random
from collections import Counter
from typing import Any

from ledger.codes import (
    APPLIED,
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Gate,
    Purpose,
    Regime,
    SplitReason,
    StatementKind,
)
from ledger.custody.clearance import ClearanceSlot, CustomsRoles, SlotKey
from ledger.custody.slot import Holding, Signer
from ledger.custody.transition import effect_of
from ledger.errors import LadingError
from ledger.records.signers import signing_partners
from ledger.records.types import (
    Child,
    Clearance,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Override,
    Place,
    Record,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.unit.history import CARRIER, CUSTOMS, DAY, DOMAIN, MAKER, NO_DUTY, NO_PLACE, SALT, SHOP, UNLIMITED, History
from tests.unit.history import commercial as commercial_terms

WAREHOUSE, REMOTE = 8, 9
PARTNERS = (MAKER, CARRIER, SHOP, WAREHOUSE, REMOTE)
STORES = frozenset({MAKER, SHOP, WAREHOUSE, REMOTE})
GTINS = ("09506000134352", "09506000134369")
UNITS = ("H87", "KGM", "GRM")
PLACES = (
    NO_PLACE,
    Place(SALT, "CN", "CNSHA", "", ""),
    Place(SALT, "DE", "DEHAM", "", "Shed 4"),
    Place(SALT, "DE", "", "9506000134369", ""),
)
CONSUMER = bytes([9]) * 20
EVERY_ROLE = 2**16 - 1


class World:
    """`history.records`: what was logged, with the outcomes that the chain gave; `holdings`: its slots after them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.history = History()
        self.now = 100 * DAY
        self.holdings: dict[bytes, Holding] = {}
        self.clearances: dict[SlotKey, ClearanceSlot] = {}
        self.done: Counter[str] = Counter()

    # --- what the rules ask ------------------------------------------------------------------------------------------

    def holding(self, shipment: bytes) -> Holding | None:
        return self.holdings.get(shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return self.clearances.get(key)

    def override_ready_at(self, _record_id: bytes) -> int | None:
        return 0

    def customs_roles(self, partner: int, _jurisdiction: bytes) -> CustomsRoles:
        return CustomsRoles(customs=partner == CUSTOMS, broker=False)

    def knows(self, key: bytes) -> bool:
        return key != CONSUMER

    # --- what happens ------------------------------------------------------------------------------------------------

    def play(self, steps: int) -> "World":
        while steps:
            self.now += self.rng.choice((0, 1, 60, DAY // 3, DAY, 3 * DAY))
            steps -= self.step()
        return self

    def step(self) -> bool:
        act = self.rng.choice(("open", "move", "move", "move", "move", "split", "onward", "say", "override", "customs"))
        record: Record | None = getattr(self, f"_{act}")()
        if record is None:
            return False
        partners = signing_partners(record)
        signers = [Signer(bytes([p]) * 20 if p else CONSUMER, p, EVERY_ROLE) for p in partners]
        try:
            effect = effect_of(record, DOMAIN.record_id(record), signers, self, self, self.now)
        except LadingError as error:
            self.done[f"{act} {type(error).__name__} {str(error)[:40]}"] += 1
            return False
        self.holdings |= effect.holdings
        self.clearances |= effect.clearances
        self.done.update(f"{act} {outcome.name}" for outcome in effect.outcomes)
        verified = self.history.log(record, [p for p in partners if p], self.now, outcomes=effect.outcomes)
        if isinstance(record, Handoff) and set(effect.outcomes) & APPLIED and self.rng.random() < 0.15:
            told = {"occurredAt": record.occurredAt + self.rng.randrange(-2 * DAY, 2 * DAY)}
            self.history.amend(verified.id, AmendmentKind.CORRECTION, told, partners, self.now)
            self.done["corrected"] += 1
        return True

    def _goods(self) -> tuple[Goods, ...]:
        rng = self.rng
        some = [
            Goods(SALT, gtin, lot, bytes(32), rng.randrange(1, 5_000), unit, "", "")
            for gtin in rng.sample((*GTINS, ""), rng.randrange(1, 3))
            for lot, unit in sorted({(rng.choice(("A", "B", "")), rng.choice(UNITS)) for _ in range(2)})
        ]
        return tuple(some)

    def _terms(self, **fields: Any) -> ShipmentTerms:
        values: dict[str, Any] = {
            "salt": self.rng.randbytes(16), "recipientKey": bytes(20), "purpose": Purpose.ORIGINAL, "parents": (),
            "packages": self.rng.randrange(1, 40), "mode": 3, "fulfilment": 0, "origin": self.rng.choice(PLACES),
            "destination": self.rng.choice(PLACES), "contents": self._goods(), "requires": (), "submitBy": UNLIMITED,
            "commercial": commercial_terms(promisedAt=self.now + self.rng.randrange(-DAY, 9 * DAY), grace=DAY),
            "details": self.history.details(), "consignor": MAKER,
            "consignee": self.rng.choice((SHOP, WAREHOUSE, REMOTE)), "holder": MAKER,
        } | fields  # fmt: skip
        if self.rng.random() < 0.3:
            values["requires"] = (Require(b"DE", Regime.IMPORT, int(Gate.DELIVERY), relay=False),)
        if self.rng.random() < 0.15 and "consignee" not in fields:
            values |= {"consignee": 0, "recipientKey": CONSUMER}
        return ShipmentTerms(**values)

    def _open(self) -> ShipmentTerms:
        return self._terms(holder=self.rng.choice((MAKER, MAKER, CARRIER)))

    def _some(self) -> tuple[bytes, Holding] | None:
        return self.rng.choice(sorted(self.holdings.items())) if self.holdings else None

    def _other(self, partner: int) -> int:
        return self.rng.choice([other for other in PARTNERS if other != partner])

    def _counted(self, packages: int) -> tuple[int, int]:
        match self.rng.randrange(8):
            case 0:
                return 0, int(ExceptionBit.REFUSED)
            case 1 if packages > 1:
                return self.rng.randrange(1, packages), int(ExceptionBit.SHORT)
            case 2:
                return packages + self.rng.randrange(1, 5), int(ExceptionBit.OVER)
            case _:
                return packages, 0

    def _move(self) -> Handoff | None:
        if (some := self._some()) is None:
            return None
        releaser = some[1].slot.custodian
        together = [s for s, h in self.holdings.items() if h.slot.custodian == releaser]
        listed = sorted({some[0], *self.rng.sample(together, min(len(together), self.rng.randrange(3)))})
        to = some[1].slot.consignee if self.rng.random() < 0.3 else self._other(releaser)
        items = tuple(
            HandoffItem(s, self.holdings[s].slot.sequence, *self._counted(self.holdings[s].slot.packages))
            for s in listed
        )
        at = self.now - self.rng.choice((0, 60, DAY, 5 * DAY))
        return Handoff(
            items, releaser, to, self.rng.choice(PLACES), Load(SALT, ""), at, 0, UNLIMITED, self.history.details()
        )

    def _split(self) -> Split | None:
        if (some := self._some()) is None or some[1].slot.packages < 2:
            return None
        shipment, slot = some[0], some[1].slot
        cuts = sorted(self.rng.sample(range(1, slot.packages), min(slot.packages - 1, self.rng.randrange(1, 4))))
        counts = [b - a for a, b in zip([0, *cuts], [*cuts, slot.packages], strict=True)]
        told = self.rng.random()
        children = tuple(Child(n, self._goods() if told < 0.25 and self.rng.random() < 0.6 else ()) for n in counts)
        at = self.now - self.rng.choice((0, DAY))
        return Split(slot.custodian, shipment, slot.sequence, children, SplitReason.PARCELS, at, self.history.details())

    def _onward(self) -> ShipmentTerms | None:
        if (some := self._some()) is None:
            return None
        holder = some[1].slot.custodian
        held = [s for s, h in self.holdings.items() if h.slot.custodian == holder]
        names = sorted({some[0], *self.rng.sample(held, min(len(held), self.rng.randrange(3)))})
        purpose = self.rng.choice(
            (Purpose.ONWARD, Purpose.MERGE, Purpose.TRANSFORMATION, Purpose.RETURN, Purpose.REPLACEMENT)
        )
        if holder == 0:
            return self._terms(
                consignor=SHOP, consignee=SHOP, holder=0, recipientKey=CONSUMER, purpose=Purpose.RETURN,
                parents=tuple(ShipmentRef(s, self.holdings[s].slot.sequence) for s in names),
            )  # fmt: skip
        parents = tuple(ShipmentRef(s, self.holdings[s].slot.sequence) for s in names)
        consignor = self.rng.choice((MAKER, some[1].slot.consignee or MAKER))
        silent = {"contents": ()} if self.rng.random() < 0.7 else {}
        return self._terms(consignor=consignor, holder=holder, purpose=purpose, parents=parents, **silent)

    def _say(self) -> Statement | None:
        if (some := self._some()) is None:
            return None
        shipment, slot = some[0], some[1].slot
        kind = self.rng.choice((*StatementKind, StatementKind.FOUND, StatementKind.FOUND))
        counterparty = slot.consignor if kind in (StatementKind.DESTROYED, StatementKind.ABANDONED) else 0
        if kind in (StatementKind.TENDER, StatementKind.CONTEST):
            counterparty = slot.consignee
        at = self.now - self.rng.choice((0, DAY))
        return Statement(
            slot.custodian, counterparty, kind, shipment, slot.sequence, at, NO_PLACE, self.history.details()
        )

    def _override(self) -> Override | None:
        if (some := self._some()) is None or self.rng.random() < 0.5:
            return None
        slot = some[1].slot
        packages, bits = self._counted(slot.packages)
        to = self._other(slot.custodian)
        return Override(some[0], slot.sequence, slot.custodian, to, packages, bits, self.history.details())

    def _customs(self) -> Clearance | None:
        if (some := self._some()) is None or self.rng.random() < 0.5:
            return None
        shipment = some[0]
        slot = self.clearances.get(SlotKey(shipment, b"DE", Regime.IMPORT))  # type: ignore[arg-type]
        status = self.rng.choice((ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED, ClearanceStatus.RELEASED))
        return Clearance(
            CUSTOMS, MAKER, (ShipmentRef(shipment, 0 if slot is None else slot.sequence),), b"DE", Regime.IMPORT,
            status, 0, 0, Assurance.AUTHORITY_SIGNED, self.now, NO_DUTY, self.history.details(),
        )  # fmt: skip
