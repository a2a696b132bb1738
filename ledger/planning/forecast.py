"""Demand in the months to come, and whether the forecast is worth more than none.

Four methods are tried on what was: *naive* (the next months are as the last), *seasonal naive* (each is as a year
before), and two of exponential smoothing by statsmodels, *Holt* (level and trend) and *Holt-Winters* (with a season of
twelve months, from two full years on). From each of the last months each is made to forecast as many months as are
asked for, as far as it is known what came (rolling origin, Hyndman and Athanasopoulos, Forecasting: Principles and
Practice, 5.10), with parameters estimated before the first of them, and the sum of its absolute errors is shown.
Smoothing is used only where it errs less than both naive ones; else the better of those is.

Series are integers and forecasts are rounded to integers before errors are summed, so that errors are exact. The
smoothing itself is done by an optimiser in floating point: on another machine a forecast may differ by a unit.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from ledger.common.figure import Pattern, figure
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.planning.demand import Series, name_of_month
from ledger.planning.libraries import library

YEAR = 12
LEAST = 13
"""Months below which nothing is forecast: ten to learn from, three to be tested on."""
_LEARNT = 10
MOST_AHEAD = 12
ORIGINS = 12
"""Months at most from which the back test forecasts."""
MOST_USED = 120
"""Months that a forecast looks back on."""
Ahead = Callable[[Sequence[int], int], tuple[int, ...]]
"""Of the months so far, so many to come."""
_PARAMETERS = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
Month = Annotated[str, Pattern("[0-9]{4}-[0-9]{2}")]
Name = Annotated[str, Pattern(r".{0,512}")]


class Method(StrEnum):
    NAIVE = "naive"
    SEASONAL_NAIVE = "seasonal_naive"
    HOLT = "holt"
    HOLT_WINTERS = "holt_winters"


@figure("method", "absolute_error", "tests")
@dataclass(frozen=True, slots=True)
class Error:
    """The sum of absolute errors over so many forecasts of a month, one to as many months ahead as are asked for; the
    mean is their ratio."""

    method: Method
    absolute_error: int
    tests: int


@figure("month", "quantity")
@dataclass(frozen=True, slots=True)
class Expected:
    month: Month
    quantity: int


@figure("gtin", "market", "unit", "first", "history", "used", "beats_naive", "errors", "expected", "records")
@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one product in one market. `used`: the method of `expected`; None: there are too few months. `beats_naive`:
    smoothing erred less than both naive forecasts."""

    gtin: Annotated[str, Pattern("[0-9]{0,14}")]
    market: Name
    unit: Name
    first: Month
    history: tuple[int, ...]
    used: Method | None
    errors: tuple[Error, ...]
    expected: tuple[Expected, ...]
    records: tuple[RecordId, ...] | None

    @property
    def beats_naive(self) -> bool:
        return self.used in (Method.HOLT, Method.HOLT_WINTERS)


def forecast(series: Series, ahead: int) -> Forecast:
    """The next `ahead` months. Raises `MalformedRecord` for too many, `Misconfigured` without the library."""
    check_months(ahead)
    product, months = series.product, series.months[-MOST_USED:]
    errors = back_test(months, ahead)
    used = chosen(errors)
    values = METHODS[used](months)(months, ahead) if used else ()
    after = series.first + len(series.months)
    expected = tuple(Expected(name_of_month(after + i), value) for i, value in enumerate(values))
    first = name_of_month(after - len(months))
    return Forecast(product.gtin, product.market, product.unit, first, months, used, errors, expected, series.records)


def check_months(ahead: int) -> None:
    """Raises `MalformedRecord` for a number of months that nobody forecasts."""
    if not 1 <= ahead <= MOST_AHEAD:
        raise MalformedRecord("not a number of months", where="months", expected=f"1 to {MOST_AHEAD}", found=ahead)


def back_test(months: Sequence[int], ahead: int = 1) -> tuple[Error, ...]:
    """Each method that has enough to go on in every month of the test, all on the same months and as far ahead."""
    if len(months) < LEAST:
        return ()
    seasons = len(months) > 2 * YEAR
    methods = [*Method] if seasons else [Method.NAIVE, Method.HOLT]
    first = max(2 * YEAR if seasons else _LEARNT, len(months) - ORIGINS)
    return tuple(_tested(method, months, first, ahead) for method in methods)


def chosen(errors: Sequence[Error]) -> Method | None:
    """The method that erred least; of equals the simplest. None without any."""
    order = list(Method)
    best = min(errors, key=lambda error: (error.absolute_error, order.index(error.method)), default=None)
    return best.method if best else None


def _tested(method: Method, months: Sequence[int], first: int, ahead: int) -> Error:
    learnt = METHODS[method](months[:first])
    misses = [
        abs(told - real)
        for n in range(first, len(months))
        for told, real in zip(learnt(months[:n], ahead), months[n : n + ahead], strict=False)
    ]
    return Error(method, sum(misses), len(misses))


def _naive(months: Sequence[int], ahead: int) -> tuple[int, ...]:
    return (months[-1],) * ahead


def _seasonal_naive(months: Sequence[int], ahead: int) -> tuple[int, ...]:
    return tuple(months[len(months) - YEAR + i % YEAR] for i in range(ahead))


def _smoothing(**options: Any) -> Callable[[Sequence[int]], Ahead]:
    """A method by statsmodels' exponential smoothing, its parameters estimated from what it learns from."""

    def learn(learnt: Sequence[int]) -> Ahead:
        kept = {name: value for name, value in _fitted(learnt, options).params.items() if name in _PARAMETERS}
        given = {name: float(value) for name, value in kept.items() if float(value) == float(value)}

        def ahead(months: Sequence[int], count: int) -> tuple[int, ...]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = _fitted(months, options, **given, optimized=False).forecast(count)
            return tuple(max(0, round(float(value))) for value in found)  # no demand is below 0

        return ahead

    return learn


def _fitted(months: Sequence[int], options: Mapping[str, Any], **given: Any) -> Any:
    smoothing = library("statsmodels.tsa.holtwinters").ExponentialSmoothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether the optimiser has converged shows in the back test
        values = [float(value) for value in months]
        model = smoothing(values, trend="add", damped_trend=True, initialization_method="heuristic", **options)
        return model.fit(**given)


METHODS: Mapping[Method, Callable[[Sequence[int]], Ahead]] = {
    Method.NAIVE: lambda _: _naive,
    Method.SEASONAL_NAIVE: lambda _: _seasonal_naive,
    Method.HOLT: _smoothing(),
    Method.HOLT_WINTERS: _smoothing(seasonal="add", seasonal_periods=YEAR),
}
"""Each learns from some months, and makes then of the months so far those to come, in whole units."""
