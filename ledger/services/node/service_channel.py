"""Between a service and the process that works for it: a socket that both have from their birth.

The service writes its settings, which hold the passphrase, as one line, then a byte whenever something was committed;
the worker writes a line of JSON whenever its state or its news have changed. Whoever sees the end of what it reads
knows that the other one is gone, however that ended.
"""

import json
import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ledger.errors import Misconfigured
from ledger.services.home.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

BELL = b"\n"
BY_HAND = "`lading serve` begins it; alone, use `lading work`."
END_SECONDS = 8
"""A worker that was told to end, and has not, breaks off: what is under way is found again, as after a crash. Steps
take a second or two; longer takes what hangs, and an emptying of files that begins anew."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """Of one process: whether it is its turn to work, and why it would accept nothing, where it would not."""

    works: bool = False
    refuses: str = ""

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "WorkerState":
        return cls(**json.loads(line))


class ServiceChannel:
    """The worker's end."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._reader = connection.makefile("rb")
        self._writing = threading.Lock()
        self.on_commit: Callable[[], None] = lambda: None
        """Called when the service has committed something."""
        self.on_end: Callable[[], None] = lambda: None
        """Called when the service has ended, or wants the worker to."""

    def settings(self) -> Settings:
        """Those of the service, which it writes first. Raises `Misconfigured` when nothing comes."""
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise Misconfigured("no service has begun this process", mend=BY_HAND)
        return Settings.from_json(line.decode())

    def start(self) -> None:
        threading.Thread(target=self._listen, name="service", daemon=True).start()

    def tell(self, state: WorkerState) -> None:
        """Say what has become of this process, or that its news have changed."""
        with suppress(OSError), self._writing:  # the service is gone: the other direction says so too
            self._socket.sendall(state.to_line())

    def _listen(self) -> None:
        with suppress(OSError):  # as its end
            while self._reader.read1():
                self.on_commit()
        self.on_end()
        time.sleep(END_SECONDS)
        os._exit(1)
