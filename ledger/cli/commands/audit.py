"""`lading audit`: derive everything anew, and name what differs. `lading monitor`: the same for ever."""

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from prometheus_client import start_http_server

from ledger.bundle.format import parse_trust
from ledger.cli.commands.keys import read_file
from ledger.cli.commands.verify import evidence_beside, write_evidence
from ledger.cli.output import Steps, err, out, print_json
from ledger.common.periods import DAY
from ledger.errors import InvalidInput, Misconfigured
from ledger.services.audit.findings import AuditReport, Finding
from ledger.services.audit.held_evidence import Held, HeldCheckpoint, HeldLogReceipt
from ledger.services.audit.monitor import Kind, Monitor, Plan, Round, read_remembered
from ledger.services.audit.monitor import remember as keep
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
    since: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that an audit remembered: look only at what came since, and trust what was."),
    ] = None,
    remembered: Annotated[
        Path | None,
        typer.Option(
            "--remember",
            help="Where to keep the newest checkpoint that was audited, if nothing differs; the log must still contain "
            "the one that is there.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Derive everything anew from signed records, chain and log, and name what differs.

    It only reads, and may run while this home is being served. A home put back to an older state as a whole agrees
    with itself; --checkpoint and --receipt, kept elsewhere, convict it, and --trust tells whether the council that
    founded it is the one you know. --since looks only at what came after a checkpoint that --remember kept, which the
    log must still contain; what it does not look at stands at its end. Exit status 0: all is as signed, published and
    recorded; 1: it is not, or database or chain cannot be read; 2: nothing could be judged, because settings,
    consortium.json or the file `witnesses` cannot be read.
    """
    if since is not None and (checkpoint or receipt):
        raise InvalidInput(
            "--checkpoint and --receipt are held against the whole log, and --since looks at a part of it",
            where="--since",
            mend="Use one of them at a time.",
        )
    kept = None if remembered is None else read_remembered(remembered)
    held = Held(
        [
            *(HeldCheckpoint.read(str(path), read_file(path)) for path in checkpoint or ()),
            *([] if kept is None else [kept]),  # a log that was forked would replace it
        ],
        [HeldLogReceipt.read(str(path), read_file(path)) for path in receipt or ()],
        None if trust is None else parse_trust(read_file(trust)),
    )
    begin = None if since is None else HeldCheckpoint.read(str(since), read_file(since))
    with Steps() as steps:
        report = run_audit(read_settings(), held=held, since=begin, tell=steps.tell)
    if remembered is not None:
        keep(remembered, report)
    first = since or remembered
    _end(report, evidence or evidence_beside(checkpoint or ([first] if first else None)), json=json)


def _end(report: AuditReport, evidence: Path, *, json: bool) -> None:
    """Say what was found, keep what convicts the log at `evidence`, and end with status 1 where anything differs."""
    for number, match in enumerate(report.contradictions):
        write_evidence(evidence.with_stem(f"{evidence.stem}-{number + 1}") if number else evidence, match)
    if json:
        print_json(report.to_json())
    else:
        show(report)
    if not report.ok:
        raise typer.Exit(1)


def show(report: AuditReport) -> None:
    """The report for people."""
    out.print(f"{report.size} leaves, root {report.root}, anchored up to {report.anchored_size}")
    if report.ok and report.since is not None:
        out.print(
            f"[bold green]ok[/]: what came after {report.since} leaves is as it was signed, published and recorded"
        )
    elif report.ok:
        out.print("[bold green]ok[/]: the ledger is as it was signed, published and recorded")
    else:
        out.print(f"[bold red]{len(report.findings)} differences[/]")
    _list(report.findings)
    if report.notes:
        out.print(f"\n[bold]{len(report.notes)} notes[/]: not here, or not yet, which is no difference")
    _list(report.notes)
    partly = "it was not looked at, or " if report.since is not None else ""
    out.print(f"\n[bold]Not judged[/], because {partly}an audit of this home cannot know it:")
    for one in report.not_judged:
        out.print(f"  {one.what}: {one.because}", markup=False)


def _list(findings: Sequence[Finding]) -> None:
    for finding in findings[:SHOWN]:
        out.print(f"\n{finding.record or 'the ledger'}: {finding.field}", markup=False, style="bold")
        out.print(f"  {finding.what}", markup=False)
        out.print(f"  expected {finding.expected}", markup=False)
        out.print(f"  found    {finding.found}", markup=False)
    if len(findings) > SHOWN:
        out.print(f"\n… and {len(findings) - SHOWN} more (all of them with --json)")


def monitor(
    remember: Annotated[
        Path,
        typer.Option(
            help="Where the newest audited checkpoint is kept: outside the home, out of the operator's reach."
        ),
    ],
    interval: Annotated[int, typer.Option(min=1, help="Seconds from the end of one audit to the next.")] = 60,
    whole_every: Annotated[int, typer.Option(min=0, help="Seconds after which an audit is of the whole home.")] = DAY,
    trust: Annotated[Path | None, typer.Option(help="The trust file that every audit holds the home to.")] = None,
    metrics: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve metrics for Prometheus at this port of 127.0.0.1.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the last report as one JSON object.")] = False,
) -> None:
    """Audit for ever, and end when anything differs.

    The first audit is of the whole home, and so is one a day; those between look at what came since the checkpoint
    that the last one remembered. Every audit is held to that checkpoint, after a restart too: a home put back to an
    older state, or a log that was forked, is named. It only reads, and may run while this home is being served.

    Where database or node cannot be read it tries again later. Exit status 1: something differs, and the report names
    it; 0: it was told to stop (SIGTERM); 2: settings or files that it needs cannot be read.
    """
    settings = read_settings()
    known = None if trust is None else parse_trust(read_file(trust))

    def look(kind: Kind, remembered: HeldCheckpoint | None) -> AuditReport:
        if kind is Kind.SINCE and remembered is not None:
            return run_audit(settings, since=remembered, held=Held(trust=known))
        return run_audit(settings, held=Held([remembered] if remembered else [], (), known))

    watch = Monitor(look, remember, Plan(interval, whole_every), _tell)
    if metrics is not None:
        try:
            start_http_server(metrics, addr="127.0.0.1", registry=watch.metrics.registry)
        except OSError as error:
            raise Misconfigured(
                "the port for metrics cannot be used", where="--metrics", found=error.strerror
            ) from None
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    report = watch.run(stop)
    if report is None:
        return
    _end(report, evidence_beside([remember]), json=json)


def _tell(ended: Round) -> None:
    """A line an audit, on standard error: standard output is for the report."""
    name = "all of it" if ended.kind is Kind.WHOLE else "what came since"
    if ended.report is None:
        err.print(f"not audited, and tried again later: {ended.problem}", markup=False)
    else:
        result = "ok" if ended.report.ok else f"{len(ended.report.findings)} differences"
        err.print(f"{ended.report.size} leaves, {name}: {result} ({ended.seconds:.1f} s)", markup=False)
