"""Turnover of small stocks, worked out by hand."""

from dataclasses import replace
from fractions import Fraction

from ledger.codes import ExceptionBit, Purpose, StatementKind
from ledger.common.periods import Period
from ledger.network.sight import EVERYTHING, Sight
from ledger.network.turnover import GoodsTurnover, Turnover, turnover
from ledger.records.types import Goods, Split
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

GTIN = "09506000134352"
GOODS = Goods(SALT, GTIN, "", bytes(32), 100, "EA", "", "")
DAYS = Period(0, 10 * DAY, 100 * DAY)


def by_partner(history: History, period: Period = DAYS, sight: Sight = EVERYTHING) -> dict[int, Turnover]:
    return {one.partner: one for one in turnover(Journeys(history.records), period, sight=sight).get("all", ())}


def stocked() -> tuple[History, bytes]:
    """Ten packages of a hundred pieces: four days with the maker, then with a warehouse."""
    history = History()
    shipment = history.terms(holder=MAKER, contents=[GOODS])
    history.handoff(shipment, MAKER, SECOND, 4 * DAY)
    return history, shipment


def test_what_went_out_over_what_was_held_on_average() -> None:
    history, shipment = stocked()
    history.handoff(shipment, SECOND, SHOP, 6 * DAY)
    found = by_partner(history)
    maker = found[MAKER]
    assert (maker.packages_out, maker.package_seconds, maker.seconds) == (10, 40 * DAY, 10 * DAY)
    assert (maker.average_packages, maker.turnover_ppm) == (4, 2_500_000), "ten out, four held on average"
    assert found[SECOND].turnover_ppm == 5_000_000
    assert (found[SHOP].packages_out, found[SHOP].turnover_ppm) == (0, 0)
    assert maker.goods == (GoodsTurnover(GTIN, "EA", Fraction(100), Fraction(400 * DAY), 10 * DAY, exact=True),)
    assert maker.goods[0].turnover_ppm == 2_500_000


def test_goods_that_are_sold_turn_and_goods_that_are_lost_do_not() -> None:
    for kind, out in ((StatementKind.SOLD, 10), (StatementKind.LEFT, 10), (StatementKind.LOST, 0)):
        history, shipment = stocked()
        history.statement(kind, shipment, SECOND, 5 * DAY)
        found = by_partner(history)[SECOND]
        assert (found.packages_out, found.package_seconds) == (out, 10 * DAY), kind


def test_splits_and_onward_terms_of_the_same_holder_move_nothing() -> None:
    history, shipment = stocked()
    first, second = history.split(shipment, SECOND, 5 * DAY, (4, 6))
    history.terms(holder=SECOND, consignor=SECOND, known=6 * DAY, parents=[first], purpose=Purpose.ONWARD, packages=4)
    history.handoff(second, SECOND, SHOP, 8 * DAY, packages=6)
    found = by_partner(history)[SECOND]
    assert (found.packages_out, found.package_seconds) == (6, (10 * 4 + 4 * 2) * DAY)
    (goods,) = found.goods
    assert goods.out == 60
    assert goods.exact is False, "the split says nothing of pieces: they are spread by packages"


def test_what_a_short_receipt_left_behind_counts_once_somebody_has_it() -> None:
    history, shipment = stocked()
    rest = history.short(shipment, SECOND, SHOP, 6 * DAY, 7)
    found = by_partner(history)[SECOND]
    assert (found.packages_out, found.package_seconds) == (7, 20 * DAY)
    history.statement(StatementKind.FOUND, rest, SECOND, 8 * DAY)
    assert by_partner(history)[SECOND].package_seconds == (20 + 6) * DAY
    history.handoff(rest, SECOND, SHOP, 9 * DAY, packages=3)
    found = by_partner(history)[SECOND]
    assert (found.packages_out, found.package_seconds) == (10, 23 * DAY)


def test_periods_begin_with_the_first_goods_and_end_where_they_are_judged() -> None:
    history = History()
    history.terms(holder=MAKER, known=4 * DAY)
    held = by_partner(history, Period(0, 2**40, 6 * DAY))[MAKER]
    assert (held.seconds, held.average_packages, held.closed) == (2 * DAY, 10, 0)
    assert by_partner(history, Period(8 * DAY, 9 * DAY, 6 * DAY)) == {}
    assert by_partner(History()) == {}


def test_refused_goods_and_what_one_may_not_see() -> None:
    history, shipment = stocked()
    history.handoff(shipment, SECOND, SHOP, 5 * DAY, packages=0, exceptions=ExceptionBit.REFUSED)
    assert by_partner(history)[SECOND].packages_out == 0
    assert by_partner(history, sight=Sight(lambda _: False, lambda _: True)) == {}
    history.split(shipment, SECOND, 6 * DAY, (5, 5))
    blind = Sight(lambda _: True, lambda paper: not isinstance(paper.record, Split))
    found = by_partner(history, sight=blind)[SECOND]
    assert (found.packages_out, found.closed) == (0, 2)
    assert found.goods[0].held_seconds == 200 * DAY, "as long as the terms alone tell what is in there"


def test_groups_are_those_of_the_terms() -> None:
    history = History()
    for fulfilment in (1, 4, 4):
        shipment = history.terms(holder=MAKER, fulfilment=fulfilment)
        history.handoff(shipment, MAKER, CARRIER, DAY)
    found = turnover(Journeys(history.records), DAYS, lambda terms: str(terms.fulfilment))
    assert {group: of[0].packages_out for group, of in found.items()} == {"1": 10, "4": 20}
    assert replace(found["1"][0], package_seconds=0).turnover_ppm is None
