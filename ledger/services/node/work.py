"""What carries records from the log into the tree, to the chain, and what the chain said back into the log.

Each piece can be called from any thread. Those that ask the chain are done by one at a time: two rounds of relaying at
once would sign two transactions with one nonce. They wait for no other, so that a node which keeps one waiting stops no
other.
Pieces raise `Unavailable` branches, after which the next call goes on; whatever shows that what is stored is not the
log that was signed, or that the disk lies, halts the home.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.chain.client import ChainClient
from ledger.errors import (
    ChainUnavailable,
    DiskFailed,
    InconsistentLog,
    LadingError,
    Misconfigured,
    StorageFailed,
    VerificationFailed,
)
from ledger.services.epcis.service import Epcis
from ledger.services.events.sending import WebhookSender
from ledger.services.figures.award_files import claim_extras
from ledger.services.figures.pools import HeardPools
from ledger.services.home.restored import clear_restored, is_restored
from ledger.services.home.settings import EMBEDDED
from ledger.services.node.accepting import Accepting
from ledger.services.node.news import ANCHORING, FOLLOWING, LOG, POOLS, RELAYING, Teller, WorkerNews
from ledger.services.node.reader import LedgerReader
from ledger.services.relay.anchorer import Anchorer, lease_name
from ledger.services.relay.chain_memory import CHAIN, ChainMemory
from ledger.services.relay.follower import Follower, FollowReport
from ledger.services.relay.foresight import RecordedForesight
from ledger.services.relay.lease import Lease
from ledger.services.relay.relayer import LEASE, Relayer, RelayOptions, RelayReport
from ledger.services.relay.sender import Sender
from ledger.store import log, migrate


class Work:
    """The pieces, wired together, for a process that may work."""

    def __init__(
        self, reader: LedgerReader, chain: ChainClient, accepting: Accepting, pools: HeardPools, news: WorkerNews
    ) -> None:
        home, keys = reader.home, reader.keys
        self._home = home
        self._reader = reader
        self._chain = chain
        self.guard = home.guard
        self._accepting = accepting
        self._clocks = accepting.clocks
        self._pools = pools
        self._news = news
        self._following, self._relaying, self._anchoring = threading.Lock(), threading.Lock(), threading.Lock()
        self._meeting, self._listening = threading.Lock(), threading.Lock()
        self._changed = threading.Event()
        """Set while the pools were not asked since the chain brought something about them."""
        self.follow_soon: Callable[[], None] | None = None
        """Where a loop follows: how to wake it."""
        self.teller = Teller(home, news, accepting.sequencer, reader.publisher)
        self.memory = ChainMemory(home, keys, reader.publisher)
        # The embedded chain's file lock lets only one process write: a lease that a crash left behind is nobody's.
        self.embedded = home.settings.chain == EMBEDDED
        self.turn = Lease(home.database, LEASE, home.clock, alone=self.embedded)
        """Who has it relays, and does all the rest as well."""
        self._anchors = Lease(home.database, lease_name(home.log_id), home.clock, alone=self.embedded)
        self.leases = (self.turn, self._anchors)
        self.follower = Follower(home, accepting.sequencer, project=accepting.projector.catch_up)
        self.relayer = Relayer(
            home,
            Sender(home, chain, keys.relayer, self.guard, self.turn),
            accepting.sequencer,
            RelayOptions(
                self._follow_or_ring,
                claim_extras,
                RecordedForesight(reader.registry, home.clock),
                block_share=home.settings.block_share,
            ),
            self.turn,
        )
        epcis = Epcis.of(home, reader.registry, reader.views, keys.session_secret)
        self.webhooks = WebhookSender(home, keys.session_secret, results=epcis.results, rights=epcis.rights)
        self.webhooks.may_send = lambda: self.turn.held
        self.anchorer = Anchorer(
            home,
            Sender(home, chain, keys.anchor, self.guard, self._anchors),
            keys.anchor,
            reader.publisher,
            self._anchors,
        )

    def round(self, *, anchor: bool = True) -> bool:
        """All pieces, one after the other; True when any moved something.

        What was accepted is published even while the chain is away or the clock is wrong.
        """
        self.guard.refuse()
        trouble: LadingError | None = None
        followed = FollowReport(0)
        submitted = anchors = 0
        try:
            self.look()
            submitted, followed = self.relay().submitted, self.follow()
        except LadingError as error:
            if self.guard.halted or isinstance(error, InconsistentLog | DiskFailed):
                raise
            trouble = error
        self.project()
        self.publish()
        self.tidy()
        if trouble is not None:
            raise trouble
        self.listen()
        if anchor and self.anchor():
            anchors = self.follow().events
        return bool(submitted or followed.events or anchors)

    def begin(self) -> None:
        """Records are taken in from now on."""
        self._clocks.begin()

    def give_up(self) -> None:
        """It is another's turn: it anchors too, and the timer must not renew that lease for who does not."""
        self._anchors.release()

    # --- from the chain ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Learn, once, what the chain knows of this home, and now and then what time it is there."""
        with self._halting(), self._losing(FOLLOWING), self._meeting:
            if not self.memory.met:
                self.memory.meet()
            self._clocks.ask_chain()

    def behind(self) -> bool:
        """Whether the chain has final blocks that were not followed."""
        with self._losing(FOLLOWING):
            behind = self.follower.behind()
        if not behind:
            self._news.heard(FOLLOWING)
        return behind

    def follow(self) -> FollowReport:
        """Take what the final blocks say into the log; what was kept until it came is submitted."""
        with self._halting(), self._hearing(FOLLOWING), self._following:
            self._require_clock()
            followed = self.follower.step()
            known = followed.newest is not None or self._news.block is not None
            self._news.saw(followed.newest if known else self._chain.block(self._chain.final()))
        if followed.money:
            self._changed.set()
        if followed.appended:
            self._accepting.submission.complete_kept()
        return followed

    def listen(self) -> None:
        """Ask where bonus agreements stand, if anything may have changed."""
        with self._halting(), self._hearing(POOLS), self._listening:
            changed = self._changed.is_set()
            self._changed.clear()  # before it is asked: what comes meanwhile may have come too late for it
            try:
                self._pools.listen(changed=changed)
            except BaseException:
                if changed:
                    self._changed.set()
                raise

    # --- to the chain ------------------------------------------------------------------------------------------------

    def relay(self) -> RelayReport:
        """Submit what is due. Nothing before the chain was met, or while the clock is wrong."""
        if not self.memory.met:
            return RelayReport()
        with self._halting(), self._hearing(RELAYING), self._relaying:
            self._require_clock()
            relayed = self.relayer.step()
            self._news.relays = relayed.held
        return relayed

    def anchor(self) -> bool:
        """Whether a checkpoint is on its way into the contract."""
        if not self.memory.met or not self._may_anchor():
            return False
        with self._halting(), self._hearing(ANCHORING), self._anchoring:
            self._require_clock()
            try:
                return self.anchorer.step().submitted is not None
            except InconsistentLog as told:
                self.publish()  # a file that was taken away meanwhile proves nothing, and is made again
                with self._meeting:
                    self.memory.meet_again(told)  # nor does the node's bare word
                return False

    def _may_anchor(self) -> bool:
        """Whether the registry knows our anchor key by now; without it, the contract would refuse."""
        with self._home.database.read() as connection:
            view = self._reader.registry.refreshed(connection).now()
        return view.anchor_key(self._home.log_id) == self._reader.keys.anchor.address

    def _follow_or_ring(self) -> None:
        if self.follow_soon is None:
            self.follow()
        else:
            self.follow_soon()

    # --- at home -----------------------------------------------------------------------------------------------------

    def unpublished(self) -> bool:
        """Whether anything came that readers do not see yet, or something that they should see is gone."""
        with self._halting():
            return self._reader.publisher.behind()

    def publish(self) -> int:
        """Publish what was accepted, and say how many leaves readers see; while that cannot be, nothing is accepted."""
        with self._halting():
            self.guard.refuse()
            if self.guard.held(CHAIN) is not None:
                return 0
            try:
                published = self._reader.publisher.publish(self._home.clock.now())
            except StorageFailed as error:
                self.guard.hold(LOG, error)
                raise
            if self.memory.met and is_restored(self._home.settings.home):
                clear_restored(self._home.settings.home)
            self.guard.release(LOG)
            self._clocks.ask_witnesses(self._reader.publisher.witnesses)
            return published.head.size

    def project(self) -> None:
        """Bring in the leaves of which no event tells: rejections, and what only the log takes."""
        with self._halting():
            with self._home.database.read() as connection:
                head = log.head(connection)
                behind = migrate.projected_size(connection) < head.size
            self._clocks.heed_leaf(head)  # another process may have logged it
            if behind:
                with self._home.database.write() as connection:
                    self._accepting.projector.catch_up(connection)

    def tidy(self) -> None:
        with self._halting():
            self._clocks.keep()
            self._accepting.erasing.scrub_now_and_then()
            self._reader.numbers.sealed.seal_next(self._reader.registry, self._reader.publisher.tree)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _require_clock(self) -> None:
        if wrong := self.guard.clock_trouble():
            raise wrong

    @contextmanager
    def _losing(self, part: str) -> Iterator[None]:
        """Note when the chain's answers fail or do not fit, and ask another of its nodes from then on."""
        try:
            yield
        except ChainUnavailable as error:
            self._news.lost(part, error, self._home.clock.now())
            self._chain.doubt()
            raise
        except Misconfigured:  # it may be this node alone that is on another chain
            self._chain.doubt()
            raise

    @contextmanager
    def _hearing(self, part: str) -> Iterator[None]:
        """As `_losing`; and the chain answers this part of the work again once all of it went well."""
        with self._losing(part):
            yield
        self._news.heard(part)

    @contextmanager
    def _halting(self) -> Iterator[None]:
        """Halt the home when what is stored is not the log that was signed, or when the disk lies."""
        try:
            yield
        except (VerificationFailed, DiskFailed) as error:
            self.guard.halt(error)
            raise
