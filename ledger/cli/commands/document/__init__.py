"""`lading document`: what partners' systems send becomes drafts, and what was signed becomes what they read."""

import typer

from ledger.cli.commands.document.incoming import incoming
from ledger.cli.commands.document.outgoing import receipt, status

app = typer.Typer(no_args_is_help=True)
app.command("in")(incoming)
app.command("receipt")(receipt)
app.command("status")(status)


@app.callback()
def _about() -> None:
    """Documents of partners' systems: a despatch advice becomes drafts, what was signed a receipt or a status.

    In: PEPPOL Despatch Advice (UBL 2.1), X12 856, EDIFACT DESADV. Out: UBL Receipt Advice, UBL Transportation Status,
    EDIFACT IFTSTA, X12 214. It needs no network.
    """
