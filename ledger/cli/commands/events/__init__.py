"""`lading events` and `lading webhooks`: following the log of a service, and having its events delivered."""

from ledger.cli.commands.events.delivering import app
from ledger.cli.commands.events.following import events

__all__ = ["app", "events"]
