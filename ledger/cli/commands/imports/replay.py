"""`lading replay`: run a delivery history of the SCMS layout through the ledger."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.imports.history import enter
from ledger.cli.imports.maps import open_map
from ledger.cli.imports.result import told_result
from ledger.cli.imports.seed import Terms
from ledger.cli.imports.words import reason_of
from ledger.cli.output import out, print_json
from ledger.errors import InvalidInput
from ledger.formats.tabular.plan import plan_of
from ledger.services.home.settings import read_settings
from ledger.services.node.waiting import PATIENCE

MOST_ALPHA = 2**64
CURRENCY = "USD"


def replay(
    file: Annotated[Path, typer.Argument(help="CSV in the layout of the SCMS delivery history.")],
    alpha: Annotated[int, typer.Option(min=0, max=MOST_ALPHA, help="Penalty rate, cents per day squared.")],
    cap_bps: Annotated[int, typer.Option(min=0, max=1_000_000, help="Penalty cap, basis points of a line's value.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many lines.")] = None,
    wait: Annotated[
        int, typer.Option(min=0, help="Seconds to wait each time that the chain has to decide.")
    ] = PATIENCE,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Turn a delivery history into signed terms and manifests, and add up the penalties.

    It is `lading import --map scms --history --skip-unusable`, without asking. It can be interrupted at any moment and
    started again: nothing is entered twice. Totals are printed once every record has its outcome; while some are
    pending, it ends with status 1 and their number.
    """
    plan = plan_of(read_file(file), open_map("scms"), int(time.time()))
    if plan.questions:
        raise InvalidInput(str(plan.questions[0]), where=str(file), mend="Use `lading import` with a map that says so.")
    plan = replace(plan, entries=plan.entries[:limit])
    entered = enter(read_settings(), plan.lines, Terms(alpha, cap_bps), wait)
    owed = entered.pop("owed").get(CURRENCY, {"penalty_uncapped": 0, "penalty": 0})
    result = {
        "lines": len(plan.entries),
        "usable": len(plan.lines),
        "unusable": [{"line": entry.line, "reason": reason_of(entry)} for entry in plan.unusable],
        **{name: value for name, value in entered.items() if name != "checkpoint"},
        **owed,
        "currency": CURRENCY,
        "checkpoint": entered["checkpoint"],
    }
    if json:
        print_json(result)
        return
    out.print(f"{result['lines']} lines, {len(plan.lines)} usable, {len(plan.unusable)} not")
    for entry in plan.unusable[:20]:
        out.print(f"  line {entry.line}: {reason_of(entry)}", markup=False)
    if len(plan.unusable) > 20:
        out.print(f"  … and {len(plan.unusable) - 20} more (all of them with --json)")
    for sentence in told_result(entered | {"owed": {CURRENCY: owed}}, "the vendor"):
        out.print(sentence, markup=False)
