"""`lading backup` and `lading restore`: a home copied, and made again from its copy. Both end with an audit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.audit import show
from ledger.cli.output import Steps, err, out, print_json
from ledger.explain.units import moment
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.lifecycle.backup import backup as take
from ledger.services.lifecycle.restore import RestoredHome
from ledger.services.lifecycle.restore import restore as put_back

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def backup(
    target: Annotated[Path, typer.Argument(help="A new or empty folder, best on another disk.", metavar="DEST")],
    json: Json = False,
) -> None:
    """Copy the home in LADING_HOME into a folder, while it is served or not, and audit the copy.

    Database, embedded chain, log, keys, highest checkpoint, consortium.json, witnesses and erasures.jsonl, as they were
    at one moment. The passphrase is not in it: keep that elsewhere. A PostgreSQL database is dumped afterwards, with
    pg_dump, and not by this command. Exit status 1 when the copy does not stand the audit.
    """
    with Steps() as steps:
        taken = take(read_settings(), target, SystemClock().now(), steps.tell)
    report, manifest = taken.report, taken.manifest
    if json:
        print_json(
            {"backup": str(target)}
            | {name: value for name, value in manifest.to_json().items() if name != "files"}
            | {"files": len(manifest.files), "audit": None if report is None else report.to_json()}
        )
    else:
        out.print(f"{target}: {len(manifest.files)} files, as of {moment(manifest.taken_at)}", markup=False)
    if report is None:
        err.print(f"Now dump the database: pg_dump --format=custom --file={target}/ledger.dump DATABASE", markup=False)
        return
    if not json:
        show(report)
    if not report.ok:
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `lading backup` has made.", metavar="SRC")],
    json: Json = False,
) -> None:
    """Make the home in LADING_HOME, which must be empty, from a backup, and audit it.

    Every file is compared with what was backed up before anything is written. What was accepted after the backup is not
    in it, so until the chain has been asked the home accepts, signs and sends nothing; what nobody can know is said. A
    PostgreSQL database is put back before, with pg_restore. Exit status 1 when the home does not stand
    the audit.
    """
    with Steps() as steps:
        restored = put_back(read_settings(), source, steps.tell)
    if json:
        print_json(
            {
                "takenAt": restored.manifest.taken_at,
                "size": restored.report.size,
                "network": restored.network,
                "witnesses": restored.witnessed,
                "audit": restored.report.to_json(),
            }
        )
    else:
        show(restored.report)
        out.print()
    for line in until_it_is_met(restored):
        err.print(line, markup=False)
    if not restored.report.ok:
        raise typer.Exit(1)


def until_it_is_met(restored: RestoredHome) -> Iterator[str]:
    """What the restored home may not do, and until when."""
    size, then = restored.report.size, moment(restored.manifest.taken_at)
    yield f"This home is as it was at {then}, with {size} leaves. What was accepted since is not in it."
    if restored.network:
        yield (
            "Until `lading serve` has asked the chain, it accepts nothing, signs no receipt and no checkpoint, and "
            "sends nothing. If the chain knows more of its log, it stays halted: it reads, and /readyz says what to do."
        )
    if restored.witnessed:
        yield (
            "Before it shows a checkpoint, its witnesses are asked; one that has seen more of its log halts it. So "
            "start it while they can be reached."
        )
    if not restored.network and not restored.witnessed:
        yield (
            "Nothing outside this home knows its log: it has no witnesses, and the embedded chain is part of it. Do "
            "not serve it while a newer copy may exist, or receipts may have been given since: it would sign a second "
            "log, which whoever holds such a receipt can prove."
        )
