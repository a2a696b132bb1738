"""The process that works for a service: begun by it, and gone when it is, so that HTTP shares no interpreter with it.

It outlives nothing: told to end it ends in order, and when the service is killed the kernel ends it. It is not ended by
what the terminal or a service manager sends to all processes at once: its service tells it when its time has come.
"""

import logging
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from ledger.services.home.settings import Settings
from ledger.services.node.service_channel import BELL, END_SECONDS, WorkerState

_PATIENCE = END_SECONDS + 2
"""Seconds for one that does not even break off, because it was stopped."""
log = logging.getLogger("lading.node")


class OwnWorker:
    """Begins the process that works, and hears of it until `end`."""

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        """Run `command`, whose standard input is its end of the channel."""
        self.state = WorkerState()
        self.on_news: Callable[[], None] = lambda: None
        """Called when its state or its news have changed."""
        self.on_end: Callable[[], None] = lambda: None
        """Called when it has ended without being told to."""
        self.status: int | None = None
        """With which it has ended without being told to; negative: the signal that killed it."""
        self._ending = threading.Event()
        self._socket, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
        with theirs:
            # A group of its own, so that Ctrl-C reaches the service alone.
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment, process_group=0)  # noqa: S603 - our own
        self._reader = self._socket.makefile("rb")
        self._thread = threading.Thread(target=self._listen, name="worker", daemon=True)
        with suppress(OSError):  # it has ended already, which `begun` finds
            self._socket.sendall(settings.to_json().encode() + b"\n")

    def begun(self) -> bool:
        """Wait until it works, or waits for its turn: by then it has met what files, chain and witnesses know of the
        log. False when it has ended instead.
        """
        if not self._heard():
            self.status = self._process.wait()
            return False
        self._thread.start()
        return True

    def ring(self) -> None:
        """Something was committed."""
        with suppress(OSError):  # full of bells that were not heard yet; or the worker is gone, and the thread tells
            self._socket.send(BELL, socket.MSG_DONTWAIT)

    def end(self, *, at_once: bool = False) -> None:
        """End it in order and wait for that; `at_once`: kill it, for nothing that it might write can be trusted. One
        that has not begun is killed as well. May be called again.
        """
        self._ending.set()
        if at_once or self._thread.ident is None:
            self._process.kill()
        with suppress(OSError):  # it is gone
            self._socket.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._thread.is_alive():
            self._thread.join()
        self._reader.close()
        self._socket.close()

    def _heard(self) -> bool:
        """Whether it is there, and has told its state."""
        try:
            line = self._reader.readline()
        except OSError:
            return False
        if not line.endswith(b"\n"):
            return False
        self.state = WorkerState.from_line(line)
        return True

    def _listen(self) -> None:
        while self._heard():
            self.on_news()
        if not self._ending.is_set():
            self.state = WorkerState(refuses="it has ended")
            self.on_news()
            self.status = self._process.wait()
            log.error("the process that works has ended with status %d", self.status)
            self.on_end()
