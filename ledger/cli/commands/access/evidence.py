"""`lading access prepare`, `check`, `keep`: what the council signs about a partner's access, and whether it holds."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.access.evidence import LARGEST, changes_for
from ledger.bundle.access import verify_against_bundle, verify_evidence
from ledger.bundle.format import MAX_BUNDLE, MAX_TRUST, parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import Step
from ledger.cli.commands.partners import give
from ledger.cli.output import err, out, print_json
from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, Misconfigured
from ledger.explain.bundle import step_text

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_CARD = 1 << 20


def prepare(
    partner: Annotated[int, typer.Argument(min=1, help="A partner's id.")],
    gate: Annotated[str, typer.Argument(help="The gate's name.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder for the evidence and the changes.")],
) -> None:
    """Write the evidence of the change that is due, keep it here, and prepare what the council signs.

    Two changes, in this order: the evidence is adopted by its SHA-256, as rules of no period, and access is withdrawn
    or given back. Nothing happens unless the council signs both.
    """
    from ledger.services.home.settings import read_settings
    from ledger.services.node.reader import open_ledger

    with open_ledger(read_settings(), read_only=False) as reader:
        found = reader.access.evidence(partner, gate)
        with reader.home.database.write() as connection:
            reader.access.keep(connection, found)
        with reader.home.database.read() as connection:
            registry = reader.registry.refreshed(connection)
        changes = changes_for(found, registry.history.next_sequence)
        threshold = registry.now().council().threshold
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"access-{partner}-{gate}.json"
    path.write_bytes(found.text())
    err.print(f"{path}: evidence with the SHA-256 {to_hex(found.hash)}", markup=False)
    err.print(f"Check it: lading access check {path.name} --bundle BUNDLE", markup=False)
    give(changes, to_hex(found.consortium), threshold, folder)


def keep(file: Annotated[Path, typer.Argument(help="The evidence.")]) -> None:
    """Keep evidence that was prepared elsewhere in this home, once it holds by itself. Then a loss of access is told to
    be its gate's here too, and a return is prepared.
    """
    from ledger.services.home.settings import read_settings
    from ledger.services.node.reader import open_ledger

    steps, found = verify_evidence(_read(file, LARGEST))
    for step in steps:
        _tell(step)
    if found is None or not all(step.ok for step in steps):
        raise SystemExit(1)
    with open_ledger(read_settings(), read_only=False) as reader, reader.home.database.write() as connection:
        reader.access.keep(connection, found)


def check(
    file: Annotated[Path, typer.Argument(help="The evidence.")],
    bundle: Annotated[
        Path | None, typer.Option(help="A bundle about the partner: every figure is made again from its records.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(help="The trust file; default: trust.json beside the bundle.")] = None,
    card: Annotated[
        list[Path] | None, typer.Option(help="A scorecard that is not in the bundle. Repeat it for more.")
    ] = None,
    receipt: Annotated[
        list[Path] | None, typer.Option(help="A record with the receipt you hold for it: was it left out?")
    ] = None,
    json: Json = False,
) -> None:
    """Check the evidence of a change of access offline. Exit status 0: every step holds. 1: one does not.

    Alone, it is checked by itself: gates, thresholds, times, records. With a bundle about the partner, signatures,
    proofs and every figure too.
    """
    steps, found = verify_evidence(_read(file, LARGEST))
    if found is not None and all(step.ok for step in steps) and bundle is not None:
        path = trust or bundle.parent / "trust.json"
        if not path.exists():
            raise Misconfigured(
                "no trust file", where=str(path), mend="Get it from somebody you trust, and name it with --trust."
            )
        trusted = parse_trust(_read(path, MAX_TRUST))
        held = [HeldReceipt.from_json(parse_json(_read(one, MAX_TRUST), where=str(one))) for one in receipt or ()]
        cards = [_read(one, _CARD) for one in card or ()]
        steps = [*steps, *verify_against_bundle(found, _read(bundle, MAX_BUNDLE), trusted, cards, held)]
    good = all(step.ok for step in steps)
    if json:
        print_json({
            "ok": good,
            "document": to_hex(found.hash) if found else None,
            "recomputed": bundle is not None and good,
            "steps": [step.to_json() | {"why": step_text(step)} for step in steps],
        })  # fmt: skip
    else:
        for step in steps:
            _tell(step)
        if bundle is None and good:
            out.print("Its figures were not made again: that needs --bundle, a bundle about the partner.")
    raise SystemExit(0 if good else 1)


def _tell(step: Step) -> None:
    out.print(f"{'[green]yes[/]' if step.ok else '[red]NO [/]'} {step.name} ({step.basis}): ", end="")
    out.print(step_text(step), markup=False)
    if not step.ok and (step.expected or step.found):
        out.print(f"      expected {step.expected}\n      found    {step.found}", markup=False)


def _read(path: Path, largest: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise MalformedRecord("too large", where=str(path), expected=f"at most {largest} bytes")
    return data
