"""`lading league`: those who work on a lane side by side."""

from typing import Annotated

import typer

from ledger.cli.output import out, print_json, table
from ledger.common.periods import FOREVER, LONGEST_ROLLING, period_of
from ledger.explain.access import league as words
from ledger.explain.words import spaced
from ledger.network.lane_times import Lane
from ledger.network.league import FIGURES, LeagueBy
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.figures import LeagueAsked
from ledger.services.figures.league import compared_by, lane_named, league_for
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger


def league(
    origin: Annotated[str, typer.Argument(help="Country of origin, as `NZ`. Without a lane: which there are.")] = "",
    destination: Annotated[str, typer.Argument(help="Country of destination.")] = "",
    mode: Annotated[str, typer.Option(help="Mode of transport, as `air`; empty: terms that name none.")] = "",
    role: Annotated[
        str, typer.Option(help="Who is compared: carrier, supplier, warehouse, broker or customs.")
    ] = "carrier",
    by: Annotated[LeagueBy, typer.Option(help="What they are in order of.")] = LeagueBy.TIME,
    start: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="Start of the period, UTC seconds.")] = None,
    end: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="End of it, not included.")] = None,
    rolling: Annotated[
        int | None, typer.Option(min=1, max=LONGEST_ROLLING, help="The days before now, instead of a period.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Who works on a lane, side by side: carriers by time, cost and penalties, in intervals. Or suppliers, warehouses
    and brokers by time and faults; or customs by time.

    Ties and thin data are said: nobody with fewer than thirty deliveries has a rank.
    """
    who = compared_by(role, by)
    lane = lane_named(origin, destination, mode)
    with open_ledger(read_settings()) as reader:
        period = period_of(reader.home.clock.now(), start, end, rolling)
        if json:
            asked = LeagueAsked(origin, destination, mode, role, by, period.start, period.end, period.at, evidence=True)
            print_json(answered(reader, None, Kind.LEAGUE, asked_json(asked)))
            return
        answer = league_for(reader.numbers, None, period, lane, (who, by))
        names = {view.id: view.name for view in reader.views.partners()}
    if answer.league is None:
        rows = [(*_named(one), count) for one, count in answer.lanes.items()]
        out.print(table(("origin", "destination", "mode", "shipments"), rows) if rows else "no lanes in this period")
        return
    currency = answer.league.currency
    out.print(
        table(
            ("", role, "deliveries", *(str(words.TITLES[who][each]) for each in FIGURES[who])),
            [
                (
                    words.rank_text(entry.by(by)),
                    names.get(entry.partner, entry.partner),
                    entry.events,
                    *(words.measured_text(entry.by(each), each, currency) for each in FIGURES[who]),
                )
                for entry in answer.league.entries
            ],
        )
    )
    for line in words.explained(answer.league, by):
        out.print(line, markup=False)


def _named(lane: Lane) -> tuple[str, str, str]:
    return lane.origin, lane.destination, "" if lane.mode is None else spaced(lane.mode.name.lower())
