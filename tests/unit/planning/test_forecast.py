"""Demand from deliveries, and forecasts that are used only where they are worth it."""

import random
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from ledger.codes import Mode, Purpose
from ledger.common.figure import json_schema, to_json
from ledger.errors import MalformedRecord
from ledger.network.contributions import KeptContributions
from ledger.planning.demand import Product, Series, demand, month_of, name_of_month
from ledger.planning.forecast import LEAST, METHODS, Forecast, Method, back_test, chosen, forecast
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, ShipmentTerms
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History
from tests.unit.network.test_performance import CHINA, GERMANY, STATES

GTIN = "09506000134352"
PRODUCT = Product(GTIN, "Europe", "EA")


def goods(quantity: int = 120, gtin: str = GTIN) -> Goods:
    return Goods(SALT, gtin, "", bytes(32), quantity, "EA", "", "")


def delivered(history: History, day: int, quantity: int = 120, **more: object) -> bytes:
    fields = {"origin": CHINA, "destination": GERMANY, "contents": (goods(quantity),), **more}
    shipment = history.terms(holder=MAKER, mode=Mode.AIR, **fields)  # type: ignore[arg-type]
    history.handoff(shipment, MAKER, CARRIER, (day - 1) * DAY)
    history.handoff(shipment, CARRIER, SHOP, day * DAY)
    return shipment


def series_of(history: History, day: int = 120, consignor: int = 0) -> tuple[tuple[Series, ...], int]:
    def wanted(terms: ShipmentTerms) -> bool:
        return consignor in (0, terms.consignor)

    journeys = Journeys(history.records)
    return demand(journeys, day * DAY, GTIN, wanted, KeptContributions(journeys))


# --- demand ----------------------------------------------------------------------------------------------------------


def test_deliveries_are_summed_by_month_and_market() -> None:
    history = History()
    for day, quantity in ((5, 10), (20, 7), (70, 5)):
        delivered(history, day, quantity)
    delivered(history, 40, 9, destination=STATES)
    (europe, states), closed = series_of(history)
    assert (europe.product, europe.first, europe.months) == (PRODUCT, 0, (17, 0, 5, 0))
    assert (states.product.market, states.first, states.months) == ("United States", 1, (9, 0, 0))
    assert closed == 0
    assert len(europe.records) >= 6
    assert name_of_month(europe.first) == "1970-01"


def test_the_month_that_runs_is_not_counted() -> None:
    history = History()
    delivered(history, 100)
    assert series_of(history, 110)[0][0].months == ()
    assert series_of(history, 125)[0][0].months == (120,)


def test_returns_goods_that_went_on_others_goods_and_goods_under_way_are_no_demand() -> None:
    history = History()
    delivered(history, 5, purpose=Purpose.RETURN)
    first = delivered(history, 6)
    history.terms(
        purpose=Purpose.ONWARD, parents=(first,), consignor=SHOP, holder=SHOP, contents=(goods(),), destination=STATES
    )
    delivered(history, 7, contents=(goods(gtin="09506000134369"),))
    under_way = history.terms(holder=MAKER, contents=(goods(),), origin=CHINA, destination=GERMANY)
    history.handoff(under_way, MAKER, CARRIER, 8 * DAY)
    assert series_of(history) == ((), 0)


def test_parts_count_with_their_exact_share() -> None:
    history = History()
    shipment = history.terms(
        holder=MAKER, packages=9, contents=(goods(90),), origin=CHINA, destination=GERMANY, mode=Mode.AIR
    )
    children = history.split(shipment, MAKER, DAY, [3, 6])
    history.handoff(children[0], MAKER, CARRIER, 2 * DAY, packages=3)
    history.handoff(children[0], CARRIER, SHOP, 3 * DAY, packages=3)
    ((europe,), _) = series_of(history)
    assert europe.months[0] == 30


def test_what_is_withheld_is_said_and_what_may_not_be_read_does_not_count() -> None:
    history = History()
    delivered(history, 5, contents=(goods(), Withheld(bytes(32))))
    delivered(history, 6, consignor=SECOND)
    ((europe,), closed) = series_of(history)
    assert (europe.months[0], closed) == (240, 1)
    ((own,), _) = series_of(history, consignor=SECOND)
    assert own.months[0] == 120


def test_months_are_those_of_the_calendar() -> None:
    for text in ("2024-02-29", "2026-12-31", "2027-01-01"):
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        assert name_of_month(month_of(int(moment.timestamp()))) == text[:7]


# --- forecasts -------------------------------------------------------------------------------------------------------


def made(*months: int, ahead: int = 3) -> Forecast:
    return forecast(Series(PRODUCT, 600, tuple(months), ()), ahead)


def seasonal(count: int, noise: int = 4) -> list[int]:
    chance = random.Random(7)
    wave = (0, 10, 25, 40, 60, 80, 90, 70, 50, 30, 10, 0)
    return [100 + 2 * i + wave[i % 12] + chance.randint(-noise, noise) for i in range(count)]


def test_a_season_with_a_trend_is_smoothed() -> None:
    months = seasonal(51)
    found = made(*months[:48])
    errors = {error.method: error.absolute_error for error in found.errors}
    assert found.used is Method.HOLT_WINTERS
    assert found.beats_naive
    assert errors[Method.HOLT_WINTERS] < min(errors[Method.NAIVE], errors[Method.SEASONAL_NAIVE])
    assert [error.tests for error in found.errors] == [10 * 3 + 2 + 1] * 4, "of twelve months, up to three ahead"
    assert [one.month for one in found.expected] == ["2024-01", "2024-02", "2024-03"]
    misses = [abs(one.quantity - real) for one, real in zip(found.expected, months[48:], strict=True)]
    assert max(misses) < 15


def test_smoothing_that_does_not_beat_the_naive_forecasts_is_not_used() -> None:
    found = made(*([100] * 40))
    assert found.used is Method.NAIVE, "of equals the simplest"
    assert not found.beats_naive
    assert [one.quantity for one in found.expected] == [100] * 3
    yearly = [100, 0, 0, 40, 0, 0, 0, 900, 0, 0, 0, 5] * 4
    exact = made(*yearly)
    assert exact.used is Method.SEASONAL_NAIVE
    assert [one.quantity for one in exact.expected] == yearly[:3]


def test_the_errors_are_those_of_forecasts_from_what_was_known_then() -> None:
    months = seasonal(40)
    errors = {error.method: error for error in back_test(months)}
    assert errors[Method.NAIVE].absolute_error == sum(abs(months[n] - months[n - 1]) for n in range(28, 40))
    assert errors[Method.SEASONAL_NAIVE].absolute_error == sum(abs(months[n] - months[n - 12]) for n in range(28, 40))
    far = {error.method: error for error in back_test(months, 2)}
    assert far[Method.NAIVE].tests == 11 * 2 + 1
    assert far[Method.NAIVE].absolute_error == errors[Method.NAIVE].absolute_error + sum(
        abs(months[n + 1] - months[n - 1]) for n in range(28, 39)
    )
    assert far[Method.SEASONAL_NAIVE].absolute_error == errors[Method.SEASONAL_NAIVE].absolute_error + sum(
        abs(months[n + 1] - months[n - 11]) for n in range(28, 39)
    )
    later = [*months[:39], 10**6]
    before = {error.method: error.absolute_error for error in back_test(later)}
    for method, error in errors.items():
        ahead = METHODS[method](months[:28])(months[:39], 1)[0]
        change = abs(ahead - 10**6) - abs(ahead - months[39])
        assert before[method] - error.absolute_error == change, "the last month is in no forecast but the one after it"


def test_few_months_are_forecast_by_no_season_and_fewer_not_at_all() -> None:
    assert {error.method for error in back_test(seasonal(24))} == {Method.NAIVE, Method.HOLT}
    assert back_test(seasonal(LEAST))
    found = made(*seasonal(LEAST - 1))
    assert (found.used, found.errors, found.expected) == (None, (), ())
    assert chosen(()) is None


def test_the_same_months_give_the_same_forecast() -> None:
    assert made(*seasonal(36)) == made(*seasonal(36))


@pytest.mark.parametrize(
    "months", [[0] * 30, [0] * 29 + [7], [10**12, 0] * 15, [0, 0, 0, 10**9] * 8, list(range(30, 0, -1))]
)
def test_no_series_breaks_it_and_no_demand_is_negative(months: list[int]) -> None:
    found = made(*months, ahead=12)
    assert len(found.expected) == 12
    assert all(one.quantity >= 0 for one in found.expected)


def test_what_is_good_for_a_month_may_be_bad_for_a_year() -> None:
    """The next month is nearer to the last than to that of a year before, a month in half a year is not."""
    wave = (0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1)
    months = [100 + 20 * wave[i % 12] + 2 * i for i in range(40)]
    near, far = (
        {error.method: Fraction(error.absolute_error, error.tests) for error in back_test(months, ahead)}
        for ahead in (1, 12)
    )
    assert near[Method.NAIVE] < near[Method.SEASONAL_NAIVE] == far[Method.SEASONAL_NAIVE] < far[Method.NAIVE]


@pytest.mark.parametrize("ahead", [0, 13])
def test_only_some_months_are_forecast(ahead: int) -> None:
    with pytest.raises(MalformedRecord, match="number of months"):
        made(*seasonal(30), ahead=ahead)


def test_a_forecast_is_a_figure() -> None:
    assert set(to_json(made(*seasonal(30)))) == set(json_schema(Forecast)["properties"])
