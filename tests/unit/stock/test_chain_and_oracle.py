"""Stock of random histories: as the chain's own state says at the end, and as recursive SQL says at any second."""

from collections import Counter
from fractions import Fraction

import pytest

from ledger.codes import ShipmentState
from ledger.shipments.history import Journeys
from ledger.stock.holdings import HoldingState, Stock, stock_at
from tests.unit.stock.oracle import Oracle
from tests.unit.stock.world import STORES, World

LIVE = (ShipmentState.OPEN, ShipmentState.DELIVERED)


def seconds_of(stock: Stock) -> list[int]:
    """Every second in which something happens, and the one before it."""
    at = {step.at for course in stock.courses.values() for step in course.steps}
    at |= {course.ended_at for course in stock.courses.values() if course.ended_at is not None}
    return sorted(at | {second - 1 for second in at})


@pytest.mark.parametrize("seed", range(60))
def test_it_ends_where_the_chain_has_it(seed: int) -> None:
    world = World(seed).play(60)
    held = {
        holding.shipment: (holding.holder, holding.packages)
        for holding in stock_at(Journeys(world.history.records), world.now, STORES.__contains__)
    }
    slots = {shipment: holding.slot for shipment, holding in world.holdings.items()}
    assert held == {
        s: (slot.custodian, slot.packages) for s, slot in slots.items() if slot.state in LIVE and slot.custodian
    }


def compare(seed: int, steps: int, most: int = 40) -> Counter[str]:
    """Assert that stock is what the oracle says, at up to so many seconds; answers with what was seen."""
    world = World(seed).play(steps)
    stock, oracle = Stock(Journeys(world.history.records)), Oracle(world.history.records, STORES)
    seen = Counter[str]()
    every = seconds_of(stock)
    for second in [*every[:: max(1, len(every) // most)], world.now]:
        expected, found = oracle.at(second), {h.shipment: h for h in stock.at(second, STORES.__contains__)}
        assert expected.keys() == found.keys(), (seed, second)
        for shipment, holding in found.items():
            row = expected[shipment]
            told = holding.holder, holding.packages, str(holding.state), holding.due_at
            assert told == row[1:5], (seed, second, shipment.hex())
            goods = {line.sku: line.quantity for line in holding.goods}
            assert goods.keys() == row.goods.keys(), (seed, second, shipment.hex())
            for sku, quantity in goods.items():
                assert float(quantity) == pytest.approx(row.goods[sku], rel=1e-9)
            seen[holding.state] += 1
            seen["shared out"] += any(not line.exact for line in holding.goods)
            terms = stock.journeys.terms.get(shipment)
            seen["took over unnamed"] += terms is not None and not terms.record.contents and bool(holding.goods)
            origin = stock.journeys.origins.get(shipment)
            split = None if origin is None else stock.journeys.split_of(origin.parent)
            named = set() if split is None else {bool(child.contents) for child in split.record.children}
            seen["left by a split"] += named == {True, False}
    return seen


def test_it_is_what_sql_says_at_any_second() -> None:
    seen = Counter[str]()
    for seed in range(1_000, 1_008):
        seen += compare(seed, 50, 6)
    assert all(seen[state] > 10 for state in HoldingState), seen
    assert min(seen["shared out"], seen["took over unnamed"], seen["left by a split"]) > 20, seen


@pytest.mark.drill
def test_it_is_what_sql_says_in_many_histories() -> None:
    seen = sum((compare(seed, 60) for seed in range(2_000, 3_000)), Counter[str]())
    assert min(seen.values()) > 5_000, seen


@pytest.mark.parametrize("seed", range(40))
def test_goods_that_were_opened_are_held_or_ended(seed: int) -> None:
    """At every second, by GTIN, lot and unit: what terms opened, and what splits restated, is what somebody holds, and
    what went on into other terms or ended. Exactly, in fractions."""
    world = World(seed).play(60)
    journeys = Journeys(world.history.records)
    stock = Stock(journeys)
    opened: list[tuple[int, tuple[str, str, str], Fraction]] = []
    gone: list[tuple[int, tuple[str, str, str], Fraction]] = []
    for shipment, course in stock.courses.items():
        inside = stock.contents[shipment]
        if shipment in journeys.terms:
            opened += [(course.opened_at, line.sku, line.quantity) for line in inside.lines]
        last = inside.part(course.steps[-1].share).lines
        if children := journeys.children(shipment):
            at = stock.courses[children[0]].opened_at
            opened += [(at, line.sku, line.quantity) for child in children for line in stock.contents[child].lines]
            gone += [(at, line.sku, line.quantity) for line in last]
        elif course.ended_at is not None:
            gone += [(course.ended_at, line.sku, line.quantity) for line in last]
    for second in seconds_of(stock):
        balance: dict[tuple[str, str, str], Fraction] = {}
        for entries, sign in ((opened, 1), (gone, -1)):
            for at, sku, quantity in entries:
                if at <= second:
                    balance[sku] = balance.get(sku, Fraction(0)) + sign * quantity
        for shipment, course in stock.courses.items():
            if (step := course.at(second)) is not None:
                for line in stock.contents[shipment].part(step.share).lines:
                    balance[line.sku] -= line.quantity
        assert not any(balance.values()), (second, balance)
    assert gone
