"""`lading access show`: where partners stand at the council's gates."""

from typing import Annotated

import typer

from ledger.cli.output import out, print_json
from ledger.explain.access.standing import STAGES, gate_text, reading_text, readings_of, sentence
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.standings import StandingsAsked
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger


def show(
    partner: Annotated[int | None, typer.Argument(min=1, help="A partner's id; default: all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Where partners stand at the gates in force, with the periods that say so."""
    with open_ledger(read_settings()) as reader:
        if partner is not None:
            reader.views.partner(partner)
        if json:
            print_json(answered(reader, None, Kind.ACCESS, asked_json(StandingsAsked(partner))))
            return
        found = reader.access.standings(partner)
        names = {view.id: view.name for view in reader.views.partners()}
    for one in found:
        who = f"{names.get(one.partner, one.partner)}, {one.gate.name}"
        out.print(f"{who}: {STAGES[one.course.stage]}. {sentence(one.course)}", markup=False)
        out.print(f"  asked for: {gate_text(one.gate)}", markup=False)
        for reading in readings_of(one.course):
            out.print(f"  {reading_text(one.course.gate or one.gate, reading)}", markup=False)
        if one.prepared:
            out.print(f"  prepared: lading access prepare {one.partner} {one.gate.name} --out FOLDER", markup=False)
    if not found:
        out.print("no gates in force, or nobody has a role that they are about")
