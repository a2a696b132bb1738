"""`lading plan`: advice from verified records. Nothing is signed or sent by it."""

import typer

from ledger.cli.commands.plan import goods, route

app = typer.Typer(no_args_is_help=True, help="Plans from verified records: advice, with the records it rests on.")
app.command("route")(route.route)
app.command("consolidate")(goods.consolidate)
app.command("forecast")(goods.forecast)
