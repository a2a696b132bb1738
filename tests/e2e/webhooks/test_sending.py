"""Deliveries: signed, once where all goes well, again and later where it does not, never out of a shipment's order."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.formats.standard_webhooks import secret_of
from ledger.services.events import planning
from ledger.services.events.event import Wanted
from ledger.services.events.sending import WebhookSender
from ledger.services.events.webhooks import MOST_WEBHOOKS, Registered, Webhooks, wanted_of
from ledger.services.home.clock import ManualClock
from ledger.services.home.home import Home
from ledger.services.views.records import Reader
from ledger.store.events import webhooks as store
from tests.e2e.stage import CARRIER, MAKER, OCEAN, Stage
from tests.e2e.webhooks.receiver import TAKE, Message, Receiver, receiving

LOCAL = "127.0.0.0/8"
ME = Reader(MAKER)


class Desk:
    """One partner's webhooks and the sender, on the clock of the stage."""

    def __init__(self, stage: Stage, networks: str = LOCAL) -> None:
        self.stage = stage
        home = stage.node.home
        self.home: Home = replace(home, settings=replace(home.settings, webhook_networks=networks))
        self.key: bytes = stage.node.reader.keys.session_secret
        self.webhooks = Webhooks(self.home, self.key)
        self.sender = WebhookSender(self.home, self.key)

    @property
    def clock(self) -> ManualClock:
        return self.stage.clock

    def register(self, receiver: Receiver, wanted: Wanted = Wanted(), path: str = "/hook") -> Registered:  # noqa: B008
        made = self.webhooks.register(ME, receiver.url + path, wanted, after=-1)
        receiver.secrets[path] = secret_of(made.secret)
        receiver.tolerance = 10**9  # the stage plays in another year
        return made

    def pass_time(self, seconds: int, step: int = 1800) -> None:
        """So much time with a sender at work."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.sender.work_through()


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_all_events_come_signed_and_in_order(desk: Desk, receiver: Receiver) -> None:
    desk.stage.open()
    made = desk.register(receiver)
    desk.sender.work_through()
    size, _ = desk.stage.node.reader.feed.extent()
    assert receiver.indexes("/hook") == list(range(size))
    assert receiver.wrong == []
    events = {event.index: event for event in desk.stage.node.reader.feed.page(Wanted(), limit=size).events}
    assert all(message.body == events[message.event["index"]].body for message in receiver.taken)
    view = desk.webhooks.one(ME, made.webhook.id)
    assert (view.waiting, view.dead, view.delivered, view.cursor) == (0, 0, size, size - 1)
    desk.sender.work_through()
    assert len(receiver.taken) == size, "what was taken does not come again"
