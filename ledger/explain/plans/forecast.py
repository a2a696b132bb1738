"""A forecast in sentences."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ledger.explain.text import Text, listed, say
from ledger.explain.units import whole
from ledger.planning.forecast import LEAST, Error, Forecast, Method

METHODS: Mapping[Method, Text] = {
    Method.NAIVE: say("as last month"),
    Method.SEASONAL_NAIVE: say("as a year before"),
    Method.HOLT: say("level and trend (Holt)"),
    Method.HOLT_WINTERS: say("level, trend and season (Holt-Winters)"),
}


def sentences(made: Forecast) -> Iterator[Text]:
    where = {"gtin": made.gtin, "market": made.market}
    if made.used is None:
        yield say(
            "{gtin} in {market}: there are fewer than {least} months to go on, so nothing is forecast.",
            **where,
            least=whole(LEAST),
        )
        return
    yield say("{gtin} in {market}: forecast {method}.", **where, method=METHODS[made.used])
    if not made.beats_naive:
        yield say("No smoothing erred less than the naive forecasts, so none is used.")
    yield say(
        "Mean error in {unit}, in a test of one to {months} months ahead: {errors}.",
        unit=made.unit or say("the unit of the terms"),
        months=whole(len(made.expected)),
        errors=listed([error_told(one) for one in made.errors]),
    )


def error_told(error: Error) -> Text:
    """The mean absolute error, rounded to the nearest unit."""
    mean = whole(round(Fraction(error.absolute_error, error.tests)))
    return say("{method} {mean}", method=METHODS[error.method], mean=mean)
