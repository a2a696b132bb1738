"""`lading replay`: run a delivery history through the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.imports.replay import Terms, open_replay, totals
from ledger.cli.imports.scms import CURRENCY, Line, Unusable, read_lines
from ledger.cli.output import out, print_json, progress
from ledger.common.ids import to_hex
from ledger.errors import Unavailable
from ledger.explain.units import money
from ledger.services.home.clock import SystemClock
from ledger.services.home.home_lock import alone_at
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.waiting import PATIENCE, settle_within

MOST_ALPHA = 2**64


def replay(
    file: Annotated[Path, typer.Argument(help="CSV in the layout of the SCMS delivery history.")],
    alpha: Annotated[int, typer.Option(min=0, max=MOST_ALPHA, help="Penalty rate, cents per day squared.")],
    cap_bps: Annotated[int, typer.Option(min=0, max=1_000_000, help="Penalty cap, basis points of a line's value.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many lines.")] = None,
    wait: Annotated[
        int, typer.Option(min=0, help="Seconds to wait each time that the chain has to decide.")
    ] = PATIENCE,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Turn a delivery history into signed terms and manifests, and add up the penalties.

    It can be interrupted at any moment and started again: nothing is entered twice. Totals are printed once every
    record has its outcome; while some are pending, it ends with status 1 and their number.
    """
    settings = read_settings()
    with alone_at(settings.home, "replay"):
        _replay(settings, file, Terms(alpha, cap_bps), limit, wait, json=json)


def _replay(settings: Settings, file: Path, terms: Terms, limit: int | None, wait: int, *, json: bool) -> None:
    entries = list(read_lines(read_file(file)))[:limit]
    lines = [entry for entry in entries if isinstance(entry, Line)]
    unusable = [entry for entry in entries if isinstance(entry, Unusable)]
    play = open_replay(settings, SystemClock(), terms, wait)
    try:
        play.admit(lines)
        with progress() as bar:
            task = bar.add_task("replaying", total=len(lines))
            manifests = play.run(lines, lambda count: bar.advance(task, count))
            waiting = bar.add_task("waiting for the chain", total=None)
            pending = settle_within(play.trial.node, wait, lambda left: bar.update(waiting, completed=left))
        if pending:
            raise Unavailable(
                f"{pending} records are still pending: the totals are not final",
                where="outbox",
                mend="Run the same command again, nothing is entered twice; their pages say what they wait for.",
            )
        sums = totals(play, lines)
        published = play.trial.node.reader.publisher.current()
        result = {
            "lines": len(entries),
            "usable": len(lines),
            "unusable": [{"line": entry.line, "reason": entry.reason} for entry in unusable],
            "shipments": sums.shipments,
            "manifests": manifests,
            "late": sums.late,
            "late_days": sums.late_days,
            "penalty_uncapped": sums.penalty_uncapped,
            "penalty": sums.penalty,
            "currency": CURRENCY,
            "checkpoint": (
                {"size": published.head.size, "root": to_hex(published.head.root), "origin": published.head.origin}
                if published
                else None
            ),
        }
    finally:
        play.trial.node.close()
    if json:
        print_json(result)
        return
    out.print(f"{result['lines']} lines, {len(lines)} usable, {len(unusable)} not")
    for entry in unusable[:20]:
        out.print(f"  line {entry.line}: {entry.reason}", markup=False)
    if len(unusable) > 20:
        out.print(f"  … and {len(unusable) - 20} more (all of them with --json)")
    out.print(f"{sums.shipments} shipments in {manifests} manifests; {sums.late} late, {sums.late_days} days together")
    out.print(f"penalties as if the vendor were liable: {money(sums.penalty, CURRENCY)}")
    out.print(f"  before the caps: {money(sums.penalty_uncapped, CURRENCY)}")
    if published:
        out.print(f"checkpoint: {published.head.size} leaves, root {to_hex(published.head.root)}")
