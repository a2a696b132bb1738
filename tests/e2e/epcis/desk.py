"""One partner's subscriptions beside the sender, on the clock of the stage."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.formats.epcis.document import event_of
from ledger.formats.epcis.reading import Read
from ledger.formats.epcis.subscription import parse_subscription, verify
from ledger.services.epcis.service import Epcis
from ledger.services.epcis.subscriptions import SubscriptionView
from ledger.services.events.sending import WebhookSender
from ledger.services.events.webhooks import Webhooks
from ledger.services.home.clock import ManualClock
from ledger.services.views.records import Reader
from tests.e2e.stage import SHOP, Stage
from tests.e2e.webhooks.receiver import Message, Receiver

LOCAL = "127.0.0.0/8"
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"  # GS1's example
ITEM = "https://id.gs1.org/01/09506000134352/21/"
STREAM = {"stream": True}


@dataclass
class Desk:
    stage: Stage
    networks: str = LOCAL
    partner: int = SHOP
    epcis: Epcis = field(init=False)
    sender: WebhookSender = field(init=False)
    hooks: Webhooks = field(init=False)

    def __post_init__(self) -> None:
        node = self.stage.node
        home = replace(node.home, settings=replace(node.home.settings, webhook_networks=self.networks))
        key = node.reader.keys.session_secret
        self.epcis = Epcis.of(home, node.reader.registry, node.reader.views, key)
        self.sender = WebhookSender(home, key, results=self.epcis.results, rights=self.epcis.rights)
        self.hooks = Webhooks(home, key)

    @property
    def clock(self) -> ManualClock:
        return self.stage.clock

    def reader(self, partner: int = 0) -> Reader:
        (key,) = self.stage.keys([partner or self.partner])
        reader: Reader = self.stage.node.reader.views.reader(key.address)
        return reader

    def subscribe(self, receiver: Receiver, when: dict[str, Any] | None = None, **more: Any) -> SubscriptionView:
        """To everything, unless `query` names another; signed by `TOKEN`, unless `token` is empty."""
        name, partner = more.pop("query", "SimpleEventQuery"), more.pop("partner", 0)
        body = {"dest": receiver.url + "/epcis", "signatureToken": TOKEN, **(STREAM if when is None else when), **more}
        return self.epcis.subscriptions.add(self.reader(partner), name, parse_subscription(body))

    def capture(self, *serials: str, partner: int = 0, **members: Any) -> None:
        events = {
            number: event_of(
                {
                    "type": "ObjectEvent",
                    "eventTime": "2025-10-01T10:00:00Z",
                    "eventTimeZoneOffset": "+00:00",
                    "epcList": [ITEM + serial],
                    "action": "OBSERVE",
                    **members,
                }
            )
            for number, serial in enumerate(serials)
        }
        job = self.epcis.capturing.take(b"{}", Read(events, ()), partner or self.partner, "rollback")
        assert job.success, job.errors

    def pass_time(self, seconds: int, step: int = 1800) -> None:
        """So much time with a sender at work."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.sender.work_through()


def document(message: Message) -> dict[str, Any]:
    """What came, its signature checked."""
    verify(TOKEN, message.headers, message.body)
    found = json.loads(message.body)
    assert isinstance(found, dict)
    return found


def events(message: Message) -> list[dict[str, Any]]:
    return list(document(message)["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def serials(message: Message) -> list[str]:
    return [str(one["epcList"][0]).removeprefix(ITEM) for one in events(message)]


def all_serials(receiver: Receiver) -> list[str]:
    return [serial for message in receiver.taken for serial in serials(message)]
