"""Random journeys by every fulfilment: warehouses in between, duty, splits, shortages, sales, returns with reasons."""

import random
from typing import Any

from ledger.codes import ClearanceStatus, Fulfilment, Mode, Purpose, Regime, StatementKind
from ledger.common.canonical import canonical_json
from ledger.records.eip712 import Withheld
from ledger.records.types import Details, Duty, Goods, Place, TaxLine
from ledger.shipments.return_reason import ReturnReason
from tests.unit.history import CARRIER, DAY, HOUR, LOCKER, MAKER, SALT, SECOND, SHOP, History

GTINS = ("09506000134352", "09521321000018")
PLACES = tuple(Place(SALT, country, "", "", "") for country in ("CN", "US", "DE"))
HIDDEN = Withheld(bytes(31) + b"\x05")
SHOWN: tuple[Place | Withheld, ...] = (*PLACES[1:], HIDDEN)
REASONS: tuple[Any, ...] = (*ReturnReason, "Damaged", "", 7, None)
SHOPPER = 8


def duty(dice: random.Random) -> Duty | Withheld:
    if dice.random() < 0.15:
        return HIDDEN
    lines = (TaxLine("duty", 100, 0, 9, dice.randrange(5_000)), TaxLine("VAT", 100, 0, 9, dice.randrange(5_000)))
    return Duty(SALT, "", "", "", dice.choice(("EUR", "CNY")), lines[: dice.choice((0, 1, 2, 2))])


def details(dice: random.Random) -> Details | Withheld:
    if dice.random() < 0.15:
        return HIDDEN
    texts = [canonical_json({"reason": dice.choice(REASONS), "note": "x"}).decode(), "", "[]", '"late"']
    return Details(SALT, dice.choice([texts[0]] * 6 + texts))


def mode_history(seed: int, shipments: int = 12) -> History:
    dice = random.Random(seed)
    history = History()
    for _ in range(shipments):
        _journey(dice, history)
    return history


def _journey(dice: random.Random, history: History) -> None:
    at = dice.randrange(30) * DAY
    goods = [Goods(SALT, dice.choice(GTINS), "", bytes(32), dice.randint(1, 40), dice.choice(("EA", "KGM")), "", "")]
    shared: dict[str, Any] = {"mode": dice.choice((*Mode, 77)), "fulfilment": dice.choice((0, *Fulfilment))}
    shipments = [
        history.terms(
            known=at, packages=10, holder=dice.choice((MAKER, MAKER, CARRIER)), origin=PLACES[0],
            destination=dice.choice(SHOWN), freight=dice.choice((0, 777, 10_000)),
            currency=dice.choice(("EUR", "USD")), contents=goods * dice.randint(0, 1),
            promisedAt=at + dice.randint(4, 12) * DAY, **shared,
        )
        for _ in range(dice.choice((1, 1, 3)))
    ]  # fmt: skip
    for pair in ((b"US", Regime.IMPORT), (b"CN", Regime.EXPORT)):
        for status in (ClearanceStatus.LODGED, ClearanceStatus.PRESENTED, ClearanceStatus.RELEASED):
            if dice.random() < 0.4:
                history.clearance(status, shipments, at + HOUR, jurisdiction=pair[0], regime=pair[1], duty=duty(dice))
    for shipment in shipments:
        _way(dice, history, shipment, at)


def _way(dice: random.Random, history: History, shipment: bytes, at: int) -> None:
    terms = next(one.record for one in history.records if one.id == shipment)
    holder, packages = terms.holder, 10  # type: ignore[attr-defined]
    for receiver in (*dice.sample((CARRIER, SECOND, LOCKER), dice.randint(0, 3)), SHOP):
        if receiver == holder:
            continue
        if dice.random() < 0.1:
            break
        at += dice.randint(1, 4 * DAY)
        due = dice.choice((0, at + dice.randint(1, 3) * DAY))
        if packages > 4 and dice.random() < 0.1:
            history.short(shipment, holder, receiver, at, packages - 3, due=due)
            packages -= 3
        else:
            history.handoff(
                shipment, holder, receiver, at, packages=packages, due=due, known=at + dice.choice((0, HOUR))
            )
        holder = receiver
    pieces = [(shipment, packages)]
    if packages > 2 and dice.random() < 0.3:
        at += HOUR
        parts = (packages // 2, packages - packages // 2)
        pieces = list(zip(history.split(shipment, holder, at, parts), parts, strict=True))
    for piece, count in pieces:
        at += dice.randint(1, DAY)
        chance = dice.random()
        if chance < 0.3:
            purpose = Purpose.RETURN if chance < 0.22 else Purpose.ONWARD
            history.terms(
                known=at, packages=count, consignor=SHOP if holder == SHOP else MAKER, consignee=MAKER if holder == SHOP
                else SHOP, holder=holder, purpose=purpose, parents=[piece], details=details(dice),
                mode=dice.choice(list(Mode)), fulfilment=dice.choice((0, *Fulfilment)),
                freight=dice.choice((0, 500)), promisedAt=at + 5 * DAY,
            )  # fmt: skip
        elif chance < 0.5:
            kind = dice.choice((StatementKind.SOLD, StatementKind.LOST, StatementKind.LEFT))
            history.statement(kind, piece, holder, at)
