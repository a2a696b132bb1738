"""Figures of the delivery report on small histories, every one worked out by hand."""

from typing import Any

from ledger.codes import ClearanceStatus, HoldCause, Mode
from ledger.common.distribution import Distribution
from ledger.common.periods import Grain, Period, unit_name
from ledger.network.links import Link
from ledger.network.report import LateClass, Report, compute_report
from ledger.network.report_entries import Freight, Rates
from ledger.network.report_findings import (
    Trend,
    concentration_of,
    extremes_of,
    long_delays_of,
    reliability_of,
    trend_of,
)
from ledger.network.sections import Section
from ledger.penalties.causes import LateCause
from ledger.records.types import Place
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, UNLIMITED, History

ALL = Period(0, 4_000 * DAY, 4_000 * DAY)
OTHERS = (11, 12, 13, 14, 15, 16)


def deliver(
    history: History, late: int, number: int = 1, *, promised: int = 10, by: int = CARRIER, to: str = "", **terms: Any
) -> None:
    """Shipments promised for a day that arrive so many days after it: α 1.00 EUR a day², cap 100.00 EUR."""
    for _ in range(number):
        shipment = history.terms(
            holder=by, liable=by, promisedAt=promised * DAY, destination=Place(SALT, to, "", "", ""), **terms
        )
        history.handoff(shipment, by, SHOP, (promised + late) * DAY)


def report(history: History, period: Period = ALL) -> Report:
    return compute_report(Journeys(history.records), period, default_card())


def test_nothing_to_report() -> None:
    nothing = report(History())
    assert (nothing.entries, nothing.currency, nothing.network, nothing.buckets) == ((), "", None, ())
    assert nothing.sums.shipments == 0
    assert (nothing.rates, nothing.comparison) == (None, None)
    for found in (trend_of, concentration_of, reliability_of, long_delays_of, extremes_of):
        assert found(nothing) is None


def test_lateness_and_penalties_as_capped_and_before() -> None:
    history = History()
    for late in (0, 1, 2, 3, 20):
        deliver(history, late)
    found = report(history)
    assert (found.sums.shipments, found.sums.late, found.sums.in_time) == (5, 4, 1)
    assert found.sums.lateness == Distribution(4, 26 * DAY // 4, 5 * DAY // 2, 20 * DAY)
    assert found.penalties == {"EUR": (100 + 400 + 900 + 10_000, 100 + 400 + 900 + 40_000)}
    assert found.owed == (11_400, 41_400)
    assert found.late_classes == (
        LateClass(0, 0, 1),
        LateClass(1, 7, 3),
        LateClass(8, 14, 0),
        LateClass(15, 30, 1),
        LateClass(31, 60, 0),
        LateClass(61, 90, 0),
        LateClass(91, None, 0),
    )


def test_amounts_are_in_the_commonest_currency_only() -> None:
    history = History()
    deliver(history, 1, 2)
    deliver(history, 1, currency="USD")
    found = report(history)
    assert found.currency == "EUR"
    assert found.penalties == {"EUR": (200, 200), "USD": (100, 100)}
    assert (found.sums.shipments, found.sums.penalty, found.sums.freight) == (3, 200, Freight(2, 20, 20_000, 200))
    assert [(debtor.shipments, debtor.amount) for debtor in found.debtors] == [(2, 200)]


def test_freight_is_averaged_over_those_that_state_it() -> None:
    history = History()
    deliver(history, 2, freight=1_001)
    deliver(history, 2, 4, freight=0)
    freight = report(history).sums.freight
    assert freight == Freight(shipments=1, packages=10, amount=1_001, penalties=400)
    assert (freight.per_shipment, freight.per_package) == (1_001, 100)
    assert (Freight(0, 0, 0, 0).per_shipment, Freight(0, 0, 0, 0).per_package) == (None, None)


def test_what_the_terms_say_from_least_to_most() -> None:
    history = History()
    deliver(history, 0, value=1_000_000, penaltyCap=65_000, alpha=100)
    deliver(history, 0, value=2_000, penaltyCap=130, alpha=300, grace=DAY)
    assert report(history).rates == Rates((100, 300), (130, 65_000), 650, (0, DAY))
    deliver(history, 0, value=2_000, penaltyCap=131)
    rates = report(history).rates
    assert rates is not None
    assert rates.cap_bps is None


def test_debtors_run_up_to_the_whole() -> None:
    history = History()
    deliver(history, 1, 3)
    deliver(history, 3, by=SECOND)
    found = report(history)
    assert [(d.partner, d.shipments, d.amount, d.share_ppm, d.running_ppm) for d in found.debtors] == [
        (SECOND, 1, 900, 750_000, 750_000),
        (CARRIER, 3, 300, 250_000, 1_000_000),
    ]
    assert [(p.partner, p.sums.shipments, p.sums.late) for p in found.partners] == [(CARRIER, 3, 3), (SECOND, 1, 1)]


def test_time_is_cut_by_the_span_of_the_promises_without_gaps() -> None:
    for days, grain, first, last, count in (
        (60, Grain.MONTH, "1970-01", "1970-03", 3),
        (1_000, Grain.QUARTER, "1970 Q1", "1972 Q3", 11),
        (4_400, Grain.YEAR, "1970", "1982", 13),
    ):
        history = History()
        deliver(history, 1)
        deliver(history, 0, promised=days)
        found = report(history, Period(0, 5_000 * DAY, 5_000 * DAY))
        names = [unit_name(bucket.unit, found.grain) for bucket in found.buckets]
        assert (found.grain, names[0], names[-1], len(names)) == (grain, first, last, count)
        assert [(b.due, b.late) for b in found.buckets if b.due] == [(1, 1), (1, 0)]


def test_who_is_not_counted_is_counted_apart() -> None:
    """Without a promise, not yet due, and outside the period."""
    history = History()
    deliver(history, 1)
    deliver(history, 0, promised=0)
    history.terms(promisedAt=3_000 * DAY)
    deliver(history, 1, promised=2_000)
    found = report(history, Period(0, 1_000 * DAY, 1_000 * DAY))
    assert (found.sums.shipments, found.unpromised, found.withheld) == (1, 1, 0)
    assert report(history).sums.shipments == 3


def test_goods_on_their_way_beyond_their_promise_are_late_and_not_delivered() -> None:
    history = History()
    history.terms(lostAfter=UNLIMITED)
    (entry,) = report(history, Period(0, 100 * DAY, 15 * DAY)).entries
    assert (entry.delivered, entry.stopped, entry.late, entry.days_late) == (False, False, True, 5)


def test_lanes_modes_and_customs_are_codes() -> None:
    history = History()
    deliver(history, 0, 2, to="DE", mode=Mode.AIR)
    deliver(history, 1, to="US", mode=Mode.NOT_SPECIFIED)
    held = history.terms(destination=Place(SALT, "US", "", "", ""), mode=Mode.MARITIME)
    history.clearance(ClearanceStatus.HELD, held, 2 * DAY, cause=HoldCause.DOCUMENTS)
    history.clearance(ClearanceStatus.RELEASED, held, 3 * DAY)
    history.handoff(held, CARRIER, SHOP, 9 * DAY)
    found = report(history)
    assert [(lane.origin, lane.destination, lane.mode, lane.sums.shipments) for lane in found.lanes] == [
        ("", "DE", Mode.AIR, 2),
        ("", "US", Mode.NOT_SPECIFIED, 1),
        ("", "US", Mode.MARITIME, 1),
    ]
    assert [(m.mode, m.sums.shipments) for m in found.modes] == [
        (Mode.AIR, 2),
        (Mode.NOT_SPECIFIED, 1),
        (Mode.MARITIME, 1),
    ]
    assert found.causes == ((HoldCause.DOCUMENTS, DAY),)
    assert [(partner, node.handled, node.failed) for partner, node in found.nodes] == [(CARRIER, 4, 0)]


def test_a_year_is_compared_with_the_one_before() -> None:
    history = History()
    deliver(history, 2, 30, promised=20)
    deliver(history, 0, 20, promised=20)
    assert report(history).comparison is None
    deliver(history, 2, 10, promised=400)
    deliver(history, 0, 39, promised=400)
    found = report(history)
    assert trend_of(found) is None, "49 in the last year are too few"
    deliver(history, 0, promised=400)
    found = report(history)
    assert found.comparison is not None
    before, after = found.comparison.before.sums, found.comparison.after.sums
    assert [(side.shipments, side.late) for side in (before, after)] == [(50, 30), (50, 10)]
    assert found.comparison.after.end == 400 * DAY + 1
    assert trend_of(found) is Trend.BETTER
    deliver(history, 2, 75, promised=400)
    assert trend_of(report(history)) is Trend.WORSE
    deliver(history, 0, 17, promised=400)
    assert trend_of(report(history)) is Trend.NONE, "85 of 142 beside 30 of 50 differ by less than half a percent"


def test_the_fewest_partners_behind_half_of_the_late_shipments() -> None:
    history = History()
    for partner, late in zip(OTHERS, (8, 4, 3, 2, 2, 0), strict=True):
        deliver(history, 1, late, by=partner)
        deliver(history, 0, 1, by=partner)
    assert concentration_of(report(history)) is None, "19 late ones are too few"
    deliver(history, 1, 1, by=OTHERS[4])
    found = concentration_of(report(history))
    assert found is not None
    assert (found.partners, found.of, found.late) == (2, 6, 12)
    assert (found.worst.partner, found.worst.sums.late, found.in_time_without) == (OTHERS[0], 8, 6 + 8)


def test_the_least_and_most_reliable_lanes_have_enough_shipments_and_a_mode() -> None:
    history = History()
    deliver(history, 0, 50, to="DE", mode=Mode.AIR)
    deliver(history, 1, 50, to="US", mode=Mode.NOT_SPECIFIED)
    deliver(history, 1, 49, to="FR", mode=Mode.ROAD)
    assert reliability_of(report(history)) is None
    deliver(history, 0, to="FR", mode=Mode.ROAD)
    found = reliability_of(report(history))
    assert found is not None
    assert (found.worst.destination, found.best.destination) == ("FR", "DE")
    assert [m.mode for m in found.modes] == [Mode.AIR, Mode.ROAD]


def test_what_long_delays_bear_of_the_penalties() -> None:
    history = History()
    deliver(history, 30)
    assert long_delays_of(report(history)) is None
    deliver(history, 31, penaltyCap=90_000, lostAfter=60 * DAY)
    found = long_delays_of(report(history))
    assert found is not None
    assert (found.shipments, found.penalty, found.owed) == (1, 90_000, 100_000)


def test_the_worst_and_the_best_month_have_ten_shipments() -> None:
    history = History()
    deliver(history, 1, 10, promised=40)
    deliver(history, 1, 9, promised=70)
    assert extremes_of(report(history)) is None
    deliver(history, 0, 10, promised=100)
    found = report(history)
    extremes = extremes_of(found)
    assert extremes is not None
    assert [unit_name(bucket.unit, found.grain) for bucket in extremes] == ["1970-02", "1970-04"]


def test_the_figures_of_a_report_hold_no_sentence() -> None:
    """Strings are currencies, countries or places as the terms name them, and codes of causes."""
    history = History()
    deliver(history, 1, 60, to="DE", mode=Mode.AIR)
    deliver(history, 1, 60, to="US", mode=Mode.ROAD, by=MAKER)
    deliver(history, 3, 60, promised=400, to="US", mode=Mode.ROAD)
    strings: set[str] = set()

    def walk(value: object) -> None:
        match value:
            case str():
                strings.add(value)
            case tuple() | frozenset() | list():
                for item in value:
                    walk(item)
            case dict():
                walk([*value.keys(), *value.values()])
            case _ if hasattr(value, "__dataclass_fields__"):
                for name in value.__dataclass_fields__:
                    walk(getattr(value, name))

    found = report(history)
    walk([getattr(found, name) for name in found.__dataclass_fields__ if name not in ("scores", "partners")])
    walk([(partner.partner, partner.sums) for partner in found.partners])
    codes: set[str] = {*Link, *Section}
    markets = {"United States", "Europe", "Southeast Asia", "Latin America"}
    assert strings - codes == {"EUR", "DE", "US", "", *markets, LateCause.DELIVERED}
