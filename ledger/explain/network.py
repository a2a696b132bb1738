"""Network figures in sentences and as a table's cells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from ledger.common.periods import HOUR
from ledger.explain.text import Text, say, several
from ledger.explain.units import UNKNOWN, days, money, percent, points, whole
from ledger.explain.words import counted, name_of
from ledger.network.benchmark import BenchmarkRow, CostOf
from ledger.network.links import Link
from ledger.network.performance import Change, NetworkFigures
from ledger.network.turnover import Turnover


class Unit(Enum):
    COUNT = "count"
    SECONDS = "seconds"
    PPM = "parts per million"


class Figure(NamedTuple):
    """A figure's name in `NetworkFigures`, its title for people, and its unit."""

    name: str
    title: Text
    unit: Unit


FIGURES = (
    Figure("shipments", say("Shipments"), Unit.COUNT),
    Figure("packages", say("Packages"), Unit.COUNT),
    Figure("delivered", say("Delivered"), Unit.COUNT),
    Figure("mean_seconds", say("Mean delivery time"), Unit.SECONDS),
    Figure("median_seconds", say("Median delivery time"), Unit.SECONDS),
    Figure("p90_seconds", say("Nine in ten within"), Unit.SECONDS),
    Figure("abnormal_ppm", say("Abnormal delays"), Unit.PPM),
    Figure("legs_ppm", say("Legs in time"), Unit.PPM),
    Figure("first_time_ppm", say("Released at the first time"), Unit.PPM),
    Figure("held_seconds", say("Time under customs holds"), Unit.SECONDS),
)
"""What is shown side by side. Costs, causes and nodes have lists of their own."""
MODES = (
    Figure("processing_mean_seconds", say("Mean processing time"), Unit.SECONDS),
    Figure("processing_p90_seconds", say("Nine in ten processed within"), Unit.SECONDS),
    Figure("return_ppm", say("Returned"), Unit.PPM),
    Figure("lanes_judged", say("Lanes judged"), Unit.COUNT),
    Figure("flexible_ppm", say("Lanes with a choice"), Unit.PPM),
)
"""What is shown beside it, where ways of delivery are compared."""
PUBLISHED = tuple(figure for figure in FIGURES if figure.name not in ("packages", "delivered"))
"""What the public sees of that."""


def shown(value: int | None, unit: Unit) -> Text:
    """A figure as people write it: `1,204`, `8.5 days`, `12.34 %`; a dash where nothing is known."""
    if unit is Unit.PPM:
        return percent(value)
    if unit is Unit.SECONDS:
        return days(value)
    return say(UNKNOWN) if value is None else whole(value)


def cells(figures: NetworkFigures, wanted: Sequence[Figure] = FIGURES) -> tuple[Text, ...]:
    """The `wanted` figures in that order, as people write them."""
    return tuple(shown(getattr(figures, figure.name), figure.unit) for figure in wanted)


def costs(figures: NetworkFigures) -> list[tuple[str, Text, Text, Text, Text, Text]]:
    """By currency: freight, penalties, cost per shipment and per package, indicative penalties, as people write."""
    return [
        (
            currency,
            money(figures.freight.get(currency, 0), currency),
            money(figures.penalties.get(currency, 0), currency),
            _money(figures.cost_per_shipment(currency), currency),
            _money(figures.cost_per_package(currency), currency),
            money(figures.indicative.get(currency, 0), currency),
        )
        for currency in figures.freight
    ]


def causes(figures: NetworkFigures) -> list[tuple[Text, Text]]:
    """Each cause of customs holds with its hours, the longest first."""
    result = sorted(figures.customs_seconds.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name_of(cause), say("{hours} h", hours=seconds // HOUR)) for cause, seconds in result]


def nodes(figures: NetworkFigures) -> list[tuple[int, Text, Text, Text]]:
    """Each partner that passed goods on or lost them: items, failed, and the rate; the busiest first."""
    result = sorted(figures.nodes.items(), key=lambda entry: (-entry[1].handled, entry[0]))
    return [
        (partner, whole(node.handled), whole(node.failed), shown(node.failure_ppm, Unit.PPM))
        for partner, node in result
    ]


def words(figures: NetworkFigures) -> tuple[Text, ...]:
    """The figures in sentences."""
    lines = [
        say(
            "{shipments}, {packages}; {delivered} were delivered.",
            shipments=counted(figures.shipments, "shipment"),
            packages=counted(figures.packages, "package"),
            delivered=figures.delivered,
        )
    ]
    if figures.timed:
        lines.append(
            say(
                "{deliveries} took {mean} on average, {median} in the middle; nine in ten took at most {p90}.",
                deliveries=counted(figures.timed, "delivery"),
                mean=shown(figures.mean_seconds, Unit.SECONDS),
                median=shown(figures.median_seconds, Unit.SECONDS),
                p90=shown(figures.p90_seconds, Unit.SECONDS),
            )
        )
    if figures.windowed:
        lines.append(
            say(
                "{count} of {of} took longer than their market and mode are expected to take: {share}.",
                count=figures.abnormal,
                of=figures.windowed,
                share=shown(figures.abnormal_ppm, Unit.PPM),
            )
        )
    if figures.legs_due:
        lines.append(
            say(
                "{count} of {of} legs were out in time: {share}.",
                count=figures.legs_in_time,
                of=figures.legs_due,
                share=shown(figures.legs_ppm, Unit.PPM),
            )
        )
    if figures.procedures:
        lines.append(
            say(
                "{count} of {of} customs procedures were released at the first time: {share}.",
                count=figures.first_time,
                of=figures.procedures,
                share=shown(figures.first_time_ppm, Unit.PPM),
            )
        )
    if result := causes(figures):
        held = several([say("{time} for {cause}", time=hours, cause=cause) for cause, hours in result])
        lines.append(say("Held by customs: {causes}.", causes=held))
    for currency, freight, penalties, each, unit, indicative in costs(figures):
        lines.append(
            say(
                "Freight {freight} and penalties {penalties}: {each} a shipment, {unit} a package.",
                freight=freight,
                penalties=penalties,
                each=each,
                unit=unit,
            )
        )
        if figures.indicative.get(currency):
            lines.append(
                say(
                    "Not counted: {amount}, indicative until who is liable signs or endorses the terms.",
                    amount=indicative,
                )
            )
    return tuple(lines)


def published(figures: Mapping[str, Any]) -> tuple[Text, ...]:
    """The published figures of a group (JSON of `ledger.network.publication.PublicNetwork`) as cells of `PUBLISHED`."""
    return tuple(shown(figures[figure.name], figure.unit) for figure in PUBLISHED)


def changes(before: NetworkFigures | None, after: NetworkFigures | None) -> list[tuple[Text, Text, Text, Text]]:
    """The figures of `FIGURES` and `MODES` in two periods, as people write them: title, before, after, difference; a
    dash where a period had no such shipment.
    """
    result = []
    for figure in (*FIGURES, *MODES):
        then, now, difference = (shown(value, figure.unit) for value in _pair(before, after, figure.name))
        result.append((figure.title, then, now, difference))
    return result


def _pair(
    before: NetworkFigures | None, after: NetworkFigures | None, name: str
) -> tuple[int | None, int | None, int | None]:
    change = Change(name, *(None if side is None else getattr(side, name) for side in (before, after)))
    return change.before, change.after, change.difference


def more_words(figures: NetworkFigures) -> Iterator[Text]:
    """Processing, sections, duty, returns and the choice of ways; nothing of what nothing is known about."""
    if figures.processed:
        yield say(
            "{shipments} went on {mean} after their terms on average, nine in ten within {p90}.",
            shipments=counted(figures.processed, "shipment"),
            mean=shown(figures.processing_mean_seconds, Unit.SECONDS),
            p90=shown(figures.processing_p90_seconds, Unit.SECONDS),
        )
    if figures.legs_undated:
        yield say(
            "Nobody signed a deadline for {legs}, so that these are in no share.",
            legs=counted(figures.legs_undated, "leg"),
        )
    if figures.duty:
        paid = several([money(amount, currency) for currency, amount in figures.duty.items()])
        yield say("Duty and taxes paid: {amounts}.", amounts=paid)
    if figures.duties_hidden:
        yield say(
            "What {clearances} say of duty is not open here, so that more may have been paid.",
            clearances=counted(figures.duties_hidden, "record"),
        )
    if figures.reached:
        yield say(
            "{count} of {of} packages that arrived or came back were returned: {share}.",
            count=figures.returned_packages,
            of=figures.reached_packages,
            share=shown(figures.return_ppm, Unit.PPM),
        )
    if figures.lanes_judged:
        yield say(
            "On {count} of {of} lanes that can be judged, two modes or carriers meet the expected times.",
            count=figures.lanes_flexible,
            of=figures.lanes_judged,
        )


def sections(figures: NetworkFigures) -> list[tuple[Text, Text, Text, Text]]:
    """Each section with its legs due, those in time, and their share."""
    return [
        (name_of(one.section), whole(one.due), whole(one.in_time), shown(one.in_time_ppm, Unit.PPM))
        for one in figures.sections
    ]


def links(figures: NetworkFigures) -> list[tuple[Text, Text, Text]]:
    """Each link with its mode and what it cost."""
    return [
        (name_of(one.link), say(UNKNOWN) if one.mode is None else name_of(one.mode), money(one.amount, one.currency))
        for one in figures.links
    ]


def reasons(figures: NetworkFigures) -> list[tuple[Text, Text, Text]]:
    """Each reason of returns with its packages, and those of them whose receiver bore it out; the most first."""
    result = sorted(figures.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name_of(reason), whole(count), whole(figures.reasons_agreed.get(reason, 0))) for reason, count in result]


def stocks(turnover: Iterable[Turnover]) -> list[tuple[int, Text, Text, Text]]:
    """Each partner with the packages that went out, those held on average, and the turns; most turns first."""
    result = sorted(turnover, key=lambda one: (-(one.turnover_ppm or 0), one.partner))
    return [
        (
            one.partner,
            whole(one.packages_out),
            say(UNKNOWN) if one.average_packages is None else whole(one.average_packages),
            turns(one.turnover_ppm),
        )
        for one in result
    ]


def turns(ppm: int | None) -> Text:
    """Millionths of a turn in hundredths, such as `2.50`, rounded down."""
    return points(None if ppm is None else ppm // 10_000)


def benchmarks(rows: Iterable[BenchmarkRow]) -> list[tuple[Text, Text, Text, Text, Text, Text]]:
    """Each benchmark: fulfilment, link, per what, the benchmark, what was measured, and the difference."""
    return [
        (
            name_of(row.fulfilment),
            say("all links") if row.link is CostOf.TOTAL else name_of(Link(row.link.value)),
            name_of(row.per),
            money(row.benchmark, row.currency),
            _money(row.measured, row.currency),
            _money(row.difference, row.currency),
        )
        for row in rows
    ]


def _money(amount: int | None, currency: str) -> Text:
    return say(UNKNOWN) if amount is None else money(amount, currency)
