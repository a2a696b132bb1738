"""A node: one home's store, log, chain and services, wired together.

`start` has loops carry what was accepted into the tree and to the chain, and what the chain said back into the log and
the projections: one for publishing, following, relaying and anchoring each, so that none waits for another. `tick`
does one round of all that, in the caller's thread; scenarios and tests call it.

Of several processes on one database, the one that has the relayer's lease works in the background; the others accept
and read, and listen to its news.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial

from ledger.chain.client import ChainClient, ChainReader
from ledger.chain.nodes import Place
from ledger.errors import DiskFailed, LadingError, StorageFailed, VerificationFailed
from ledger.services.figures.pools import HeardPools
from ledger.services.home.chains import open_chain, open_chain_reader, place_of, require_shared
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import bring_up_to_date, open_own_keys, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.home_lock import ServiceLock
from ledger.services.home.restored import is_restored
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.node.accepting import Accepting
from ledger.services.node.background import Listening, Working
from ledger.services.node.health import Health
from ledger.services.node.loop import PAUSE
from ledger.services.node.news import Listener, WorkerNews, contradictions, witness_problems
from ledger.services.node.own_worker import OwnWorker
from ledger.services.node.preflight import preflight
from ledger.services.node.reader import LedgerReader
from ledger.services.node.service_channel import ServiceChannel
from ledger.services.node.work import Work
from ledger.services.publish.witnesses import Witnesses
from ledger.services.relay.chain_memory import CHAIN
from ledger.store.database import Database

MOST_ROUNDS = 50


class Node:
    """A home opened for writing: what serves, relays and anchors. Open it once per process; `close` when done."""

    chain: ChainClient
    """Where it is this process that sends: not beside a worker that has the embedded chain."""
    on_failure: Callable[[], None]
    """Called from a loop when this process must end, because nobody knows what the disk holds."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        works: bool = True,
        worker: OwnWorker | None = None,
    ) -> None:
        """Open the home, and meet what files, chain and witnesses know of its log before anything is signed.

        Where they contradict each other the node opens halted: it reads, and `readiness` says why. Without `works` it
        leaves all that to another process: it asks neither chain nor witnesses, needs no key but the log's, and accepts
        while that process says that it would. `worker` is such a process that this one began: then the embedded chain,
        which is the worker's, is read only.

        Raises `Misconfigured` when there is no consortium in this home, it is being upgraded, or its keys or chain do
        not open, `StorageFailed` when its database or chain is gone, or cannot be read or written.
        """
        works = works and worker is None
        if not works and worker is None:
            require_shared(settings, "a service without a worker")
        self.works = works
        self._worker = worker
        self.on_failure = lambda: None
        consortium = read_consortium(settings.home)  # before anything is created in a home that is none
        keys = open_own_keys(settings, consortium)
        watch = clock or SystemClock()
        with ExitStack() as undone:
            self._in_use = ServiceLock(settings.home)
            undone.callback(self._in_use.close)
            chain = self._open_chain(settings, watch)
            undone.callback(chain.close)
            database = Database.open(settings.database_url, begin=False)
            undone.callback(database.close)
            bring_up_to_date(settings.home, consortium)
            self.home = Home(settings, consortium, database, chain, watch)
            self.guard = self.home.guard
            self.news = WorkerNews()
            self.pools = HeardPools(self.home)
            self.reader = LedgerReader(self.home, keys, self.pools)
            self.reader.witness_problems = partial(witness_problems, self.news, self.reader.publisher)
            self.reader.contradictions = partial(contradictions, self.news, self.reader.publisher)
            self._wire()
            if works and consortium.witnesses is not None:
                self.reader.publisher.witnesses = Witnesses(consortium.witnesses)
                undone.callback(self.reader.publisher.witnesses.close)
            if works:
                self._meet()
            else:
                self._trust_the_worker()
            self._open()
            undone.pop_all()

    def _open_chain(self, settings: Settings, clock: Clock) -> ChainReader:
        if settings.chain == EMBEDDED and not self.works:
            return open_chain_reader(settings, clock)
        self.chain = open_chain(settings, clock, place=self._place)
        return self.chain

    def _place(self) -> Place:
        return place_of(self.home.consortium, self.home.database)

    def _meet(self) -> None:
        """Nothing is accepted before this is done: a home put back to an older state must not become a second log.

        While the chain cannot be asked, what is stored is enough if it is no older than the highest checkpoint that the
        files name; where they name none, or come from a backup, nothing shows that the home is the newest, and it waits
        for the chain.
        """
        self.accepting.clocks.recall()
        with suppress(VerificationFailed):  # the home is halted, and readiness says so
            try:
                self.work.look()
            except (VerificationFailed, DiskFailed):
                raise
            except LadingError as error:
                if self.reader.publisher.highest() is None or is_restored(self.home.settings.home):
                    self.guard.hold(CHAIN, error)
            with suppress(StorageFailed):  # the guard is held, and readiness says so
                self.work.publish()

    def _trust_the_worker(self) -> None:
        """Whoever works has met all that before it told anything."""
        self.accepting.clocks.recall()
        if self._worker is not None:
            self.news.own = self._worker.state
        self.listener.listen()

    def _open(self) -> None:
        with self.home.database.write() as connection:
            self.projector.catch_up(connection)
        self.erasing.erase_again()
        self.sequencer.start()

    def _fail(self) -> None:
        self.on_failure()

    def _wire(self) -> None:
        self.accepting = Accepting(self.reader)
        self.sequencer, self.submission = self.accepting.sequencer, self.accepting.submission
        self.batches = self.accepting.batches
        self.projector, self.erasing = self.accepting.projector, self.accepting.erasing
        self.preflight = partial(preflight, self.reader)
        self.health = Health(self.home, self.reader, self.sequencer, self.news)
        self.listener = Listener(self.home, self.news, takes_over=self.works)
        if self.works:
            self.work = Work(self.reader, self.chain, self.accepting, self.pools, self.news)
            self.background: Listening = Working(self.work, self.news, self.listener, self._fail)
        else:
            self.background = Listening(self.guard, self.news, self.listener, self._fail, self._worker)
        self.sequencer.on_commit = self.background.ring

    # --- work in the caller's thread -------------------------------------------------------------------------------

    def tick(self, *, anchor: bool = True) -> bool:
        """One round; True when it moved anything. Raises `Unavailable` branches, after which the next round goes on.

        What was accepted is published even while the chain is away or the clock is wrong.
        """
        return self.work.round(anchor=anchor)

    def settle(self) -> None:
        """Rounds until nothing moves any more, and a network has no transaction under way; for scenarios and tests."""
        for _ in range(MOST_ROUNDS):
            if not self.tick(anchor=False):
                if self.home.settings.chain == EMBEDDED or not self.work.relayer.under_way():
                    break
                time.sleep(PAUSE)
        self.tick()
        self.work.publish()
        self.pools.listen(changed=True)

    # --- work in the background --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Work in the background until `stop`."""
        self.background.start()

    def work_for(self, channel: ServiceChannel) -> None:
        """As `start`, for the service at the other end of the channel: it hears of this process, and wakes it."""
        if isinstance(self.background, Working):
            self.background.service = channel.tell
        channel.on_commit = self.background.ring
        self.background.start()

    def stop(self) -> None:
        """End the work in order: another process can take it over at once."""
        self.background.stop()

    def close(self) -> None:
        self.stop()
        self.sequencer.stop()
        if self.reader.publisher.witnesses is not None:
            self.reader.publisher.witnesses.close()
        self.reader.close()
        self._in_use.close()
