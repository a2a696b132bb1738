"""Webhooks of partners: registering, looking at, pausing, and sending again what could not be delivered.

A delivery holds an event and nothing else, so it tells no endpoint more than the public may read anyhow.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ledger.client.outbound import check_url
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotFound, NotPermitted, RuleBroken
from ledger.formats.standard_webhooks import secret_text
from ledger.records.types import BY_NUMBER, record_named
from ledger.services.events.event import Wanted
from ledger.services.events.feed import START, require_within
from ledger.services.events.webhook_secrets import OVERLAP, new_secret, signing_secrets
from ledger.services.home.home import Home
from ledger.services.views.records import Reader
from ledger.store import log
from ledger.store.database import Connection
from ledger.store.events import webhooks as store
from ledger.store.events.webhooks import ACTIVE, DEAD, DUE, PAUSED, Webhook

MOST_WEBHOOKS = 10
"""Of one partner."""
MOST_TYPES = 30


@dataclass(frozen=True, slots=True)
class WebhookView:
    """`types`, `shipment`, `partner`: which events it is for; empty, or 0, for all. `cursor`: the event up to which its
    deliveries are planned. `waiting` and `dead`: deliveries that are still tried, and that were given up. `query`: the
    name of the EPCIS query to which it is a subscription, else empty; then indexes are numbers of EPCIS events."""

    id: str
    url: str
    types: tuple[str, ...]
    shipment: str
    partner: int
    state: str
    problem: str
    cursor: int
    waiting: int
    dead: int
    delivered: int
    deliveredAt: int | None
    createdAt: int
    query: str


@dataclass(frozen=True, slots=True)
class Registered:
    """`secret` is shown this once: `whsec_` and Base64, as Standard Webhooks has it."""

    webhook: WebhookView
    secret: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up after three days. `index`: the event's; `status`: of the last answer, 0 for none."""

    index: int
    plannedAt: int
    attempts: int
    status: int
    problem: str


def wanted_of(types: Collection[str], shipment: str | None, partner: int | None) -> Wanted:
    """A filter as it is written; raises `MalformedRecord`."""
    if len(types) > MOST_TYPES:
        raise MalformedRecord("too many types", where="types", expected=f"at most {MOST_TYPES}")
    return Wanted(
        tuple(sorted({record_named(name).NUMBER for name in types})),
        to_hex(bytes_from_hex(shipment, 32, "shipment")) if shipment else "",
        partner or 0,
    )


def filter_of(webhook: Webhook) -> Wanted:
    types = tuple(int(number) for number in webhook.types.split(",") if number)
    return Wanted(types, webhook.shipment, webhook.about)


class Webhooks:
    """`home_key`: the bytes of `keys/session.key`."""

    def __init__(self, home: Home, home_key: bytes) -> None:
        self._home = home
        self._db = home.database
        self._key = home_key
        self._plain = bool(home.settings.networks)

    def register(self, reader: Reader, url: str, wanted: Wanted, after: int | None = None) -> Registered:
        """Deliver events to `url` from beyond the cursor `after`, by default from now on.

        Raises `NotPermitted` for who is no partner, `MalformedRecord` for an address that nothing is delivered to and a
        cursor beyond the log's end, `RuleBroken` for one webhook too many.
        """
        require_partner(reader)
        check_url(url, plain=self._plain)
        name = f"wh_{secrets.token_hex(12)}"
        secret, salted = new_secret(self._key, name)
        with self._db.write() as connection:
            if sum(not one.query for one in store.of_partner(connection, reader.partner)) >= MOST_WEBHOOKS:
                raise RuleBroken("too many webhooks", where="partner", expected=f"at most {MOST_WEBHOOKS}")
            end = log.head(connection).size - 1
            planned = end if after is None else max(START, after)
            require_within(planned, end + 1)
            webhook = Webhook(
                name,
                reader.partner,
                reader.key,
                url,
                ",".join(map(str, wanted.types)),
                wanted.shipment,
                wanted.partner,
                salted.salt,
                salted.fingerprint,
                planned,
                self._home.clock.now(),
            )
            store.add(connection, webhook)
        return Registered(_view(webhook, {}), secret_text(secret))

    def of(self, reader: Reader) -> list[WebhookView]:
        """Those of the reader's partner, the oldest first."""
        require_partner(reader)
        with self._db.read() as connection:
            found = store.of_partner(connection, reader.partner)
            counts = store.counts(connection, [one.id for one in found])
        return [_view(one, counts) for one in found]

    def one(self, reader: Reader, webhook: str) -> WebhookView:
        """Raises `NotFound` for what is not the reader's too."""
        with self._db.read() as connection:
            found = _own(connection, reader, webhook)
            return _view(found, store.counts(connection, [found.id]))

    def remove(self, reader: Reader, webhook: str) -> None:
        with self._db.write() as connection:
            store.remove(connection, _own(connection, reader, webhook).id)

    def pause(self, reader: Reader, webhook: str) -> WebhookView:
        """Deliver nothing more until `resume`; nothing is lost meanwhile."""
        with self._db.write() as connection:
            found = _own(connection, reader, webhook)
            store.change(connection, found.id, state=PAUSED, problem="")
        return self.one(reader, webhook)

    def resume(self, reader: Reader, webhook: str) -> WebhookView:
        """Deliver again, at once; a subscription by the rights of the reader's key from now on. Raises `RuleBroken`
        where its secret is lost."""
        with self._db.write() as connection:
            found = _own(connection, reader, webhook)
            signing_secrets(self._key, found, self._home.clock.now())
            fresh = {"key": reader.key} if found.query else {}
            store.change(connection, found.id, state=ACTIVE, problem="", failures=0, not_before=0, **fresh)
        return self.one(reader, webhook)

    def new_secret(self, reader: Reader, webhook: str) -> Registered:
        """Another secret; the one before signs beside it for a day. Raises `RuleBroken` for a subscription, whose token
        was its subscriber's choice."""
        with self._db.write() as connection:
            found = _own(connection, reader, webhook)
            if found.query:
                raise RuleBroken(
                    "a subscription's token is chosen by who subscribes", where="webhook", mend="Subscribe again."
                )
            now = self._home.clock.now()
            secret, salted = new_secret(self._key, found.id)
            old = replace(found, old_salt=found.salt, old_fingerprint=found.fingerprint, old_until=now + OVERLAP)
            try:
                signing_secrets(self._key, found, now)
            except RuleBroken:
                old = replace(found, old_salt=None, old_fingerprint=None, old_until=0)
            changed = replace(old, salt=salted.salt, fingerprint=salted.fingerprint)
            names = ("salt", "fingerprint", "old_salt", "old_fingerprint", "old_until")
            store.change(connection, found.id, **{name: getattr(changed, name) for name in names})
        return Registered(self.one(reader, webhook), secret_text(secret))

    def dead(self, reader: Reader, webhook: str, after: int = START, limit: int = 100) -> list[DeadLetter]:
        """What was given up, in log order."""
        with self._db.read() as connection:
            found = _own(connection, reader, webhook)
            rows = store.in_state(connection, found.id, DEAD, after=after, limit=limit)
        return [DeadLetter(r.log_index, r.planned_at, r.attempts, r.status, r.problem) for r in rows]

    def resend(self, reader: Reader, webhook: str, indexes: Collection[int] | None = None) -> int:
        """Try dead letters again for three days, those of these events or all; how many there were."""
        with self._db.write() as connection:
            found = _own(connection, reader, webhook)
            count = store.revive(connection, found.id, indexes, self._home.clock.now())
            store.change(connection, found.id, failures=0, not_before=0)
        return count


def require_partner(reader: Reader) -> None:
    """Raise `NotPermitted` for who may have nothing delivered."""
    if not reader.partner or reader.scopes != ALL_SCOPES:
        raise NotPermitted(
            "webhooks are for partners",
            where="session",
            expected="a key of a partner that may sign everything",
            mend="Sign in with a partner's own key, not with a device's.",
        )


def _own(connection: Connection, reader: Reader, webhook: str) -> Webhook:
    require_partner(reader)
    found = store.get(connection, webhook) if webhook.isprintable() else None
    if found is None or found.partner != reader.partner:
        raise NotFound("no such webhook", where="webhook", found=webhook[:80])
    return found


def _view(webhook: Webhook, counts: Mapping[tuple[str, str], int]) -> WebhookView:
    wanted = filter_of(webhook)
    return WebhookView(
        id=webhook.id,
        url=webhook.url,
        types=tuple(BY_NUMBER[number].__name__ for number in wanted.types),
        shipment=webhook.shipment,
        partner=webhook.about,
        state=webhook.state,
        problem=webhook.problem,
        cursor=webhook.planned,
        waiting=counts.get((webhook.id, DUE), 0),
        dead=counts.get((webhook.id, DEAD), 0),
        delivered=webhook.delivered,
        deliveredAt=webhook.delivered_at or None,
        createdAt=webhook.created_at,
        query=webhook.query,
    )
