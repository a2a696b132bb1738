"""Stock from custody: goods are with one partner at a time, and none appear or vanish."""

import random
from collections import Counter, defaultdict
from fractions import Fraction

import pytest

from ledger.codes import Purpose, StatementKind
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


@pytest.mark.parametrize("seed", range(60))
def test_nothing_appears_and_nothing_vanishes(seed: int) -> None:
    """At every second when something happens, and just before it, packages and pieces held add up to those opened."""
    rng = random.Random(seed)
    history, now = History(), 10 * DAY
    live: dict[bytes, tuple[int, int]] = {}
    opened: dict[int, Fraction] = defaultdict(Fraction)
    done: Counter[str] = Counter()
    for _ in range(rng.randrange(5, 40)):
        now += rng.randrange(1, DAY)
        told = now - rng.randrange(0, 3 * DAY)
        act = rng.choice(("open", "handoff", "short", "split", "merge"))
        if act == "open" or not live:
            packages = rng.randrange(2, 30)
            contents = [goods(rng.randrange(1, 500), lot) for lot in rng.sample(("A", "B"), rng.randrange(1, 3))]
            shipment = history.terms(known=now, holder=MAKER, packages=packages, contents=contents, consignee=99)
            live[shipment] = MAKER, packages
            opened[now] += sum(part.quantity for part in contents)
            done["open"] += 1
            continue
        shipment = rng.choice(sorted(live))
        holder, packages = live[shipment]
        to = rng.choice([partner for partner in (MAKER, CARRIER, SHOP, WAREHOUSE) if partner != holder])
        if act == "handoff":
            history.handoff(shipment, holder, to, told, known=now, packages=packages)
            live[shipment] = to, packages
        elif act == "short" and packages > 1:
            counted = rng.randrange(1, packages)
            live[history.short(shipment, holder, to, told, counted, known=now)] = holder, packages - counted
            live[shipment] = to, counted
        elif act == "split" and packages > 1:
            first = rng.randrange(1, packages)
            del live[shipment]
            for child, count in zip(
                history.split(shipment, holder, told, [first, packages - first], known=now),
                (first, packages - first),
                strict=True,
            ):
                live[child] = holder, count
        elif act == "merge":
            parents = [name for name, (with_whom, _) in live.items() if with_whom == holder][:3]
            count = sum(live.pop(name)[1] for name in parents)
            there = Stock(Journeys(history.records)).at(now, STORES.__contains__)
            pieces = sum((line.quantity for h in there if h.shipment in parents for line in h.goods), Fraction(0))
            merged = history.terms(
                known=now, holder=holder, packages=count, parents=parents, purpose=Purpose.MERGE,
                contents=[goods(int(pieces))], consignee=99,
            )  # fmt: skip
            opened[now] += int(pieces) - pieces
            live[merged] = holder, count
        else:
            continue
        done[act] += 1
    stock = Stock(Journeys(history.records))
    seconds = {step.at for course in stock.courses.values() for step in course.steps} | set(opened)
    for second in sorted(seconds | {second - 1 for second in seconds}):
        total = sum(held(stock, second).values(), Fraction(0))
        assert total == sum(quantity for at, quantity in opened.items() if at <= second), (second, done)
    assert len(seconds) > 1
