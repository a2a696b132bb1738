"""A trace finds what a walk over single rows finds, on graphs that nobody chose."""

import random
from dataclasses import dataclass, field, replace

import pytest

from ledger.codes import Outcome, Purpose, ShipmentState
from ledger.common.gs1 import Product, recall_covers, recalled_lots, recalled_product
from ledger.common.gs1_keys import check_digit
from ledger.common.ids import RecordId
from ledger.products.recall_tracing import Way
from ledger.records.types import REMAINDER_INDEX
from ledger.services.products.lot_tracing import MADE, NAMED, OTHER, POSSIBLE, goods_within, trace_goods, trace_shipment
from ledger.store.database import Connection, Database
from ledger.store.projections import shipments, tracing
from ledger.store.projections.shipments import CustodyStep, Shipment
from tests.store.entries import shipment

GTINS = [f"0942190000{n}" for n in (100, 200)]
GTINS = [f"{gtin}{check_digit(gtin)}" for gtin in GTINS]
LOTS = ("", "A", "B")
SIZE = 60


@dataclass
class Graph:
    """What was made: by shipment, what it was split from or opened over, and the goods that it carries."""

    above: dict[bytes, set[bytes]] = field(default_factory=dict)
    goods: dict[bytes, set[tuple[str, str]]] = field(default_factory=dict)
    transformed: set[bytes] = field(default_factory=set)
    split: set[bytes] = field(default_factory=set)


def graph(connection: Connection, seed: int) -> Graph:
    """Shipments split, short, merged and gone on under new terms, in any order; of some the contents are not open."""
    dice = random.Random(seed)
    result = Graph()
    made: list[Shipment] = []
    steps: dict[bytes, list[CustodyStep]] = {}

    def step(of: bytes, kind: str, record: bytes, to: int, packages: int) -> None:
        line = steps.setdefault(of, [])
        outcome = int(dice.choice((Outcome.APPLIED, Outcome.APPLIED, Outcome.STALE)))
        line.append(
            CustodyStep(
                of, len(line), RecordId(record), 0, kind, dice.randrange(1, 6), to, packages, dice.choice((0, 0, 4)),
                outcome, dice.randrange(100), 1, 1, len(made),
            )
        )  # fmt: skip

    for number in range(1, SIZE):
        way = dice.randrange(4) if made else 0
        above = dice.choice(made).shipment if way in (1, 2) else None
        one = replace(
            shipment(number, parent=above),
            child_index=None if above is None else dice.choice((0, 1, REMAINDER_INDEX)),
            state=int(dice.choice((ShipmentState.OPEN, ShipmentState.DELIVERED, ShipmentState.SOLD))),
            packages=dice.randrange(1, 50),
            custodian=dice.randrange(1, 6),
            purpose=int(dice.choice((Purpose.ONWARD, Purpose.MERGE, Purpose.TRANSFORMATION))),
        )
        if above:
            result.split.add(one.shipment)
        elif one.purpose == Purpose.TRANSFORMATION:
            result.transformed.add(one.shipment)
        merged = dice.sample(made, min(len(made), 2)) if way == 3 else []
        result.above[one.shipment] = {above} if above else {parent.shipment for parent in merged}
        for parent in merged:
            step(parent.shipment, tracing.CONTINUED, one.shipment, one.custodian, 1)
        for _ in range(dice.randrange(3)):
            kind = dice.choice(("opened", "handoff", "override", "tender"))
            step(one.shipment, kind, bytes(32), dice.randrange(6), 3)
        made.append(one)
    shipments.put(connection, made)
    shipments.add_steps(connection, [one for line in steps.values() for one in line])
    for _ in range(SIZE):
        result.goods.setdefault(dice.choice(made).shipment, set()).add((dice.choice(GTINS), dice.choice(LOTS)))
    carried = [(gtin, lot, one) for one, goods in result.goods.items() for gtin, lot in goods]
    shipments.add_goods(connection, sorted(carried))
    return result


def walked(made: Graph, subject: str, lots: str, way: Way) -> dict[bytes, str]:
    """The reference: one shipment after the other, in what was made."""
    product = recalled_product(subject)
    assert product is not None

    def named(one: bytes) -> set[tuple[str, str]]:
        """On the way up the goods of what it was split from are its own, where it names none."""
        while way is Way.UP and not made.goods.get(one) and one in made.split:
            (one,) = made.above[one]
        return made.goods.get(one, set())

    def answers(one: bytes, goods: set[tuple[str, str]] | None = None) -> set[bool | None]:
        same = [lot for gtin, lot in made.goods.get(one, set()) if gtin == product.gtin]
        if goods is not None:
            same = [lot for gtin, lot in goods if gtin == product.gtin]
        return {recall_covers(product, recalled_lots(lots), Product(product.gtin, lot)) for lot in same} - {False}

    result = {one: NAMED if True in answers(one) else POSSIBLE for one in made.above if answers(one)}
    left = list(result)
    while left:
        one = left.pop()
        below = {other for other, above in made.above.items() if one in above}
        for other in below if way is Way.DOWN else made.above[one]:
            unlike = bool(named(other)) and not answers(other, named(other))
            if way is Way.DOWN and other in made.transformed and not answers(other):
                continue
            if other not in result and not (unlike and way is Way.DOWN):
                result[other] = OTHER if unlike else NAMED if True in answers(other) else POSSIBLE
                left.append(other)
    return result if way is Way.UP else result | dict.fromkeys(made_of(made, set(result)) - result.keys(), MADE)


def made_of(made: Graph, carriers: set[bytes]) -> set[bytes]:
    """What was made of goods that are in `carriers`, and carries what was made: over and over until nothing is new."""
    found: set[bytes] = set()
    while True:
        goods = {pair for one in found & made.transformed for pair in made.goods.get(one, ())}
        new = {
            one
            for one, above in made.above.items()
            if (
                above & (carriers | found)
                if one in made.transformed
                else above & found
                and (not made.goods.get(one) or any(alike(a, b) for a in made.goods[one] for b in goods))
            )
        }
        if new == found:
            return found
        found = new


def alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and (one[1] == other[1] or "" in (one[1], other[1]))


@pytest.mark.parametrize("seed", range(6))
def test_a_trace_finds_what_a_walk_finds(database: Database, seed: int) -> None:
    with database.write() as connection:
        made = graph(connection, seed)
    kinds = set[str]()
    with database.read() as connection:
        for subject in (f"01/{GTINS[0]}", f"01/{GTINS[0]}/10/A", f"01/{GTINS[1]}/10/B", f"01/{GTINS[1]}/10/none"):
            for lots in ("", '[{"lot":"A"}]', '[{"from":"1","to":"9"}]', '[{"lot":"B"},{"from":"1","to":"9"}]'):
                for way in Way:
                    found = trace_goods(connection, subject, lots, way)
                    kinds.update(one.certainty for one in found)
                    assert {one.row.shipment: one.certainty for one in found} == walked(made, subject, lots, way)
                    order = [(one.row.opened_index, one.row.shipment) for one in found]
                    assert order == sorted(order)
    assert MADE in kinds


def test_a_shipment_is_traced_both_ways(database: Database) -> None:
    with database.write() as connection:
        made = graph(connection, 3)
    with database.read() as connection:
        up = {one: {t.row.shipment for t in trace_shipment(connection, one, Way.UP)} for one in made.above}
        assert any(len(found) > 3 for found in up.values())
        for one, parents in made.above.items():
            assert up[one] == {one}.union(*(up[parent] for parent in parents))
            for below in trace_shipment(connection, one, Way.DOWN):
                assert one in up[below.row.shipment]
        assert trace_shipment(connection, b"\xff" * 32, Way.UP) == []


@pytest.mark.parametrize("seed", range(6))
def test_what_goods_were_made_of_is_found_as_a_walk_finds_it(database: Database, seed: int) -> None:
    with database.write() as connection:
        made = graph(connection, seed)

    def known(one: bytes) -> set[tuple[str, str]]:
        while not made.goods.get(one) and one in made.split:
            (one,) = made.above[one]
        return made.goods.get(one, set())

    def inputs(one: bytes, seen: frozenset[bytes]) -> set[tuple[str, str]]:
        result: set[tuple[str, str]] = set()
        for parent in made.above[one] - seen:
            if one in made.transformed:
                result |= known(parent)
            elif known(one) and known(parent) and not any(alike(a, b) for a in known(one) for b in known(parent)):
                continue
            result |= inputs(parent, seen | {one})
        return result

    with database.read() as connection:
        found = {one: goods_within(connection, one) for one in made.above}
    assert {one: set(goods.own) for one, goods in found.items()} == {one: known(one) for one in made.above}
    assert {one: set(goods.made_of) for one, goods in found.items()} == {
        one: inputs(one, frozenset()) for one in made.above
    }
    assert any(goods.made_of for goods in found.values())
