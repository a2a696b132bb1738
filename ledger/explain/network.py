"""Network figures in sentences and as a table's cells."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from ledger.common.periods import HOUR
from ledger.explain.units import UNKNOWN, days, money, percent
from ledger.explain.words import spaced
from ledger.network.performance import NetworkFigures, compare


class Unit(Enum):
    COUNT = "count"
    SECONDS = "seconds"
    PPM = "parts per million"


class Figure(NamedTuple):
    """A figure's name in `NetworkFigures`, its title for people, and its unit."""

    name: str
    title: str
    unit: Unit


FIGURES = (
    Figure("shipments", "Shipments", Unit.COUNT),
    Figure("packages", "Packages", Unit.COUNT),
    Figure("delivered", "Delivered", Unit.COUNT),
    Figure("mean_seconds", "Mean delivery time", Unit.SECONDS),
    Figure("median_seconds", "Median delivery time", Unit.SECONDS),
    Figure("p90_seconds", "Nine in ten within", Unit.SECONDS),
    Figure("abnormal_ppm", "Abnormal delays", Unit.PPM),
    Figure("legs_ppm", "Legs in time", Unit.PPM),
    Figure("first_time_ppm", "Released at the first time", Unit.PPM),
    Figure("held_seconds", "Time under customs holds", Unit.SECONDS),
)
"""What is shown side by side. Costs, causes and nodes have lists of their own."""
PUBLISHED = tuple(figure for figure in FIGURES if figure.name not in ("packages", "delivered"))
"""What the public sees of that."""


def shown(value: int | None, unit: Unit) -> str:
    """A figure as people write it: `1,204`, `8.5 days`, `12.34 %`; a dash where nothing is known."""
    if unit is Unit.PPM:
        return percent(value)
    if unit is Unit.SECONDS:
        return days(value)
    return UNKNOWN if value is None else f"{value:,}"


def cells(figures: NetworkFigures) -> tuple[str, ...]:
    """The figures of `FIGURES` in that order, as people write them."""
    return tuple(shown(getattr(figures, figure.name), figure.unit) for figure in FIGURES)


def costs(figures: NetworkFigures) -> list[tuple[str, str, str, str, str, str]]:
    """By currency: freight, penalties, cost per shipment and per package, indicative penalties, as people write."""
    return [
        (
            currency,
            money(figures.freight.get(currency, 0), currency),
            money(figures.penalties.get(currency, 0), currency),
            money(figures.cost_per_shipment(currency) or 0, currency),
            money(figures.cost_per_package(currency) or 0, currency),
            money(figures.indicative.get(currency, 0), currency),
        )
        for currency in figures.freight
    ]


def causes(figures: NetworkFigures) -> list[tuple[str, str]]:
    """Each cause of customs holds with its hours, the longest first."""
    result = sorted(figures.customs_seconds.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(spaced(cause.name), f"{seconds // HOUR:,} h") for cause, seconds in result]


def nodes(figures: NetworkFigures) -> list[tuple[int, str, str, str]]:
    """Each partner that passed goods on or lost them: items, failed, and the rate; the busiest first."""
    result = sorted(figures.nodes.items(), key=lambda entry: (-entry[1].handled, entry[0]))
    return [
        (partner, f"{node.handled:,}", f"{node.failed:,}", shown(node.failure_ppm, Unit.PPM))
        for partner, node in result
    ]


def words(figures: NetworkFigures) -> tuple[str, ...]:
    """The figures in sentences."""
    times = (
        f"{figures.timed:,} deliveries took {shown(figures.mean_seconds, Unit.SECONDS)} on average, "
        f"{shown(figures.median_seconds, Unit.SECONDS)} in the middle; nine in ten took at most "
        f"{shown(figures.p90_seconds, Unit.SECONDS)}."
    )
    late = (
        f"{figures.abnormal:,} of {figures.windowed:,} took longer than their market and mode are expected to take: "
        f"{shown(figures.abnormal_ppm, Unit.PPM)}."
    )
    lines = [f"{figures.shipments:,} shipments, {figures.packages:,} packages; {figures.delivered:,} were delivered."]
    lines += [times] if figures.timed else []
    lines += [late] if figures.windowed else []
    if figures.legs_due:
        lines.append(
            f"{figures.legs_in_time:,} of {figures.legs_due:,} legs were out in time: "
            f"{shown(figures.legs_ppm, Unit.PPM)}."
        )
    if figures.procedures:
        lines.append(
            f"{figures.first_time:,} of {figures.procedures:,} customs procedures were released at the first time: "
            f"{shown(figures.first_time_ppm, Unit.PPM)}."
        )
    if result := causes(figures):
        lines.append("Held by customs: " + ", ".join(f"{hours} for {cause}" for cause, hours in result) + ".")
    for currency, freight, penalties, each, unit, indicative in costs(figures):
        lines.append(f"Freight {freight} and penalties {penalties}: {each} a shipment, {unit} a package.")
        if figures.indicative.get(currency):
            lines.append(f"Not counted: {indicative}, indicative until who is liable signs or endorses the terms.")
    return tuple(lines)


def published(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """The published figures of a group (JSON of `ledger.network.publication.PublicNetwork`) as cells of `PUBLISHED`."""
    return tuple(shown(figures[figure.name], figure.unit) for figure in PUBLISHED)


def changes(before: NetworkFigures, after: NetworkFigures) -> list[tuple[str, str, str, str]]:
    """The figures of `FIGURES` in two periods, as people write them: title, before, after, difference."""
    result = {change.figure: change for change in compare(before, after)}
    return [
        (
            figure.title,
            shown(result[figure.name].before, figure.unit),
            shown(result[figure.name].after, figure.unit),
            shown(result[figure.name].difference, figure.unit),
        )
        for figure in FIGURES
    ]
