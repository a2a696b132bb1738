"""`lading serve`: the HTTP service of this home, until it is told to stop. `lading work`: its work without HTTP."""

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer
import uvicorn

from ledger.api.app import create_app
from ledger.api.connections import ACCEPTED_AT_ONCE, PatientProtocol, allow_more_files
from ledger.cli.output import err
from ledger.cli.service_manager import READY, STOPPING, notify
from ledger.errors import DiskFailed, Misconfigured
from ledger.services.home.chains import require_shared
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node.node import Node

FINISH_SECONDS = 10
"""What a request under way may still take after the signal to stop."""
LINE = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
DEMO_NOTICE = "This is a demo: its keys are public and its money is worthless."


def serve(
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Leave relaying, publishing and anchoring to `lading work`.")
    ] = False,
) -> None:
    """Serve the API and the pages of the consortium in LADING_HOME."""
    settings = read_settings()
    run(settings, Node(settings, works=not no_worker))


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


def run(settings: Settings, node: Node, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve `node` at the settings' address until SIGINT or SIGTERM, then stop its worker and close it.

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
            node.on_failure = lambda: setattr(server, "should_exit", True)
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


def configure_logging(level: str) -> None:
    """One line an event on standard error: time in UTC, level, logger, then `name=value` pairs or a sentence."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(LINE, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("uvicorn.error", "alembic", "web3", "eth", "urllib3"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


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
