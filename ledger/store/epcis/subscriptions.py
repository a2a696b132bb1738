"""Subscriptions to named queries: what a webhook that is one has beside its row in `webhooks`."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from ledger.store.epcis.tables import epcis_subscriptions
from ledger.store.events import webhooks as hooks
from ledger.store.events.webhooks import Webhook
from ledger.store.rows import many, one, selection, some, values_of
from ledger.store.tables import webhooks


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """As the table says."""

    webhook: str
    token: bytes
    schedule: str
    report_if_empty: bool
    initial: int | None
    least: int | None
    next_run: int


def add(connection: Connection, webhook: Webhook, subscription: StoredSubscription) -> None:
    hooks.add(connection, webhook)
    connection.execute(epcis_subscriptions.insert().values(**values_of(subscription)))


def of(connection: Connection, webhook: str) -> StoredSubscription | None:
    return one(connection, epcis_subscriptions, StoredSubscription, epcis_subscriptions.c.webhook == webhook)


def listing(connection: Connection, partner: int, query: str, after: str, limit: int) -> list[Webhook]:
    """A partner's subscriptions to a query, by their ids behind `after`."""
    c = webhooks.c
    found = selection(webhooks, Webhook).where(c.partner == partner, c.query == query, c.id > after)
    return some(connection, found.order_by(c.id).limit(limit), Webhook)


def to_query(connection: Connection, partner: int, query: str) -> list[Webhook]:
    """All subscriptions of a partner to a query."""
    return many(connection, webhooks, Webhook, webhooks.c.partner == partner, webhooks.c.query == query)


def count(connection: Connection, partner: int) -> int:
    c = webhooks.c
    return int(connection.scalar(select(func.count()).where(c.partner == partner, c.query != "")) or 0)


def set_next_run(connection: Connection, webhook: str, next_run: int) -> None:
    there = update(epcis_subscriptions).where(epcis_subscriptions.c.webhook == webhook)
    connection.execute(there.values(next_run=next_run))
