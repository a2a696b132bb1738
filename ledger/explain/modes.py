"""What ways of delivery cost and how they compare, in sentences and as a table's cells."""

from collections.abc import Iterable, Iterator

from ledger.explain.network import Unit, shown
from ledger.explain.text import Text, say, several
from ledger.explain.units import UNKNOWN, money, points, whole
from ledger.explain.words import counted, name_of
from ledger.network.benchmark import BenchmarkRow, CostOf
from ledger.network.links import Link
from ledger.network.performance import NetworkFigures
from ledger.network.turnover import Turnover


def more_words(figures: NetworkFigures) -> Iterator[Text]:
    """Processing, sections, duty, returns and the choice of ways; nothing of what nothing is known about."""
    if figures.processed:
        yield say(
            "{shipments} went on {mean} after their terms on average, nine in ten within {p90}.",
            shipments=counted(figures.processed, "shipment"),
            mean=shown(figures.processing_mean_seconds, Unit.SECONDS),
            p90=shown(figures.processing_p90_seconds, Unit.SECONDS),
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


def reasons(figures: NetworkFigures) -> list[tuple[Text, Text]]:
    """Each reason of returns with its packages, the most first."""
    result = sorted(figures.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name_of(reason), whole(count)) for reason, count in result]


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
            say(UNKNOWN) if row.measured is None else money(row.measured, row.currency),
            say(UNKNOWN) if row.difference is None else money(row.difference, row.currency),
        )
        for row in rows
    ]
