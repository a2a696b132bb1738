"""`lading verify`: check a bundle offline. Imports nothing of database, chain or services: it needs none of them."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import MAX_BUNDLE, MAX_TRUST, parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.verify import verify_bundle
from ledger.cli.output import out, print_json
from ledger.common.canonical import parse_json
from ledger.errors import MalformedRecord, Misconfigured

TRUST_NAME = "trust.json"


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle.")],
    trust: Annotated[Path | None, typer.Option(help="The trust file; default: trust.json beside the bundle.")] = None,
    receipt: Annotated[
        list[Path] | None,
        typer.Option(help="A record with the receipt you hold for it: was it left out? May be named several times."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a bundle offline: no database, no node, no network. Exit status 0 only if every step holds."""
    path = trust or file.parent / TRUST_NAME
    if not path.exists():
        raise Misconfigured(
            "no trust file", where=str(path), mend="Get it from somebody you trust, and name it with --trust."
        )
    held = [HeldReceipt.from_json(parse_json(_read(name, MAX_TRUST), where=str(name))) for name in receipt or ()]
    steps = verify_bundle(_read(file, MAX_BUNDLE), parse_trust(_read(path, MAX_TRUST)), held)
    good = all(step.ok for step in steps)
    if json:
        print_json({"ok": good, "steps": [step.to_json() for step in steps]})
    else:
        for step in steps:
            mark = "[green]yes[/]" if step.ok else "[red]NO [/]"
            out.print(f"{mark} {step.name} ({step.basis}): ", end="")
            out.print(step.why, markup=False)
            if not step.ok and (step.expected or step.found):
                out.print(f"      expected {step.expected}\n      found    {step.found}", markup=False)
    raise SystemExit(0 if good else 1)


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise MalformedRecord("cannot be read", where=str(path), found=error.strerror or "") from None
    if len(data) > most:
        raise MalformedRecord("too large", where=str(path), expected=f"at most {most} bytes")
    return data
