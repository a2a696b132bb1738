"""`lading network show`: how lanes, markets, modes and carriers perform, in a period and beside another."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.commands.network.words import tell
from ledger.cli.output import out, print_json
from ledger.common.periods import FOREVER, LONGEST_ROLLING
from ledger.errors import InvalidInput
from ledger.network.benchmark import parse_benchmark
from ledger.network.routes import EXPECTED, By, parse_windows
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.figures import network_asked
from ledger.services.figures.network import Asked, network_for, periods_of
from ledger.services.home.benchmarks import forget_benchmark, keep_benchmark
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
        tuple[int, int] | None,
        typer.Option(help="Compare with this period: start and end, UTC seconds. Alone: with what follows it."),
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
        wanted = Asked(start, end, rolling), Asked(*against) if against else Asked()
        period, before = periods_of(reader.home.clock.now(), *wanted)
        if json:
            asked = network_asked(
                by, period, before, windows=own_windows.decode(), evidence=True,
                benchmark=own_costs.decode() or reader.benchmark_text(),
            )  # fmt: skip
            print_json(answered(reader, None, Kind.NETWORK, asked_json(asked)))
            return
        answer = network_for(reader.numbers, None, period, by=by, before=before, windows=expected)
        if costs is not None:
            answer = replace(answer, benchmark=costs)
        names = {str(view.id): view.name for view in reader.views.partners()}
    if csv:
        sys.stdout.write(answer.to_csv())
        return
    tell(answer, names)


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
