"""A node: one home's store, log, chain and services, wired together.

`tick` carries everything one round on: what was accepted into the tree, to the chain, and what the chain said back
into the log and the projections. `start` does so in a background thread; scenarios and tests call `tick` themselves.

Of several processes on one database, the one that has the relayer's lease works in the background; the others accept
and read, and listen to its news.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from ledger.chain.contracts import encode_call, revert_reason
from ledger.chain.nodes import Place
from ledger.common.ids import RecordId
from ledger.errors import (
    ChainUnavailable,
    DiskFailed,
    InconsistentLog,
    LadingError,
    LeaseLost,
    StorageFailed,
    VerificationFailed,
)
from ledger.records.signing import SignedRecord
from ledger.services.figures.award_files import claim_extras, extras_of
from ledger.services.figures.pools import HeardPools
from ledger.services.home.chains import open_chain, place_of, require_shared
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import bring_up_to_date, open_keys, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.home_lock import ServiceLock
from ledger.services.home.restored import clear_restored, is_restored
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.intake.sequencer import Sequencer
from ledger.services.intake.submission import Submission
from ledger.services.node.health import Health
from ledger.services.node.news import LOG, WORKER, Listener, Teller, WorkerNews, witness_problems
from ledger.services.node.publishing import PublishingLoop
from ledger.services.node.reader import LedgerReader
from ledger.services.publish.witnesses import Witnesses
from ledger.services.relay.anchorer import Anchorer, lease_name
from ledger.services.relay.chain_memory import CHAIN, ChainMemory
from ledger.services.relay.follower import Follower, FollowReport
from ledger.services.relay.foresight import RecordedForesight
from ledger.services.relay.lease import Lease, LeaseTimer
from ledger.services.relay.other_clocks import OtherClocks
from ledger.services.relay.relayer import LEASE, Relayer, RelayOptions
from ledger.services.relay.sender import Sender
from ledger.services.state.erasure import Erasing
from ledger.services.state.projections import Projector
from ledger.store import log, migrate
from ledger.store.database import Database

trouble = logging.getLogger("lading.node")
PAUSE = 0.5
"""Seconds between rounds when nothing waits."""
MOST_ROUNDS = 50


def no_preflight(_: SignedRecord, __: RecordId) -> str:
    return ""


class Node:
    """A home opened for writing: what serves, relays and anchors. Open it once per process; `close` when done."""

    def __init__(self, settings: Settings, clock: Clock | None = None, *, works: bool = True) -> None:
        """Open the home, and meet what files, chain and witnesses know of its log before anything is signed.

        Where they contradict each other the node opens halted: it reads, and `readiness` says why. Without `works` it
        leaves all that to another process: it asks neither chain nor witnesses, needs no key but the log's, and accepts
        while that process says that it would. Raises
        `Misconfigured` when there is no consortium in this home, it is being upgraded, or its keys or chain do not
        open, `StorageFailed` when its database or chain is gone, or cannot be read or written.
        """
        if not works:
            require_shared(settings, "a service without a worker")
        self.works = works
        consortium = read_consortium(settings.home)  # before anything is created in a home that is none
        keys = open_keys(settings, consortium.log.origin)
        watch = clock or SystemClock()
        with ExitStack() as undone:
            self._in_use = ServiceLock(settings.home)
            undone.callback(self._in_use.close)
            self.chain = open_chain(settings, watch, place=self._place)
            undone.callback(self.chain.close)
            database = Database.open(settings.database_url, begin=False)
            undone.callback(database.close)
            bring_up_to_date(settings.home, consortium)
            self.home = Home(settings, consortium, database, self.chain, watch)
            self.guard = self.home.guard
            self.news = WorkerNews()
            self.pools = HeardPools(self.home)
            self.reader = LedgerReader(self.home, keys, self.pools)
            self.reader.witness_problems = partial(witness_problems, self.news, self.reader.publisher)
            self._wire_accepting()
            if works:
                self._wire_work()
            if works and consortium.witnesses is not None:
                self.reader.publisher.witnesses = Witnesses(consortium.witnesses)
                undone.callback(self.reader.publisher.witnesses.close)
            self._thread: threading.Thread | None = None
            self._stop = threading.Event()
            self._ticking = threading.Lock()
            self.on_failure: Callable[[], None] = lambda: None
            """Called from the worker when this process must end, because nobody knows what the disk holds."""
            if works:
                self._meet()
            else:
                self._trust_the_worker()
            self._open()
            undone.pop_all()

    def _place(self) -> Place:
        return place_of(self.home.consortium, self.home.database)

    def _meet(self) -> None:
        """Nothing is accepted before this is done: a home put back to an older state must not become a second log.

        While the chain cannot be asked, what is stored is enough if it is no older than the highest checkpoint that the
        files name; where they name none, or come from a backup, nothing shows that the home is the newest, and it waits
        for the chain.
        """
        with suppress(VerificationFailed), self._halting():
            self.clocks.recall()
            try:
                self._meet_chain()
                self.clocks.ask_chain()
            except (VerificationFailed, DiskFailed):
                raise
            except LadingError as error:
                if isinstance(error, ChainUnavailable):
                    self.news.lost(error, self.home.clock.now())
                if self.reader.publisher.highest() is None or is_restored(self.home.settings.home):
                    self.guard.hold(CHAIN, error)
            with suppress(StorageFailed):  # the guard is held, and readiness says so
                self._publish()

    def _trust_the_worker(self) -> None:
        """Whoever works has met all that before it told anything."""
        self.clocks.recall()
        self.listener.listen()

    def _open(self) -> None:
        with self.home.database.write() as connection:
            self.projector.catch_up(connection)
        self.erasing.erase_again()
        self.sequencer.start()

    def _wire_accepting(self) -> None:
        home, keys, registry = self.home, self.reader.keys, self.reader.registry
        self.sequencer = Sequencer(home.database, keys.log, self.guard)
        self._accepted = threading.Event()
        self._publishing = PublishingLoop(self._publish_in_turn)
        self.sequencer.on_commit = self._ring
        self.clocks = OtherClocks(home)
        self.projector = Projector(registry)
        # A client waits for the answer, so no node is asked: there the relayer finds out.
        preflight = self.preflight if home.settings.chain == EMBEDDED else no_preflight
        self.submission = Submission(home, self.sequencer, registry, preflight)
        self.erasing = Erasing(home, registry)
        self.health = Health(home, self.reader, self.sequencer, self.news)
        self.listener = Listener(home, self.news, takes_over=self.works)

    def _wire_work(self) -> None:
        home, keys, registry = self.home, self.reader.keys, self.reader.registry
        self.memory = ChainMemory(home, keys, self.reader.publisher)
        # The embedded chain's file lock lets only one process write: a lease that a crash left behind is nobody's.
        embedded = home.settings.chain == EMBEDDED
        relaying = self._turn = Lease(home.database, LEASE, home.clock, alone=embedded)
        anchoring = Lease(home.database, lease_name(home.log_id), home.clock, alone=embedded)
        self.teller = Teller(home, self.news, self.sequencer, self.reader.publisher)
        self.leases = LeaseTimer([relaying, anchoring], also=self._tell)
        self.follower = Follower(home, self.sequencer, project=self.projector.catch_up)
        self.relayer = Relayer(
            home,
            Sender(home.database, self.chain, keys.relayer, self.guard, relaying),
            self.sequencer,
            RelayOptions(
                self.follower.step,
                claim_extras,
                RecordedForesight(registry, home.clock),
                block_share=home.settings.block_share,
            ),
            relaying,
        )
        self.anchorer = Anchorer(
            home,
            Sender(home.database, self.chain, keys.anchor, self.guard, anchoring),
            keys.anchor,
            self.reader.publisher,
            anchoring,
        )

    # --- work ----------------------------------------------------------------------------------------------

    def tick(self, *, anchor: bool = True) -> bool:
        """One round; True when it moved anything. Raises `Unavailable` branches, after which the next round goes on.

        What was accepted is published even while the chain is away or the clock is wrong. Threads take turns: two
        rounds at once would sign two transactions with one nonce.
        """
        with self._ticking:
            return self._tick(anchor=anchor)

    def _tick(self, *, anchor: bool) -> bool:
        self.guard.refuse()
        trouble: LadingError | None = None
        followed = FollowReport(0)
        submitted = anchors = 0
        with self._halting():
            try:
                with self._hearing():
                    self._meet_chain()
                    self.clocks.ask_chain()
                    if wrong := self.guard.clock_trouble():
                        raise wrong
                    relayed, followed = self.relayer.step(), self.follower.step()
                    submitted, self.news.relays = relayed.submitted, relayed.held
                    self.news.heard(self.chain.block(self.chain.final()))
            except LadingError as error:
                if self.guard.halted or isinstance(error, InconsistentLog | DiskFailed):
                    raise
                trouble = error
            self._project()
            if followed.appended:
                self.submission.complete_kept()
            self._publish()
            self.clocks.keep()
            self.erasing.scrub_now_and_then()
            if trouble is None:
                with self._hearing():
                    self.pools.listen(changed=followed.events > 0)
                    if anchor and self._may_anchor() and self._anchor():
                        anchors = self.follower.step().events
        if trouble is not None:
            raise trouble
        return bool(submitted or followed.events or anchors)

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Note when the chain's answers fail or do not fit, and ask another of its nodes from then on."""
        try:
            yield
        except ChainUnavailable as error:
            self.news.lost(error, self.home.clock.now())
            self.chain.doubt()
            raise

    def _anchor(self) -> bool:
        """Whether a checkpoint is on its way into the contract."""
        try:
            return self.anchorer.step().submitted is not None
        except InconsistentLog as told:
            self._publish()  # a file that was taken away meanwhile proves nothing, and is made again
            with self._halting():
                self.memory.meet_again(told)  # nor does the node's bare word
            return False

    @contextmanager
    def _halting(self) -> Iterator[None]:
        """Halt the home when what is stored is not the log that was signed, or when the disk lies."""
        try:
            yield
        except (VerificationFailed, DiskFailed) as error:
            self.guard.halt(error)
            raise

    def _meet_chain(self) -> None:
        """Learn, once, what the chain knows of this home; see `ChainMemory`. Until then nothing is relayed."""
        if not self.memory.met:
            with self._halting():
                self.memory.meet()

    def _publish(self) -> None:
        """Publish what was accepted; while that cannot be, nothing more is accepted."""
        self.guard.refuse()
        if self.guard.held(CHAIN) is not None:
            return
        try:
            self.reader.publisher.publish(self.home.clock.now())
        except StorageFailed as error:
            self.guard.hold(LOG, error)
            raise
        if self.memory.met and is_restored(self.home.settings.home):
            clear_restored(self.home.settings.home)
        self.guard.release(LOG)
        self.clocks.ask_witnesses(self.reader.publisher.witnesses)

    def _publish_in_turn(self) -> None:
        if self._turn.held:
            with self._halting():
                self._publish()

    def _ring(self) -> None:
        self._accepted.set()
        self._publishing.ring()

    def _project(self) -> None:
        """Bring in the leaves of which no event tells: rejections, and what only the log takes."""
        with self.home.database.read() as connection:
            head = log.head(connection)
            behind = migrate.projected_size(connection) < head.size
        self.clocks.heed_leaf(head)  # another process may have logged it
        if behind:
            with self.home.database.write() as connection:
                self.projector.catch_up(connection)

    def _may_anchor(self) -> bool:
        """Whether the registry knows our anchor key by now; without it, the contract would refuse."""
        with self.home.database.read() as connection:
            view = self.reader.registry.refreshed(connection).now()
        return view.anchor_key(self.home.log_id) == self.reader.keys.anchor.address

    def settle(self) -> None:
        """Rounds until nothing moves any more, and a network has no transaction under way; for scenarios and tests."""
        for _ in range(MOST_ROUNDS):
            if not self.tick(anchor=False):
                if self.home.settings.chain == EMBEDDED or not self.relayer.under_way():
                    break
                self._stop.wait(PAUSE)
        self.tick()
        self._publish()
        self.pools.listen(changed=True)

    def start(self) -> None:
        """Work in the background until `stop`."""
        if self._thread is None:
            self._stop.clear()
            if self.works:
                self.leases.start()
                self._publishing.start()
            self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the work in order: another process can take it over at once."""
        self._publishing.stop()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            self._accepted.set()
            thread.join()
        if self.works:
            self.leases.stop()

    def close(self) -> None:
        self.stop()
        self.sequencer.stop()
        if self.reader.publisher.witnesses is not None:
            self.reader.publisher.witnesses.close()
        self.reader.close()
        self._in_use.close()

    def _run(self) -> None:
        told = ""
        while not self._stop.is_set():
            busy, said = False, ""
            try:
                busy = self._round()
            except LadingError as error:
                said = str(error)
                # A chain that is away is told of as such; and who has lost its lease waits for its turn.
                self.news.problem = "" if isinstance(error, ChainUnavailable | LeaseLost) else said
                if said != told:
                    trouble.warning("%s", error)
                if isinstance(self.guard.halted, DiskFailed):
                    self.on_failure()
                    return
            except Exception:  # noqa: BLE001 - the next line says why
                # A defect must not end the work for good; it is logged, seen in readiness, and tried again.
                self.news.problem = "an unforeseen error, see the log"
                trouble.exception("unforeseen error in the worker")
            told = said
            with suppress(LadingError):  # the database is away, and the next round says so
                self._tell()
            if not busy:
                self._accepted.wait(PAUSE)
                self._accepted.clear()

    def _round(self) -> bool:
        """Work, if it is this process's turn; else hear what the one says that works. Whether anything moved."""
        if not self.works or not self._turn.take():
            self.listener.listen()
            return False
        if self.news.age is not None:
            trouble.info("this process works now")
            self.news.age = None
            self.guard.release(WORKER)
        busy = self.tick()
        self.news.problem = ""
        return busy

    def _tell(self) -> None:
        """Tell the other processes what this one heard, while it is the one that works."""
        if self.works and self._turn.held and self.news.age is None:
            self.teller.tell()

    def preflight(self, signed: SignedRecord, record_id: RecordId) -> str:
        """What the contract would say if the record were submitted now: the reason of its revert, or nothing.

        Nothing too when the contract cannot be asked: the relayer will find out.
        """
        try:
            with self.home.database.read() as connection:
                target = self.reader.book.target(connection, signed.record, record_id)
                extras = extras_of(connection, signed)
            if target is None or extras is None:
                return ""
            result = self.chain.call(target, encode_call(signed, *extras), sender=self.reader.keys.relayer.address)
        except LadingError as error:
            trouble.info("preflight: %s", error)
            return ""
        return "" if result.succeeded else str(revert_reason(result.output))
