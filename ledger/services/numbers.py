"""Penalties and scores as readers get them: computed from verified records on demand, never stored."""

from typing import Any

from ledger import penalty_words
from ledger.errors import NotPermitted
from ledger.ids import RecordId
from ledger.penalties import PenaltyStatement, penalty_of
from ledger.services.reading import Reader, Reading
from ledger.services.registry_view import CurrentRegistry
from ledger.services.verified import VerifiedRecords
from ledger.signing import Domain
from ledger.store import records
from ledger.store.database import Database


class Numbers:
    def __init__(self, db: Database, registry: CurrentRegistry, domain: Domain, reading: Reading) -> None:
        self._db = db
        self._registry = registry
        self._domain = domain
        self._reading = reading

    def penalty(self, shipment: bytes, at: int | None = None) -> PenaltyStatement:
        """The delay penalty of a shipment; raises `NotFound` when its terms are unknown or withheld."""
        with self._db.read() as connection:
            history = self._registry.refreshed(connection).history
            verified = VerifiedRecords(connection, self._domain, history).of_shipment(shipment)
        return penalty_of(shipment, verified, at)

    def penalty_for(self, shipment: RecordId, reader: Reader, at: int | None = None) -> dict[str, Any]:
        """The statement as JSON with its words; raises `NotPermitted` unless the reader may see the terms' prices."""
        statement = self.penalty(shipment, at)
        with self._db.read() as connection:
            terms = records.get(connection, statement.terms)
            if terms is None or not self._reading.may_open(connection, terms.record, terms.record_id, reader):
                raise NotPermitted(
                    "prices are shown to the parties of the shipment and to auditors",
                    where="shipment",
                    mend="Sign in with a key of a party.",
                )
        return penalty_words.to_json(statement)
