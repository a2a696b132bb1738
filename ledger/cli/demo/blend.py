"""Formula blended from powder and lactose, packed into tins: goods made from goods, to the kilogram.

Day 19   twelve bags of powder and two of lactose come to the blender, straight from the maker
Day 20   six bags of powder are split off: what is not used stays what it was
Day 21   600 kg of powder and 200 kg of lactose become 990 tins of 800 g; 8 kg are dust
"""

from ledger.cli.demo.cast import (
    BLEND_LOT,
    BLENDER,
    GTIN,
    LACTOSE_GTIN,
    LACTOSE_LOT,
    MAKER,
    POWDER_GTIN,
    POWDER_LOT,
)
from ledger.cli.demo.play import Play
from ledger.cli.demo.scribe import NO_HASH, Deal, place, salt
from ledger.codes import ExceptionBit, Mode, Purpose, SplitReason
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.records.shipment_ids import child_id
from ledger.records.types import Child, Details, Goods, ShipmentRef, Split

POWDER, LACTOSE, MADE, DUST = 600, 200, 792, 8
"""Kilograms: what goes in, what comes out, what is lost."""
BAGS, USED, LACTOSE_BAGS, CARTONS = 12, 6, 2, 99
NONE = ExceptionBit(0)


def blend(play: Play) -> None:
    """All of it, in the order of the days."""
    play.at(19)
    powder = _delivered(play, _powder(BAGS * POWDER // USED), BAGS)
    lactose = _delivered(
        play, Goods(salt(), LACTOSE_GTIN, LACTOSE_LOT, NO_HASH, LACTOSE, "KGM", "170211", "Lactose"), LACTOSE_BAGS
    )
    play.at(20)
    parts = [Child(bags, (_powder(bags * POWDER // USED),)) for bags in (USED, BAGS - USED)]
    split = Split(BLENDER, powder, 1, tuple(parts), int(SplitReason.PARTIAL), play.clock.now(), Details(salt(), ""))
    play.sign("the blender splits off the powder that it needs", split, BLENDER)
    used = play.shipments["powder used"] = RecordId(child_id(powder, 1, 0))
    play.shipments["powder left"] = RecordId(child_id(powder, 1, 1))
    play.at(21)
    made = Goods(salt(), GTIN, BLEND_LOT, NO_HASH, MADE, "KGM", "190110", "Infant formula, stage 1, in tins of 800 g")
    loss = canonical_json({"loss": {"quantity": DUST, "reason": "dust", "unit": "KGM"}}).decode()
    terms = play.scribe.terms(
        _deal(BLENDER), BLEND_LOT, consignor=BLENDER, consignee=BLENDER, packages=CARTONS,
        mode=Mode.ROAD, purpose=Purpose.TRANSFORMATION, parents=sorted_refs(used, lactose),
        destination=place("NZ", "NZHLZ", "Hamilton"), contents=(made,), note=loss,
    )  # fmt: skip
    play.shipments["blend"] = play.sign("powder and lactose become formula in tins", terms, BLENDER)


def sorted_refs(used: RecordId, lactose: RecordId) -> tuple[ShipmentRef, ...]:
    """The inputs at their sequences: a fresh child stands at 0, what was handed over once at 1."""
    return tuple(ShipmentRef(*ref) for ref in sorted([(used, 0), (lactose, 1)]))


def _powder(kilograms: int) -> Goods:
    return Goods(salt(), POWDER_GTIN, POWDER_LOT, NO_HASH, kilograms, "KGM", "040221", "Milk powder")


def _delivered(play: Play, goods: Goods, bags: int) -> RecordId:
    """Terms from the maker to the blender, and the handoff that fulfils them."""
    here, name = place("NZ", "NZHLZ", "Hamilton"), goods.description.lower()
    terms = play.scribe.terms(
        _deal(MAKER), goods.lot, consignor=MAKER, consignee=BLENDER, packages=bags, mode=Mode.ROAD,
        destination=here, contents=(goods,),
    )  # fmt: skip
    shipment = play.shipments[name] = play.sign(f"terms of {name} for the blender", terms, MAKER)
    play.sign(f"the blender takes the {name}", play.scribe.handoff([(shipment, 0, bags, NONE)], MAKER, BLENDER, here),
              MAKER, BLENDER)  # fmt: skip
    return shipment


def _deal(liable: int) -> Deal:
    """No promise of a time: nothing here can be late."""
    return Deal("BATCH-2604", 8_000_00, 0, 0, 0, 0, liable, BLENDER)
