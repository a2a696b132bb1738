"""A node that hangs: a real socket that takes connections and never answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HangingNode:
    """Every connection is taken and kept; `asked` says how many there were."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    @property
    def asked(self) -> int:
        return len(self._taken)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)
        for taken in self._taken:
            taken.close()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                self._taken.append(self._listener.accept()[0])


@contextmanager
def hanging_node(port: int = 0) -> Iterator[HangingNode]:
    node = HangingNode(port)
    try:
        yield node
    finally:
        node.close()
