"""`lading report`: one page for a supply-chain manager, from the records of this home."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.imports.replay import is_replay
from ledger.cli.output import out, print_json
from ledger.cli.report.facts import Facts, gather
from ledger.cli.report.page import render
from ledger.common.ids import to_hex
from ledger.common.periods import Period
from ledger.errors import MalformedRecord, NotFound
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import Desk

FOREVER = 2**40 - 1


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
    """Write one HTML page with indicators, lanes, penalties, scores and charts. It opens offline and prints."""
    with Desk(read_settings()) as desk:
        first = (desk.numbers.measure().since or 0) if start is None else start
        facts = facts_of(desk, Period(first, end, at if at is not None else desk.clock.now()), title)
    page = render(facts)
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(html), found=error.strerror or "") from None
    if json:
        print_json({"file": str(html), "shipments": len(facts.entries), "late": sum(e.late for e in facts.entries)})
    else:
        out.print(f"{html}: {len(facts.entries):,} shipments, {len(page.encode()):,} bytes")


def facts_of(desk: Desk, period: Period, title: str) -> Facts:
    """The facts of this home; raises `NotFound` before anything is published."""
    published = desk.publisher.current()
    if published is None:
        raise NotFound("nothing is published yet", where="checkpoint", mend="Run `lading serve` for a moment.")
    measure = desk.numbers.measure(period.start)
    names = {partner.id: partner.name for partner in desk.reading.partners()}
    head = published.head
    log = (head.size, to_hex(head.root), head.origin)
    facts = gather(
        desk.numbers.journeys(),
        period,
        measure.card,
        names,
        title=title,
        log=log,
        replay=is_replay(desk.settings.home),
    )
    return replace(facts, notes=(f"Scores are measured by: {measure.words}.",))
