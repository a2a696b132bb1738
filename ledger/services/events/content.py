"""What is delivered to webhooks: events of the log to most, results of a named query to those that subscribed to one.

The sender asks for it, posts it, and knows nothing else of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.formats import standard_webhooks
from ledger.services.events.feed import Feed
from ledger.services.events.webhook_secrets import signing_secrets
from ledger.store.events.webhooks import Delivery, Webhook


@dataclass(frozen=True, slots=True)
class Message:
    """`name`: its id, the same whenever it is sent again. `signed`: headers of its kind's own, of which any signature
    is made already."""

    name: str
    body: bytes
    signed: Mapping[str, str]


class TooLarge:
    """Instead of a message: it would be larger than one may be, and is to be sent in parts."""


class NotNow:
    """Instead of a message: whom it is for has no right to it at present. It stays due."""


Made = Message | TooLarge | NotNow | None
"""None: there is nothing to tell any more."""
Making = Callable[[Delivery], Made]


class Content(Protocol):
    def plan(self, webhooks: Sequence[Webhook]) -> bool:
        """Enter the next deliveries of these, which are active and have room; True when there is more at once."""
        ...

    def secrets(self, webhook: Webhook, now: int) -> list[bytes]:
        """What signs for a webhook, nothing where nothing does. Raises `RuleBroken` where that is lost."""
        ...

    def messages(self, webhook: Webhook, rows: Sequence[Delivery], secrets: Sequence[bytes]) -> Making:
        """How to make the message of each of these."""
        ...

    def split(self, webhook: Webhook, delivery: Delivery) -> bool:
        """Deliver it in two parts instead; False where that cannot be."""
        ...


class LogMessages:
    """Events of the log: a message is one of them, the same bytes whoever it is for."""

    def __init__(self, home_key: bytes, feed: Feed) -> None:
        self._key = home_key
        self._feed = feed

    def secrets(self, webhook: Webhook, now: int) -> list[bytes]:
        return signing_secrets(self._key, webhook, now)

    def messages(self, webhook: Webhook, rows: Sequence[Delivery], secrets: Sequence[bytes]) -> Making:  # noqa: ARG002
        events = self._feed.at(row.log_index for row in rows)

        def made(row: Delivery) -> Made:
            event = events.get(row.log_index)
            return None if event is None else Message(f"{webhook.id}_{event.index}", event.body, {})

        return made

    def split(self, webhook: Webhook, delivery: Delivery) -> bool:  # noqa: ARG002 - an event is not parted
        return False


def headers(message: Message, now: int, secrets: Sequence[bytes]) -> dict[str, str]:
    """All that it is sent with."""
    signed = standard_webhooks.headers(message.name, now, message.body, secrets) if secrets else {}
    return {**signed, **message.signed}
