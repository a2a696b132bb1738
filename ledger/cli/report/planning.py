"""The report's part about what comes next: stock that runs out, ways and their risk, what goes together, demand."""

from collections.abc import Iterator
from html import escape

from ledger.cli.report.words import Cover, section, table
from ledger.explain.plans import consolidation as consolidation_text
from ledger.explain.plans import forecast as forecast_text
from ledger.explain.units import UNKNOWN, day, days, money, whole
from ledger.explain.words import name_of
from ledger.network.report import Report
from ledger.planning.forecast import Forecast
from ledger.planning.routes.failures import Fails
from ledger.planning.routes.plan import RoutePlan, Way
from ledger.services.planning.overview import AHEAD, WINDOW, Overview

MOST_ROWS = 15


def planning(report: Report, cover: Cover) -> str:
    """Nothing where there is nothing to plan with."""
    plans = cover.plans
    if plans is None or plans.empty:
        return ""
    words = (
        f"<p>Advice from the same records, as of {day(report.period.at)}: nothing is booked, signed or owed by it. "
        "<code>lading plan</code> makes each again, names the records and takes other questions.</p>"
    )
    parts = (_stock(plans, cover), _routes(plans), _together(plans), _demand(plans))
    return section("What comes next", words + "".join(parts))


def _stock(plans: Overview, cover: Cover) -> str:
    found = plans.running_out
    if plans.stock is None or not found:
        return ""
    orders = {(order.destination, order.gtin): order for order in plans.stock.orders}
    rows = []
    for one in found[:MOST_ROWS]:
        order = orders.get((one.warehouse, one.gtin))
        advised = f"{whole(order.packages)} from {cover.name(order.origin)}" if order else UNKNOWN
        rows.append((
            cover.name(one.warehouse), one.gtin, whole(one.on_hand), whole(one.due), whole(one.sold),
            day(one.stock_out_at or 0), advised,
        ))  # fmt: skip
    head = ("who", "GTIN", "on hand", "due", "went out", "runs out", "transfer")
    words = (
        f"<h3>Stock that runs out</h3><p>Packages. By what went out in the last {WINDOW} days; a mean, so half of such "
        "days come earlier. A transfer is named where a rate card leads from somebody who can spare the goods.</p>"
    )
    return words + table(head, rows, text=2) + _more(len(found) - len(rows))


def _routes(plans: Overview) -> str:
    if not plans.routes:
        return ""
    rows = [row for plan in plans.routes for row in _ways(plan)]
    head = ("way", "by", "packages", "costs", "half within", "nine in ten", "without its first mode")
    words = (
        "<h3>Ways and what they cost</h3><p>By the rate cards in force and what deliveries took; the first way of each "
        "pair is the cheapest. Lateness is not in it: <code>lading plan route --shipment</code> weighs the penalty of "
        "an order's own terms. Times in brackets rest on few deliveries.</p>"
    )
    return words + table(head, rows, text=2)


def _ways(plan: RoutePlan) -> Iterator[tuple[str, ...]]:
    for way in plan.ways:
        spare = next((failure for failure in way.failures if failure.fails is Fails.MODE), None)
        left = UNKNOWN
        if spare is not None:
            left = "no way" if spare.more is None else f"{money(spare.more, plan.currency)} more"
        yield (
            " → ".join((plan.origin, *(leg.destination for leg in way.legs))),
            ", ".join(dict.fromkeys(name_of(leg.mode) for leg in way.legs)),
            whole(plan.packages),
            money(way.charge, plan.currency),
            _time(way, sum(leg.time.p50 for leg in way.legs)),
            _time(way, sum(leg.time.p90 for leg in way.legs)),
            left,
        )


def _time(way: Way, seconds: int) -> str:
    return f"({days(seconds)})" if way.thin else days(seconds)


def _together(plans: Overview) -> str:
    plan = plans.consolidation
    if plan is None or not plan.groups:
        return ""
    lines = [consolidation_text.group_told(group, plan.currency) for group in plan.groups[:MOST_ROWS]]
    told = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
    return f"<h3>What may travel together</h3><ul class='points'>{told}</ul>" + _more(len(plan.groups) - len(lines))


def _demand(plans: Overview) -> str:
    if plans.forecasts is None:
        return (
            "<h3>Demand to come</h3><p>Not forecast: that needs a library which is not installed, "
            '<code>pip install "lading[plan]"</code>.</p>'
        )
    used = [one for one in plans.forecasts if one.used is not None]
    if not used:
        return ""
    rows = [(one.gtin, one.market, one.unit, _method(one), *_errors(one), _expected(one)) for one in used]
    head = ("GTIN", "market", "unit", "forecast", "error a month", "naive error", f"the next {AHEAD} months")
    words = (
        f"<h3>Demand to come</h3><p>What was delivered, by month. Errors are means of one to {AHEAD} months ahead "
        "over the last months; smoothing is used only where it erred less than both naive forecasts.</p>"
    )
    return words + table(head, rows, text=4)


def _method(made: Forecast) -> str:
    return str(forecast_text.METHODS[made.used]) if made.used is not None else UNKNOWN


def _errors(made: Forecast) -> tuple[str, str]:
    """Of the method that is used, and of the better naive one."""
    means = {error.method: error.absolute_error / error.tests for error in made.errors if error.tests}
    naive = [mean for method, mean in means.items() if "naive" in method]
    own = means.get(made.used) if made.used is not None else None
    return tuple(UNKNOWN if mean is None else whole(round(mean)) for mean in (own, min(naive, default=None)))  # type: ignore[return-value]


def _expected(made: Forecast) -> str:
    return ", ".join(whole(month.quantity) for month in made.expected)


def _more(count: int) -> str:
    return f"<p class=small>… and {count} more.</p>" if count > 0 else ""
