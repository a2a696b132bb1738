"""Who may send with a key of the operator: one process at a time, and another within seconds when that one is gone.

A process that was paused for longer than its lease must find out before it does anything that counts:

1. What it stores is stored only if the lease is still its own, asked in the same commit (`confirm`).
2. It sends only while its lease runs by its own clock, which goes on while it is paused (`check`). Who is paused just
   after that sends bytes that are stored, as the new holder does: they are in a block once at most.
"""

import logging
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from ledger.errors import LadingError, LeaseLost
from ledger.services.home.clock import Clock
from ledger.store.database import Connection, Database
from ledger.store.processes import leases

SECONDS = 15
"""For so long a lease outlives its holder."""
RENEW_SECONDS = 5
log = logging.getLogger("lading.lease")


class Lease:
    """One name's lease. `take` it before each piece of work. Safe to share between threads."""

    def __init__(
        self, database: Database, name: str, clock: Clock, *, alone: bool = False, seconds: int = SECONDS
    ) -> None:
        """`alone`: no other process can be at work, so a lease that was left behind is taken at once."""
        self._database = database
        self._name = name
        self._clock = clock
        self._alone = alone
        self._seconds = seconds
        self._tenure: tuple[str, int] | None = None
        """The name under which it is held, and until when by our own monotonic clock."""
        self._taking = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether it was ours when last asked, and still runs."""
        return self._runs_for(0)

    def take(self) -> bool:
        """Take or renew it; False while another has it. One that runs for most of its time yet is not renewed: what is
        done under it is fenced (`confirm`, `check`), and a commit at every step would be all that an idle home does.
        """
        with self._taking:  # two threads would take it under two names
            if self._runs_for(self._seconds * 2 // 3) or self._renewed():
                return True
            holder, until = f"{socket.gethostname()}:{secrets.token_hex(8)}", self._clock.monotonic() + self._seconds
            with self._database.write() as connection:
                taken = leases.take(connection, self._name, holder, self._seconds, from_anybody=self._alone)
            self._tenure = (holder, until) if taken else None
            return taken

    def renew(self) -> None:
        """Renew it, if it is held."""
        if self._tenure is not None and not self._renewed():
            log.warning("%s: another process has taken over", self._name)

    def confirm(self, connection: Connection) -> None:
        """Raise `LeaseLost` unless it is still ours; then nobody takes it before this transaction ends."""
        tenure = self._tenure
        if tenure is None or not leases.renew(connection, self._name, tenure[0], self._seconds):
            self._tenure = None
            raise self._lost()

    def check(self) -> None:
        """Raise `LeaseLost` unless it still runs by our own clock."""
        if not self.held:
            raise self._lost()

    def release(self) -> None:
        """Give it up, so that another can take it at once."""
        tenure, self._tenure = self._tenure, None
        if tenure is not None:
            with self._database.write() as connection:
                leases.release(connection, self._name, tenure[0])

    def _runs_for(self, seconds: int) -> bool:
        """Whether it is ours, and runs for longer than so many more seconds by our own clock."""
        tenure = self._tenure
        return tenure is not None and self._clock.monotonic() + seconds < tenure[1]

    def _renewed(self) -> bool:
        tenure = self._tenure
        if tenure is None:
            return False
        until = self._clock.monotonic() + self._seconds
        with self._database.write() as connection:
            ours = leases.renew(connection, self._name, tenure[0], self._seconds)
        if self._tenure is tenure:  # or it was lost, or given up, meanwhile
            self._tenure = (tenure[0], until) if ours else None
        return ours

    def _lost(self) -> LeaseLost:
        return LeaseLost("another process has taken over, or this one was paused for too long", where=self._name)


class LeaseTimer:
    """Renews leases in a thread of its own, however long a node or a disk keeps the work waiting."""

    def __init__(
        self, held: Sequence[Lease], also: Callable[[], None] = lambda: None, every: float = RENEW_SECONDS
    ) -> None:
        """`also` is called each time, after the leases."""
        self._leases = held
        self._also = also
        self._every = every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Renew nothing more; what is held still is."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            thread.join()

    def stop(self) -> None:
        """End the thread and give up what is held."""
        self.end()
        for lease in self._leases:
            with suppress(LadingError):  # it runs out by itself
                lease.release()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            for lease in self._leases:
                try:
                    lease.renew()
                except Exception as error:  # noqa: BLE001 - a timer that ends would lose every lease from then on
                    log.warning("a lease could not be renewed: %s", error)
            try:
                self._also()
            except Exception as error:  # noqa: BLE001 - nor does this end it
                log.warning("the other processes could not be told: %s", error)
