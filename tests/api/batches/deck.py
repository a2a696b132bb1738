"""Records as they may come in a batch: random journeys with duplicates, halves, rivals, forgeries and what is none."""

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, RegistryAction, StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.shipment_ids import child_id
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    Amendment,
    Endorsement,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Observation,
    Recall,
    Record,
    ShipmentRef,
)
from tests.e2e.attacks import ATTACKS, Scene
from tests.e2e.stage import CARRIER, MAKER, NZ, OCEAN, SCHEMA, SECOND, SHOP, WAREHOUSE, key_of
from tests.e2e.wandering import Wandering

LEGS = ((MAKER, CARRIER), (CARRIER, SECOND), (SECOND, SHOP))
DEVICE = key_of("device of the deck")
NONSENSE: tuple[bytes, ...] = (
    b"nonsense", b"null", b"[]", b"17", b'"text"', b"{}", b'{"type":"Handoff"}', b'{"a":1.5}', b'{"a":1,"a":2}',
    b'{"type":"None","message":{},"signatures":[]}', b'{"a":123456789012345678901}', b'{"a":"\\ud800"}',
    b'{"a":"\xff"}', b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
    b'{"type":"Endorsement","message":{"by":2,"target":"0x00"},"signatures":[]}',
)  # fmt: skip


@dataclass
class Living:
    """A home from which others can be staged; `scene` draws records for them."""

    home: Path
    scene: Scene
    goods: list[RecordId]


class Deck:
    """Draws `count` members of a batch over `scene`, whose goods `held` their maker still has."""

    def __init__(self, scene: Scene, goods: list[RecordId], seed: int, count: int) -> None:
        self._scene = scene
        self._goods = goods
        self._chance = random.Random(seed)
        self._members: list[bytes] = []
        self._journey = Wandering(scene.stage, seed, count)
        self._way = [self._journey.granted, *self._journey.journey.signed]
        draws = [
            (12, self._step), (6, self._leg), (4, self._opened_and_moved), (3, self._halves), (3, self._half),
            (3, self._rivals), (3, self._manifest), (3, self._again), (2, self._ahead), (3, self._endorsed),
            (2, self._kept), (1, self._device), (1, self._suspended), (3, self._attack), (3, self._nonsense),
            (3, self._split), (3, self._stated), (2, self._attested), (4, self._cleared),
        ]  # fmt: skip
        weights, actions = [weight for weight, _ in draws], [action for _, action in draws]
        while len(self._members) < count:
            self._chance.choices(actions, weights)[0]()

    def members(self) -> list[bytes]:
        """As texts, each what a single submission has as its body."""
        return self._members

    # --- what is drawn ----------------------------------------------------------------------------------------------

    def _add(self, *signed: SignedRecord) -> None:
        self._members += [json.dumps(one.to_json()).encode() for one in signed]

    def _sign(self, record: Record, *signers: int | SigningKey) -> RecordId:
        self._add(self._scene.sign(record, *signers))
        return RecordId(self._scene.stage.node.home.domain.record_id(record))

    def _step(self) -> None:
        """The next steps of a journey, mostly in their order."""
        for _ in range(self._chance.randint(1, 4)):
            if self._way:
                self._add(self._way.pop(0 if self._chance.random() < 0.8 else self._chance.randrange(len(self._way))))

    def _handoff(self, shipment: bytes, leg: int, packages: int = 10, noted: int = 0, **changes: Any) -> Any:
        releaser, receiver = LEGS[leg]
        item = HandoffItem(shipment, leg, packages, noted)
        return self._scene.handoff(item, releaser=releaser, receiver=receiver, **changes)

    def _leg(self) -> None:
        self._sign(self._handoff(self._chance.choice(self._goods), 0), *LEGS[0])

    def _opened_and_moved(self) -> None:
        """Terms and what moves their goods, short at times; the second leg with the first one's goods."""
        shipment = self._sign(self._scene.terms(), MAKER)
        short = self._chance.random() < 0.3
        packages, noted = (7, int(ExceptionBit.SHORT)) if short else (10, 0)
        self._sign(self._handoff(shipment, 0, packages, noted), *LEGS[0])
        self._sign(self._handoff(shipment, 1, packages if self._chance.random() < 0.8 else 9), *LEGS[1])

    def _halves(self) -> None:
        record = self._handoff(self._chance.choice(self._goods), 0)
        self._sign(record, MAKER)
        if self._chance.random() < 0.5:
            self._leg()
        self._sign(record, CARRIER)

    def _half(self) -> None:
        leg = self._chance.randrange(3)
        self._sign(self._handoff(self._chance.choice(self._goods), leg), LEGS[leg][self._chance.randrange(2)])

    def _rivals(self) -> None:
        shipment = self._chance.choice(self._goods)
        for receiver in (CARRIER, OCEAN, WAREHOUSE):
            self._sign(self._scene.handoff(HandoffItem(shipment, 0, 10, 0), receiver=receiver), MAKER, receiver)

    def _manifest(self) -> None:
        lot = sorted({self._chance.choice(self._goods) for _ in range(3)})
        self._sign(self._scene.handoff(*(HandoffItem(shipment, 0, 10, 0) for shipment in lot)), MAKER, CARRIER)

    def _again(self) -> None:
        if self._members:
            self._members.append(self._chance.choice(self._members))

    def _ahead(self) -> None:
        shipment, leg = self._chance.choice(self._goods), self._chance.choice((1, 2))
        self._sign(self._handoff(shipment, leg), *LEGS[leg])

    def _endorsed(self) -> None:
        self._sign(Endorsement(self._chance.choice((MAKER, SHOP)), self._chance.choice(self._goods)), SHOP)
        self._sign(Endorsement(SHOP, self._chance.randbytes(32)), SHOP)
        self._sign(Observation(CARRIER, self._chance.randbytes(32), self._scene.stage.now), CARRIER)

    def _split(self) -> None:
        """A split, perhaps of what was moved before or with the wrong count, and what a child is moved by."""
        shipment = self._sign(self._scene.terms(), MAKER)
        moved = self._chance.random() < 0.5
        if moved:
            self._sign(self._handoff(shipment, 0), *LEGS[0])
        by, sequence, rest = (CARRIER, 1, SECOND) if moved else (MAKER, 0, CARRIER)
        packages = (4, 6) if self._chance.random() < 0.8 else (4, 5)
        self._sign(self._scene.stage.scribe_split(by, shipment, sequence, *packages), by)
        child = child_id(shipment, sequence, 0)
        self._sign(self._scene.handoff(HandoffItem(child, 0, 4, 0), releaser=by, receiver=rest), by, rest)
        if self._chance.random() < 0.3:
            self._sign(self._handoff(shipment, sequence), *LEGS[sequence])

    def _stated(self) -> None:
        """Statements, terminal ones among them, by who holds the goods or does not, and what comes after."""
        shipment = self._chance.choice([self._chance.choice(self._goods), self._sign(self._scene.terms(), MAKER)])
        kind = self._chance.choice((StatementKind.TENDER, StatementKind.LOST, StatementKind.FOUND, StatementKind.SOLD))
        by = self._chance.choice((MAKER, MAKER, CARRIER))
        self._sign(self._scene.stage.statement(kind, by, shipment, self._chance.choice((0, 0, 0, 1))), by)
        destroyed = self._scene.stage.statement(StatementKind.DESTROYED, MAKER, shipment, 0, SHOP)
        signers = [(MAKER, SHOP), (MAKER,), (SHOP,)]
        self._sign(destroyed, *self._chance.choice(signers))
        self._sign(self._handoff(shipment, 0), *LEGS[0])

    def _cleared(self) -> None:
        """Clearances of goods that are moved before or after, several of one shipment, by who may not at times."""
        lot = sorted({self._chance.choice(self._goods) for _ in range(self._chance.randint(1, 3))})
        if self._chance.random() < 0.3:
            self._leg()
        statuses = (ClearanceStatus.PRESENTED, ClearanceStatus.RELEASED, ClearanceStatus.SEIZED, ClearanceStatus.LODGED)
        for sequence in range(self._chance.randint(1, 3)):
            items = tuple(ShipmentRef(shipment, sequence) for shipment in lot)
            by = NZ if self._chance.random() < 0.9 else CARRIER
            status = int(self._chance.choice(statuses))
            self._sign(self._scene.clearance(by=by, items=items, status=status), by)
        if self._chance.random() < 0.5:
            self._sign(self._handoff(lot[0], 0), *LEGS[0][: self._chance.choice((1, 2, 2))])

    def _attested(self) -> None:
        """Attestations and recalls, on an accreditation that is not here at times, and by who may not."""
        stage, by = self._scene.stage, self._chance.choice((MAKER, MAKER, CARRIER))
        kind = hashlib.sha256(SCHEMA.encode()).digest()
        unknown = self._chance.randbytes(32) if self._chance.random() < 0.3 else NO_HASH
        about = f"01/{GTIN}/10/{self._chance.randrange(1000)}"
        self._sign(self._scene.attestation(by, schema=kind, subject=about, accreditation=unknown), by)
        self._sign(Recall(by, f"01/{GTIN}", "[]", 1, 1, "", unknown, stage.now, details()), by)

    def _kept(self) -> None:
        """An amendment, perhaps before its target, and what comes after both."""
        target = self._handoff(self._sign(self._scene.terms(), MAKER), 0)
        target_id = self._scene.stage.node.home.domain.record_id(target)
        changes = f'{{"occurredAt":{target.occurredAt - 60}}}'
        amendment = Amendment(target_id, NO_HASH, int(AmendmentKind.CORRECTION), details(changes))
        both = [(target, MAKER, CARRIER), (amendment, MAKER, CARRIER)]
        for record, *signers in both[:: self._chance.choice((1, -1))]:
            self._sign(record, *signers)
        self._sign(Endorsement(SHOP, target_id), SHOP)

    def _device(self) -> None:
        """A key is granted, signs, is revoked, and signs again."""
        now = self._scene.stage.now
        self._sign(KeyGrant(MAKER, DEVICE.address, MAKER, 1 << 4, now, now + 30 * DAY, details()), MAKER, DEVICE)
        self._sign(self._handoff(self._chance.choice(self._goods), 0), DEVICE, CARRIER)
        self._sign(KeyRevoke(MAKER, DEVICE.address, details()), MAKER)
        self._sign(self._handoff(self._chance.choice(self._goods), 0), DEVICE, CARRIER)

    def _suspended(self) -> None:
        self._sign(self._scene.change(RegistryAction.SUSPEND, partner=SECOND), *self._scene.council(0, 1))

    def _attack(self) -> None:
        signed = self._chance.choice(ATTACKS).make(self._scene)
        try:
            self._add(signed)
        except ValueError:  # it cannot even be written down
            self._nonsense()

    def _nonsense(self) -> None:
        self._members.append(self._chance.choice(NONSENSE))


def batch_of(members: list[bytes]) -> bytes:
    return b'{"records": [' + b", ".join(members) + b"]}"
