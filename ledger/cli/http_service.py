"""The HTTP service of a home, until it is told to stop."""

import signal
import socket
from typing import NoReturn

import uvicorn

from ledger.api.app import create_app
from ledger.api.connections import ACCEPTED_AT_ONCE, SOCKETS, PatientProtocol, allow_more_files
from ledger.api.pages.libraries import MEND, missing_libraries
from ledger.cli.logs import configure_logging
from ledger.cli.output import err
from ledger.cli.service_manager import READY, STOPPING, notify
from ledger.errors import DiskFailed, Misconfigured
from ledger.services.home.settings import Settings
from ledger.services.node.node import Node
from ledger.services.node.own_worker import OwnWorker

FINISH_SECONDS = 10
"""What a request under way may still take after the signal to stop."""
DEMO_NOTICE = "This is a demo: its keys are public and its money is worthless."


def run(settings: Settings, node: Node, worker: OwnWorker | None = None) -> None:
    """Serve `node` at the settings' address until SIGINT or SIGTERM, or until `worker` has ended; then close it.

    Raises `Misconfigured` when the address is in use, and `DiskFailed` once nobody knows any more what the disk holds:
    then a supervisor starts the process again.
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
                    **SOCKETS,
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
            _announce(node, url)
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the usual way to end it
    finally:
        node.close()
    if isinstance(node.guard.halted, DiskFailed):
        raise node.guard.halted


def require_free(settings: Settings) -> None:
    """Raise `Misconfigured` when the address is in use: before a play of half a minute that is then served there."""
    _listening(settings).close()


class _Server(uvicorn.Server):
    """Tells the service manager when it takes requests, and when it has been told to end."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            notify(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify(STOPPING)
        for followers in (self.config.app.state.live, self.config.app.state.epcis_places):  # type: ignore[union-attr]
            followers.end()  # streams have no end of their own
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


def _announce(node: Node, url: str) -> None:
    err.print(f"Lading serves {url} (pages), {url}/docs (API). Stop it with Ctrl-C.", markup=False)
    if node.home.consortium.demo:
        err.print(DEMO_NOTICE, markup=False)
    tell_missing_libraries()


def tell_missing_libraries() -> None:
    """A line on what the pages cannot do here, where parts of their scripts were not built; nothing otherwise."""
    if missing := missing_libraries():
        names = ", ".join(f"{name}.js" for name in missing)
        err.print(f"Some pages cannot do their work: static/lib lacks {names}. {MEND}", markup=False)
