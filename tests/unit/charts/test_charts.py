"""What charts show, against what follows from statements and records by plain counting, on random histories."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ledger.charts.chart import Chart, Days, Series, Subject, Unit, Unnamed
from ledger.charts.customs import MOST_CAUSES, customs_hours
from ledger.charts.deliveries import MOST_COLUMNS, delivery_times
from ledger.charts.lateness import late_charts, promised_chart
from ledger.charts.network import MOST_GROUPS, network_charts
from ledger.charts.trend import Reading, score_trend
from ledger.codes import ClearanceStatus, HoldCause, Mode, StatementKind
from ledger.common.periods import Period
from ledger.network.contributions import Contribution
from ledger.network.customs import Office
from ledger.network.performance import contributions_by, network
from ledger.network.routes import EXPECTED, Route
from ledger.penalties.amounts import all_owed
from ledger.penalties.causes import LateCause
from ledger.penalties.lateness import HoldReason
from ledger.penalties.statement import PenaltyStatement, penalties
from ledger.records.types import Place
from ledger.records.verification import VerifiedRecord
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, HOUR, MAKER, SALT, SHOP, UNLIMITED, US_IMPORT, History
from tests.unit.penalties.tales import Tale
from tests.unit.penalties.test_fast_path import random_records

AT = 40 * DAY
ALWAYS = Period(0, UNLIMITED, 100 * DAY)
CHINA, STATES = (Place(SALT, country, "", "", "") for country in ("CN", "US"))


def records_of(seed: int) -> list[VerifiedRecord]:
    return Tale(seed).history.records if seed % 2 else random_records(seed, 12)


def month(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m")


def values(chart: Chart) -> dict[tuple[object, object], int]:
    """Each value that is not 0 by place and series."""
    return {
        (place, one.code): value
        for one in chart.series
        for place, value in zip(chart.places, one.values, strict=True)
        if value
    }


# --- late, and owed --------------------------------------------------------------------------------------------------


def cause(statement: PenaltyStatement) -> LateCause:
    latest = max(statement.portions, key=lambda line: (line.late_seconds, line.counted_until))
    counting = [hold for hold in latest.holds if hold.seconds and not hold.taken_out]
    if any(hold.reason is not HoldReason.OUTSIDE_THE_CLOCK for hold in counting):
        return LateCause.CUSTOMS
    if latest.stop and latest.stop.kind is StopKind.DELIVERY:
        return LateCause.DELIVERED
    if latest.stop:
        return LateCause.NOT_TAKEN
    return LateCause.NEVER_DELIVERED if latest.ending else LateCause.UNDER_WAY


def test_late_and_owed_by_month_and_cause_are_what_the_statements_add_up_to() -> None:
    seen: set[LateCause] = set()
    lost = History()
    shipment = lost.terms(promisedAt=10 * DAY)
    lost.statement(StatementKind.LOST, shipment, CARRIER, 12 * DAY)
    for seed, records in enumerate([lost.records, *map(records_of, range(60))]):
        journeys = Journeys(records)
        counts: Counter[tuple[str, LateCause]] = Counter()
        owed: defaultdict[str, Counter[tuple[str, LateCause]]] = defaultdict(Counter)
        owes: defaultdict[str, Counter[tuple[str, LateCause]]] = defaultdict(Counter)
        for one in penalties(journeys, AT):
            if one.late_seconds:
                key = month(one.promised_at), cause(one)
                seen.add(key[1])
                counts[key] += 1
                owed[one.currency][key] += 0 if one.indicative else one.amount
                owes[one.currency][key] += one.amount if one.liable == CARRIER and not one.indicative else 0
        every = {(chart.subject, chart.currency): values(chart) for chart in late_charts([*all_owed(journeys, AT)])}
        mine = {(c.subject, c.currency): values(c) for c in late_charts([*penalties(journeys, AT)], CARRIER)}
        assert every.get((Subject.LATE, ""), {}) == +counts, seed
        assert mine.get((Subject.LATE, ""), {}) == +counts, seed
        for currency, sums in owed.items():
            assert every.get((Subject.OWED, currency), {}) == +sums, seed
            assert mine.get((Subject.OWES, currency), {}) == +owes[currency], seed
    assert seen == set(LateCause)


def test_months_without_anything_late_are_there_and_series_without_anything_are_not() -> None:
    history = History()
    for promised in (10, 130):
        shipment = history.terms(holder=CARRIER, liable=CARRIER, promisedAt=promised * DAY)
        history.handoff(shipment, CARRIER, SHOP, (promised + 3) * DAY)
    late, owed = late_charts(list(all_owed(Journeys(history.records), 200 * DAY)))
    assert late.places == owed.places == ("1970-01", "1970-02", "1970-03", "1970-04", "1970-05")
    assert late.series == (Series(LateCause.DELIVERED, (1, 0, 0, 0, 1)),)
    assert (owed.unit, owed.currency, owed.largest) == (Unit.MONEY, "EUR", 900)
    assert late_charts([]) == ()


def test_what_was_promised_is_in_time_or_late() -> None:
    for seed in range(20):
        every = [one for one in all_owed(Journeys(random_records(seed, 12)), AT) if one.promised_at]
        chart = promised_chart(every)
        assert sum(values(chart).values()) == len(every)
        in_time = sum(value for (_, code), value in values(chart).items() if code is Unnamed.IN_TIME)
        assert in_time == sum(not one.late_seconds for one in every)


# --- delivery times --------------------------------------------------------------------------------------------------


def flown(*days: int, mode: Mode = Mode.AIR, hours: int = 0) -> list[Contribution]:
    history = History()
    for taken in days:
        shipment = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=mode)
        history.handoff(shipment, MAKER, CARRIER, DAY)
        history.handoff(shipment, CARRIER, SHOP, (1 + taken) * DAY + hours * HOUR)
    return contributions_by(Journeys(history.records), ALWAYS, lambda _: "all")["all"]


def test_deliveries_stand_by_day_of_arrival_against_their_own_window() -> None:
    """By air to the United States 6 to 8 days: 8 days and an hour are abnormal, the ninth day."""
    chart = delivery_times([*flown(4, 6, 8), *flown(8, hours=1), *flown(8, mode=Mode.ROAD)])
    assert chart.places == tuple(Days(day, day) for day in range(4, 10))
    assert values(chart) == {
        (Days(4, 4), Unnamed.BEFORE_WINDOW): 1,
        (Days(6, 6), Unnamed.IN_WINDOW): 1,
        (Days(8, 8), Unnamed.IN_WINDOW): 1,
        (Days(8, 8), Unnamed.NO_WINDOW): 1,
        (Days(9, 9), Unnamed.AFTER_WINDOW): 1,
    }


def test_columns_add_up_to_what_the_network_counts() -> None:
    for seed in range(30):
        journeys = Journeys(random_records(seed, 14))
        for name, some in contributions_by(journeys, ALWAYS, lambda route: route.lane).items():
            found = network(journeys, ALWAYS, lambda route: route.lane)[name]
            chart = delivery_times(some)
            assert sum(values(chart).values()) == found.timed
            assert len(chart.places) <= MOST_COLUMNS
            naive = Counter(max(1, -(-second // DAY)) for one in some for second in one.times)
            for place, column in zip(
                chart.places, zip(*(one.values for one in chart.series), strict=True), strict=True
            ):
                assert isinstance(place, Days)
                most = place.most or UNLIMITED
                assert sum(n or 0 for n in column) == sum(n for day, n in naive.items() if place.least <= day <= most)


@pytest.mark.parametrize("spread", [1, 13, 14, 15, 60, 400, 20_000])
def test_every_delivery_is_in_one_column_however_far_they_spread(spread: int) -> None:
    dice = random.Random(spread)
    route = Route("CN", "US", None, None, CARRIER)
    days = [1, spread, *(dice.randint(1, spread) for _ in range(30))]
    some = [Contribution(0, route, (), (day * DAY,), (), ()) for day in days]
    chart = delivery_times(some)
    assert sum(values(chart).values()) == len(days)
    assert len(chart.places) <= MOST_COLUMNS
    ends = [(place.least, place.most) for place in chart.places if isinstance(place, Days)]
    assert all(most is not None and most + 1 == least for (_, most), (least, _) in pairwise(ends))


def test_after_the_window_is_what_the_network_calls_abnormal() -> None:
    history = History()
    for taken in range(1, 20):
        shipment = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=Mode.AIR)
        history.handoff(shipment, MAKER, CARRIER, DAY)
        history.handoff(shipment, CARRIER, SHOP, (1 + taken) * DAY + taken * HOUR % DAY)
    journeys = Journeys(history.records)
    chart = delivery_times(contributions_by(journeys, ALWAYS, lambda _: "all")["all"], EXPECTED)
    late = sum(n for (_, code), n in values(chart).items() if code is Unnamed.AFTER_WINDOW)
    assert late == network(journeys, ALWAYS)["all"].abnormal > 0


# --- customs ---------------------------------------------------------------------------------------------------------


def held(history: History, cause: HoldCause, start: int, hours: int) -> None:
    shipment = history.terms(holder=MAKER, requires=[US_IMPORT], known=0)
    history.handoff(shipment, MAKER, CARRIER, DAY)
    history.clearance(ClearanceStatus.HELD, shipment, start * HOUR, cause=cause)
    history.clearance(ClearanceStatus.RELEASED, shipment, (start + hours) * HOUR)
    history.handoff(shipment, CARRIER, SHOP, 30 * DAY)


def test_hours_in_customs_by_office_and_cause() -> None:
    history = History()
    for cause, hours in ((HoldCause.RISK, 5), (HoldCause.RISK, 6), (HoldCause.DOCUMENTS, 20)):
        held(history, cause, 48, hours)
    chart = customs_hours(contributions_by(Journeys(history.records), ALWAYS, lambda _: "all")["all"])
    office = Office("US", 1)
    assert (chart.places, chart.unit) == ((office,), Unit.SECONDS)
    assert values(chart) == {(office, HoldCause.DOCUMENTS): 20 * HOUR, (office, HoldCause.RISK): 11 * HOUR}
    assert [one.code for one in chart.series] == [HoldCause.DOCUMENTS, HoldCause.RISK]


def test_offices_hold_as_long_as_the_network_counts_for_each_cause() -> None:
    """Holds of one cause by two offices at once count once in the network, and once at each office."""
    counted = 0
    for seed in range(60):
        journeys = Journeys(records_of(seed))
        contributions = contributions_by(journeys, ALWAYS, lambda _: "all").get("all", [])
        if not contributions:
            continue
        found = network(journeys, ALWAYS)["all"].customs_seconds
        chart = customs_hours(contributions)
        offices = len(chart.places)
        assert all(any(one.values[i] for one in chart.series) for i in range(offices))
        for one in chart.series:
            if isinstance(one.code, HoldCause):
                total = sum(value or 0 for value in one.values)
                assert found[one.code] <= total <= offices * found[one.code]
                counted += total == found[one.code]
    assert counted > 5


def test_causes_beyond_a_few_are_told_together() -> None:
    history = History()
    for number, cause in enumerate(list(HoldCause)[: MOST_CAUSES + 3]):
        held(history, cause, 48, number + 1)
    chart = customs_hours(contributions_by(Journeys(history.records), ALWAYS, lambda _: "all")["all"])
    assert [one.code for one in chart.series][-1] is Unnamed.OTHER_CAUSES
    assert len(chart.series) == MOST_CAUSES + 1
    assert sum(values(chart).values()) == sum(range(1, MOST_CAUSES + 4)) * HOUR


def test_groups_with_most_deliveries_are_drawn() -> None:
    some = flown(5)
    groups = {f"lane {number:02}": some * number for number in range(MOST_GROUPS + 3)}
    drawn = network_charts(groups)
    assert list(drawn) == [f"lane {number:02}" for number in range(MOST_GROUPS + 2, 2, -1)]
    assert all(chart.subject is Subject.DELIVERY_TIMES for charts in drawn.values() for chart in charts)


# --- scores ----------------------------------------------------------------------------------------------------------


def test_a_period_without_a_score_is_a_gap() -> None:
    chart = score_trend([Reading("2026 Q1", 8_000, 7_000, 8_500), Reading("2026 Q2", None, None, None)])
    assert chart.places == ("2026 Q1", "2026 Q2")
    assert chart.series == (Series(Unnamed.SCORE, (8_000, None), (7_000, None), (8_500, None)),)
    assert (chart.largest, chart.empty) == (8_500, False)
    assert score_trend([Reading("2026 Q2", None, None, None)]).empty
