"""What is delivered to subscriptions: documents of what a named query finds, a stretch of events each, in order.

A stretch is entered with the mark of how far was looked, in one transaction. What is in its document is asked when it
is delivered, by what its subscriber may see then: so nothing goes out that was erased, or to which a right has ended.
"""

from collections.abc import Sequence

from ledger.common.ids import KeyAddress
from ledger.errors import LadingError, NotFound
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import VERSION
from ledger.formats.epcis.identity import NAMESPACE, PREFIX
from ledger.formats.epcis.query import EventQuery
from ledger.formats.epcis.subscription import SIGNATURE, signature
from ledger.services.epcis.named import NamedQueries
from ledger.services.epcis.queries import LARGE, Answer, Querying
from ledger.services.epcis.results import results_document
from ledger.services.epcis.subscriptions import controls_of, endless, schedule_of, signing_tokens, with_controls
from ledger.services.events.content import Made, Making, Message, NotNow, TooLarge
from ledger.services.events.planning import EVERYWHERE
from ledger.services.events.rights import Rights
from ledger.services.home.home import Home
from ledger.services.views.records import Reader, RecordViews
from ledger.store.epcis import subscriptions as store
from ledger.store.epcis.subscriptions import StoredSubscription
from ledger.store.events import webhooks as hooks
from ledger.store.events.webhooks import DUE, PAUSED, Delivery, Webhook

TOLD = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPC-Format": "Never_Translates",
    "GS1-Extensions": f"{PREFIX}={NAMESPACE}",
}
"""Headers of every message."""
NO_ANSWER = Answer((), (), "")


class Results:
    """`ledger.services.events.content.Content` of subscriptions. `home_key` as `Webhooks` has it."""

    def __init__(self, home: Home, home_key: bytes, views: RecordViews, querying: Querying, rights: Rights) -> None:
        self._home = home
        self._db = home.database
        self._key = home_key
        self._views = views
        self._querying = querying
        self._rights = rights
        self._named = NamedQueries(home)

    # --- what is next ------------------------------------------------------------------------------------------------

    def plan(self, webhooks: Sequence[Webhook]) -> bool:
        try:
            last = self._querying.last()
        except LadingError:  # much is being made from the log: the next step goes on, and others do not wait for it
            return False
        more = False
        for webhook in webhooks:
            with self._db.read() as connection:
                held = self._rights.held(connection, webhook)
                stored = store.of(connection, webhook.id)
            if held is not None:
                self._rights.note(webhook, held, self._home.clock.now())
            elif stored is not None:
                more = self._planned(webhook, stored, last) or more
        return more

    def _planned(self, webhook: Webhook, stored: StoredSubscription, last: int) -> bool:
        now, schedule = self._home.clock.now(), schedule_of(stored)
        if (schedule is None and last <= webhook.planned) or now < stored.next_run:
            return False
        try:
            query = self._query(webhook, stored)
        except LadingError as error:
            with self._db.write() as connection:
                hooks.change(connection, webhook.id, state=PAUSED, problem=error.what)
            return False
        found = self._querying.stretch(query, self._reader(webhook), webhook.planned)
        rows = []
        if found.rows or (stored.report_if_empty and not found.more):
            behind = webhook.planned if found.rows else found.reached
            rows = [Delivery(webhook.id, found.reached, EVERYWHERE, DUE, now, next_try=now, behind=behind)]
        with self._db.write() as connection:
            entered = hooks.plan(connection, webhook, found.reached, rows)
            if entered and schedule is not None and not found.more:
                store.set_next_run(connection, webhook.id, schedule.next_after(now) or 0)
        return found.more

    # --- messages ----------------------------------------------------------------------------------------------------

    def secrets(self, webhook: Webhook, now: int) -> list[bytes]:
        with self._db.read() as connection:
            stored = store.of(connection, webhook.id)
        return [] if stored is None else signing_tokens(self._key, webhook, stored, now)

    def messages(self, webhook: Webhook, rows: Sequence[Delivery], secrets: Sequence[bytes]) -> Making:  # noqa: ARG002
        try:
            query = self._query(webhook, self._stored(webhook))
        except LadingError:  # the query, and so the subscription, was removed meanwhile
            return lambda _: NotNow()

        def made(row: Delivery) -> Made:
            with self._db.read() as connection:
                held = self._rights.held(connection, webhook)
            if held is not None:
                return NotNow()
            if row.behind == row.log_index:
                return self._message(webhook, row, NO_ANSWER, secrets)
            reader = self._reader(webhook)
            found = self._querying.stretch(query, reader, row.behind, row.log_index)
            if not found.rows:
                return None
            if found.more or (len(found.rows) > 1 and sum(len(one.body) for one in found.rows) > 2 * LARGE):
                return TooLarge()
            self._querying.note(reader, found)
            return self._message(webhook, row, found.answer, secrets)

        return made

    def split(self, webhook: Webhook, delivery: Delivery) -> bool:
        try:
            query = self._query(webhook, self._stored(webhook))
        except LadingError:  # as above
            return False
        rows = self._querying.stretch(query, self._reader(webhook), delivery.behind, delivery.log_index).rows
        if len(rows) < 2:
            return False
        with self._db.write() as connection:
            hooks.split(connection, delivery, rows[len(rows) // 2 - 1].number, self._home.clock.now())
        return True

    def _message(self, webhook: Webhook, row: Delivery, answer: Answer, secrets: Sequence[bytes]) -> Message:
        base = self._home.settings.public_url.rstrip("/")
        document = results_document(base, answer, webhook.query, self._home.clock.now(), webhook.id)
        body = json_text.dump(document).encode()
        signed = {SIGNATURE: signature(secrets[0], body)} if secrets else {}
        name = f"{webhook.id}_{row.log_index}" + ("" if answer.events else f"_{row.planned_at}")
        return Message(name, body, {**TOLD, **signed})

    def _stored(self, webhook: Webhook) -> StoredSubscription:
        """Raises `NotFound` for one that was removed meanwhile."""
        with self._db.read() as connection:
            stored = store.of(connection, webhook.id)
        if stored is None:
            raise NotFound("no such subscription", where="subscriptionID", found=webhook.id)
        return stored

    def _query(self, webhook: Webhook, stored: StoredSubscription) -> EventQuery:
        return with_controls(endless(self._named.parameters(webhook.partner, webhook.query)), controls_of(stored))

    def _reader(self, webhook: Webhook) -> Reader:
        return self._views.reader(KeyAddress(webhook.key))
