"""`lading demo`: play the demo consortium, show what came of it, and serve it."""

import os
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.serve import run_with_worker
from ledger.cli.demo.cast import make_cast
from ledger.cli.demo.past import PAST
from ledger.cli.demo.play import Play
from ledger.cli.demo.plot import LAST_DAY, perform
from ledger.cli.demo.result import PRODUCTS, result_of
from ledger.cli.demo.scribe import Scribe
from ledger.cli.demo.telling import tell
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.cli.http_service import require_free
from ledger.cli.output import err, out, print_json
from ledger.cli.sandbox import found_trial, open_trial
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, HOUR
from ledger.errors import Misconfigured
from ledger.explain.penalties.penalty import explain
from ledger.services.home.chains import require_embedded
from ledger.services.home.clock import ManualClock, SystemClock
from ledger.services.home.consortium import TokenPlan, read_consortium
from ledger.services.home.home_lock import unused
from ledger.services.home.keystores import new_key
from ledger.services.home.settings import Settings, read_settings

MARKER = "this-is-a-demo"
REGISTRY_DELAY = DAY
SUPPLY = 10**10
_CODES = {"authentic": "genuine ", "recalled": "recalled", "risk": "copied  "}
"""What the codes of these verdicts are examples of."""


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the demo afterwards.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play some weeks of a supply chain, check every promise, and serve it. Keys, contracts and records are real.

    It plays in LADING_HOME, or in var/demo, and on the embedded chain; an earlier demo there is replaced. Exit status 0
    only if all verdicts hold.
    """
    home = None if os.environ.get("LADING_HOME") else Path("var/demo")
    settings = read_settings(home=home)
    require_embedded(settings, "the demo")
    if serve:
        require_free(settings)
    _clear(settings.home)
    end = int(time.time())
    play, witnesses = _stage(settings, end, quiet=json)
    try:
        plans = perform(play)
        _show_another_history(play, witnesses)
        play.clock.move_to(end)
        play.trial.node.settle()
        result = result_of(play, plans)
        words = explain(play.trial.node.reader.numbers.penalty(play.shipments["ocean"]))
    finally:
        play.trial.node.close()
    if json:
        print_json(result)
    else:
        tell(result, words, {to_hex(shipment): name for name, shipment in play.shipments.items()})
    good = all(verdict["ok"] for verdict in result["verdicts"])
    try:
        if not good or not serve:
            raise SystemExit(0 if good else 1)
        if not json:
            _show_codes(settings.public_url)
        witnesses.clock = SystemClock()
        run_with_worker(settings)
    finally:
        witnesses.close()


def _show_codes(url: str) -> None:
    """Where to see what whoever scans a product sees; the service that answers there starts now."""
    out.print("\n[bold]Codes to look at once the service runs[/]")
    for path, verdict in PRODUCTS:
        if verdict in _CODES:
            out.print(f"  {_CODES[verdict]}  {url}/p/{path}", markup=False, soft_wrap=True)


def _show_another_history(play: Play, witnesses: DemoWitnesses) -> None:
    node = play.trial.node
    node.settle()
    published = node.reader.publisher.current()
    if published is not None:
        play.refused(
            "another history of the log, signed and shown to a witness",
            lambda: witnesses.show_another_history(node.reader.keys.log, published.head),
        )


def _clear(home: Path) -> None:
    """Make room for a new demo; never touches a home that is not one, or that is in use."""
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise Misconfigured(
            "there is something else in this home", where=str(home), mend="Choose another LADING_HOME for the demo."
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Whoever serves this home holds its lock: nothing is taken away under its feet.
    with unused(home) as locks:
        for entry in home.iterdir():
            if entry in locks:
                continue  # a new file would be another lock
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    (home / MARKER).write_text("Made by `lading demo`; its keys are worthless, and the next demo replaces it.\n")


def _stage(settings: Settings, end: int, *, quiet: bool) -> tuple[Play, DemoWitnesses]:
    clock = ManualClock(end - ((PAST + LAST_DAY) * DAY + 10 * HOUR))
    purse = new_key()
    token = TokenPlan("Demo Euro", "dEUR", purse.address, SUPPLY)
    found_trial(settings, clock, delay=REGISTRY_DELAY, token=token)
    witnesses = DemoWitnesses(settings.home, read_consortium(settings.home).log, clock)
    trial = open_trial(settings, clock)
    parties = make_cast(settings)

    start = clock.now() + PAST * DAY

    def say(line: str) -> None:
        if not quiet:
            day = (clock.now() - start) // DAY
            err.print(f"[dim]day {day:2}[/]  {line}")

    return Play(trial, clock, start, parties, purse, Scribe(trial, parties), say), witnesses
