"""Goods that are parted by packages are neither lost nor made, and stock and provenance part them alike."""

import random
from fractions import Fraction

import pytest

from ledger.codes import ExceptionBit, Purpose
from ledger.provenance.balance import Verdict, balances
from ledger.provenance.contents import Contents, Counted, Line, counts
from ledger.provenance.graph import Graph
from ledger.provenance.of_journeys import graph_of
from ledger.provenance.parted import Parted
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods
from ledger.shipments.history import Journeys
from ledger.stock.holdings import Stock
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, History

POWDER, SUGAR = "09506000134352", "09506000134369"


def line(quantity: int, unit: str = "KGM", lot: str = "L1", gtin: str = POWDER) -> Line:
    return Line(gtin, lot, unit, Fraction(quantity))


def goods(quantity: int, unit: str = "KGM", lot: str = "L1", gtin: str = POWDER) -> Goods:
    return Goods(bytes(16), gtin, lot, bytes(32), quantity, unit, "", "")


def rest(whole: list[Line], named: list[Line], packages: tuple[int, int] = (4, 6)) -> dict[tuple[str, str, str], str]:
    """What the second child has, of which the split says nothing."""
    left = Parted(packages, (Contents(tuple(named)), None)).left(Contents(tuple(whole)))
    return {(one.gtin, one.lot, one.unit): str(one.quantity) for one in left.part(packages[1]).lines}


@pytest.mark.parametrize(
    ("whole", "named", "left"),
    [
        ([line(10)], [line(4)], {(POWDER, "L1", "KGM"): "6"}),
        ([line(10)], [line(4_000, "GRM")], {(POWDER, "L1", "KGM"): "6"}),
        ([line(10)], [line(4, lot="")], {(POWDER, "L1", "KGM"): "6"}),
        ([line(10, lot="")], [line(4)], {(POWDER, "", "KGM"): "6"}),
        ([line(10, gtin="")], [line(4)], {("", "L1", "KGM"): "6"}),
        # Its own lot first; what is over comes from where no lot is told.
        ([line(3), line(10, lot="")], [line(4)], {(POWDER, "", "KGM"): "9"}),
        # Of two lots that may be meant, evenly.
        ([line(6), line(2, lot="L2")], [line(4, lot="")], {(POWDER, "L1", "KGM"): "3", (POWDER, "L2", "KGM"): "1"}),
        # Another lot or product takes nothing; more than there was leaves nothing.
        ([line(10)], [line(4, lot="L2")], {(POWDER, "L1", "KGM"): "10"}),
        ([line(10)], [line(4, gtin=SUGAR)], {(POWDER, "L1", "KGM"): "10"}),
        ([line(10)], [line(11)], {}),
        # In a unit that does not convert, packages alone can say what is left.
        ([line(10)], [line(4, "H87")], {(POWDER, "L1", "KGM"): "6"}),
        ([line(10), line(1, gtin=SUGAR)], [line(9, "H87")], {(POWDER, "L1", "KGM"): "6", (SUGAR, "L1", "KGM"): "1"}),
        # Told in two units: whoever names one names no more of the other.
        ([line(10), line(40, "H87")], [line(4)], {(POWDER, "L1", "KGM"): "6", (POWDER, "L1", "H87"): "40"}),
    ],
)
def test_an_unnamed_child_has_what_the_others_leave(whole: list[Line], named: list[Line], left: object) -> None:
    assert rest(whole, named) == left


def test_what_is_withheld_may_be_any_of_it() -> None:
    whole, hidden = Contents((line(10),)), Contents((line(1),), closed=True)
    assert Parted((4, 6), (hidden, None)).left(whole).part(6) == Contents((), closed=True)
    assert Parted((4, 6), (None, None)).left(hidden).part(6).closed


def test_what_is_restated_in_parts_stays_as_much() -> None:
    """Random goods are dealt to children, some of which say so, in another unit or without the lot."""
    dice, seen = random.Random(7), 0
    for _ in range(400):
        whole = [line(dice.randrange(1, 90), lot=lot) for lot in dice.sample(["L1", "L2", "L3"], dice.randrange(1, 4))]
        grams = {one.lot: one.amount for one in whole}
        named = list[Contents | None]()
        for _ in range(dice.randrange(1, 4)):
            lines = []
            for lot in sorted(grams):
                took = dice.randrange(0, int(grams[lot]) + 1)
                grams[lot] -= took
                lines.append(line(took, "GRM", dice.choice((lot, lot, ""))))
            named.append(Contents(tuple(lines)))
        silent = dice.randrange(1, 4)
        packages = tuple(dice.randrange(1, 9) for _ in range(len(named) + silent))
        left = Parted(packages, (*named, *(None,) * silent)).left(Contents(tuple(whole)))
        parts = [left.part(count) for count in packages[len(named) :]]
        assert sum(one.amount for part in parts for one in part.lines) == sum(grams.values())
        assert all(one.quantity > 0 for part in parts for one in part.lines)
        seen += any(grams.values()) and any(not one.lot for part in named if part for one in part.lines)
    assert seen > 100


def test_over_the_count_adds_nothing_and_short_of_it_leaves_its_part() -> None:
    assert counts(10, [12, 0, 9]) == [
        Counted(10),
        Counted(12, Fraction(1)),
        Counted(12, Fraction(1)),
        Counted(9, Fraction(3, 4)),
    ]


class Case:
    def __init__(self) -> None:
        self.history = History()

    def graph(self) -> Graph:
        return graph_of(Journeys(self.history.records))

    def stock(self) -> dict[bytes, list[tuple[str, str, Fraction]]]:
        held = Stock(Journeys(self.history.records)).at(99 * DAY, lambda _: True)
        return {one.shipment: [(x.lot, x.unit, x.quantity) for x in one.goods] for one in held}

    def same(self) -> None:
        """Stock and provenance have the same in whatever is there now."""
        graph = self.graph()
        for shipment, lines in self.stock().items():
            inside = graph.at_close(graph.nodes[shipment])
            assert [(x.lot, x.unit, x.quantity) for x in (inside.lines if inside else ())] == lines


def test_goods_over_the_count_are_not_made_of_nothing_when_some_are_left_behind() -> None:
    case = Case()
    one = case.history.terms(holder=MAKER, contents=[goods(100)])
    case.history.handoff(one, MAKER, CARRIER, DAY, packages=12, exceptions=int(ExceptionBit.OVER))
    left = case.history.short(one, CARRIER, SECOND, 2 * DAY, 9)
    assert case.stock() == {one: [("L1", "KGM", Fraction(75))], left: [("L1", "KGM", Fraction(25))]}
    case.same()


def test_both_part_a_split_by_the_same_rule() -> None:
    case = Case()
    one = case.history.terms(holder=MAKER, contents=[goods(100)])
    first, second = case.history.split(one, MAKER, DAY, [4, 6], contents=[[goods(90_000, "GRM")], []])
    assert case.stock() == {first: [("L1", "GRM", Fraction(90_000))], second: [("L1", "KGM", Fraction(10))]}
    case.same()


def test_terms_that_name_nothing_go_on_with_what_they_took_over() -> None:
    case = Case()
    parents = [case.history.terms(holder=MAKER, contents=[goods(10, lot=lot)]) for lot in ("L1", "L2")]
    merged = case.history.terms(holder=MAKER, parents=parents, purpose=Purpose.MERGE, packages=20)
    back = case.history.terms(holder=MAKER, parents=[merged], purpose=Purpose.RETURN, packages=20)
    assert case.stock() == {back: [("L1", "KGM", Fraction(10)), ("L2", "KGM", Fraction(10))]}
    case.same()
    made = case.history.terms(holder=MAKER, parents=[back], purpose=Purpose.TRANSFORMATION)
    assert case.stock() == {made: []}


def test_a_hidden_parent_hides_what_went_on_unnamed() -> None:
    history = History()
    hidden = history.terms(holder=MAKER, contents=[Withheld(bytes(32))])  # type: ignore[list-item]
    history.terms(holder=MAKER, parents=[hidden], purpose=Purpose.ONWARD)
    (held,) = Stock(Journeys(history.records)).at(9 * DAY, lambda _: True)
    assert (held.goods, held.closed) == ((), True)


def test_a_split_of_which_a_part_is_not_looked_at_is_not_judged() -> None:
    """A trace of one child, or of one lot, has some of the children alone: the others are not missing."""
    case = Case()
    one = case.history.terms(holder=MAKER, contents=[goods(10), goods(5, lot="L2")])
    first, second = case.history.split(one, MAKER, DAY, [4, 6], contents=[[goods(10)], [goods(4, lot="L2")]])
    graph = case.graph()
    (whole,) = balances(graph)
    assert (whole.verdict, whole.children) == (Verdict.GAP, (first, second))
    for child in (first, second):
        assert list(balances(Graph([graph.nodes[one], graph.nodes[child]]))) == []
