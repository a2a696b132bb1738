"""`lading serve`: the HTTP service of this home, and the process that works for it. `lading work`: the work alone."""

import signal
import sys
import threading
from typing import Annotated

import typer

from ledger.cli.logs import configure_logging
from ledger.cli.main import imported, importing
from ledger.cli.output import err
from ledger.cli.service_manager import READY, STOPPING, notify
from ledger.errors import DiskFailed, Unavailable
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.own_worker import OwnWorker

WORKER = (sys.executable, "-P", "-m", "ledger.cli.own_work")
"""`-P`: a folder `ledger` where it is begun is not ours."""


def serve(
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave relaying, publishing and anchoring to `lading work`.")
    ] = False,
) -> None:
    """Serve the API and the pages of the consortium in LADING_HOME."""
    settings = read_settings()
    if no_worker:
        importing()
        from ledger.cli.http_service import run
        from ledger.services.node.node import Node

        imported()
        run(settings, Node(settings, works=False))
    else:
        run_with_worker(settings)


def work() -> None:
    """Relay, publish and anchor for services that run with --no-worker.

    Of several such processes one works; the others wait, and take over within seconds when it ends, however it ends.
    """
    importing()
    from ledger.cli.own_work import SWITCH_SECONDS
    from ledger.services.home.chains import require_shared
    from ledger.services.node.node import Node

    imported()
    settings = read_settings()
    require_shared(settings, "`lading work`")
    configure_logging(settings.log_level)
    sys.setswitchinterval(SWITCH_SECONDS)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    node = Node(settings)
    node.on_failure = ended.set
    try:
        node.start()
        err.print("Lading works for this home, or waits for its turn. Stop it with Ctrl-C.", markup=False)
        notify(READY)
        ended.wait()
        notify(STOPPING)
    finally:
        node.close()
    if isinstance(node.guard.halted, DiskFailed):
        raise node.guard.halted


def run_with_worker(settings: Settings) -> None:
    """Serve this home, while a process of its own works for it, until told to end: neither goes on without the other.

    Ends with the worker's status where that cannot begin, or ends: it has said why. Raises `Unavailable` when it was
    killed, and as `ledger.cli.http_service.run` does.
    """
    worker = OwnWorker(WORKER, settings)
    try:
        importing()
        from ledger.cli.http_service import run  # which takes as long as the worker to begin
        from ledger.services.node.node import Node

        imported()
        if worker.begun():
            run(settings, Node(settings, worker=worker), worker)
    finally:
        worker.end()
    if worker.status is not None and worker.status < 0:
        raise Unavailable(
            "the process that works for this service was killed",
            where="worker",
            found=f"signal {-worker.status}",
            mend="Start the service again: nothing is lost.",
        )
    if worker.status is not None:
        raise SystemExit(worker.status or 1)
