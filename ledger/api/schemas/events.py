"""What is answered about events and webhooks, typed."""

from typing import Any

from pydantic import Field

from ledger.api.schemas.answers import Answer
from ledger.services.events.event import Event
from ledger.services.events.feed import Anchored
from ledger.services.events.webhooks import DeadLetter, WebhookView


class Events(Answer):
    """`next` is the cursor to go on from, on the last page too; null only while there is nothing at all. It stays
    valid as long as the log does. `more`: ask again at once, even if this page is empty. `anchored`: all events below
    `size` are under a checkpoint that the chain has."""

    events: list[Event]
    next: int | None
    more: bool
    size: int = Field(description="Of the log, when it was read")
    anchored: Anchored | None
    logId: str = Field(description="Of the log whose indexes the cursors are")


class WebhookList(Answer):
    webhooks: list[WebhookView]


class Removed(Answer):
    status: str


class DeadLetters(Answer):
    dead: list[DeadLetter]
    next: int | None = Field(description="Pass it on for the next page; null on the last one")


class Resent(Answer):
    """How many dead letters are due again."""

    resent: int


NEW_WEBHOOK: dict[str, Any] = {
    "url": "https://erp.example.org/lading",
    "types": ["Handoff", "Outcome"],
    "shipment": "",
    "partner": 2,
    "after": None,
}
STATE: dict[str, Any] = {"state": "paused"}
INDEXES: dict[str, Any] = {"indexes": [17, 21]}
