"""`lading epcis`: check EPCIS 2.0 files offline, as `/epcis/capture` would, and tell the hash ids of their events."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.output import out, print_json
from ledger.errors import InvalidInput, LadingError
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.query import parse_query
from ledger.formats.epcis.reading import DOCUMENTS, Read, parse, read_document, read_event
from ledger.formats.epcis.validation import Problem, Validator
from ledger.services.epcis.schema import own_validator

MOST = 64 << 20
"""Bytes of a file."""


def epcis(
    files: Annotated[list[Path], typer.Argument(help="Documents, events or queries in JSON; documents in XML.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check EPCIS 2.0 files offline, and tell the hash ids of their events.

    A file without a type is a query. Exit status 0: all are right. 1: one is not.
    """
    validator = own_validator()
    told = [checked(path, read_file(path), validator) for path in files]
    if json:
        print_json({"ok": all(one["ok"] for one in told), "files": told})
    else:
        for one in told:
            out.print(f"{'[green]yes[/]' if one['ok'] else '[red]NO [/]'} ", end="")
            out.print(f"{one['file']} ({one['kind']})", markup=False)
            for problem in one["problems"]:
                out.print(f"      {problem['where']}: {problem['what']}", markup=False)
            for name in one["events"]:
                out.print(f"      {name}", markup=False)
    raise SystemExit(0 if all(one["ok"] for one in told) else 1)


def checked(path: Path, body: bytes, validator: Validator) -> dict[str, Any]:
    """What is to be told of a file: whether it is right, as what it was read, its events' ids, what is wrong."""
    kind, read = "unreadable", Read({}, ())
    try:
        whole = parse(body, xml=body.lstrip()[:1] == b"<", most=MOST)
        kind = str(whole.get("type", "query"))[:80]
        if kind in DOCUMENTS:
            read = read_document(whole, validator)
        elif "type" in whole:
            read = read_event(whole, validator)
        else:
            asked = whole.get("query", whole)
            if not isinstance(asked, dict):
                raise InvalidInput("not an object", where="query")
            parse_query(asked)
    except LadingError as error:
        read = Read({}, (Problem(error.where, str(error)),))
    return {
        "file": str(path),
        "ok": not read.problems,
        "kind": kind,
        "events": [hash_id(one.members, one.declared, one.ignored) for one in read.events.values()],
        "problems": [{"where": one.where, "what": one.what} for one in read.problems],
    }
