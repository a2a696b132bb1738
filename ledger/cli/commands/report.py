"""`lading report`: one page for a supply-chain manager, from the records of this home."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.api.pages.plans.positions import positions
from ledger.charts.chart import Chart
from ledger.charts.trend import Reading, score_trend
from ledger.cli.imports.seed import is_replay
from ledger.cli.output import out, print_json
from ledger.cli.report.page import render
from ledger.cli.report.words import Cover
from ledger.codes import Role
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER, Period
from ledger.errors import MalformedRecord, NotFound
from ledger.explain.score import measure_text
from ledger.network.report import Report, compute_report
from ledger.records.types import NOBODY
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import LedgerReader, open_ledger
from ledger.services.planning.overview import overview_for

MOST_TRENDS = 6


def report(
    html: Annotated[Path, typer.Option(help="Where to write the page.")],
    start: Annotated[
        int | None,
        typer.Option(min=0, help="Start of the period, UTC seconds; default: since today's scorecard governs."),
    ] = None,
    end: Annotated[int, typer.Option(min=0, max=FOREVER, help="End of the period, UTC seconds.")] = FOREVER,
    at: Annotated[
        int | None, typer.Option(min=0, help="Judge goods still under way at this time; default: now.")
    ] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Delivery performance",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write one HTML page with indicators, lanes, penalties, scores, charts and what comes next.

    It opens offline and prints.
    """
    with open_ledger(read_settings()) as reader:
        first = (reader.numbers.measure().since or 0) if start is None else start
        figures, cover = report_of(reader, Period(first, end, at if at is not None else reader.home.clock.now()), title)
    page = render(figures, cover)
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(html), found=error.strerror or "") from None
    if json:
        print_json({"file": str(html), "shipments": figures.sums.shipments, "late": figures.sums.late})
    else:
        out.print(f"{html}: {figures.sums.shipments:,} shipments, {len(page.encode()):,} bytes")


def report_of(reader: LedgerReader, period: Period, title: str) -> tuple[Report, Cover]:
    """The figures of this home and what stands beside them; raises `NotFound` before anything is published."""
    published = reader.publisher.current()
    if published is None:
        raise NotFound("nothing is published yet", where="checkpoint", mend="Run `lading serve` for a moment.")
    measure, head, partners = reader.numbers.measure(period.start), published.head, reader.views.partners()
    cover = Cover(
        title=title,
        names={partner.id: partner.name for partner in partners},
        log_size=head.size,
        root=to_hex(head.root),
        origin=head.origin,
        replay=is_replay(reader.home.settings.home),
        notes=(f"Scores are measured by: {measure_text(measure)}.",),
    )
    found = compute_report(reader.numbers.journeys(), period, measure.card)
    stores = {int(partner.id) for partner in partners if any(role.role == "warehouse" for role in partner.roles)}
    plans = overview_for(reader.numbers, period.at, found.currency, (stores, positions()))
    return found, replace(cover, trends=trends_of(reader, found), plans=plans)


def trends_of(reader: LedgerReader, found: Report) -> dict[tuple[int, Role], Chart]:
    """By quarter until the report's judgement, of the partners who are liable for most shipments."""
    trends: dict[tuple[int, Role], Chart] = {}
    for partner in [one.partner for one in found.partners if one.partner != NOBODY][:MOST_TRENDS]:
        for role, points in reader.numbers.trend(partner, at=found.period.at).items():
            trends[partner, role] = score_trend(Reading(one.name, one.score, one.low, one.high) for one in points)
    return trends
