"""What plans of warehouses take for stock: no more than their reader may open."""

from ledger.codes import Outcome, SplitReason
from ledger.records.shipment_ids import child_id
from ledger.records.types import Child, Goods, Split
from ledger.services.planning.warehouses import stock_for
from ledger.services.views.records import Reader
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History


def goods(quantity: int) -> Goods:
    return Goods(SALT, "09506000134352", "L1", bytes(32), quantity, "H87", "", "")


def test_goods_that_a_split_states_are_planned_with_by_who_may_open_the_split() -> None:
    """The carrier is liable, so it may read the terms; what a later holder's split says is none of its business."""
    history = History()
    shipment = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)])
    history.handoff(shipment, MAKER, CARRIER, 2 * DAY)
    history.handoff(shipment, CARRIER, SECOND, 3 * DAY)
    children = (Child(4, (goods(37),)), Child(6, (goods(63),)))
    split = Split(SECOND, shipment, 2, children, SplitReason.PARCELS, 4 * DAY, history.details())
    history.log(split, (SECOND,), 4 * DAY, outcomes=(Outcome.APPLIED,))
    journeys, child = Journeys(history.records), child_id(shipment, 2, 0)
    for reader in (None, Reader(MAKER), Reader(SHOP), Reader(SECOND), Reader(auditor=True)):
        known = stock_for(journeys, reader).contents[child]
        assert [int(line.quantity) for line in known.lines] == [37], reader
    carried = stock_for(journeys, Reader(CARRIER)).contents
    assert carried[child].lines == ()
    assert carried[child].closed
    assert [int(line.quantity) for line in carried[shipment].lines] == [100]
