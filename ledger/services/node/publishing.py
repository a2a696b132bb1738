"""Publishing in a thread of its own: no chain and no backlog keeps the tree from growing, as every receipt promises."""

import logging
import threading
from collections.abc import Callable

from ledger.errors import LadingError

PAUSE = 0.5
"""Seconds after which it is looked whether another process has accepted anything."""

log = logging.getLogger("lading.node")


class PublishingLoop:
    """Calls `publish` when rung, and now and then, from `start` until `stop`."""

    def __init__(self, publish: Callable[[], None]) -> None:
        self._publish = publish
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Something was accepted."""
        self._bell.set()

    def start(self) -> None:
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            self._bell.set()
            thread.join()

    def _run(self) -> None:
        told = ""
        while not self._stop.is_set():
            problem = ""
            try:
                self._publish()
            except LadingError as error:  # the worker meets it too, and halts or ends what must be
                problem = str(error)
            except Exception:
                problem = "unforeseen error while publishing"
                log.exception(problem)
            if problem not in ("", told):
                log.warning("%s", problem)
            told = problem
            self._bell.wait(PAUSE)
            self._bell.clear()
