"""`lading access gates`: check a gates file, keep it here, prepare its adoption by the council."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.access.gates_file import Gates, parse_gates
from ledger.cli.commands.keys import read_file
from ledger.cli.commands.partners import give
from ledger.cli.connect import connected
from ledger.cli.output import err, out, print_json
from ledger.codes import RegistryAction
from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.errors import RuleBroken
from ledger.explain.access.standing import ACTIONS, gate_text
from ledger.explain.units import moment
from ledger.registry.changes import change
from ledger.services.figures.access import keep_gates
from ledger.services.home import kept_rules
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger

app = typer.Typer(no_args_is_help=True, help="Gates files: check one, keep it here, prepare its adoption.")
File = Annotated[Path, typer.Argument(help="A gates file, TOML; ledger/access/gates/example.toml shows the form.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def check(file: File, json: Json = False) -> None:
    """Check a gates file and print what it asks for, and its SHA-256."""
    _tell(parse_gates(read_file(file)), json)


@app.command()
def keep(file: File, json: Json = False) -> None:
    """Keep a gates file in this home, where partners are judged by it once the council has adopted it."""
    text = read_file(file)
    with open_ledger(read_settings(), read_only=False) as reader, reader.home.database.write() as connection:
        gates = keep_gates(connection, text)
    _tell(gates, json)


@app.command()
def adopt(
    file: File,
    start: Annotated[int, typer.Option(min=1, help="Start of the first period that it governs, UTC seconds.")],
    url: Annotated[str | None, typer.Option(help="The service to ask. Without it: the home in LADING_HOME.")] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the change. Without it, printed.")
    ] = None,
) -> None:
    """Prepare the change by which the council adopts a gates file, for periods from --start on."""
    gates = parse_gates(read_file(file))
    if start <= SystemClock().now():
        raise RuleBroken(
            "gates are adopted before the period that they govern",
            where="--start",
            expected="a time to come, early enough for the council to sign and the chain to record it",
            found=moment(start),
        )
    if url is None:
        with open_ledger(read_settings()) as reader, reader.home.database.read() as connection:
            kept_rules.kept(connection, gates.hash)  # raises when the file is not kept: scores would stop at its start
    with connected(url) as ledger:
        state = ledger.consortium()
    err.print(f"“{gates.title}” would govern periods from {moment(start)}", markup=False)
    if url is not None:
        err.print("Who serves it must keep the file first: lading access gates keep FILE")
    adoption = change(state["next_sequence"], RegistryAction.ADOPT_RULES, document=gates.hash, number=start)
    give([adoption], state["trust"]["consortiumId"], state["council"]["threshold"], out_folder)


def _tell(gates: Gates, json: bool) -> None:
    if json:
        listed = [to_json(gate) for gate in gates.gates.values()]
        print_json({"gates": to_hex(gates.hash), "title": gates.title, "period": gates.step, "listed": listed})
        return
    out.print(f"{gates.title}: {to_hex(gates.hash)}, by {gates.step}", markup=False)
    for gate in gates.gates.values():
        out.print(f"  {gate.name} ({gate.role.name.lower()}): {gate_text(gate)}. {ACTIONS[gate.action]}.", markup=False)
