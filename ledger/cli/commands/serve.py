"""`lading serve`: the HTTP service of this home, until it is told to stop. `lading work`: its work without HTTP."""

import signal
import socket
import threading
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer
import uvicorn

from ledger.api.app import create_app
from ledger.api.connections import ACCEPTED_AT_ONCE, PatientProtocol, allow_more_files
from ledger.cli.logs import configure_logging
from ledger.cli.output import err
from ledger.cli.own_work import COMMAND
from ledger.cli.service_manager import READY, STOPPING, notify
from ledger.errors import DiskFailed, Misconfigured, Unavailable
from ledger.services.home.chains import require_shared
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.node import Node
from ledger.services.node.own_worker import OwnWorker

FINISH_SECONDS = 10
"""What a request under way may still take after the signal to stop."""
DEMO_NOTICE = "This is a demo: its keys are public and its money is worthless."


def serve(
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave relaying, publishing and anchoring to `lading work`.")
    ] = False,
) -> None:
    """Serve the API and the pages of the consortium in LADING_HOME."""
    settings = read_settings()
    if no_worker:
        run(settings, Node(settings, works=False))
    else:
        run_with_worker(settings)


def work() -> None:
    """Relay, publish and anchor for services that run with --no-worker.

    Of several such processes one works; the others wait, and take over within seconds when it ends, however it ends.
    """
    settings = read_settings()
    require_shared(settings, "`lading work`")
    configure_logging(settings.log_level)
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
    """Serve this home as `run` does, while a process of its own works for it: neither goes on without the other.

    Ends with the worker's status where that cannot begin, or ends: it has said why. Raises `Unavailable` when it was
    killed.
    """
    read_consortium(settings.home)  # what is wrong at first sight is said at once
    worker = OwnWorker(COMMAND, settings)
    try:
        if worker.status is None:
            run(settings, Node(settings, worker=worker), worker=worker)
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


def run(
    settings: Settings,
    node: Node,
    *,
    ready: Callable[[str], None] | None = None,
    worker: OwnWorker | None = None,
) -> None:
    """Serve `node` at the settings' address until SIGINT or SIGTERM, or until `worker` has ended; then close it.

    `ready` is called with the URL once connections are taken. Raises `Misconfigured` when the address is in use, and
    `DiskFailed` once nobody knows any more what the disk holds: then a supervisor starts the process again.
    """
    configure_logging(settings.log_level)
    allow_more_files()
    signal.signal(signal.SIGTERM, _stop)  # uvicorn raises it again once it has finished: then the node is closed too
    try:
        with _listening(settings) as listener:
            host, port = listener.getsockname()[:2]
            url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            server = _Server(
                uvicorn.Config(
                    create_app(node),
                    log_config=None,  # ours is in place
                    access_log=False,  # ledger.api.middleware writes it, without queries
                    server_header=False,
                    http=PatientProtocol,
                    loop="uvloop",
                    backlog=ACCEPTED_AT_ONCE,
                    timeout_graceful_shutdown=FINISH_SECONDS,
                )
            )

            def end() -> None:
                server.should_exit = True

            def fail() -> None:
                end()
                if worker is not None:
                    worker.end(at_once=True)

            node.on_failure = fail
            if worker is not None:
                worker.on_end = end
                if worker.status is not None:  # meanwhile
                    end()
            (ready or _announce(node))(url)
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the usual way to end it
    finally:
        node.close()
    if isinstance(node.guard.halted, DiskFailed):
        raise node.guard.halted


class _Server(uvicorn.Server):
    """Tells the service manager when it takes requests, and when it has been told to end."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            notify(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify(STOPPING)
        await super().shutdown(sockets)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise Misconfigured(
            "cannot listen there",
            where="LADING_HOST, LADING_PORT",
            found=f"{settings.host}:{settings.port}: {error.strerror}",
            mend="Choose another port with LADING_PORT.",
        ) from None


def _announce(node: Node) -> Callable[[str], None]:
    def announce(url: str) -> None:
        err.print(f"Lading serves {url} (pages), {url}/docs (API). Stop it with Ctrl-C.", markup=False)
        if node.home.consortium.demo:
            err.print(DEMO_NOTICE, markup=False)

    return announce
