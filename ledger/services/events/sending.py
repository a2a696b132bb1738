"""Delivering to webhooks: at least once, events of the log in order per shipment, results of a query in theirs.

A delivery's row goes when the endpoint has taken it, so a process that dies in between delivers it again, under the
same id. What failed holds up later events of its shipments, and no others; of a query, all that comes later. Whether
anything may be delivered is asked at each turn.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ledger.client.outbound import Outbound, Reply
from ledger.errors import RuleBroken
from ledger.services.events.content import Content, Made, NotNow, TooLarge, headers
from ledger.services.events.feed import Feed
from ledger.services.events.planning import LogEvents, Planner, split_places
from ledger.services.events.rights import Rights
from ledger.services.events.schedule import LONGEST_PAUSE, after_failure, endpoint_pause, waits
from ledger.services.home.home import Home
from ledger.store.events import webhooks as store
from ledger.store.events.webhooks import ACTIVE, DUE, PAUSED, Delivery, Webhook

AT_ONCE = 64
"""Webhooks that are served at once, each in a thread of its own: one whose endpoint, or whose name server, is slow
keeps no other waiting, of its partner neither."""
TURN_SECONDS = 10
TURN = 100
"""Posts of a webhook after which others have their turn."""
SETTLED = 16
"""Deliveries that are written off together: a crash delivers as many again at most."""
GONE, LARGE = 410, 413
MOST_DUE = 10_000
"""Deliveries of a webhook that are looked at: more than are planned, and dead ones made due, together."""
LONGEST_WAIT = 3_600
"""Seconds that an endpoint may ask for with Retry-After."""


class Post(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply: ...


Opened = Callable[[], AbstractAsyncContextManager[Post]]


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one webhook's turn: whether it ended before all that was due was tried."""

    more: bool


@dataclass(frozen=True, slots=True)
class Served:
    """How many posts one webhook took, and whether it is to be served again at once."""

    posts: int
    again: bool = False


class WebhookSender:
    """`home_key` as `Webhooks` has it. `opened`: what posts; by default to public addresses, and to the networks that
    the settings allow. `results`: what subscriptions to queries are for; without it, nothing goes to them."""

    def __init__(
        self,
        home: Home,
        home_key: bytes,
        opened: Opened | None = None,
        results: Content | None = None,
        rights: Rights | None = None,
    ) -> None:
        allowed = home.settings.networks
        self._home = home
        self._db = home.database
        self._rights = rights or Rights(home)
        self._contents: dict[bool, Content] = {False: LogEvents(home, home_key, Feed(home))}
        if results is not None:
            self._contents[True] = results
        self._planner = Planner(home, self._contents)
        self._opened: Opened = opened or (lambda: Outbound(allowed))
        self._busy: dict[str, Callable[[], object] | None] = {}
        """Webhooks whose turn it is, and how to break off what they wait for."""
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._trouble: Exception | None = None
        self._ending = False
        self.may_send: Callable[[], bool] = lambda: True
        """Asked before each post: whether it is still this process's turn."""
        self.on_end: Callable[[], None] = lambda: None
        """Called when a webhook's turn has ended and more is due."""

    def step(self) -> bool:
        """Plan what is new, and begin the turns of webhooks that have something due; True to be called again soon.

        It waits for no endpoint. Raises what a turn ended with since the last step.
        """
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble
        more = self._planner.plan()
        for webhook in self._due():
            with self._lock:
                if webhook in self._busy:
                    continue
                self._busy[webhook] = None
                if self._pool is None:
                    self._ending = False
                    self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
                self._pool.submit(self._turn_of, webhook)
        return more

    def close(self) -> None:
        """Begin no turn more, and break off those under way: what they were at is delivered again."""
        with self._lock:
            self._ending = True
            pool, self._pool = self._pool, None
            for break_off in self._busy.values():
                if break_off is not None:
                    break_off()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._busy.clear()

    def work_through(self) -> None:
        """Plan and send in the caller's thread until nothing is due now; for tests and drills."""
        self._ending = False
        while self._planner.plan():
            pass
        for webhook in self._due():
            while asyncio.run(self._turn(webhook)).more:
                while self._planner.plan():
                    pass

    # --- a webhook's turn --------------------------------------------------------------------------------------------

    def _due(self) -> list[str]:
        now = self._home.clock.now()
        with self._db.read() as connection:
            earliest = store.earliest(connection)
            due = {name for name, moment in earliest.items() if not waits(moment, now, LONGEST_PAUSE)}
            active = store.active(connection) if due else []
        return [one.id for one in active if one.id in due and self._may_be_served(one, now)]

    def _may_be_served(self, webhook: Webhook, now: int) -> bool:
        return not waits(webhook.not_before, now, LONGEST_WAIT) and bool(webhook.query) in self._contents

    def _turn_of(self, webhook: str) -> None:
        more = False
        try:
            more = asyncio.run(self._breakable(webhook)).more
        except asyncio.CancelledError:
            pass  # it ends: all of it is still due
        except Exception as error:  # noqa: BLE001 - the next step raises it: all of it is still due
            self._trouble = error
        finally:
            with self._lock:
                self._busy.pop(webhook, None)
        if more:
            self.on_end()

    async def _breakable(self, webhook: str) -> Turn:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._lock:
            if self._ending or task is None:
                return Turn(more=False)
            self._busy[webhook] = partial(loop.call_soon_threadsafe, task.cancel)
        try:
            return await self._turn(webhook)
        finally:
            with self._lock:
                self._busy[webhook] = None  # the loop ends here: nobody may call into it

    async def _turn(self, name: str) -> Turn:
        with self._db.read() as connection:
            webhook = store.get(connection, name)
        if webhook is None or webhook.state != ACTIVE or not self._may_be_served(webhook, self._home.clock.now()):
            return Turn(more=False)
        if self._holds(webhook):
            return Turn(more=False)
        end = time.monotonic() + TURN_SECONDS
        served = await self._serve(webhook, end, TURN)
        return Turn(more=served.again or served.posts >= TURN or time.monotonic() >= end)

    def _holds(self, webhook: Webhook) -> bool:
        """Whether nothing may be delivered to it now; then why is noted. What is due stays due."""
        with self._db.read() as connection:
            held = self._rights.held(connection, webhook)
        if held is not None:
            self._rights.note(webhook, held, self._home.clock.now())
        return held is not None

    async def _serve(self, webhook: Webhook, end: float, most: int) -> Served:
        """Deliver to one webhook what is due."""
        with self._db.read() as connection:
            rows = store.in_state(connection, webhook.id, DUE, limit=MOST_DUE)
        now = self._home.clock.now()
        content = self._contents[bool(webhook.query)]
        try:
            secrets = content.secrets(webhook, now)
        except RuleBroken as error:
            with self._db.write() as connection:
                store.change(connection, webhook.id, state=PAUSED, problem=error.what)
            return Served(0)
        queue = Queue(rows, now)
        taken: list[int] = []
        count = 0
        try:
            async with self._opened() as outbound:
                for delivery, made in self._made(content, webhook, queue, secrets):
                    if count >= most or time.monotonic() >= end or self._ending or not self.may_send():
                        break
                    if isinstance(made, NotNow) or self._is_another(webhook):
                        break
                    if made is None:
                        with self._db.write() as connection:
                            store.dropped(connection, webhook.id, delivery.log_index)
                        continue
                    reply = Reply(LARGE, "too large for one message")
                    if not isinstance(made, TooLarge):
                        count += 1
                        sent = headers(made, self._home.clock.now(), secrets)
                        reply = await outbound.post(webhook.url, made.body, sent)
                    if reply.taken:
                        taken.append(delivery.log_index)
                        if len(taken) >= SETTLED:
                            self._settle(webhook, taken)
                        continue
                    queue.block(delivery)
                    self._settle(webhook, taken)
                    if reply.status == LARGE and content.split(webhook, delivery):
                        return Served(count, again=True)
                    if self._failed(webhook, delivery, reply):
                        break
        finally:
            self._settle(webhook, taken)
        return Served(count)

    def _made(
        self, content: Content, webhook: Webhook, queue: "Queue", secrets: Sequence[bytes]
    ) -> Iterator[tuple[Delivery, Made]]:
        """Each made only when it is its turn: an earlier one may have failed, or rights have ended, since."""
        for some in queue.chunks(SETTLED):
            make = content.messages(webhook, some, secrets)
            for row in some:
                if not queue.blocks(row):
                    yield row, make(row)

    def _is_another(self, webhook: Webhook) -> bool:
        """Whether it was removed, paused or given another secret since its turn began."""
        with self._db.read() as connection:
            current = store.get(connection, webhook.id)
        return current is None or (current.state, current.salt) != (webhook.state, webhook.salt)

    def _settle(self, webhook: Webhook, taken: list[int]) -> None:
        if taken:
            with self._db.write() as connection:
                store.taken(connection, webhook.id, taken, self._home.clock.now())
            taken.clear()

    def _failed(self, webhook: Webhook, delivery: Delivery, reply: Reply) -> bool:
        """Note a failure; whether the endpoint itself is in trouble, so that nothing more goes there now."""
        now = self._home.clock.now()
        ails = reply.status == 0 or reply.status == 429 or reply.status >= 500
        with self._db.write() as connection:
            store.put_back(connection, after_failure(delivery, now, reply.status, reply.problem))
            current = store.get(connection, webhook.id)
            if reply.status == GONE:
                store.change(connection, webhook.id, state=PAUSED, problem="the endpoint says that it is gone")
            elif ails and current is not None:
                failures = current.failures + 1
                pause = max(endpoint_pause(failures), min(reply.retry_after, LONGEST_WAIT))
                store.change(connection, webhook.id, failures=failures, not_before=now + pause, problem=reply.problem)
        return ails or reply.status == GONE


class Queue:
    """The due deliveries of a webhook in log order: those whose time has come, unless an earlier one of the same
    shipment has not been taken."""

    def __init__(self, rows: Sequence[Delivery], now: int) -> None:
        self._blocked: set[bytes] = set()
        self._rows = rows
        self._now = now

    def chunks(self, size: int) -> Iterator[list[Delivery]]:
        some: list[Delivery] = []
        for row in self._rows:
            if waits(row.next_try, self._now, LONGEST_PAUSE) or self.blocks(row):
                self.block(row)
                continue
            some.append(row)
            if len(some) == size:
                yield some
                some = []
        if some:
            yield some

    def blocks(self, row: Delivery) -> bool:
        """Whether it has to wait; then whatever comes after it waits too."""
        places = split_places(row.places)
        if places.isdisjoint(self._blocked):
            return False
        self._blocked |= places
        return True

    def block(self, row: Delivery) -> None:
        """It was not taken."""
        self._blocked |= split_places(row.places)
