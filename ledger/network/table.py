"""Network figures as a table of plain numbers, of one period or of two side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.codes import Mode
from ledger.common.csv_cells import csv_text
from ledger.network.performance import Change, NetworkFigures, compare
from ledger.network.turnover import Turnover

COLUMNS = ("group", "figure", "of", "before", "now", "difference")


class Side(NamedTuple):
    """One period of one group; None where no shipment was in it."""

    figures: NetworkFigures | None
    turnover: Sequence[Turnover] = ()


class Row(NamedTuple):
    """One number. `of`: which currency, cause, reason, section, link or partner; empty for the group as a whole."""

    figure: str
    of: str
    value: int | None


def rows_of(side: Side) -> Iterator[Row]:
    """All numbers of a period: times in seconds, shares in parts per million, money in minor units."""
    if (figures := side.figures) is not None:
        yield from (Row(change.figure, "", change.after) for change in compare(figures, figures))
        for name in ("freight", "penalties", "indicative", "duty"):
            yield from (Row(name, currency, amount) for currency, amount in getattr(figures, name).items())
        for currency in figures.freight:
            yield Row("cost_per_shipment", currency, figures.cost_per_shipment(currency))
            yield Row("cost_per_package", currency, figures.cost_per_package(currency))
        for base in figures.bases:
            yield Row("orders", base.currency, base.orders)
            yield Row("order_packages", base.currency, base.order_packages)
            yield Row("priced_orders", base.currency, base.priced_orders)
            yield Row("priced_packages", base.currency, base.priced_packages)
        for link in figures.links:
            yield Row("link", f"{link.link}/{_mode(link.mode)}/{link.currency}", link.amount)
        yield from (Row("returned_packages", reason, count) for reason, count in figures.reasons.items())
        yield from (Row("agreed_packages", reason, count) for reason, count in figures.reasons_agreed.items())
        yield from (Row("customs_seconds", cause.name.lower(), held) for cause, held in figures.customs_seconds.items())
        for section in figures.sections:
            yield Row("legs_due", section.section, section.due)
            yield Row("legs_ppm", section.section, section.in_time_ppm)
        for node in figures.by_node:
            yield Row("handled", f"partner/{node.partner}", node.handled)
            yield Row("failure_ppm", f"partner/{node.partner}", node.failure_ppm)
    for one in side.turnover:
        yield Row("packages_out", f"partner/{one.partner}", one.packages_out)
        yield Row("average_packages", f"partner/{one.partner}", one.average_packages)
        yield Row("turnover_ppm", f"partner/{one.partner}", one.turnover_ppm)


def side_by_side(before: Side | None, now: Side) -> Iterator[tuple[str, Change]]:
    """`of`, and the number in both periods: those of now in their order, then those that were only then."""
    then = {} if before is None else {(row.figure, row.of): row.value for row in rows_of(before)}
    for row in rows_of(now):
        yield row.of, Change(row.figure, then.pop((row.figure, row.of), None), row.value)
    for (name, of), value in then.items():
        yield of, Change(name, value, None)


def network_csv(groups: Mapping[str, tuple[Side | None, Side]]) -> str:
    """A row a number (`COLUMNS`), group by group, each with the period before (empty where none was asked for)."""
    return csv_text(
        COLUMNS,
        (
            (group, change.figure, of, change.before, change.after, change.difference)
            for group, (before, now) in groups.items()
            for of, change in side_by_side(before, now)
        ),
    )


def _mode(mode: Mode | None) -> str:
    return "" if mode is None else mode.name.lower()
