"""Stock from custody: goods are with one partner at a time, and none appear or vanish."""

from collections import defaultdict
from fractions import Fraction

from ledger.codes import StatementKind
from ledger.records.types import Goods
from ledger.shipments.history import Journeys
from ledger.stock.holdings import HoldingState, Stock
from tests.unit.history import CARRIER, DAY, MAKER, SHOP, History

WAREHOUSE = 77
GTIN = "09506000134352"
STORES = {MAKER, SHOP, WAREHOUSE}


def goods(quantity: int, lot: str = "L1") -> Goods:
    return Goods(bytes(16), GTIN, lot, bytes(32), quantity, "H87", "", "")


def held(stock: Stock, second: int) -> dict[tuple[int, str], Fraction]:
    """Pieces by holder and state."""
    result: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for holding in stock.at(second, STORES.__contains__):
        for line in holding.goods:
            result[holding.holder, str(holding.state)] += line.quantity
    return result


def test_goods_are_where_custody_says_at_any_second() -> None:
    history = History()
    shipment = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(1_000)], promisedAt=9 * DAY)
    history.handoff(shipment, MAKER, CARRIER, 2 * DAY)
    rest = history.short(shipment, CARRIER, SHOP, 5 * DAY, 7)
    stock = Stock(Journeys(history.records))
    assert held(stock, DAY - 1) == {}
    assert held(stock, DAY) == {(MAKER, "on_hand"): 1_000}
    assert held(stock, 2 * DAY) == {(CARRIER, "in_transit"): 1_000}
    assert held(stock, 5 * DAY) == {(SHOP, "on_hand"): 700, (CARRIER, "missing"): 300}
    left = next(h for h in stock.at(5 * DAY, STORES.__contains__) if h.shipment == rest)
    assert (left.packages, left.goods[0].exact, left.state) == (3, False, HoldingState.MISSING)
    assert left.due_at is not None


def test_a_consumers_goods_are_no_stock_and_sold_ones_are_none() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, consignee=0, recipient=bytes([1] * 20), contents=[goods(4)])
    history.handoff(one, MAKER, 0, 2 * DAY)
    other = history.terms(known=DAY, holder=MAKER, contents=[goods(5)])
    history.handoff(other, MAKER, SHOP, 2 * DAY)
    history.statement(StatementKind.SOLD, other, SHOP, 3 * DAY, known=4 * DAY)
    stock = Stock(Journeys(history.records))
    assert held(stock, 2 * DAY) == {(SHOP, "on_hand"): 5}
    assert held(stock, 4 * DAY - 1) == {(SHOP, "on_hand"): 5}
    assert held(stock, 4 * DAY) == {}
