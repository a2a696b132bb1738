"""`lading events`: the log of a service as events, one a line."""

import sys
from typing import Annotated

import typer

from ledger.cli.output import out
from ledger.client import Client, Which, answers
from ledger.common.canonical import canonical_json
from ledger.explain.units import moment


def events(
    url: Annotated[str, typer.Option(help="The service to ask.")] = "http://127.0.0.1:8000",
    after: Annotated[
        int | None,
        typer.Option(min=0, help="The index of the last event that was taken in; without it, from the first."),
    ] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="Only records of this type; repeat it.")] = None,
    shipment: Annotated[str, typer.Option(help="Only what concerns this shipment.")] = "",
    partner: Annotated[int, typer.Option(min=0, help="Only what concerns this partner.")] = 0,
    follow: Annotated[bool, typer.Option(help="Go on with what comes, until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Events of the log, one for each record, in its order. They need no session: they hold public fields only."""
    which = Which(type_ or (), shipment, partner)
    with Client(url) as client:
        if follow:
            for event in client.follow(after, which):
                _tell(event, json=json)
            return
        while True:
            page = client.events(after, which)
            for event in page["events"]:
                _tell(event, json=json)
            if not page["more"]:
                return
            after = page["next"]


def _tell(event: answers.Event, *, json: bool) -> None:
    if json:
        sys.stdout.write(canonical_json(event).decode() + "\n")
        sys.stdout.flush()
        return
    outcome = event.get("outcome")
    about = f" of {outcome['type']} {outcome['record'][:10]}: {', '.join(outcome['items'])}" if outcome else ""
    partners = ", ".join(map(str, event["partners"]))
    concerns = f"  partners {partners}" if partners else ""
    line = f"{event['index']:>6}  {moment(event['loggedAt'])}  {event['type']} {event['id'][:10]}{about}{concerns}"
    out.print(line, markup=False, soft_wrap=True)
