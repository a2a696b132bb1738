"""Whether anything may be delivered to a webhook now: judged when it is delivered, not when it was registered."""

from enum import Enum

from ledger.common.ids import KeyAddress
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import NotPermitted
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Connection
from ledger.store.events import webhooks as store
from ledger.store.events.webhooks import PAUSED, Webhook

HELD_SECONDS = 60
"""Between two looks at whether a suspended partner may be delivered to again."""


class Held(Enum):
    """Why nothing is delivered, in the words that a webhook's `problem` has."""

    SUSPENDED = "the partner is suspended"
    """It waits: once the partner is reinstated, all that came meanwhile is delivered."""
    KEY_OVER = "the key that subscribed is in force no more"
    """It is paused until a key of the partner that is in force resumes it, and takes it over."""


class Rights:
    def __init__(self, home: Home, registry: CurrentRegistry | None = None) -> None:
        """`registry`: of the home, where there is one already."""
        self._registry = registry or CurrentRegistry(home.consortium.genesis, home.clock)
        self._db = home.database

    def note(self, webhook: Webhook, held: Held, now: int) -> None:
        """Write down why nothing is delivered to it; what is due stays due."""
        if webhook.problem == held.value and now < webhook.not_before:
            return
        more = {"state": PAUSED} if held is Held.KEY_OVER else {"not_before": now + HELD_SECONDS}
        with self._db.write() as connection:
            store.change(connection, webhook.id, problem=held.value, **more)

    def require_active(self, partner: int) -> None:
        """Raise `NotPermitted` for a suspended partner."""
        with self._db.read() as connection:
            if self._registry.refreshed(connection).now().suspended(partner):
                raise NotPermitted(Held.SUSPENDED.value, where="session")

    def held(self, connection: Connection, webhook: Webhook) -> Held | None:
        """Why nothing may be delivered to it; None where it may.

        Events of the log are public, and a partner that changes its keys goes on having them delivered. What a
        subscription tells is for the key that subscribed alone: were it stolen, its revocation has to end that.
        """
        view = self._registry.refreshed(connection).now()
        if view.suspended(webhook.partner):
            return Held.SUSPENDED
        if not webhook.query:
            return None
        key = view.address(KeyAddress(webhook.key))
        valid = key is not None and key.in_force(view.time) and key.partner == webhook.partner
        return None if valid and key is not None and key.scopes == ALL_SCOPES else Held.KEY_OVER
