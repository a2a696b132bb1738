"""`lading audit`: derive everything anew, and name what differs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import read_file
from ledger.cli.commands.verify import evidence_beside, write_evidence
from ledger.cli.output import Steps, out, print_json
from ledger.explain.not_judged import NOT_JUDGED
from ledger.services.audit.findings import AuditReport, Finding
from ledger.services.audit.held_evidence import Held, HeldCheckpoint, HeldLogReceipt
from ledger.services.audit.run import audit as run_audit
from ledger.services.home.settings import read_settings

SHOWN = 50


def audit(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint of this log that you kept. May be named several times."),
    ] = None,
    receipt: Annotated[
        list[Path] | None,
        typer.Option(help="A receipt that you or a partner kept. May be named several times."),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="The trust file that you have from somebody you trust: is this home that consortium's?"),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Where to write what convicts the log, should a kept checkpoint contradict it; default: beside the "
            "first checkpoint, as FILE.contradiction.json."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Derive everything anew from signed records, chain and log, and name what differs.

    It only reads, and may run while this home is being served. A home put back to an older state as a whole agrees
    with itself; --checkpoint and --receipt, kept elsewhere, convict it, and --trust tells whether the council that
    founded it is the one you know. Exit status 0: all is as signed, published and recorded; 1: it is not, or
    database or chain cannot be read; 2: nothing could be judged, because settings, consortium.json or the file
    `witnesses` cannot be read.
    """
    held = Held(
        [HeldCheckpoint.read(str(path), read_file(path)) for path in checkpoint or ()],
        [HeldLogReceipt.read(str(path), read_file(path)) for path in receipt or ()],
        None if trust is None else parse_trust(read_file(trust)),
    )
    with Steps() as steps:
        report = run_audit(read_settings(), held=held, tell=steps.tell)
    path = evidence or evidence_beside(checkpoint)
    for number, match in enumerate(report.contradictions):
        write_evidence(path.with_stem(f"{path.stem}-{number + 1}") if number else path, match)
    if json:
        print_json(report.to_json())
    else:
        show(report)
    if not report.ok:
        raise typer.Exit(1)


def show(report: AuditReport) -> None:
    """The report for people."""
    out.print(f"{report.size} leaves, root {report.root}, anchored up to {report.anchored_size}")
    if report.ok:
        out.print("[bold green]ok[/]: the ledger is as it was signed, published and recorded")
    else:
        out.print(f"[bold red]{len(report.findings)} differences[/]")
    _list(report.findings)
    if report.notes:
        out.print(f"\n[bold]{len(report.notes)} notes[/]: not here, or not yet, which is no difference")
    _list(report.notes)
    out.print("\n[bold]Not judged[/], because an audit of this home cannot know it:")
    for one in NOT_JUDGED:
        out.print(f"  {one.what}: {one.because}", markup=False)


def _list(findings: Sequence[Finding]) -> None:
    for finding in findings[:SHOWN]:
        out.print(f"\n{finding.record or 'the ledger'}: {finding.field}", markup=False, style="bold")
        out.print(f"  {finding.what}", markup=False)
        out.print(f"  expected {finding.expected}", markup=False)
        out.print(f"  found    {finding.found}", markup=False)
    if len(findings) > SHOWN:
        out.print(f"\n… and {len(findings) - SHOWN} more (all of them with --json)")
