"""`lading worklist`: what waits for a key's partner at a service, and drafts of what is to be signed."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import keystore_path, open_key
from ledger.cli.output import out, print_json, table
from ledger.cli.sessions import sign_in
from ledger.client import Client
from ledger.errors import NotFound
from ledger.explain.units import moment
from ledger.services.home.settings import read_settings


def worklist(
    key: Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")],
    url: Annotated[str, typer.Option(help="The service to ask.")] = "http://127.0.0.1:8000",
    draft: Annotated[str, typer.Option(help="Print the draft of this item, for `lading sign`.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What waits for you at a service, and drafts of what is to be signed.

    Signs in with the key; what runs out first stands first. `--draft ITEM` prints a template for `lading sign`.
    """
    settings = read_settings()
    signer = open_key(settings, keystore_path(settings, key))
    service = Client(url)
    found = service.worklist(sign_in(service, signer)["token"])
    if draft:
        print_json(_draft(found["items"], draft))
    elif json:
        print_json(found)
    else:
        rows = [
            (item["until"] and moment(item["until"]), item["title"], item["text"], item["id"])
            for item in found["items"]
        ]
        out.print(table(("until", "", "", "item"), rows) if rows else "nothing waits", markup=False)


def _draft(items: Sequence[Mapping[str, Any]], wanted: str) -> dict[str, Any]:
    for item in items:
        if item["id"] == wanted and item["draft"] is not None:
            return dict(item["draft"])
    raise NotFound(
        "nothing to sign under this name", where="--draft", expected="an item with a draft", found=wanted[:80]
    )
