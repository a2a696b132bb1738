"""`lading witness`: a program of its own that cosigns the checkpoints of logs it knows (C2SP tlog-witness)."""

import logging
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ledger.cli.commands.keys import passphrase
from ledger.cli.commands.witness.mirroring import mirror
from ledger.cli.output import err, out, print_json
from ledger.cli.service_manager import READY, STOPPING, notify
from ledger.errors import Misconfigured
from ledger.log.leaf import parse_verifier_key
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.witness.folder import LOGS, WitnessFolder, make_witness
from ledger.services.witness.service import PATH, Witness, WitnessServer

app = typer.Typer(
    help="A witness of logs: make one, and serve it (C2SP tlog-witness); and copies of logs for readers.",
    no_args_is_help=True,
)
app.command()(mirror)
Folder = Annotated[Path, typer.Argument(help="The witness's own folder: key, logs and state.")]
LINE = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"


@app.command()
def new(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Name of the witness, such as witness.example.org/w1; fixed from now on.")],
    log: Annotated[
        list[str] | None,
        typer.Option(help="Verifier key of a log to witness (`verifierKey` of its /v1/log). Repeat it."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a witness with a key of its own. The passphrase comes from LADING_PASSPHRASE(_FILE) or is asked for."""
    logs = {key.origin: key for key in map(parse_verifier_key, log or ())}
    identity = make_witness(folder, name, logs, passphrase(read_settings(), confirm=True))
    if json:
        print_json({"folder": str(folder), "vkey": identity.verifier_key(), "logs": sorted(logs)})
    else:
        out.print(identity.verifier_key(), markup=False)


@app.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0: any free one.")] = 8010,
) -> None:
    """Answer add-checkpoint until told to stop. Only logs listed in the folder's file `logs` are cosigned."""
    settings = read_settings()
    kept = WitnessFolder(folder, passphrase(settings))
    logging.basicConfig(level=settings.log_level.upper(), format=LINE, stream=sys.stderr)
    logging.Formatter.converter = time.gmtime
    signal.signal(signal.SIGTERM, _stop)
    try:
        server = WitnessServer((host, port), Witness(kept, SystemClock().now))
    except OSError as error:
        raise Misconfigured("cannot listen there", where=f"{host}:{port}", found=error.strerror or "") from None
    if not kept.logs:
        err.print(f"No log is listed in {folder / LOGS}: every request will be refused.", markup=False)
    err.print(f"{kept.cosigner.identity.verifier_key()} serves {server.url}{PATH}. Stop it with Ctrl-C.", markup=False)
    notify(READY)  # it listens since it was made
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # the usual way to end it
    finally:
        notify(STOPPING)
        server.server_close()
    if server.witness.failure is not None:
        raise server.witness.failure


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
