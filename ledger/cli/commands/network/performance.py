"""`lading network show`: how lanes, markets, modes and carriers perform, in a period and beside another."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.output import out, print_json, table
from ledger.common.periods import FOREVER, LONGEST_ROLLING, period_of
from ledger.errors import InvalidInput
from ledger.explain import network as network_text
from ledger.explain.network import benchmarks, links, more_words, reasons, sections, stocks
from ledger.explain.words import spaced
from ledger.network.benchmark import parse_benchmark
from ledger.network.performance import NetworkFigures
from ledger.network.routes import EXPECTED, By, parse_windows
from ledger.network.turnover import Turnover
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.figures import network_asked
from ledger.services.figures.network import network_for
from ledger.services.home.benchmarks import forget_benchmark, keep_benchmark
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger

_CODES = (By.MODE, By.FULFILMENT)


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
    benchmark: Annotated[
        Path | None, typer.Option(help="Costs to compare with, TOML, instead of those kept here; with --by fulfilment.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a number, both periods side by side.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How lanes, markets, modes, carriers and fulfilments perform: times, delays, customs, cost, returns, nodes."""
    if json and csv:
        raise InvalidInput("two forms at once", expected="one of --json, --csv")
    if benchmark is not None and by is not By.FULFILMENT:
        raise InvalidInput("costs are compared by fulfilment", where="--benchmark", expected="--by fulfilment")
    own_costs = b"" if benchmark is None else read_file(benchmark)
    own_windows = b"" if windows is None else read_file(windows)
    costs = parse_benchmark(own_costs) if own_costs else None
    expected = parse_windows(own_windows) if own_windows else EXPECTED
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now()
        if json:
            before = None if against is None else period_of(now, *against)
            asked = network_asked(
                by, period_of(now, start, end, rolling), before, windows=own_windows.decode(), evidence=True,
                benchmark=own_costs.decode() or reader.benchmark_text(),
            )  # fmt: skip
            print_json(answered(reader, None, Kind.NETWORK, asked_json(asked)))
            return
        answer = network_for(
            reader.numbers,
            None,
            period_of(now, start, end, rolling),
            by=by,
            before=None if against is None else period_of(now, *against),
            windows=expected,
        )
        if costs is not None:
            answer = replace(answer, benchmark=costs)
        names = {str(view.id): view.name for view in reader.views.partners()}
    if csv:
        sys.stdout.write(answer.to_csv())
        return
    titles = {
        group: names.get(group, group) if by is By.CARRIER else spaced(group) if by in _CODES else group
        for group in answer.groups
    }
    if by is None:
        for figures in answer.groups.values():
            _tell(figures, names)
            _tell_stock(answer.turnover.get("all", ()), names)
    else:
        for group, figures in answer.groups.items():
            wanted = (*network_text.FIGURES, *network_text.MODES)
            pairs = zip(wanted, network_text.cells(figures, wanted), strict=True)
            said = ", ".join(f"{figure.title.lower()} {cell}" for figure, cell in pairs)
            out.print(f"{titles[group]}: {said}", markup=False)
    if answer.costs and answer.benchmark is not None:
        out.print(f"{answer.benchmark.title}. {answer.benchmark.source}", markup=False)
        out.print(table(("fulfilment", "link", "per", "benchmark", "measured", "difference"), benchmarks(answer.costs)))
    if answer.before is not None:
        for group, figures in answer.groups.items():
            if group in answer.before:
                rows = [*network_text.changes(answer.before[group], figures)]
                out.print(table((titles[group], "before", "after", "difference"), rows))
    if not answer.groups:
        out.print("no shipment in this period")


def _tell(figures: NetworkFigures, names: dict[str, str]) -> None:
    for line in (*network_text.words(figures), *more_words(figures)):
        out.print(line, markup=False)
    if figures.links:
        out.print(table(("link", "mode", "amount"), links(figures)))
    if figures.sections:
        out.print(table(("section", "legs due", "in time", "share"), sections(figures)))
    if figures.reasons:
        out.print(table(("returned because", "packages"), reasons(figures)))
    rows = [(names.get(str(partner), partner), *rest) for partner, *rest in network_text.nodes(figures)]
    out.print(table(("node", "items passed on", "failed", "rate"), rows))


def _tell_stock(turnover: Iterable[Turnover], names: dict[str, str]) -> None:
    rows = [(names.get(str(partner), partner), *rest) for partner, *rest in stocks(turnover)]
    if rows:
        out.print(table(("stock of", "went out", "held on average", "turns"), rows))


def benchmark(
    file: Annotated[Path | None, typer.Argument(help="The TOML file with the costs.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the one that is kept.")] = False,
) -> None:
    """Keep costs by fulfilment in this home, to stand beside what was paid on the page and in the API."""
    if (file is None) is not forget:
        raise InvalidInput("nothing to do, or two things", expected="a file, or --forget")
    text = b"" if file is None else read_file(file)
    with open_ledger(read_settings(), read_only=False) as reader, reader.home.database.write() as connection:
        if file is None:
            forget_benchmark(connection)
            out.print("No costs are kept here any more.")
        else:
            kept = keep_benchmark(connection, text)
            out.print(f"{kept.title}: {len(kept.costs)} costs are kept here.", markup=False)
