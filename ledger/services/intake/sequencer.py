"""The sequencer: the only door through which records enter the log.

Entries come already checked. Each gets its index, log time and leaf in one transaction with its outbox row and pending
slots, and its receipt after the commit; so whoever holds a receipt holds something that survived a crash. The receipt
can be computed again from the row at any time, and is not stored.

`submit` writes in the caller's thread while nobody else does, and otherwise groups whatever waits into one commit: a
group is what came in while the commit before it ran, so nobody waits for a timer. `append` and `append_each` write at
once, in the caller's thread.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError

from ledger.errors import Busy, Conflict, DiskFailed, LadingError, StorageFailed, Unavailable
from ledger.log.leaf import LogSigner, Receipt
from ledger.services.home.clock import Clock
from ledger.store import log
from ledger.store.database import Connection, Database
from ledger.store.log import Appended, Entry
from ledger.store.records import StoredLeaf, StoredRecord

__all__ = ["Entry", "Sequencer"]

CAPACITY = 1000
"""Entries that may wait before `submit` answers Busy."""
GROUP = 256
"""Most entries in one commit: the time of one commit bounds how long others wait for the database."""
_Waiting = tuple[Entry, "Future[Receipt]"]


class Sequencer:
    """One per process; several processes may share a database.

    `clock` shows the time by which records are logged, and raises `Unavailable` while none may be.
    """

    def __init__(
        self, database: Database, signer: LogSigner, clock: Clock, *, capacity: int = CAPACITY, group: int = GROUP
    ) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(capacity)
        self._group = group
        self._writing = threading.RLock()  # writers of one process queue here, not at the database's lock
        self._door = threading.Lock()  # nothing is queued behind the end mark
        self.on_commit: Callable[[], None] = lambda: None
        """Called after records were committed, from whichever thread did."""
        self._writer: threading.Thread | None = None

    @property
    def failure(self) -> DiskFailed | None:
        """Why nothing is accepted any more, if so: a commit or a disk failed. Only a restart helps."""
        return self._database.failure

    # --- one entry at a time -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the writer thread that `submit` needs."""
        with self._door:
            if self._writer is None:
                self._writer = threading.Thread(target=self._run, name="sequencer", daemon=True)
                self._writer.start()

    def stop(self) -> None:
        """Let everything that waits be committed, then end the writer thread."""
        with self._door:
            writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()
        with self._writing:
            pass  # and what others write themselves

    def offer(self, entry: Entry) -> "Future[Receipt]":
        """Queue an entry; the future gets its receipt after the commit, or the error that `append_each` would give.

        Raises `Busy` at once when the queue is full, `Unavailable` when nothing may be written. Cancelling the future
        has no effect once the entry is being written.
        """
        self._clock.now()
        if self.failure:
            raise self.failure
        waiting: Future[Receipt] = Future()
        with self._door:
            if self._writer is None:
                raise Busy("the sequencer is not running")
            try:
                self._queue.put_nowait((entry, waiting))
            except queue.Full:
                raise Busy("too many records are waiting to be written", retry_after=1) from None
        return waiting

    def submit(self, entry: Entry) -> Receipt:
        """As `offer`, waiting for the receipt. The same record again gives the first receipt; raises `Conflict`."""
        if not self._queue.empty() or not self._writing.acquire(blocking=False):
            return self.offer(entry).result()
        try:
            if self._writer is None:
                raise Busy("the sequencer is not running")
            (result,) = self.append_each([entry])
        finally:
            self._writing.release()
        if isinstance(result, LadingError):
            raise result
        return result

    # --- many at once --------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry], also: Callable[[Connection], None] | None = None) -> list[Receipt]:
        """Commit all entries in one transaction, or none: receipt i is that of entry i.

        `also` runs inside the transaction, after the entries (a cursor, a projection). Raises the first `Conflict`,
        whatever `also` raises, and what `Database.write` raises; then nothing was written.
        """
        with self._writing, self._database.write() as connection:
            results = log.append(connection, entries, self._clock.now())
            places = []
            for result in results:
                if isinstance(result, Conflict):
                    raise result
                places.append(result)
            if also is not None:
                also(connection)
        if places:
            self.on_commit()
        return [self._receipt(place) for place in places]

    def append_each(self, entries: Sequence[Entry]) -> list[Receipt | LadingError]:
        """Commit what can be committed: result i is the receipt of entry i, or its own error. Raises nothing."""
        try:
            with self._writing, self._database.write() as connection:
                results = log.append(connection, entries, self._clock.now())
        except Exception as error:  # noqa: BLE001 whatever one entry does must not reach its neighbours
            return self._one_by_one(entries, error)
        self.on_commit()
        return [self._receipt(result) if isinstance(result, Appended) else result for result in results]

    # --- receipts ------------------------------------------------------------------------------------------------

    def receipt_of(self, row: StoredRecord | StoredLeaf) -> Receipt:
        """The receipt of a record that is in the log: the same bytes every time."""
        return self._signer.receipt(row.log_index, row.leaf_hash, row.log_time)

    def _receipt(self, place: Appended) -> Receipt:
        return self._signer.receipt(place.index, place.leaf_hash, place.log_time)

    # --- inside --------------------------------------------------------------------------------------------------

    def _one_by_one(self, entries: Sequence[Entry], error: Exception) -> list[Receipt | LadingError]:
        """A group failed as a whole: write each alone, so that only the guilty entry fails.

        Not while nothing can be written: the same would happen again. What the database refused may be the entry's
        doing.
        """
        refused = isinstance(error, StorageFailed) and not isinstance(error, DiskFailed)
        if (isinstance(error, Unavailable) and not refused) or len(entries) == 1:
            known = error if isinstance(error, LadingError) else StorageFailed("the entry could not be written")
            if known is not error:
                known.__cause__ = error
            return [known] * len(entries)
        return [self.append_each([entry])[0] for entry in entries]

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, ending = self._waiting_behind(first)
            results = self.append_each([entry for entry, _ in group])
            for (_, future), result in zip(group, results, strict=True):
                _answer(future, result)
            if ending:
                return

    def _waiting_behind(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits right now, and whether the end mark was among it."""
        group = [first]
        while len(group) < self._group:
            try:
                another = self._queue.get_nowait()
            except queue.Empty:
                break
            if another is None:
                return group, True
            group.append(another)
        return group, False


def _answer(future: "Future[Receipt]", result: Receipt | LadingError) -> None:
    try:
        if isinstance(result, Receipt):
            future.set_result(result)
        else:
            future.set_exception(result)
    except InvalidStateError:
        pass  # the caller gave up waiting; the record stands all the same
