"""What went in is what came out, to the gram, or the difference is named; and never guessed."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ledger.codes import Purpose
from ledger.common.canonical import canonical_json
from ledger.common.figure import to_json
from ledger.errors import MalformedRecord
from ledger.provenance.balance import Balance, Unknown, Verdict, balances
from ledger.provenance.graph import Graph, Made
from ledger.provenance.loss import Loss, parse_loss
from ledger.provenance.of_journeys import graph_of
from ledger.provenance.units import UNITS, measure_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Details, Goods
from ledger.shipments.history import Journeys
from tests.unit.history import DAY, MAKER, SALT, SECOND, History

POWDER, SUGAR, TIN, BLEND = (f"0950600013435{n}" for n in range(4))


def goods(quantity: int, unit: str = "KGM", gtin: str = POWDER, lot: str = "L1") -> Goods:
    return Goods(bytes(16), gtin, lot, bytes(32), quantity, unit, "", "")


def lost(**loss: Any) -> Details:
    return Details(SALT, canonical_json({"loss": loss}).decode())


class Story(History):
    def opened(self, *contents: Goods, packages: int = 10, known: int = DAY) -> bytes:
        return self.terms(known=known, holder=MAKER, packages=packages, contents=contents)

    def made(
        self, parents: Sequence[bytes], *contents: Goods, purpose: Purpose = Purpose.TRANSFORMATION, **more: Any
    ) -> bytes:
        return self.terms(known=2 * DAY, holder=MAKER, parents=parents, contents=contents, purpose=purpose, **more)

    def graph(self) -> Graph:
        return graph_of(Journeys(self.records))

    def balance(self) -> Balance:
        (only,) = balances(self.graph())
        return only


def transformed(into: Sequence[Goods], out: Sequence[Goods], **more: Any) -> Balance:
    story = Story()
    story.made([story.opened(one) for one in into], *out, **more)
    return story.balance()


def test_a_blend_balances_to_the_gram_with_what_was_lost() -> None:
    into = [goods(2, "TNE"), goods(500, "KGM", SUGAR)]
    details = lost(quantity=1_250, unit="GRM", reason="left in the mixer")
    balance = transformed(into, [goods(2_498_750, "GRM", BLEND)], details=details)
    (total,) = balance.sums
    assert (balance.made, balance.verdict, total.difference) == (
        Made.TRANSFORMATION,
        Verdict.EVEN,
        Fraction(0),
    )
    assert (total.into, total.out_of, total.loss, total.unit) == (*map(Fraction, (2_500_000, 2_498_750, 1_250)), "GRM")
    assert balance.loss == Loss(1_250, "GRM", "left in the mixer")
    assert [(one.gtin, one.lot, one.amount) for one in balance.inputs] == [
        (POWDER, "L1", Fraction(2_000_000)),
        (SUGAR, "L1", Fraction(500_000)),
    ]
    assert to_json(balance)["sums"][0]["into"] == "2500000"


@pytest.mark.parametrize(
    ("out", "details", "verdict", "difference"),
    [
        (999_999, None, Verdict.GAP, 1),
        (1_000_001, None, Verdict.SURPLUS, 1),
        (999_999, lost(quantity=1, unit="g", reason="dust"), Verdict.EVEN, 0),
        (1_000_000, lost(quantity=1, unit="g", reason="dust"), Verdict.SURPLUS, 1),
        (990_000, lost(quantity=4, unit="kg", reason="dust"), Verdict.GAP, 6_000),
        (990_000, lost(quantity="4", unit="kg", reason="dust"), Verdict.GAP, 6_000),
    ],
)
def test_a_gap_and_a_surplus_are_named_to_the_gram(
    out: int, details: Details | None, verdict: Verdict, difference: int
) -> None:
    more = {} if details is None else {"details": details}
    (total,) = transformed([goods(1_000)], [goods(out, "GRM", BLEND)], **more).sums
    assert (total.verdict, total.difference, total.unknown) == (verdict, Fraction(difference), ())


@pytest.mark.parametrize(
    ("into", "out", "details", "verdict", "unknown"),
    [
        # Weighed in, counted out: nothing can be said.
        ([goods(10)], [goods(40, "H87", BLEND)], None, Verdict.UNKNOWN, {Unknown.UNITS}),
        # Tins go in with the powder; the powder balances, and lacking powder is lacking whatever the tins are.
        ([goods(10), goods(40, "H87", TIN)], [goods(10, gtin=BLEND)], None, Verdict.EVEN, {Unknown.UNITS}),
        ([goods(10), goods(40, "H87", TIN)], [goods(9, gtin=BLEND)], None, Verdict.GAP, {Unknown.UNITS}),
        ([goods(10), goods(40, "H87", TIN)], [goods(11, gtin=BLEND)], None, Verdict.UNKNOWN, {Unknown.UNITS}),
        # What came out is not named, or hidden.
        ([goods(10)], [], None, Verdict.UNKNOWN, {Unknown.NOT_NAMED}),
        ([goods(10)], [Withheld(bytes(32))], None, Verdict.UNKNOWN, {Unknown.WITHHELD}),
        ([Withheld(bytes(32))], [goods(10, gtin=BLEND)], None, Verdict.UNKNOWN, {Unknown.WITHHELD}),
        # More came out in the open than can have gone in.
        ([goods(10)], [goods(11, gtin=BLEND), Withheld(bytes(32))], None, Verdict.SURPLUS, {Unknown.WITHHELD}),
        # A hidden loss may explain a gap and no surplus.
        ([goods(10)], [goods(9, gtin=BLEND)], Withheld(bytes(32)), Verdict.UNKNOWN, {Unknown.LOSS_WITHHELD}),
        ([goods(10)], [goods(11, gtin=BLEND)], Withheld(bytes(32)), Verdict.SURPLUS, {Unknown.LOSS_WITHHELD}),
        ([goods(10)], [goods(9, gtin=BLEND)], lost(quantity=1), Verdict.UNKNOWN, {Unknown.LOSS_UNREADABLE}),
        ([goods(9)], [goods(8, gtin=BLEND)], lost(quantity=1, unit="l", reason="x"), Verdict.UNKNOWN, {Unknown.UNITS}),
        # Pieces of different things do not add up; of one thing they do.
        ([goods(2, "H87"), goods(1, "H87", SUGAR)], [goods(1, "H87", BLEND)], None, Verdict.UNKNOWN, {Unknown.UNITS}),
        ([goods(2, "DZN")], [goods(23, "H87", lot="L2")], None, Verdict.GAP, set()),
        ([goods(3, "LTR")], [goods(300, "CLT", BLEND)], None, Verdict.EVEN, set()),
    ],
)  # fmt: skip
def test_nothing_is_guessed(into: Any, out: Any, details: Any, verdict: Verdict, unknown: set[Unknown]) -> None:
    more = {} if details is None else {"details": details}
    balance = transformed(into, out, **more)
    assert balance.verdict == verdict
    assert {reason for one in balance.sums for reason in one.unknown} == unknown


def test_a_merge_balances_by_gtin_and_lot() -> None:
    story = Story()
    parents = [story.opened(goods(10)), story.opened(goods(5, lot="L2")), story.opened(goods(7_000, "GRM", SUGAR))]
    story.made(parents, goods(10), goods(6, lot="L2"), goods(7, "KGM", SUGAR), purpose=Purpose.MERGE, packages=30)
    sums = {(one.gtin, one.lot): (one.verdict, one.difference) for one in story.balance().sums}
    assert sums == {
        (POWDER, "L1"): (Verdict.EVEN, Fraction(0)),
        (POWDER, "L2"): (Verdict.SURPLUS, Fraction(1_000)),
        (SUGAR, "L1"): (Verdict.EVEN, Fraction(0)),
    }
    assert story.balance().verdict == Verdict.SURPLUS


def test_where_a_lot_is_not_told_lots_are_taken_together() -> None:
    story = Story()
    story.made([story.opened(goods(10)), story.opened(goods(5, lot="L2"))], goods(15, lot=""), purpose=Purpose.MERGE)
    assert story.balance().verdict == Verdict.EVEN
    story = Story()
    story.made([story.opened(goods(10, gtin=""))], goods(9), purpose=Purpose.ONWARD)
    (one,) = story.balance().sums
    assert (one.gtin, one.verdict, one.difference) == ("", Verdict.GAP, Fraction(1_000))


def test_a_unit_that_does_not_convert_says_nothing() -> None:
    story = Story()
    story.made([story.opened(goods(10))], goods(4, "bag"), purpose=Purpose.ONWARD)
    assert {one.verdict for one in story.balance().sums} == {Verdict.UNKNOWN}


def test_a_split_balances_where_its_children_say_what_they_hold() -> None:
    story = Story()
    one, other, third = (story.opened(goods(10)) for _ in range(3))
    story.split(one, MAKER, 2 * DAY, [4, 6], contents=[[goods(4)], [goods(7)]])
    story.split(other, MAKER, 2 * DAY, [4, 6])
    story.split(third, MAKER, 2 * DAY, [4, 6], contents=[[goods(11)], []])
    found = {balance.parents[0]: balance for balance in balances(story.graph())}
    assert (found[one].verdict, found[one].sums[0].difference) == (Verdict.SURPLUS, Fraction(1_000))
    assert found[other].verdict == Verdict.UNKNOWN
    assert (found[third].verdict, found[third].sums[0].unknown) == (Verdict.SURPLUS, (Unknown.NOT_NAMED,))


def test_what_packages_shared_out_proves_no_difference() -> None:
    story = Story()
    opened = story.opened(goods(1_000))
    story.short(opened, MAKER, SECOND, 2 * DAY, 7)
    story.terms(
        known=3 * DAY,
        holder=SECOND,
        parents=[opened],
        contents=[goods(720, gtin=BLEND)],
        purpose=Purpose.TRANSFORMATION,
    )
    (total,) = story.balance().sums
    assert (total.into, total.verdict, total.unknown) == (Fraction(700_000), Verdict.UNKNOWN, (Unknown.BY_PACKAGES,))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"loss":1}',
        '{"loss":{"quantity":1,"unit":"g"}}',
        '{"loss":{"quantity":1,"unit":"g","reason":"x","more":1}}',
        '{"loss":{"quantity":-1,"unit":"g","reason":"x"}}',
        '{"loss":{"quantity":1.5,"unit":"g","reason":"x"}}',
        '{"loss":{"quantity":true,"unit":"g","reason":"x"}}',
        '{"loss":{"quantity":"01","unit":"g","reason":"x"}}',
        '{"loss":{"quantity":"18446744073709551616","unit":"g","reason":"x"}}',
        '{"loss":{"quantity":1,"unit":"","reason":"x"}}',
        '{"loss":{"quantity":1,"unit":"g","reason":""}}',
        '{"loss":{"quantity":1,"unit":"g","reason":"x"},"loss":{"quantity":2,"unit":"g","reason":"x"}}',
        '{"loss":' * 5_000,
    ],
)
def test_a_loss_is_read_strictly(text: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_loss(text)


def test_details_may_say_other_things() -> None:
    assert parse_loss("") is None
    assert parse_loss('{"note":"x"}') is None
    assert parse_loss('{"loss":{"quantity":"18446744073709551615","unit":"TNE","reason":"x"},"note":1}') is not None


def test_units_convert_exactly_and_unknown_ones_stand_alone() -> None:
    assert measure_of("TNE").factor == 1_000 * measure_of("kg").factor == 10**6 * measure_of("GRM").factor
    assert measure_of("LBR").factor * 16 == measure_of("ONZ").factor * 256
    assert measure_of("bag") == ("bag", Fraction(1))
    assert {measure.unit for measure in UNITS.values()} == {"GRM", "MLT", "H87"}
    assert all(UNITS[base].factor == 1 for base in ("GRM", "MLT", "H87"))


def test_lines_of_the_same_goods_are_one() -> None:
    story = Story()
    one = story.opened(goods(1), goods(2), replace(goods(3), gtin=POWDER[1:]))
    contents = story.graph().inside(one)
    assert contents is not None
    assert [line.quantity for line in contents.lines] == [6]
