"""Names of partners as they enrolled, and whose key is whose."""

from dataclasses import dataclass
from threading import Lock

from ledger.common.ids import ConsortiumId, KeyAddress
from ledger.errors import LadingError
from ledger.explain.text import say
from ledger.registry.enrolment import parse_enrolment
from ledger.registry.state import AddressKind
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Connection
from ledger.store.documents import enrolments
from ledger.store.records import StoredRecord


@dataclass(frozen=True, slots=True)
class PartnerName:
    """`id` 0 is the one-time recipient key."""

    id: int
    name: str


RECIPIENT = PartnerName(0, say("the recipient"))
COUNCIL = PartnerName(0, say("a council member"))
NOBODY = PartnerName(0, say("no partner's key"))


class Names:
    """A partner's document never changes once it is admitted, so what was read is kept."""

    def __init__(self, registry: CurrentRegistry, consortium_id: ConsortiumId) -> None:
        self._registry = registry
        self._consortium_id = consortium_id
        self._known: dict[int, tuple[str, str]] = {}
        self._lock = Lock()

    def of(self, connection: Connection, partner: int) -> PartnerName:
        """The partner's name as enrolled; its number where no document is here."""
        return RECIPIENT if partner == 0 else PartnerName(partner, self.enrolled(connection, partner)[0])

    def of_key(self, connection: Connection, key: KeyAddress) -> PartnerName:
        """Whose key it is: a partner's, or with id 0 the council's or one that no registry knows, a recipient's."""
        address = self._registry.now().address(key)
        if address is None:
            return RECIPIENT
        if address.partner:
            return self.of(connection, address.partner)
        return COUNCIL if address.kind == AddressKind.COUNCIL_KEY else NOBODY

    def signers_of(self, connection: Connection, row: StoredRecord) -> tuple[PartnerName, ...]:
        """Who made each signature of a record in the log. Raises `BadSignature` for a row that was edited."""
        return tuple(self.of_key(connection, key) for key in self._registry.signer_keys.of(row))

    def enrolled(self, connection: Connection, partner: int) -> tuple[str, str]:
        """Name and GLN; the number as name, and no GLN, where no document is here."""
        with self._lock:
            if partner in self._known:
                return self._known[partner]
        entry = self._registry.now().partner(partner)
        stored = enrolments.get(connection, entry.document) if entry else None
        if stored is None:
            return f"partner {partner}", ""
        try:
            enrolment = parse_enrolment(stored.document, self._consortium_id)
        except LadingError:
            return f"partner {partner}", ""
        with self._lock:
            self._known[partner] = (enrolment.name, enrolment.gln)
        return enrolment.name, enrolment.gln
