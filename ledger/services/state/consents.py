"""Consents to forwarding: kept as signed, judged by the registry each time they are to count."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import LogId, PartnerId, to_hex
from ledger.errors import BadSignature, NotFound, NotPermitted
from ledger.registry.forwarding import (
    ConsentRevocation,
    ForwardingConsent,
    check_signature,
    document_hash,
    parse_forwarding,
)
from ledger.registry.history import RegistryView
from ledger.registry.state import AddressKind
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Connection
from ledger.store.documents import consents
from ledger.store.documents.consents import StoredConsent


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """`problem`: why nothing is forwarded by it now; empty while it counts."""

    id: bytes
    said: ForwardingConsent
    problem: str


class Consenting:
    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._home = home
        self._db = home.database
        self._registry = registry
        self._consortium_id = home.consortium.genesis.consortium_id

    def take(self, document: bytes, signature: bytes) -> dict[str, Any]:
        """Keep a consent or a revocation that a master key in force has signed; the same again changes nothing.

        Raises `MalformedRecord`, `BadSignature` for another key, `NotPermitted` for a key that may not say so, a log
        that is none and a time that is over, and `NotFound` for a revocation of what nobody consented to here.
        """
        said = parse_forwarding(document, self._consortium_id)
        check_signature(said, signature)
        own_hash, now = document_hash(document), self._home.clock.now()
        with self._db.read() as connection:
            view = self._registry.refreshed(connection).now()
            if isinstance(said, ForwardingConsent):
                self._check_consent(view, said, now)
                consent = own_hash
            else:
                self._check_revocation(connection, view, said)
                consent = said.consent
        with self._db.write() as connection:
            consents.add(connection, StoredConsent(own_hash, consent, document, signature, now))
        return self.status(consent)

    def status(self, consent: bytes) -> dict[str, Any]:
        """What one consent says, whether it counts now, and how many records went by it; raises `NotFound`."""
        with self._db.read() as connection:
            return self._entry(connection, self.kept(connection, consent))

    def listing(self) -> list[dict[str, Any]]:
        """All consents, oldest first, as `status`."""
        with self._db.read() as connection:
            return [self._entry(connection, one) for one in self.all(connection)]

    def all(self, connection: Connection) -> list[KeptConsent]:
        """All consents, oldest first."""
        return self._judged(connection, consents.listing(connection))

    def kept(self, connection: Connection, consent: bytes) -> KeptConsent:
        """One consent, judged now; raises `NotFound`."""
        found = self._judged(connection, consents.listing(connection, consent))
        if not found:
            raise NotFound("no such consent", where="consent", found=to_hex(consent))
        return found[0]

    def _judged(self, connection: Connection, rows: Iterable[StoredConsent]) -> list[KeptConsent]:
        view = self._registry.refreshed(connection).now()
        said = {row: parse_forwarding(row.document, self._consortium_id) for row in rows}
        revoked = {row.consent for row, one in said.items() if isinstance(one, ConsentRevocation)}
        return [
            KeptConsent(row.consent, one, "it was revoked" if row.consent in revoked else self._problem(view, row, one))
            for row, one in said.items()
            if isinstance(one, ForwardingConsent)
        ]

    def _problem(self, view: RegistryView, row: StoredConsent, said: ForwardingConsent) -> str:
        """The row is not believed: whoever edits the database consents for nobody."""
        try:
            check_signature(said, row.signature)
            self._check_consent(view, said, self._home.clock.now())
        except (BadSignature, NotPermitted) as error:
            return error.what
        return ""

    def _check_consent(self, view: RegistryView, said: ForwardingConsent, now: int) -> None:
        _check_master(view, said, said.partner)
        if said.source != self._home.log_id:
            raise NotPermitted(
                "the consent is for another log's operator",
                where="document.from",
                expected=to_hex(self._home.log_id),
                found=to_hex(said.source),
                mend="Hand it in at the operator of that log.",
            )
        if said.destination == said.source or view.anchor_key(LogId(said.destination)) is None:
            raise NotPermitted(
                "the registry has no such other log in force", where="document.to", found=to_hex(said.destination)
            )
        if said.until <= now:
            raise NotPermitted(
                "the consent is over", where="document.until", expected=f"after {now}", found=said.until,
                mend="Sign a new one.",
            )  # fmt: skip

    def _check_revocation(self, connection: Connection, view: RegistryView, said: ConsentRevocation) -> None:
        _check_master(view, said, self.kept(connection, said.consent).said.partner)

    def _entry(self, connection: Connection, kept: KeptConsent) -> dict[str, Any]:
        return {
            "consent": to_hex(kept.id),
            "partner": kept.said.partner,
            "to": to_hex(kept.said.destination),
            "until": kept.said.until,
            "what": list(kept.said.what),
            "counts": not kept.problem,
            "problem": kept.problem,
            "forwarded": consents.count_forwarded(connection, kept.id),
        }


def _check_master(view: RegistryView, said: ForwardingConsent | ConsentRevocation, partner: PartnerId) -> None:
    """Raise `NotPermitted` unless the key is a master key of the partner, in force."""
    address = view.address(said.key)
    if (
        address is None
        or address.kind != AddressKind.MASTER_KEY
        or address.partner != partner
        or not address.in_force(view.time)
    ):
        raise NotPermitted(
            "only a master key of the partner, in force, consents to forwarding and revokes it",
            where="document.key",
            expected=f"a master key of partner {partner}",
            found=to_hex(said.key),
        )
