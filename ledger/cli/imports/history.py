"""A file's lines entered as history, and what came of them."""

from collections.abc import Sequence
from typing import Any

from ledger.cli.imports.replay import open_replay
from ledger.cli.imports.seed import Terms
from ledger.cli.imports.totals import totals
from ledger.cli.output import progress
from ledger.common.ids import to_hex
from ledger.errors import Unavailable
from ledger.formats.tabular.lines import Line
from ledger.services.home.clock import SystemClock
from ledger.services.home.home_lock import alone_at
from ledger.services.home.settings import Settings
from ledger.services.node.waiting import settle_within


def enter(settings: Settings, lines: Sequence[Line], terms: Terms, wait: float) -> dict[str, Any]:
    """Sign and enter all lines, and add up their penalties from verified records: the result, as JSON gives it.

    It can be interrupted at any moment and started again. Raises `Unavailable` while some records are pending after
    `wait` seconds: totals that are not final are none.
    """
    with alone_at(settings.home, "replay"):
        return _enter(settings, lines, terms, wait)


def _enter(settings: Settings, lines: Sequence[Line], terms: Terms, wait: float) -> dict[str, Any]:
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
    finally:
        play.trial.node.close()
    return {
        "shipments": sums.shipments,
        "manifests": manifests,
        "open": sums.open,
        "late": sums.late,
        "late_days": sums.late_days,
        "owed": {
            currency: {"penalty_uncapped": owed.uncapped, "penalty": owed.amount}
            for currency, owed in sums.owed.items()
        },
        "checkpoint": (
            {"size": published.head.size, "root": to_hex(published.head.root), "origin": published.head.origin}
            if published
            else None
        ),
    }
