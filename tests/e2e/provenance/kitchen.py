"""A warehouse that blends two lots into a third, and loses some of it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, Deal, details, salt
from ledger.codes import Hazard, Purpose, RecallAction
from ledger.products.recall_tracing import Way
from ledger.records.types import Details, Goods, Recall, ShipmentRef
from ledger.services.products.provenance import GoodsAsked
from ledger.services.products.provenance_views import ProvenanceView
from ledger.services.views.records import Reader
from tests.e2e.stage import ALPHA, CAP, CARRIER, MAKER, PROMISED, SECOND, SHOP, WAREHOUSE, Stage

AUDITOR = Reader(auditor=True)
SUGAR, BLEND = "09506000134352", "09506000134369"
POWDER_LOT, SUGAR_LOT, MADE_LOT = "L-POWDER", "L-SUGAR", "L-BLEND"


def reader(partner: int) -> Reader:
    return Reader(partner, key=bytes([partner]) * 20)


def goods(gtin: str, lot: str, quantity: int, unit: str = "KGM") -> Goods:
    return Goods(salt(), gtin, lot, NO_HASH, quantity, unit, "", "")


def lost(quantity: int, unit: str = "KGM", reason: str = "dust in the mixer") -> Details:
    return Details(
        salt(), json.dumps({"loss": {"quantity": quantity, "reason": reason, "unit": unit}}, separators=(",", ":"))
    )


@dataclass(frozen=True)
class Kitchen:
    """The warehouse blends 600 kg of powder, half of what it got, with 200 kg of sugar to 790 kg, and loses ten; four
    of the ten packages are in the shop.
    """

    stage: Stage
    powder: bytes
    used: bytes
    sugar: bytes
    made: bytes
    sold: bytes

    def trace(self, subject: str, who: Reader = AUDITOR, *ways: Way, most: int = 0) -> ProvenanceView:
        return self.stage.node.reader.provenance.trace(GoodsAsked(subject, "", ways, most), who)[0]  # type: ignore[no-any-return]


def opened(stage: Stage, contents: Goods, packages: int = 10, note: Details | None = None, **more: Any) -> bytes:
    """Terms of these goods, by default from the maker to the warehouse."""
    sides = {"consignor": MAKER, "consignee": WAREHOUSE} | more
    deal = Deal("PO-1", 10_000_00, CAP, stage.now + PROMISED, ALPHA, CAP, CARRIER, sides["consignee"])
    terms = replace(stage.scribe.terms(deal, "L", packages=packages, **sides), contents=(contents,))
    return stage.sign(terms if note is None else replace(terms, details=note), sides["consignor"])


def blend(stage: Stage) -> Kitchen:
    powder = opened(stage, goods(GTIN, POWDER_LOT, 1200), 12)
    sugar = opened(stage, goods(SUGAR, SUGAR_LOT, 200_000, "GRM"), 2)
    for shipment, packages in ((powder, 12), (sugar, 2)):
        stage.hand(MAKER, CARRIER, (shipment, 0, packages))
        stage.hand(CARRIER, WAREHOUSE, (shipment, 1, packages))
    _, used = stage.split(WAREHOUSE, powder, 2, 6, 6)
    made = opened(
        stage,
        goods(BLEND, MADE_LOT, 790),
        consignor=WAREHOUSE,
        consignee=SHOP,
        parents=(ShipmentRef(used, 0), ShipmentRef(sugar, 2)),
        purpose=Purpose.TRANSFORMATION,
        note=lost(10),
    )
    stage.hand(WAREHOUSE, SECOND, (made, 0, 10))
    _, sold = stage.split(SECOND, made, 1, 6, 4)
    stage.hand(SECOND, SHOP, (sold, 0, 4))
    stage.node.settle()
    return Kitchen(stage, powder, used, sugar, made, sold)


def recall(kitchen: Kitchen, by: int) -> bytes:
    stage, subject = kitchen.stage, f"01/{GTIN}/10/{POWDER_LOT}"
    record = Recall(by, subject, "", Hazard.BIOLOGICAL, RecallAction.STOP_SALE, "", NO_HASH, stage.now, details())
    record_id = stage.sign(record, by)
    stage.node.settle()
    return record_id
