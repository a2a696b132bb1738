"""`lading submit`: hand in what others signed too, to a service or to the home on this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.connect import WAIT, connected
from ledger.cli.output import out, print_json, progress
from ledger.cli.qr_frames import read_signed
from ledger.client.problems import error_in


def submit(
    files: Annotated[list[Path], typer.Argument(help="Signed records as files, or the text of scanned codes.")],
    url: Annotated[str | None, typer.Option(help="The service to ask; without it, the home on this machine.")] = None,
    wait: Annotated[
        int, typer.Option(min=0, help="Without --url: seconds to wait for the chain's outcome of each record.")
    ] = WAIT,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hand in signed records, in any order. What lacks a signature waits for it; what comes too early waits too.

    A service is handed several at once: what it refuses is told of by itself, the others are taken in, and this ends
    with status 1. At the home on this machine it ends so when a record is accepted and the chain has not decided in
    time.
    """
    records = [read_signed(read_file(file), str(file)) for file in files]
    with progress() as bar:
        waiting = bar.add_task("waiting for the chain", total=None, visible=False)
        with connected(url, wait, lambda left: bar.update(waiting, completed=left, visible=True)) as ledger:
            answers = ledger.submit_many(records) if len(records) > 1 else [ledger.submit(records[0])]
    if json:
        print_json({"records": answers})
    else:
        _tell(files, answers)
    if any(answer["status"] == "refused" for answer in answers):
        raise typer.Exit(1)


def _tell(files: list[Path], answers: Sequence[Mapping[str, Any]]) -> None:
    for file, answer in zip(files, answers, strict=True):
        if answer["status"] == "refused":
            out.print(f"{file}: refused: {error_in(answer['problem'], answer['problem']['status'])}", markup=False)
            continue
        missing = f", missing: {', '.join(answer['missing'])}" if answer.get("missing") else ""
        waits = "".join(f"\n  {waits_in_words(one)}" for one in answer.get("waitsFor", ()))
        out.print(f"{file}: {answer['status']} as {answer['id']}{missing}{waits}", markup=False)


def waits_in_words(one: dict[str, Any]) -> str:
    """What an accepted record waits for, in a line."""
    standing = one.get("standing")
    stands = "nobody has opened it yet" if standing is None else f"it stands at {standing}"
    return f"waits: {one['where']} is {one['sequence']} of shipment {one['shipment']}, and {stands}"
