"""From the log into deliveries: each webhook's mark moves over the log, together with the rows of what it is for.

Mark and rows are one transaction, so that a crash plans nothing twice and leaves nothing out. A webhook that has much
to be delivered waits with its mark: what lies beyond is in the log.
"""

import hashlib
from collections.abc import Sequence

from ledger.services.events.content import Content, LogMessages
from ledger.services.events.event import Event, Wanted
from ledger.services.events.feed import EventPage, Feed
from ledger.services.events.webhooks import filter_of
from ledger.services.home.home import Home
from ledger.store.events import webhooks as store
from ledger.store.events.webhooks import DEAD, DUE, PAUSED, Delivery, Webhook

EVERY_EVENT = Wanted()
PAGE = 200
MOST_WAITING = 1_000
"""Deliveries of a webhook that are planned at once."""
MOST_DEAD = 5_000
"""Dead letters of a webhook; with more it is paused, and loses nothing."""
PLACE = 8
"""Bytes that stand for a shipment. Two that share them only wait for each other."""
EVERYWHERE = bytes(PLACE)
"""The place of what concerns no shipment: such events keep their order among themselves."""


class Planner:
    """`contents`: by whether a webhook is a subscription to a query, what it is for."""

    def __init__(self, home: Home, contents: "dict[bool, Content]") -> None:
        self._db = home.database
        self._contents = contents

    def plan(self) -> bool:
        """Enter the next deliveries of each active webhook that has room; True when there is more to plan at once."""
        with self._db.read() as connection:
            active = store.active(connection)
            counts = store.counts(connection, [one.id for one in active]) if active else {}
        wanting: dict[bool, list[Webhook]] = {}
        for webhook in active:
            if counts.get((webhook.id, DEAD), 0) >= MOST_DEAD:
                with self._db.write() as connection:
                    store.change(connection, webhook.id, state=PAUSED, problem="too many dead letters")
            elif counts.get((webhook.id, DUE), 0) < MOST_WAITING:
                wanting.setdefault(bool(webhook.query), []).append(webhook)
        more = False
        for subscribed, content in self._contents.items():
            if subscribed in wanting:
                more = content.plan(wanting[subscribed]) or more
        return more


class LogEvents(LogMessages):
    """One page of the log for each webhook at a time."""

    def __init__(self, home: Home, home_key: bytes, feed: Feed) -> None:
        super().__init__(home_key, feed)
        self._home = home
        self._pages = feed

    def plan(self, webhooks: Sequence[Webhook]) -> bool:
        pages: dict[int, EventPage] = {}
        more = False
        for webhook in webhooks:
            page = pages.get(webhook.planned)
            if page is None:
                page = pages[webhook.planned] = self._pages.page(EVERY_EVENT, webhook.planned, PAGE)
            if page.events:
                self._take(webhook, page)
                more = more or page.more
        return more

    def _take(self, webhook: Webhook, page: EventPage) -> None:
        wanted, now = filter_of(webhook), self._home.clock.now()
        rows = [
            Delivery(webhook.id, event.index, places_of(event), DUE, now, next_try=now)
            for event in page.events
            if wanted.matches(event)
        ]
        with self._home.database.write() as connection:
            store.plan(connection, webhook, page.events[-1].index, rows)


def places_of(event: Event) -> bytes:
    """What a delivery keeps in order: a few bytes for each shipment."""
    if not event.shipments:
        return EVERYWHERE
    return b"".join(sorted(hashlib.sha256(shipment.encode()).digest()[:PLACE] for shipment in event.shipments))


def split_places(places: bytes) -> set[bytes]:
    return {places[i : i + PLACE] for i in range(0, len(places), PLACE)}
