"""Registered webhooks, and deliveries that are due or dead. A delivery that was taken has no row any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, select, update

from ledger.store.epcis.tables import epcis_subscriptions
from ledger.store.rows import insert_new, many, one, selection, some, values_of
from ledger.store.tables import deliveries, webhooks

ACTIVE, PAUSED = "active", "paused"
DUE, DEAD = "due", "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """As the table says. `key`: the address that registered it. `query`: of a subscription to a named query."""

    id: str
    partner: int
    key: bytes
    url: str
    types: str
    shipment: str
    about: int
    salt: bytes
    fingerprint: bytes
    planned: int
    created_at: int
    old_salt: bytes | None = None
    old_fingerprint: bytes | None = None
    old_until: int = 0
    state: str = ACTIVE
    problem: str = ""
    failures: int = 0
    not_before: int = 0
    delivered: int = 0
    delivered_at: int = 0
    query: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    webhook: str
    log_index: int
    places: bytes
    state: str
    planned_at: int
    attempts: int = 0
    next_try: int = 0
    status: int = 0
    problem: str = ""
    behind: int = 0


def add(connection: Connection, webhook: Webhook) -> None:
    connection.execute(webhooks.insert().values(**values_of(webhook)))


def get(connection: Connection, webhook: str) -> Webhook | None:
    return one(connection, webhooks, Webhook, webhooks.c.id == webhook)


def of_partner(connection: Connection, partner: int) -> list[Webhook]:
    return many(
        connection, webhooks, Webhook, webhooks.c.partner == partner, order=(webhooks.c.created_at, webhooks.c.id)
    )


def active(connection: Connection) -> list[Webhook]:
    return many(connection, webhooks, Webhook, webhooks.c.state == ACTIVE, order=(webhooks.c.id,))


def change(connection: Connection, webhook: str, **values: object) -> bool:
    """Set columns of a webhook; False where it is gone."""
    return connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(**values)).rowcount == 1


def remove(connection: Connection, webhook: str) -> None:
    """With all that was to be delivered to it."""
    connection.execute(delete(epcis_subscriptions).where(epcis_subscriptions.c.webhook == webhook))
    connection.execute(delete(deliveries).where(deliveries.c.webhook == webhook))
    connection.execute(delete(webhooks).where(webhooks.c.id == webhook))


# --- deliveries ------------------------------------------------------------------------------------------------------


def plan(connection: Connection, webhook: Webhook, reached: int, rows: Sequence[Delivery]) -> bool:
    """Enter deliveries for the events beyond `webhook.planned` and up to `reached`, in one step with that mark; False,
    and nothing done, where somebody else has moved it."""
    moved = update(webhooks).where(webhooks.c.id == webhook.id, webhooks.c.planned == webhook.planned)
    if connection.execute(moved.values(planned=reached)).rowcount != 1:
        return False
    insert_new(connection, deliveries, [values_of(row) for row in rows])
    return True


def counts(connection: Connection, ids: Collection[str]) -> dict[tuple[str, str], int]:
    """By webhook and state, how many deliveries there are."""
    query = select(deliveries.c.webhook, deliveries.c.state, func.count()).where(deliveries.c.webhook.in_(ids))
    found = connection.execute(query.group_by(deliveries.c.webhook, deliveries.c.state))
    return {(row[0], row[1]): row[2] for row in found}


def in_state(
    connection: Connection, webhook: str, state: str, *, after: int = -1, limit: int = 1_000
) -> list[Delivery]:
    """In log order, from beyond log index `after`."""
    c = deliveries.c
    query = selection(deliveries, Delivery).where(c.webhook == webhook, c.state == state, c.log_index > after)
    return some(connection, query.order_by(c.log_index).limit(limit), Delivery)


def earliest(connection: Connection) -> dict[str, int]:
    """By webhook, when the first of its due deliveries is to be tried."""
    query = select(deliveries.c.webhook, func.min(deliveries.c.next_try)).where(deliveries.c.state == DUE)
    return {row[0]: row[1] for row in connection.execute(query.group_by(deliveries.c.webhook))}


def taken(connection: Connection, webhook: str, indexes: Collection[int], now: int) -> None:
    """These were delivered."""
    c = deliveries.c
    gone = connection.execute(delete(deliveries).where(c.webhook == webhook, c.log_index.in_(indexes))).rowcount
    values = {"delivered": webhooks.c.delivered + gone, "delivered_at": now, "failures": 0, "problem": ""}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook).values(**values))


def put_back(connection: Connection, delivery: Delivery) -> None:
    """Write down what became of an attempt; nothing where the delivery is gone meanwhile."""
    c = deliveries.c
    there = update(deliveries).where(c.webhook == delivery.webhook, c.log_index == delivery.log_index)
    connection.execute(there.values(**values_of(delivery)))


def dropped(connection: Connection, webhook: str, log_index: int) -> None:
    """There is nothing to deliver any more."""
    c = deliveries.c
    connection.execute(delete(deliveries).where(c.webhook == webhook, c.log_index == log_index))


def split(connection: Connection, delivery: Delivery, at: int, now: int) -> None:
    """Deliver what ends with event `at` before the rest, both at once."""
    c = deliveries.c
    there = update(deliveries).where(c.webhook == delivery.webhook, c.log_index == delivery.log_index)
    if connection.execute(there.values(behind=at, next_try=now)).rowcount == 1:
        insert_new(connection, deliveries, [values_of(replace(delivery, log_index=at, next_try=now))])


def revive(connection: Connection, webhook: str, indexes: Collection[int] | None, now: int) -> int:
    """Make dead deliveries due again, those with these log indexes or all; how many there were."""
    c = deliveries.c
    dead = update(deliveries).where(c.webhook == webhook, c.state == DEAD)
    if indexes is not None:
        dead = dead.where(c.log_index.in_(indexes))
    fresh = {"state": DUE, "planned_at": now, "attempts": 0, "next_try": now, "status": 0, "problem": ""}
    return connection.execute(dead.values(**fresh)).rowcount
