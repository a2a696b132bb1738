"""`lading plan`: advice from verified records. Nothing is signed or sent by it."""

import typer

from ledger.cli.commands.plan import goods, route, warehouses

app = typer.Typer(no_args_is_help=True, help="Plans from verified records: advice, with the records it rests on.")
app.command("route")(route.route)
app.command("consolidate")(goods.consolidate)
app.command("forecast")(goods.forecast)
for command in (warehouses.allocate, warehouses.trigger, warehouses.cover, warehouses.balance):
    app.command()(command)
