"""`lading webhooks`: addresses that a service delivers events to, for whoever signs in with a key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ledger.cli.commands.keys import keystore_path, open_key
from ledger.cli.output import err, out, print_json, table
from ledger.client import Client, Which, answers
from ledger.explain.units import moment
from ledger.services.home.settings import read_settings

app = typer.Typer(help="Have events of the log delivered to an address of yours, signed.", no_args_is_help=True)
Key = Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")]
Webhook = Annotated[str, typer.Argument(help="The webhook's id, as `lading webhooks list` shows it.")]
Url = Annotated[str, typer.Option("--url", help="The service to ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
HERE = "http://127.0.0.1:8000"


@contextmanager
def signed_in(key: str, url: str) -> Iterator[Client]:
    settings = read_settings()
    with Client(url, key=open_key(settings, keystore_path(settings, key))) as client:
        client.sign_in()
        yield client


@app.command()
def add(
    key: Key,
    address: Annotated[str, typer.Argument(help="Where events are posted to, as https://…")],
    type_: Annotated[list[str] | None, typer.Option("--type", help="Only records of this type; repeat it.")] = None,
    shipment: Annotated[str, typer.Option(help="Only what concerns this shipment.")] = "",
    partner: Annotated[int, typer.Option(min=0, help="Only what concerns this partner.")] = 0,
    after: Annotated[
        int | None, typer.Option(min=0, help="Begin behind the event with this index; without it, from now on.")
    ] = None,
    url: Url = HERE,
    json: Json = False,
) -> None:
    """Register an address. The secret that signs what comes is shown this once."""
    with signed_in(key, url) as client:
        made = client.register_webhook(address, Which(type_ or (), shipment, partner), after)
    _tell_secret(made, json=json)


@app.command(name="list")
def list_(key: Key, url: Url = HERE, json: Json = False) -> None:
    """Your webhooks, with what waits and what was given up."""
    with signed_in(key, url) as client:
        found = client.webhooks()
    if json:
        print_json({"webhooks": found})
        return
    rows = [
        (one["id"], one["url"], one["state"], str(one["waiting"]), str(one["dead"]), one["problem"]) for one in found
    ]
    out.print(table(("id", "address", "state", "waiting", "dead", ""), rows) if rows else "no webhooks", markup=False)


@app.command()
def remove(key: Key, webhook: Webhook, url: Url = HERE) -> None:
    """Deliver nothing more, and forget what waits."""
    with signed_in(key, url) as client:
        client.remove_webhook(webhook)
    err.print("removed", markup=False)


@app.command()
def pause(key: Key, webhook: Webhook, url: Url = HERE) -> None:
    """Deliver nothing until `resume`; nothing is lost meanwhile."""
    with signed_in(key, url) as client:
        err.print(client.set_webhook(webhook, active=False)["state"], markup=False)


@app.command()
def resume(key: Key, webhook: Webhook, url: Url = HERE) -> None:
    """Deliver again, at once."""
    with signed_in(key, url) as client:
        err.print(client.set_webhook(webhook, active=True)["state"], markup=False)


@app.command()
def secret(key: Key, webhook: Webhook, url: Url = HERE, json: Json = False) -> None:
    """Another secret, shown this once; the one before signs beside it for a day."""
    with signed_in(key, url) as client:
        made = client.renew_secret(webhook)
    _tell_secret(made, json=json)


@app.command()
def dead(key: Key, webhook: Webhook, url: Url = HERE, json: Json = False) -> None:
    """What could not be delivered within three days."""
    with signed_in(key, url) as client:
        found = client.dead_letters(webhook)
    if json:
        print_json({"dead": found})
        return
    rows = [(str(one["index"]), moment(one["plannedAt"]), str(one["attempts"]), one["problem"]) for one in found]
    out.print(table(("event", "planned", "attempts", ""), rows) if rows else "no dead letters", markup=False)


@app.command()
def resend(
    key: Key,
    webhook: Webhook,
    event: Annotated[list[int] | None, typer.Option(help="Only this event, by its index; repeat it.")] = None,
    url: Url = HERE,
) -> None:
    """Deliver dead letters again, for three days more."""
    with signed_in(key, url) as client:
        count = client.resend(webhook, event)
    err.print(f"{count} due again", markup=False)


def _tell_secret(made: answers.Registered, *, json: bool) -> None:
    if json:
        print_json(made)
        return
    out.print(f"{made['webhook']['id']}\n{made['secret']}", markup=False, soft_wrap=True)
    err.print("The secret is shown this once: give it to whoever checks what comes.", markup=False)
