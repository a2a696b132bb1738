"""Bringing a home of an older release up to date: its consortium file, its database, its projections, its chain file.

A node does the same when it opens. Here it is done, and seen, before anything is served.
"""

from dataclasses import dataclass
from typing import Any

from ledger.chain import keyvalue
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import bring_up_to_date, read_consortium
from ledger.services.home.home_lock import unused
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.projections import Projector
from ledger.store import migrate
from ledger.store.database import Database


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Revisions of the database before and after, and how many leaves the projections hold now."""

    before: str
    after: str
    size: int

    def to_json(self) -> dict[str, Any]:
        return {"before": self.before, "after": self.after, "size": self.size}


def upgrade(settings: Settings) -> Upgraded:
    """Bring the home up to date. Done again it changes nothing, and after a crash it goes on from where it stopped.

    Raises `Misconfigured` when there is no home, when it is being served, or when a newer release wrote it: then
    nothing is changed.
    """
    consortium = read_consortium(settings.home)
    with unused(settings.home):
        found = Database(settings.database_url, read_only=True)
        try:
            with found.read() as connection:
                before = migrate.revision(connection)
                migrate.require_known(connection)
        finally:
            found.close()
        if settings.chain == EMBEDDED:
            keyvalue.upgrade(settings.home / "chain.db")
        database = Database.open(settings.database_url, begin=False)
        try:
            bring_up_to_date(settings.home, consortium)
            with database.write() as connection:
                Projector(CurrentRegistry(consortium.genesis, SystemClock())).catch_up(connection)
                return Upgraded(before, migrate.revision(connection), migrate.projected_size(connection))
        finally:
            database.close()
