"""Who takes part: partners as the registry has them, with the names under which they enrolled."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.codes import Role
from ledger.common.ids import to_hex
from ledger.common.scopes import scope_text
from ledger.errors import NotFound
from ledger.explain.words import word
from ledger.log.leaf import LogSigner
from ledger.registry.partner_book import BookEntry, PartnerBook, signed_book
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.services.views.models import PartnerView, RoleView
from ledger.store import log
from ledger.store.database import Connection, Database


class Members:
    def __init__(self, db: Database, registry: CurrentRegistry, names: Names) -> None:
        self._db = db
        self._registry = registry
        self._names = names

    def partners(self, *, after: int = 0, limit: int | None = None) -> list[PartnerView]:
        """Every partner that was ever admitted, by id; page with the last one's id as `after`."""
        with self._db.read() as connection:
            self._registry.for_request(connection)
            known = sorted(partner for partner, _ in self._registry.now().partners() if partner > after)
            return [self._view(connection, partner) for partner in known[:limit]]

    def partner(self, partner: int) -> PartnerView:
        """One partner; raises `NotFound`."""
        with self._db.read() as connection:
            self.require(self._registry.for_request(connection), partner)
            return self._view(connection, partner)

    def require(self, registry: CurrentRegistry, partner: int) -> None:
        """Raise `NotFound` for one that was never admitted."""
        if registry.now().partner(partner) is None:
            raise NotFound("no such partner", where="partner", found=partner)

    def book(self, signer: LogSigner) -> PartnerBook:
        """Who is who now, signed by the log: names and keys in force of all partners, and the council."""
        with self._db.read() as connection:
            view = self._registry.for_request(connection).now()
            entries = [
                BookEntry(
                    partner,
                    *self._names.enrolled(connection, partner),
                    {key: address.scopes for key, address in view.keys_of(partner) if address.in_force(view.time)},
                )
                for partner, _ in view.partners()
            ]
            return signed_book(signer, log.head(connection).size, view.council().members, entries)

    def _view(self, connection: Connection, partner: int) -> PartnerView:
        view = self._registry.now()
        entry = view.partner(partner)
        name, gln = self._names.enrolled(connection, partner)
        return PartnerView(
            id=partner,
            name=name,
            gln=gln,
            suspended=view.suspended(partner),
            admitted_at=entry.since if entry else None,
            roles=tuple(
                RoleView(word(Role, role), scope_text(role, scope), since <= view.time)
                for (role, scope), since in (entry.roles.items() if entry else ())
            ),
            keys=tuple(to_hex(key) for key, address in view.keys_of(partner) if address.in_force(view.time)),
        )


@contextmanager
def reading_members(settings: Settings, clock: Clock) -> Iterator[Members]:
    """The members of a home, read beside whatever process serves it. Raises `Misconfigured` when there is none."""
    consortium = read_consortium(settings.home)
    database = Database.existing(settings.database_url)
    try:
        registry = CurrentRegistry(consortium.genesis, clock)
        yield Members(database, registry, Names(registry, consortium.genesis.consortium_id))
    finally:
        database.close()
