"""`lading access`: the council's gates, where partners stand at them, and the evidence of a change."""

import typer

from ledger.cli.commands.access import evidence, gates, standings
from ledger.cli.groups import WithDefault

app = typer.Typer(cls=WithDefault, help="Access by score: gates, where partners stand at them, evidence of a change.")
app.add_typer(gates.app, name="gates")
app.command("show")(standings.show)
app.command("prepare")(evidence.prepare)
app.command("check")(evidence.check)
app.command("keep")(evidence.keep)
