"""Subscriptions to named queries: webhooks of their own kind, for the partner whose key subscribed.

They are delivered as other webhooks are, and paused, resumed and sent again as those. What is stored of a token is
sealed with a secret that no database holds: whoever reads one can sign nothing.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.client.outbound import check_url
from ledger.errors import MalformedRecord, NotFound, RuleBroken
from ledger.formats.epcis.query import EventQuery, parse_query
from ledger.formats.epcis.schedule import Schedule, parse_schedule
from ledger.formats.epcis.subscription import Controls, Subscription
from ledger.services.epcis.named import NamedQueries
from ledger.services.epcis.queries import Querying
from ledger.services.events.rights import Rights
from ledger.services.events.webhook_secrets import new_secret, signing_secrets
from ledger.services.events.webhooks import require_partner
from ledger.services.home.home import Home
from ledger.services.views.records import Reader
from ledger.store.database import Connection
from ledger.store.epcis import subscriptions as store
from ledger.store.epcis.subscriptions import StoredSubscription
from ledger.store.events import webhooks as hooks
from ledger.store.events.webhooks import DEAD, DUE, Webhook

MOST_SUBSCRIPTIONS = 20
"""Of one partner."""
NONCE = 12


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """`waiting` and `dead`: messages that are still tried, and that were given up. Times are UTC seconds, those of
    `controls` microseconds."""

    id: str
    query: str
    dest: str
    controls: Controls
    state: str
    problem: str
    waiting: int
    dead: int
    notified_at: int | None
    created_at: int


class Subscriptions:
    """`home_key` as `Webhooks` has it."""

    def __init__(self, home: Home, home_key: bytes, named: NamedQueries, querying: Querying, rights: Rights) -> None:
        self._rights = rights
        self._home = home
        self._db = home.database
        self._key = home_key
        self._named = named
        self._querying = querying

    def add(self, reader: Reader, name: str, wanted: Subscription) -> SubscriptionView:
        """Subscribe to the named query. Raises `NotPermitted` for who is no partner, or a suspended one, `NotFound` for
        a query that is not there, `MalformedRecord` for an address that nothing is delivered to, `RuleBroken` for one
        too many."""
        require_partner(reader)
        self._rights.require_active(reader.partner)
        try:
            check_url(wanted.dest, plain=bool(self._home.settings.networks))
        except MalformedRecord as error:
            raise replace_where(error, "dest") from None
        endless(self._named.parameters(reader.partner, name))
        controls, now = wanted.controls, self._home.clock.now()
        planned = self._querying.last() if controls.initial is None else 0
        first = 0 if controls.schedule is None else controls.schedule.next_after(now) or 0
        webhook_id = f"es_{secrets.token_hex(12)}"
        secret, salted = new_secret(self._key, webhook_id)
        webhook = Webhook(
            id=webhook_id,
            partner=reader.partner,
            key=reader.key,
            url=wanted.dest,
            types="",
            shipment="",
            about=0,
            salt=salted.salt,
            fingerprint=salted.fingerprint,
            planned=planned,
            created_at=now,
            query=name,
        )
        subscription = StoredSubscription(
            webhook_id,
            sealed(secret, wanted.token) if wanted.token else b"",
            "" if controls.schedule is None else json.dumps(dict(controls.schedule.given)),
            controls.report_if_empty,
            controls.initial,
            controls.least,
            first,
        )
        with self._db.write() as connection:
            if store.count(connection, reader.partner) >= MOST_SUBSCRIPTIONS:
                raise RuleBroken("too many subscriptions", where="partner", expected=f"at most {MOST_SUBSCRIPTIONS}")
            store.add(connection, webhook, subscription)
            return _views(connection, [webhook])[0]

    def of(self, reader: Reader, name: str, after: str, limit: int) -> list[SubscriptionView]:
        """The partner's to this query, by id; raises `NotFound` for a query that is not there."""
        self._named.parameters(reader.partner, name)
        with self._db.read() as connection:
            return _views(connection, store.listing(connection, reader.partner, name, after, limit))

    def one(self, reader: Reader, name: str, subscription: str) -> SubscriptionView:
        """Raises `NotFound` for what is not the reader's too."""
        with self._db.read() as connection:
            return _views(connection, [_own(connection, reader, name, subscription)])[0]

    def remove(self, reader: Reader, name: str, subscription: str) -> None:
        with self._db.write() as connection:
            hooks.remove(connection, _own(connection, reader, name, subscription).id)


def endless(parameters: dict[str, Any]) -> EventQuery:
    """The query that these parameters ask; raises `MalformedRecord` for one with an order, limit or end of its own."""
    query = parse_query(parameters)
    require_endless(query)
    return query


def require_endless(query: EventQuery) -> None:
    """Raise `MalformedRecord` for a query with an order, limit or end of its own."""
    if query.order_by or query.limit or query.most:
        raise MalformedRecord(
            "what is subscribed to has no order, limit or end", where="query", mend="Leave it out of the query."
        )


def with_controls(query: EventQuery, controls: Controls) -> EventQuery:
    """The query over what a subscription is told of."""
    least = max((one for one in (query.record_from, controls.record_from) if one is not None), default=None)
    return replace(query, record_from=least)


def controls_of(stored: StoredSubscription) -> Controls:
    return Controls(schedule_of(stored), stored.report_if_empty, stored.initial, stored.least)


def schedule_of(stored: StoredSubscription) -> Schedule | None:
    return parse_schedule(json.loads(stored.schedule)) if stored.schedule else None


def replace_where(error: MalformedRecord, where: str) -> MalformedRecord:
    return MalformedRecord(error.what, where=where, expected=error.expected, found=error.found)


def _own(connection: Connection, reader: Reader, name: str, subscription: str) -> Webhook:
    found = hooks.get(connection, subscription) if subscription.isprintable() else None
    if found is None or found.partner != reader.partner or found.query != name:
        raise NotFound("no such subscription", where="subscriptionID", found=subscription[:80])
    return found


def _views(connection: Connection, found: Sequence[Webhook]) -> list[SubscriptionView]:
    counts = hooks.counts(connection, [one.id for one in found])
    stored = [(one, store.of(connection, one.id)) for one in found]
    return [
        SubscriptionView(
            id=one.id,
            query=one.query,
            dest=one.url,
            controls=controls_of(more),
            state=one.state,
            problem=one.problem,
            waiting=counts.get((one.id, DUE), 0),
            dead=counts.get((one.id, DEAD), 0),
            notified_at=one.delivered_at or None,
            created_at=one.created_at,
        )
        for one, more in stored
        if more is not None
    ]


# --- tokens ----------------------------------------------------------------------------------------------------------


def sealed(secret: bytes, token: str) -> bytes:
    """A token as it is stored: AES-256-GCM, its nonce before it."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(secret).encrypt(nonce, token.encode(), None)


def signing_tokens(home_key: bytes, webhook: Webhook, stored: StoredSubscription, now: int) -> list[bytes]:
    """What signs for a subscription; empty where nothing does. Raises `RuleBroken` where the home's key is another."""
    if not stored.token:
        return []
    (secret,) = signing_secrets(home_key, webhook, now)
    try:
        return [AESGCM(secret).decrypt(stored.token[:NONCE], stored.token[NONCE:], None)]
    except InvalidTag:
        raise RuleBroken("the token of the subscription is damaged", where="token", mend="Subscribe again.") from None
