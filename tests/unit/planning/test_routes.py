"""Routes: charges, holding and lateness, both times of a way, closed days, failures, and what is left out."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from ledger.attested.fx import Rate as FxRate
from ledger.attested.rate_card import Rate, RateCard, Ratio
from ledger.codes import ClearanceStatus, Mode
from ledger.common.figure import json_schema, to_json
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, Misconfigured, RuleBroken
from ledger.explain.plans.route import sentences
from ledger.network.contributions import KeptContributions
from ledger.network.lane_times import Lane
from ledger.planning import libraries
from ledger.planning.calendars import Holidays, holidays_of
from ledger.planning.distances import Distances, Position, great_circle
from ledger.planning.leg_times import Basis, LegTime, LegTimes, verified_times
from ledger.planning.routes import legs as legs_module
from ledger.planning.routes.failures import Fails
from ledger.planning.routes.legs import Consignment, Exchange, Exchanges, LeftOut, Offers, Without
from ledger.planning.routes.plan import Judged, Lateness, Question, RoutePlan, plan_route
from ledger.planning.stated import distances_of, times_of
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History
from tests.unit.network.test_performance import CHINA, STATES, flight

SEA, AIR, ROAD, RAIL = Mode.MARITIME, Mode.AIR, Mode.ROAD, Mode.RAIL
DEPART = 1_800_000_000 // DAY * DAY
"""2027-01-15."""
CARD = RateCard(
    7, 7, RecordId(bytes(31) + b"\x07"), "EUR",
    (
        Rate(SEA, "CNSHA", "DEHAM", 90_000, 450),
        Rate(AIR, "CN", "DE", 100_000, 9_000),
        Rate(ROAD, "DEHAM", "DEBER", 1_000, 100, Ratio(12, 10)),
        Rate(RAIL, "CNSHA", "DEBER", 400_000),
    ),
)  # fmt: skip
VERIFIED = {
    (Lane("CN", "DE", SEA), 0): LegTime(30 * DAY, 40 * DAY, Basis.LANE, 12),
    (Lane("CN", "DE", AIR), 0): LegTime(5 * DAY, 9 * DAY, Basis.LANE, 3),
    (Lane("DE", "DE", ROAD), 0): LegTime(DAY, 2 * DAY, Basis.LANE, 12),
}
PLACES = {"DEHAM": Position(535, 100), "DEBER": Position(525, 134)}
OFFERS = Offers((CARD,), LegTimes(VERIFIED), Distances(PLACES))
QUESTION = Question("CNSHA", "DEBER", Consignment(10, "EUR", 10_000_000), DEPART)


def plan(question: Question = QUESTION, offers: Offers = OFFERS, holidays: Holidays | None = None) -> RoutePlan:
    return plan_route(offers, question, holidays or Holidays())


def modes(found: RoutePlan) -> list[list[str]]:
    return [[leg.mode.name for leg in way.legs] for way in found.ways]


def test_without_haste_the_cheapest_way_is_taken() -> None:
    found = plan()
    assert modes(found) == [["MARITIME", "ROAD"], ["AIR"], ["AIR", "ROAD"]]
    best = found.ways[0]
    assert best.charge == 94_500 + 2_000 + 253 * 12 // 10
    assert (best.p50.arrives, best.p90.arrives) == (DEPART + 31 * DAY, DEPART + 42 * DAY)
    assert found.cost == found.bound == best.charge, "the quickest way's arrival costs nothing without a penalty"
    assert found.left_out == {LeftOut.TIME: 1}, "nobody ever went by rail"


def test_a_penalty_makes_the_quicker_way_the_cheaper() -> None:
    due = DEPART + 20 * DAY
    late = replace(QUESTION, lateness=Lateness(due, 7_000, 500_000, 30 * DAY), holding=100)
    found = plan(late)
    assert modes(found)[0] == ["AIR"]
    assert found.cost == 190_000 + 5 * 100
    sea = next(way for way in found.ways if way.legs[0].mode is SEA)
    assert (sea.p50.late, sea.p50.penalty, sea.p90.penalty) == (11 * DAY, min(7_000 * 121, 500_000), 500_000)
    assert sea.p50.cost == sea.charge + 31 * 100 + sea.p50.penalty


def test_a_cautious_planner_judges_by_what_nine_in_ten_took() -> None:
    lateness = Lateness(DEPART + 7 * DAY, 40_000, 10**9, 30 * DAY)
    offers = replace(OFFERS, cards=(replace(CARD, rates=(*CARD.rates[:3], Rate(RAIL, "CNSHA", "DEBER", 200_000))),))
    timed = LegTimes({**VERIFIED, (Lane("CN", "DE", RAIL), 0): LegTime(7 * DAY, 7 * DAY, Basis.LANE, 40)})
    offers = replace(offers, times=timed)
    by_median = plan(replace(QUESTION, lateness=lateness), offers)
    by_p90 = plan(replace(QUESTION, lateness=lateness, judged=Judged.P90), offers)
    assert (modes(by_median)[0], modes(by_p90)[0]) == (["AIR"], ["RAIL"])
    assert by_p90.cost == 200_000
    assert by_median.ways[0].p90.penalty == 160_000, "the risk of the way by air is shown"


def test_holding_costs_by_rate_and_by_question() -> None:
    held = replace(CARD, rates=(replace(CARD.rates[1], holding_per_day=Ratio(3, 10_000)),))
    found = plan(replace(QUESTION, holding=50), replace(OFFERS, cards=(held,)))
    assert found.ways[0].p50.holding == 5 * 3_000 + 5 * 50
    assert found.ways[0].p90.holding == 9 * 3_000 + 9 * 50


def test_nobody_hands_over_or_receives_on_a_holiday() -> None:
    first = DEPART // DAY
    closed = Holidays({"CN": frozenset((first, first + 1)), "DE": frozenset((first + 7,))})
    found = plan(replace(QUESTION, without=Without(modes=frozenset((SEA,)))), holidays=closed)
    assert found.ways[0].p50.arrives == DEPART + (2 + 5 + 1) * DAY
    assert closed.worked("FR", DEPART, 0) == DEPART
    assert closed.worked("CNSHA", DEPART + 5, 0) == DEPART + 2 * DAY


def by_the_hour(closed: frozenset[int], second: int, work: int) -> int:
    """The end of so many hours of work, an hour at a time."""
    while work or second // DAY in closed:
        if second // DAY not in closed:
            work -= 3_600
        second += 3_600
    return second


def test_work_rests_on_holidays() -> None:
    chance = random.Random(3)
    for _ in range(300):
        closed = frozenset(day for day in range(60) if chance.random() < 0.3)
        second, work = chance.randrange(24 * 40) * 3_600, chance.choice((0, 0, chance.randrange(24 * 12))) * 3_600
        found = Holidays({"CN": closed}).worked("CNSHA", second, work)
        assert found == by_the_hour(closed, second, work), (sorted(closed), second, work)


def test_customs_and_whoever_reloads_rest_on_the_holidays_of_their_country() -> None:
    """Two days of customs at the border begin a day before a holiday, a day of reloading on one."""
    first = DEPART // DAY
    offers = replace(OFFERS, times=LegTimes({}, times_of(["CN-DE:maritime:240:240", "DE-DE:road:24:24"])))
    asked = replace(QUESTION, consignment=replace(QUESTION.consignment, customs=2 * DAY), between=DAY)
    open_days = plan(asked, offers).ways[0]
    assert open_days.p50.arrives == DEPART + (10 + 2 + 1 + 1) * DAY
    assert [leg.time.customs for leg in open_days.legs] == [2 * DAY, 0], "none within a country"
    closed = Holidays({"DE": frozenset((first + 11, first + 13)), "CN": frozenset((first + 5,))})
    assert plan(asked, offers, closed).ways[0].p50.arrives == DEPART + (10 + 2 + 1 + 1 + 2) * DAY
    verified = replace(OFFERS, times=LegTimes(VERIFIED))
    assert plan(asked, verified).ways[0].legs[0].time.customs == 0, "what deliveries took has customs in it"


def test_of_a_verified_time_customs_is_what_half_of_the_shipments_were_held() -> None:
    """Two of three flights were held in the United States, for a day and for two."""
    history = History()
    for held in (0, 1, 2):
        shipment = flight(history, 8)
        if held:
            history.clearance(ClearanceStatus.PRESENTED, shipment, 3 * DAY)
            history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY)
            history.clearance(ClearanceStatus.RELEASED, shipment, (3 + held) * DAY)
    journeys = Journeys(history.records)
    times = verified_times(journeys, (0, 365 * DAY), lambda _: True, KeptContributions(journeys))
    lane = times[Lane("CN", "US", AIR), 0]
    assert (lane.p50, lane.customs) == (8 * DAY, DAY)
    card = replace(CARD, rates=(Rate(AIR, "CN", "US", 100),))
    asked = replace(QUESTION, destination="USLAX")
    first = DEPART // DAY
    for closed, late in ((frozenset[int](), 0), (frozenset((first + 5,)), 0), (frozenset((first + 7,)), 1)):
        found = plan(asked, Offers((card,), LegTimes(times)), Holidays({"US": closed}))
        assert found.ways[0].p50.arrives == DEPART + (8 + late) * DAY, "customs rests, an aeroplane does not"


def test_a_card_of_more_legs_than_can_be_compared_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs_module, "MOST_LEGS", 50)
    ports = [f"CN{a}{b}X" for a in "ABC" for b in "DEFGH"]
    flood = RateCard(9, 9, RecordId(bytes(32)), "EUR", tuple(Rate(SEA, port, "DE", 1) for port in ports))
    with pytest.raises(RuleBroken, match="too many legs") as refused:
        plan(offers=replace(OFFERS, cards=(CARD, flood)))
    assert "Leave out partner 9" in str(refused.value), "its places are what makes the other card's legs many"
    left = plan(replace(QUESTION, without=Without(partners=frozenset((9,)))), replace(OFFERS, cards=(CARD, flood)))
    assert left.cost == plan().cost
    assert left.left_out[LeftOut.ASKED] == 1


def test_holidays_are_those_of_the_library_and_the_rest_is_said() -> None:
    spring = 1_770_768_000  # 2026-02-11
    found = holidays_of(["CN", "DE", "XQ"], spring)
    assert found.unknown == ("XQ",)
    festival = found.worked("CNSHA", spring + 6 * DAY, 0)  # New Year's Day of the lunar year is 2026-02-17
    assert festival > spring + 8 * DAY
    assert found.worked("DEHAM", spring + 6 * DAY, 0) == spring + 6 * DAY
    told = plan(holidays=replace(found, unknown=("CN", "XQ")))
    assert told.no_calendar == ("CN",), "only of countries that legs pass"


def test_what_fails_costs_the_way_that_is_left() -> None:
    best, second, _ = plan().ways
    found = {(failure.fails, failure.name): failure for failure in best.failures}
    assert found.keys() == {
        (Fails.PLACE, "DEHAM"), (Fails.MODE, "maritime"), (Fails.MODE, "road"), (Fails.PARTNER, "7"),
    }  # fmt: skip
    by_air = plan(replace(QUESTION, without=Without(modes=frozenset((SEA,)))))
    assert by_air.cost == 190_000
    assert found[Fails.MODE, "maritime"].cost == by_air.cost
    assert found[Fails.MODE, "maritime"].more == 190_000 - (plan().cost or 0)
    assert (found[Fails.PARTNER, "7"].cost, found[Fails.PARTNER, "7"].more) == (None, None)
    assert found[Fails.PLACE, "DEHAM"].arrives == by_air.ways[0].p50.arrives
    assert found[Fails.PLACE, "DEHAM"].places == ("CNSHA", "DEBER")
    assert (found[Fails.PLACE, "DEHAM"].modes, found[Fails.PLACE, "DEHAM"].partners) == ((AIR,), (7,))
    left = {(failure.fails, failure.name): failure.more for failure in second.failures}
    assert left == {(Fails.MODE, "air"): 0, (Fails.PARTNER, "7"): None}, "without air the first way is left"


def test_what_is_asked_to_be_left_out_is() -> None:
    for without in (Without(frozenset(("DEHAM",))), Without(modes=frozenset((ROAD,)))):
        found = plan(replace(QUESTION, without=without))
        assert modes(found) == [["AIR"]]
        assert found.left_out[LeftOut.ASKED] > 0
    nobody = plan(replace(QUESTION, without=Without(partners=frozenset((7,)))))
    assert (nobody.ways, nobody.cost, nobody.bound, nobody.gap) == ((), None, None, None)


def test_prices_without_a_length_and_of_other_currencies_are_left_out() -> None:
    nowhere = replace(OFFERS, distances=Distances())
    assert plan(offers=nowhere).left_out == {LeftOut.DISTANCE: 1, LeftOut.TIME: 1}
    stated = replace(OFFERS, distances=Distances(stated=distances_of(["DEBER-DEHAM:300"])))
    assert plan(offers=stated).ways[0].legs[1].kilometres == 300
    dollars = replace(QUESTION, consignment=replace(QUESTION.consignment, currency="USD"))
    assert plan(dollars).left_out == {LeftOut.CURRENCY: plan().legs_offered + 1}


def test_a_stated_time_counts_only_where_no_delivery_tells() -> None:
    stated = times_of(["CN-DE:rail:240:360", "CN-DE:air:1:1", "CNSHA-DEBER:rail:48:72"])
    found = plan(replace(QUESTION, ways=10), replace(OFFERS, times=LegTimes(VERIFIED, stated)))
    rail = next(way.legs[0] for way in found.ways if way.legs[0].mode is RAIL)
    assert (rail.time.basis, rail.time.p50, rail.time.thin) == (Basis.STATED, 2 * DAY, True)
    air = next(way.legs[0] for way in found.ways if way.legs[0].mode is AIR)
    assert (air.time.basis, air.time.p50) == (Basis.LANE, 5 * DAY)


def test_the_order_of_cards_and_rates_changes_nothing() -> None:
    other = replace(CARD, partner=8, issuer=8, rates=CARD.rates[:2])
    turned = (replace(other, rates=other.rates[::-1]), replace(CARD, rates=CARD.rates[::-1]))
    question = replace(QUESTION, ways=10)
    assert plan(question, replace(OFFERS, cards=(CARD, other))) == plan(question, replace(OFFERS, cards=turned))


def test_a_deadline_holds_by_the_time_that_ways_are_judged_by() -> None:
    in_time = replace(QUESTION, deadline=DEPART + 6 * DAY, ways=10)
    assert modes(plan(in_time)) == [["AIR"], ["AIR", "ROAD"]]
    assert plan(replace(in_time, judged=Judged.P90)).ways == ()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(QUESTION, destination="CNSHA"),
        replace(QUESTION, ways=0),
        replace(QUESTION, ways=11),
        replace(QUESTION, without=Without(frozenset(("DEBER",)))),
        replace(QUESTION, consignment=Consignment(0, "EUR")),
        replace(QUESTION, holding=-1),
        replace(QUESTION, lateness=Lateness(0, 2**63, 0, 0)),
    ],
)
def test_questions_that_make_no_sense_are_refused(wrong: Question) -> None:
    with pytest.raises(MalformedRecord):
        plan(wrong)


@pytest.mark.parametrize("text", ["CNSHA-DEHAM", "CNSHA-DEHAM:1000000", "CNSHA-DEHAM:-3", "cnsha-deham:3", "A-B:3"])
def test_statements_of_distance_are_read_strictly(text: str) -> None:
    with pytest.raises(MalformedRecord):
        distances_of([text])


@pytest.mark.parametrize(
    "text", ["CN-DE:air:3", "CN-DE:air:9:3", "CN-DE:zeppelin:3:4", "CN-DE:air:1:999999", "C-D:air:1:2"]
)
def test_statements_of_time_are_read_strictly(text: str) -> None:
    with pytest.raises(MalformedRecord):
        times_of([text])


def test_two_statements_about_one_thing_must_agree() -> None:
    with pytest.raises(MalformedRecord, match="two distances"):
        distances_of(["CNSHA-DEHAM:5", "DEHAM-CNSHA:6"])
    with pytest.raises(MalformedRecord, match="two times"):
        times_of(["CN-DE:air:1:2", "CN-DE:air:1:3"])


def test_the_great_circle_is_as_long_as_elsewhere() -> None:
    """JFK to LHR is 5,540 km by any table; a quarter of the earth is 10,008."""
    assert abs(great_circle(Position(406, -738), Position(515, -5)) - 5_540) < 15
    assert great_circle(Position(0, 0), Position(900, 0)) == 10_008
    assert great_circle(Position(0, 1_799), Position(0, -1_799)) == 22, "over the antimeridian"
    assert great_circle(Position(10, 10), Position(10, 10)) == 0


def test_airports_count_for_goods_by_air_alone() -> None:
    distances = Distances({"CNSHA": Position(0, 0)}, {"CNSHA": Position(0, 100), "DEFRA": Position(0, 200)})
    assert distances.between("CNSHA", "DEFRA", AIR) == distances.between("DEFRA", "CNSHA", AIR) == 1_112
    assert distances.between("CNSHA", "DEFRA", SEA) is None


def test_times_are_those_of_the_carrier_where_it_has_delivered_enough() -> None:
    history = History()
    for days in (3, 5, 8):
        flight(history, days)
    for _ in range(10):
        other = history.terms(origin=CHINA, destination=STATES, mode=AIR, holder=MAKER)
        history.handoff(other, MAKER, SECOND, DAY)
        history.handoff(other, SECOND, SHOP, 3 * DAY)
    journeys = Journeys(history.records)

    def times(shown: bool = True, since: int = 0) -> LegTimes:
        def wanted(_: ShipmentTerms) -> bool:
            return shown

        return LegTimes(verified_times(journeys, (since, 365 * DAY), wanted, KeptContributions(journeys)))

    own, lane = (times().of("CNSHA", "USLAX", AIR, partner) for partner in (SECOND, CARRIER))
    assert own is not None
    assert lane is not None
    assert (own.basis, own.samples, own.p50, own.thin) == (Basis.CARRIER, 10, 2 * DAY, False)
    assert (lane.basis, lane.samples, lane.p90) == (Basis.LANE, 13, 5 * DAY)
    assert len(own.records or ()) > 10
    assert times().of("CNSHA", "USLAX", SEA, SECOND) is None
    assert times(since=300 * DAY).of("CNSHA", "USLAX", AIR, SECOND) is None, "older deliveries were to be left out"
    assert times(shown=False).of("CNSHA", "USLAX", AIR, SECOND) is None


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(libraries, "import_module", missing)
    with pytest.raises(Misconfigured, match=r"lading\[plan\]"):
        libraries.library("holidays")


def test_a_plan_is_a_figure_of_codes_and_integers() -> None:
    schema = json_schema(RoutePlan)
    assert set(to_json(plan())) == set(schema["properties"])


def test_a_departure_beyond_all_calendars_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="not a departure"):
        plan(replace(QUESTION, depart=4_070_908_800))


FIXED = FxRate(Fraction(25, 30), RecordId(bytes(31) + b"\x09"), DEPART // DAY)
"""Of the dollar: 25 cents of a euro for 30."""
DOLLARS = RateCard(8, 8, RecordId(bytes(31) + b"\x08"), "USD", (Rate(AIR, "CNSHA", "DEBER", 60_001),))
TIMES = LegTimes({**VERIFIED, (Lane("CN", "DE", AIR), 0): LegTime(5 * DAY, 9 * DAY, Basis.LANE, 30)})


def test_a_price_in_another_currency_counts_by_an_attested_rate_and_never_by_whose_price_it_is() -> None:
    without = Offers((CARD, DOLLARS), TIMES, Distances(PLACES))
    assert plan(offers=without).left_out[LeftOut.CURRENCY] == 1
    with_rates = replace(without, exchanges=Exchanges(9, {"USD": FIXED}))
    found = plan(offers=with_rates)
    (leg,) = found.ways[0].legs
    assert (leg.partner, leg.charge, leg.currency) == (8, 60_001 * 25 // 30, "EUR")
    assert leg.exchange == Exchange("USD", 60_001, FIXED.record, DEPART)
    assert LeftOut.CURRENCY not in found.left_out
    assert "Prices in USD count by the attested rate of 2027-01-15." in [str(one) for one in sentences(found)]
    own = plan(offers=replace(without, exchanges=Exchanges(8, {"USD": FIXED})))
    assert own.left_out[LeftOut.CURRENCY] == 1
    attested = replace(DOLLARS, partner=6)  # by 8, about 6
    theirs = Offers((CARD, attested), TIMES, Distances(PLACES), Exchanges(8, {"USD": FIXED}))
    assert plan(offers=theirs).left_out[LeftOut.CURRENCY] == 1
