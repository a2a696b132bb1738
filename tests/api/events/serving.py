"""The application on a port of its own: no client in the same loop could wait for a stream, which has no end."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from ledger.api.app import create_app
from ledger.api.connections import SOCKETS, PatientProtocol
from ledger.api.quota import Budgets, Rate
from ledger.services.node.node import Node

FREE = Rate(0, 1)


@contextmanager
def served(node: Node) -> Iterator[tuple[str, uvicorn.Server]]:
    """Its URL, and its server. The node's worker stays as it is."""
    app = create_app(node, Budgets(FREE, FREE))
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=0, http=PatientProtocol, lifespan="off", log_config=None, timeout_graceful_shutdown=5, **SOCKETS
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        app.state.live.end()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server ends"
