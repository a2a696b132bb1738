"""A named query as server-sent events: what it finds from now on, or from where a stream broke off."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Receive, Scope, Send

from ledger.errors import Busy, LadingError, NotPermitted
from ledger.formats.epcis import json_text
from ledger.formats.epcis.query import MOST_PER_PAGE, EventQuery
from ledger.services.epcis.queries import Answer
from ledger.services.epcis.results import results_document
from ledger.services.epcis.service import Epcis
from ledger.services.epcis.subscriptions import require_endless
from ledger.services.node.node import Node
from ledger.services.state.current_registry import one_request
from ledger.services.views.records import Reader

MEDIA_TYPE = "text/event-stream"
LOOK_SECONDS = 1.0
ALIVE_SECONDS = 15
LONGEST_SECONDS = 3_600
"""After so long a follower comes again."""
RETRY = 3_000
"""Milliseconds after which it does."""


@dataclass
class Places:
    """How many follow in this process, and of each partner."""

    taken: Counter[int] = field(default_factory=Counter)
    of_one: int = 5
    most: int = 100
    ended: bool = False
    """Whether the service ends, and all followers are let go: they come again, here or elsewhere, and miss nothing."""

    def take(self, partner: int) -> None:
        """Raises `Busy`."""
        if self.taken[partner] >= self.of_one or self.taken.total() >= self.most:
            raise Busy("too many follow queries already", retry_after=30)
        self.taken[partner] += 1

    def free(self, partner: int) -> None:
        self.taken[partner] -= 1

    def end(self) -> None:
        self.ended = True


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed, for whom, and the name that answers bear. `again`: who that is by now; raises `NotPermitted`
    once the session has ended."""

    query: EventQuery
    reader: Reader
    name: str
    again: Callable[[], Reader]


async def follow(service: Epcis, node: Node, places: Places, followed: Followed, last: str | None) -> StreamingResponse:
    """Events in the order in which they came here. `last`: the id of the last message that was taken in.

    Raises `MalformedRecord` for a query with an order or limit of its own, and an id that is none; `NotPermitted` for a
    suspended partner; `Busy`.
    """
    require_endless(followed.query)
    token = last or ""
    if not token:
        token = await run_in_threadpool(service.querying.now)
    first = await run_in_threadpool(
        _first, service, node, followed, token
    )  # what is wrong is told before the stream begins
    places.take(followed.reader.partner)
    lines = _lines(service, node, followed, (token, first), places)
    return _Stream(lines, places, followed.reader.partner)


class _Stream(StreamingResponse):
    """Frees its place however it ends: whoever is gone before the first line never starts the lines' generator."""

    def __init__(self, lines: AsyncIterator[bytes], places: Places, partner: int) -> None:
        unbuffered = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(lines, media_type=MEDIA_TYPE, headers=unbuffered)
        self._places, self._partner = places, partner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.free(self._partner)


async def _lines(
    service: Epcis, node: Node, followed: Followed, begun: tuple[str, Answer], places: Places
) -> AsyncIterator[bytes]:
    token, answer = begun
    clock = asyncio.get_running_loop().time
    until, alive = clock() + LONGEST_SECONDS, clock()
    try:
        yield format_sse_event(comment="follow", retry=RETRY, id=token)
        while clock() < until and not places.ended:
            if answer.events:
                token, alive = answer.reached, clock()
                base = node.home.settings.public_url.rstrip("/")
                document = results_document(base, answer, followed.name, node.home.clock.now())
                yield format_sse_event(event="epcis", id=token, data_str=json_text.dump(document))
            if not answer.next:
                await asyncio.sleep(LOOK_SECONDS)
            if clock() - alive >= ALIVE_SECONDS:
                alive = clock()
                yield KEEPALIVE_COMMENT
            answer = await run_in_threadpool(_again, service, node, followed, token)
    except LadingError:  # the session or the key is over, or the database is away: who follows comes again
        return


def _again(service: Epcis, node: Node, followed: Followed, token: str) -> Answer:
    """As its key may read now. Raises `NotPermitted` once the session has ended, the key is in force no more, or its
    partner is suspended."""
    with one_request():  # the stream itself is one that began long ago, and knows the partners as they were
        reader = followed.again()
        if reader.partner != followed.reader.partner:
            raise NotPermitted("the key is in force no more", where="session", mend="Sign in again.")
        return _first(service, node, replace(followed, reader=reader), token)


def _first(service: Epcis, node: Node, followed: Followed, token: str) -> Answer:
    """Raises `NotPermitted` for a suspended partner: nothing is brought to it, though it may ask."""
    with node.home.database.read() as connection:
        if node.reader.registry.for_request(connection).now().suspended(followed.reader.partner):
            raise NotPermitted("the partner is suspended", where="partner", mend="Ask for events a page at a time.")
    return _page(service, followed, token)


def _page(service: Epcis, followed: Followed, token: str) -> Answer:
    return service.querying.run(followed.query, followed.reader, per_page=MOST_PER_PAGE, token=token)
