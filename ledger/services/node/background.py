"""What a node does in the background: it listens to the process that works, or works, in loops that wake each other.

What is committed wakes publishing and relaying, from another process too; a new block, relaying; events of money, the
questions about bonuses; much that was published, anchoring, which otherwise has its interval; what was relayed or
anchored, following, for the embedded chain has its block then.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from ledger.errors import Busy, ChainUnavailable, DiskFailed, LadingError, LeaseLost
from ledger.services.home.write_guard import WriteGuard
from ledger.services.node.loop import GATHER, PAUSE, Loop
from ledger.services.node.news import (
    ANCHORING,
    FOLLOWING,
    KEEPING,
    POOLS,
    PUBLISHING,
    RELAYING,
    SENDING,
    Listener,
    WorkerNews,
)
from ledger.services.node.own_worker import OwnWorker
from ledger.services.node.service_channel import WorkerState
from ledger.services.node.work import Work
from ledger.services.relay.lease import LeaseTimer

LOOK_SECONDS = 0.25
"""Between two questions to a network whether there is a new block."""
LISTEN_SECONDS = 2
"""Between two looks at the news of a process that rings when it has any."""
QUIET_SECONDS = 10
"""Between two looks of a part that hears of its work by itself."""
RELAY_SECONDS = 1
"""Records that trickle in are relayed together, for a transaction and a block cost more than what they carry."""
RELAY_SECONDS_HERE = 2
"""On the embedded chain, whose blocks this machine computes. The first after a pause goes at once, and many do."""
MANY = 20
"""Of more records than that at once, the next are not waited for."""
HANGS_SECONDS = 60
"""A step that takes longer hangs, and is told of."""
SEND_SECONDS = 1
"""Between two looks at what is due to webhooks."""
ANCHOR_SECONDS = 10
"""Between two anchors, and two looks at the contract."""
ANCHOR_LEAVES = 1_000
"""When so many leaves were published that are not anchored, the next anchor comes at once."""
trouble = logging.getLogger("lading.node")


class Listening:
    """Of a process that only accepts and reads."""

    def __init__(
        self,
        guard: WriteGuard,
        news: WorkerNews,
        listener: Listener,
        fail: Callable[[], None],
        worker: OwnWorker | None = None,
    ) -> None:
        """`fail` is called when the process must end, because nobody knows what the disk holds; `worker` works for this
        process, and hears of commits at once.
        """
        self.news = news
        self.guard = guard
        self.listener = listener
        self._fail = fail
        self._worker = worker
        self._keeping = Loop(KEEPING, self._keep, self._heed, pause=PAUSE if worker is None else LISTEN_SECONDS)
        self.loops: Sequence[Loop] = (self._keeping,)
        """In the order in which they end."""
        self._said: dict[str, str] = {}
        """What each loop's trouble was at its last step."""

    def ring(self) -> None:
        """Something was committed: a worker elsewhere finds out by itself."""
        if self._worker is not None:
            self._worker.ring()

    def start(self) -> None:
        if self._worker is not None:
            self._worker.on_news = self._keeping.ring
        for loop in self.loops:
            loop.start()

    def stop(self) -> None:
        for loop in self.loops:
            loop.end()
        for loop in self.loops:
            loop.stop()

    def _keep(self) -> bool:
        if self._worker is not None:
            self.news.own = self._worker.state
        self.listener.listen()
        return False

    def _heed(self, part: str, error: Exception | None) -> None:
        """What became of a loop's step. A trouble is logged once, and told unless it is a chain or a turn that is lost,
        or a store that is busy: that the chain is away is told as such, and the next step goes on.
        """
        said = str(error or "")
        if error is None:
            pass
        elif said not in tuple(self._said.values()):
            if isinstance(error, LadingError):
                trouble.warning("%s", error)
            else:
                trouble.error("unforeseen error in %s", part, exc_info=error)
        self._said[part] = said
        told = said if isinstance(error, LadingError) or error is None else "an unforeseen error, see the log"
        self.news.note_problem(part, "" if isinstance(error, ChainUnavailable | LeaseLost | Busy) else told)
        if isinstance(error, DiskFailed):
            self.guard.halt(error)
        if isinstance(self.guard.halted, DiskFailed):
            self._fail()
            for loop in self.loops:
                loop.end()


class Working(Listening):
    """Of a process that works when it is its turn, and listens until then."""

    def __init__(self, work: Work, news: WorkerNews, listener: Listener, fail: Callable[[], None]) -> None:
        super().__init__(work.guard, news, listener, fail)
        self._work = work
        self._published = self._anchored = 0
        self._look_closely_at = 0.0
        self._publishing = self._in_turn(PUBLISHING, self._publish)
        # The embedded chain has no block that was not made here, and then the bell is rung.
        look, gather = (QUIET_SECONDS, RELAY_SECONDS_HERE) if work.embedded else (LOOK_SECONDS, RELAY_SECONDS)
        self._following = self._in_turn(FOLLOWING, self._follow, pause=look)
        self._relaying = self._in_turn(RELAYING, self._relay, pause=QUIET_SECONDS, gather=gather)
        self._anchoring = self._in_turn(ANCHORING, self._anchor, pause=ANCHOR_SECONDS)
        self._pools = self._in_turn(POOLS, self._ask_pools, pause=QUIET_SECONDS)
        self._sending = self._in_turn(SENDING, work.webhooks.step, pause=SEND_SECONDS)
        work.webhooks.on_end = self._sending.ring
        self.loops = (
            *self.loops, self._sending, self._relaying, self._anchoring, self._pools, self._following, self._publishing
        )  # fmt: skip
        self.leases = LeaseTimer(work.leases, also=self._tell)
        self.service: Callable[[WorkerState], None] = lambda _: None
        """Whom to tell, beside the other processes, what this one does: the service that it works for."""
        self._told: WorkerState | None = None

    def ring(self) -> None:
        """Something was committed."""
        self._publishing.ring()
        self._relaying.ring()
        self._sending.ring()

    def start(self) -> None:
        self._work.begin()
        self.leases.start()
        self._work.follow_soon = self._following.ring
        super().start()

    def stop(self) -> None:
        """End the work in order: another process can take it over at once, or once the leases run out if it hangs."""
        self.leases.end()
        super().stop()
        self._work.webhooks.close()
        self._work.follow_soon = None
        self.leases.stop()

    def _keep(self) -> bool:
        """See to it that this process works, if it is its turn; else hear what the one says that does."""
        try:
            waited = not self._work.turn.held  # the timer renews it
            if waited and not self._work.turn.take():
                self._work.give_up()
                super()._keep()
                self._work.begin()  # by now the worker's clock may have told the time
                return False
            if self.news.age is not None:
                trouble.info("this process works now")
                self.news.work_here()
                self.listener.forget()
            self.news.relays = True
            if waited:
                for loop in self.loops:
                    loop.ring()
            self.guard.refuse()
            self._work.project()
            self._work.tidy()
            return False
        finally:
            with suppress(LadingError):  # the database is away, and the next step says so
                self._tell()

    def _tell(self) -> None:
        """Tell the other processes what this one heard, while it is the one that works; and what hangs, nobody else can
        tell: the leases' timer calls this too.
        """
        for loop in self.loops:
            if loop.at_it_for > HANGS_SECONDS:
                self.news.note_problem(loop.name, f"{loop.name} has been at one step for {int(loop.at_it_for)} s")
        told = self._work.turn.held and self.news.age is None and self._work.teller.tell()
        state = WorkerState(self._work.turn.held, self._work.teller.refuses())
        if told or state != self._told:
            self._told = state
            self.service(state)

    # --- the pieces ----------------------------------------------------------------------------------------------

    def _in_turn(self, name: str, step: Callable[[], bool], *, pause: float = PAUSE, gather: float = GATHER) -> Loop:
        return Loop(name, partial(self._step, step), self._heed, pause=pause, gather=gather)

    def _step(self, step: Callable[[], bool]) -> bool:
        if not self._work.turn.held:
            return False
        self.guard.refuse()
        return step()

    def _publish(self) -> bool:
        """Publish what is new; now and then look at everything anew, for what was published may have been touched."""
        if time.monotonic() < self._look_closely_at and not self._work.unpublished():
            return False
        size = self._work.publish()
        self._look_closely_at = time.monotonic() + QUIET_SECONDS
        if size > self._published:
            self._published = size
            self._relaying.ring()  # another process may have accepted it
        if size - self._anchored >= ANCHOR_LEAVES:
            self._anchoring.ring()
        return False

    def _follow(self) -> bool:
        self._work.look()
        if self._work.behind():
            followed = self._work.follow()
            self._relaying.ring()
            if followed.money:
                self._pools.ring()
        return False

    def _relay(self) -> bool:
        relayed = self._work.relay()
        return relayed.more or relayed.submitted > MANY

    def _anchor(self) -> bool:
        self._anchored = self._published
        if self._work.anchor():
            self._following.ring()
        return False

    def _ask_pools(self) -> bool:
        self._work.listen()
        return False
