"""`lading network`: how the partners' network performs, and the validators of the network that carries it."""

import typer

from ledger.cli.commands.network import performance, validators
from ledger.cli.groups import WithDefault

app = typer.Typer(
    cls=WithDefault,
    help="How lanes, markets, modes, carriers and fulfilments perform; and the validators of a reference network.",
)
app.command("show")(performance.show)
app.command("benchmark")(performance.benchmark)
for command in (validators.init, validators.member, validators.up, validators.down, validators.status):
    app.command()(command)
