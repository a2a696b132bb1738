"""What partners spend of their quotas, told to the other processes every second while anything is spent."""

import logging
import threading
from contextlib import suppress

from ledger.api.quota import Budget, Spend
from ledger.errors import LadingError

EVERY = 1.0
"""Seconds: for so long each further process may grant what another has granted already."""
log = logging.getLogger("lading.quota")


class QuotaExchange:
    """A thread of its own, from `start` until `stop`."""

    def __init__(self, budget: Budget, spend: Spend, every: float = EVERY) -> None:
        self._budget = budget
        self._spend = spend
        self._every = every
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="quotas", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            thread.join()
            with suppress(LadingError):  # what is not told now comes back by itself
                self._budget.exchange(self._spend)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self._budget.exchange(self._spend)
            except LadingError as error:
                log.warning("quotas could not be exchanged with other processes: %s", error)
