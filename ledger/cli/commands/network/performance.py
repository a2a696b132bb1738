"""`lading network show`: how lanes, markets, modes and carriers perform, in a period and beside another."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.output import out, print_json, table
from ledger.common.periods import FOREVER, LONGEST_ROLLING, period_of
from ledger.explain import network as network_text
from ledger.explain.words import spaced
from ledger.network.performance import NetworkFigures
from ledger.network.routes import EXPECTED, By, parse_windows
from ledger.services.figures.network import network_for
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger


def show(
    by: Annotated[By | None, typer.Option(help="Figures for each; without it, for all together.")] = None,
    start: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="Start of the period, UTC seconds.")] = None,
    end: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="End of it, not included.")] = None,
    rolling: Annotated[
        int | None, typer.Option(min=1, max=LONGEST_ROLLING, help="The days before now, instead of a period.")
    ] = None,
    against: Annotated[
        tuple[int, int] | None, typer.Option(help="Compare with this period: start and end, UTC seconds.")
    ] = None,
    windows: Annotated[
        Path | None, typer.Option(help="Expected delivery times, TOML: a table a market, days by mode.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How lanes, markets, modes and carriers perform: times, delays, customs, cost, nodes."""
    expected = EXPECTED if windows is None else parse_windows(read_file(windows))
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now()
        answer = network_for(
            reader.numbers,
            None,
            period_of(now, start, end, rolling),
            by=by,
            before=None if against is None else period_of(now, *against),
            windows=expected,
        )
        names = {str(view.id): view.name for view in reader.views.partners()}
    if json:
        print_json(answer.to_json(evidence=True))
        return
    titles = {
        group: names.get(group, group) if by is By.CARRIER else spaced(group) if by is By.MODE else group
        for group in answer.groups
    }
    if by is None:
        for figures in answer.groups.values():
            _tell(figures, names)
    else:
        for group, figures in answer.groups.items():
            pairs = zip(network_text.FIGURES, network_text.cells(figures), strict=True)
            said = ", ".join(f"{figure.title.lower()} {cell}" for figure, cell in pairs)
            out.print(f"{titles[group]}: {said}", markup=False)
    if answer.before is not None:
        for group, figures in answer.groups.items():
            if group in answer.before:
                rows = [*network_text.changes(answer.before[group], figures)]
                out.print(table((titles[group], "before", "after", "difference"), rows))
    if not answer.groups:
        out.print("no shipment in this period")


def _tell(figures: NetworkFigures, names: dict[str, str]) -> None:
    for line in network_text.words(figures):
        out.print(line, markup=False)
    rows = [(names.get(str(partner), partner), *rest) for partner, *rest in network_text.nodes(figures)]
    out.print(table(("node", "items passed on", "failed", "rate"), rows))
