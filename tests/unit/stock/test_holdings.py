"""Stock from custody: goods are with one partner at a time, where and since when its records say."""

from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest

from ledger.codes import AmendmentKind, ClearanceStatus, Gate, Outcome, Purpose, Regime, StatementKind
from ledger.common.figure import to_json
from ledger.records.disclosure import split as parted
from ledger.records.eip712 import Withheld
from ledger.records.types import Child, Goods, Place, Require, Split
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.shipments.history import Journeys
from ledger.stock.courses import Location
from ledger.stock.holdings import Holding, HoldingState, Stock, stock_at
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

WAREHOUSE = 77
GTIN = "09506000134352"
STORES = {MAKER, SHOP, WAREHOUSE}
PORT = Place(SALT, "DE", "DEHAM", "", "")
SHED = Place(SALT, "DE", "", "", "Shed 4")
AT_PORT, IN_SHED = Location("DE", "DEHAM", "", ""), Location("DE", "", "", "Shed 4")


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


def only(history: History, second: int, records: list[VerifiedRecord] | None = None) -> Holding:
    (holding,) = stock_at(Journeys(history.records if records is None else records), second, STORES.__contains__)
    return holding


def test_what_a_carrier_opens_or_parts_is_in_transit() -> None:
    history = History()
    one = history.terms(known=DAY, holder=CARRIER, packages=10, contents=[goods(10)])
    assert only(history, DAY).state is HoldingState.IN_TRANSIT
    history.split(one, CARRIER, 2 * DAY, [4, 6])
    states = {h.state for h in stock_at(Journeys(history.records), 2 * DAY, STORES.__contains__)}
    assert states == {HoldingState.IN_TRANSIT}


def test_goods_are_where_their_holder_got_them() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(10)], origin=SHED)
    assert (only(history, DAY).place, only(history, DAY).placed_by) == (IN_SHED, one)
    signed = history.handoff(one, MAKER, WAREHOUSE, 2 * DAY, place=PORT)
    assert (only(history, 2 * DAY).place, only(history, 2 * DAY).placed_by) == (AT_PORT, signed.id)
    new = history.terms(known=3 * DAY, holder=WAREHOUSE, parents=[one], purpose=Purpose.ONWARD, contents=[goods(10)])
    found = only(history, 3 * DAY)
    assert (found.shipment, found.place, found.placed_by) == (new, AT_PORT, signed.id)
    assert (found.since, found.made_at) == (2 * DAY, DAY)
    history.override(new, WAREHOUSE, SECOND, 4 * DAY)
    assert only(history, 4 * DAY).place is None, "nobody says where the council moved it"


def test_what_is_made_of_goods_is_new() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, contents=[goods(10)])
    made = history.terms(
        known=9 * DAY, holder=MAKER, parents=[one], purpose=Purpose.TRANSFORMATION, contents=[goods(3, "NEW")]
    )
    found = only(history, 9 * DAY)
    assert (found.shipment, found.since, found.made_at) == (made, 9 * DAY, 9 * DAY)
    assert [(line.lot, int(line.quantity), line.exact) for line in found.goods] == [("NEW", 3, True)]


def test_a_handoff_moves_goods_when_both_say_and_never_before_what_came_before() -> None:
    history = History()
    one = history.terms(known=4 * DAY, holder=MAKER, contents=[goods(10)])
    history.handoff(one, MAKER, CARRIER, 2 * DAY, known=6 * DAY)  # it had left before its terms were recorded
    history.handoff(one, CARRIER, SHOP, 9 * DAY, known=7 * DAY)  # a clock ran ahead
    assert only(history, 4 * DAY).holder == CARRIER
    assert only(history, 7 * DAY - 1).holder == CARRIER
    assert only(history, 7 * DAY).holder == SHOP


def test_a_correction_of_both_moves_goods_in_time() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, contents=[goods(10)])
    signed = history.handoff(one, MAKER, CARRIER, 5 * DAY)
    assert only(history, 3 * DAY).holder == MAKER
    history.amend(signed.id, AmendmentKind.CORRECTION, {"occurredAt": 2 * DAY}, (MAKER, CARRIER), 40 * DAY)
    assert only(history, 3 * DAY).holder == CARRIER
    assert only(history, 2 * DAY - 1).holder == MAKER
    hidden = [*history.records[:-1], withheld(history.records[-1])]
    assert (only(history, 3 * DAY, hidden).holder, only(history, 3 * DAY, hidden).closed) == (MAKER, True)


def withheld(verified: VerifiedRecord) -> VerifiedRecord:
    """The record without its private parts."""
    return already_verified(verified.id, parted(verified.record)[0], verified.signers, verified.facts)


def test_what_is_withheld_is_not_guessed() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(10)], origin=PORT)
    history.handoff(one, MAKER, CARRIER, 2 * DAY, place=SHED)
    found = only(history, 2 * DAY, [withheld(verified) for verified in history.records])
    assert (found.holder, found.packages, found.closed) == (CARRIER, 10, True)
    assert (found.goods, found.place, found.due_at, found.destination) == ((), None, None, None)


def children_of(history: History, one: bytes, contents: list[Any]) -> list[tuple[Holding, dict[str, int]]]:
    children = tuple(Child(5, each) for each in contents)
    record = Split(MAKER, one, 0, children, 1, 2 * DAY, history.details())
    history.log(record, (MAKER,), 2 * DAY, outcomes=(Outcome.APPLIED,))
    found = stock_at(Journeys(history.records), 2 * DAY, STORES.__contains__)
    return [(h, {line.lot: int(line.quantity) for line in h.goods}) for h in found]


def test_children_that_tell_nothing_have_what_the_others_leave() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=15, contents=[goods(100, "A"), goods(8, "B")])
    first, second, third = children_of(history, one, [(goods(70, "A"), goods(8, "B")), (), ()])
    assert (first[1], second[1], third[1]) == ({"A": 70, "B": 8}, {"A": 15}, {"A": 15})
    assert first[0].goods[0].exact
    assert not second[0].goods[0].exact
    assert set(second[0].sources) > set(first[0].sources)


def test_what_others_leave_is_unknown_where_they_are_closed() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)])
    first, second = children_of(history, one, [(Withheld(bytes([7]) * 32),), ()])
    assert (first[0].closed, first[1], second[0].closed, second[1]) == (True, {}, True, {})


def test_over_the_count_adds_no_goods_and_a_later_short_receipt_leaves_its_part() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)])
    history.short(one, MAKER, CARRIER, 2 * DAY, 5)
    history.handoff(one, CARRIER, WAREHOUSE, 3 * DAY, packages=8, exceptions=8)
    history.short(one, WAREHOUSE, SECOND, 4 * DAY, 4)
    found = stock_at(Journeys(history.records), 4 * DAY, STORES.__contains__)
    told = sorted((int(h.holder), h.packages, int(h.goods[0].quantity), str(h.state)) for h in found)
    assert [*told] == [
        (MAKER, 5, 50, "missing"), (SECOND, 4, 25, "in_transit"), (WAREHOUSE, 4, 25, "missing"),
    ]  # fmt: skip


def test_what_was_left_behind_is_there_once_somebody_has_it() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)])
    rest = history.short(one, MAKER, CARRIER, 2 * DAY, 7)
    history.statement(StatementKind.FOUND, rest, MAKER, 3 * DAY, known=4 * DAY)

    def state(second: int) -> HoldingState:
        found = stock_at(Journeys(history.records), second, STORES.__contains__)
        return next(h.state for h in found if h.shipment == rest)

    assert [state(2 * DAY), state(4 * DAY - 1), state(4 * DAY)] == ["missing", "missing", "on_hand"]


@pytest.mark.parametrize("delivered", [True, False])
def test_customs_ends_what_is_under_way_and_not_what_its_consignee_has(*, delivered: bool) -> None:
    history = History()
    needs = Require(b"US", Regime.IMPORT, int(Gate.DELIVERY), relay=False)
    one = history.terms(known=DAY, holder=MAKER, contents=[goods(10)], requires=[needs])
    history.handoff(one, MAKER, SHOP if delivered else CARRIER, 2 * DAY)
    history.clearance(ClearanceStatus.SEIZED, one, 3 * DAY)
    found = stock_at(Journeys(history.records), 3 * DAY, STORES.__contains__)
    assert [h.holder for h in found] == ([SHOP] if delivered else [])


def test_terms_over_goods_that_are_not_among_the_records_are_stock_all_the_same() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, contents=[goods(10)])
    rest = history.short(one, MAKER, CARRIER, 2 * DAY, 7)
    new = history.terms(known=3 * DAY, holder=CARRIER, parents=[one], purpose=Purpose.ONWARD, contents=[goods(7)])
    over = history.terms(known=4 * DAY, holder=MAKER, parents=[rest], purpose=Purpose.ONWARD, contents=[goods(3)])
    found = stock_at(Journeys(history.records[1:]), 4 * DAY, STORES.__contains__)
    assert {h.shipment: h.made_at for h in found} == {new: 3 * DAY, over: 4 * DAY}


def test_no_promise_is_no_due_time() -> None:
    history = History()
    history.terms(known=DAY, holder=MAKER, contents=[goods(10)], promisedAt=0, grace=5)
    assert only(history, DAY).due_at is None


def test_a_holding_as_json_has_no_fraction() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=3, contents=[goods(10)])
    history.short(one, MAKER, CARRIER, 2 * DAY, 1)
    held_ = stock_at(Journeys(history.records), 2 * DAY, STORES.__contains__)
    assert [to_json(h)["goods"][0]["quantity"] for h in held_] == ["3.333", "6.666"]
