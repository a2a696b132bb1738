"""`lading access gates`: check a gates file, keep it here, prepare its adoption by the council."""

import typer

from ledger.access.adopted_gates import GATES
from ledger.access.gates_file import Gates
from ledger.cli.adopted_files import FileCommands
from ledger.cli.output import out, print_json
from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.explain.access.standing import ACTIONS, gate_text, whose

app = typer.Typer(no_args_is_help=True, help="Gates files: check one, keep it here, prepare its adoption.")


def _tell(gates: Gates, json: bool) -> None:
    if json:
        listed = [to_json(gate) for gate in gates.gates.values()]
        print_json({"gates": to_hex(gates.hash), "title": gates.title, "period": gates.step, "listed": listed})
        return
    out.print(f"{gates.title}: {to_hex(gates.hash)}, by {gates.step}", markup=False)
    for gate in gates.gates.values():
        out.print(f"  {gate.name} ({whose(gate)}): {gate_text(gate)}. {ACTIONS[gate.action]}.", markup=False)


FileCommands(GATES, "ledger/access/gates/example.toml shows the form", "what it asks for", _tell).add_to(app)
