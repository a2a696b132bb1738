"""The report's sections about fulfilments beside each other, in two periods, and about the turnover of stock."""

from collections.abc import Iterator

from ledger.cli.report.words import Cover, section, table
from ledger.explain.network import FIGURES, MODES, Figure, shown, stocks
from ledger.explain.units import UNKNOWN, money
from ledger.explain.words import name_of
from ledger.network.performance import NetworkFigures
from ledger.network.report import FulfilmentFigures, Report

MOST_STOCKS = 15
_SHOWN = ("shipments", "processing_mean_seconds", "mean_seconds", "p90_seconds", "abnormal_ppm", "legs_ppm",
          "first_time_ppm", "return_ppm", "flexible_ppm")  # fmt: skip
_COLUMNS = tuple(next(figure for figure in (*FIGURES, *MODES) if figure.name == name) for name in _SHOWN)


def fulfilments(report: Report) -> str:
    """Nothing where no shipment states one: then there is nothing to compare."""
    if not report.fulfilments:
        return ""
    head = ("fulfilment", *(column.title.lower() for column in _COLUMNS), *_cost_heads(report.currency))
    rows = [(_name(one), *_cells(one.figures, report.currency)) for one in report.fulfilments]
    words = (
        "<p>Shipments by when their clock stopped. Freight and duty are what terms and clearances state; goods of "
        "different value, lanes and seasons are behind these rows, so a difference is a question and no proof.</p>"
    )
    return section("By fulfilment", words + table(head, rows, text=1) + _two_years(report))


def _two_years(report: Report) -> str:
    rows = [
        (_name(one), title, then, now)
        for one in report.fulfilments
        if one.before is not None and one.after is not None
        for title, then, now in _pairs(one.before, one.after, report.currency)
    ]
    if not rows:
        return ""
    return "<h3>The last year against the year before</h3>" + table(("fulfilment", "", "then", "now"), rows, text=2)


def _pairs(before: NetworkFigures, after: NetworkFigures, currency: str) -> Iterator[tuple[str, str, str]]:
    heads = (*(column.title.lower() for column in _COLUMNS), *_cost_heads(currency))
    for title, then, now in zip(heads, _cells(before, currency), _cells(after, currency), strict=True):
        if (then, now) != (UNKNOWN, UNKNOWN):
            yield title, then, now


def _cost_heads(currency: str) -> tuple[str, str]:
    return f"cost a shipment, {currency}", f"duty paid, {currency}"


def _cells(figures: NetworkFigures, currency: str) -> tuple[str, ...]:
    cost = figures.cost_per_shipment(currency) if currency in figures.freight else None
    duty = None if figures.duties_hidden else figures.duty.get(currency)
    return (
        *(_cell(figures, column) for column in _COLUMNS),
        *(UNKNOWN if amount is None else money(amount, currency) for amount in (cost, duty)),
    )


def _cell(figures: NetworkFigures, column: Figure) -> str:
    return shown(getattr(figures, column.name), column.unit)


def _name(one: FulfilmentFigures) -> str:
    return "not stated" if one.fulfilment is None else name_of(one.fulfilment)


def stock(report: Report, cover: Cover) -> str:
    """What partners passed on over what they held; nothing where nobody held anything for a while."""
    told = stocks(one for one in report.turnover if one.turnover_ppm)
    if not told:
        return ""
    rows = [(cover.name(partner), *rest) for partner, *rest in told[:MOST_STOCKS]]
    more = len(told) - len(rows)
    words = (
        "<p>Packages that went out of a partner's custody in the period, over those that it held on average. Who sells "
        "without recording it turns nothing here.</p>"
    )
    foot = f"<p class=small>… and {more} with fewer turns.</p>" if more > 0 else ""
    return section("Turnover of stock", words + table(("partner", "went out", "held", "turns"), rows, text=1) + foot)
