"""What is owed under every shipment's terms, kept while journeys grow: for sums and lists.

The figures are those of `ledger.penalties.amounts`. A `ledger.scores.incremental.Running` that watches `kept` says what
is to be computed again.
"""

from collections.abc import Collection, Iterable
from itertools import islice

from ledger.penalties.amounts import Owed, of_plain, of_statement
from ledger.penalties.fast_path import plain
from ledger.penalties.lateness import may_change_until
from ledger.penalties.statement import family_statements
from ledger.records.types import Commercial, ShipmentTerms
from ledger.shipments.history import Journeys
from ledger.shipments.per_shipment import PerShipment

Party = int | bytes
"""A partner's id, or the address of a recipient's key."""


class KeptSums:
    """Memory: an `Owed` for every shipment that was asked for, and a few names for each that terms opened."""

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys
        self._openings: dict[Party, list[bytes]] = {}
        self._named = 0
        """So many terms are among `_openings`: they are never taken away, and a new one comes last."""
        self.kept = PerShipment(self._owed)

    def owed(self, shipment: bytes, at: int | None) -> tuple[Owed, ...]:
        """As `ledger.penalties.amounts.owed`, and raises what that raises."""
        return self.kept.of(shipment, at, self._journeys.latest)

    def openings(self, parties: Collection[Party] | None = None) -> Iterable[bytes]:
        """The shipments whose terms name any of `parties`, by default all, in the chain's order."""
        if parties is None:
            return self._journeys.openings()
        terms = self._journeys.terms
        for shipment in islice(terms, self._named, None):
            for party in _named_in(terms[shipment].record):
                self._openings.setdefault(party, []).append(shipment)
        self._named = len(terms)
        found = {shipment for party in parties for shipment in self._openings.get(party, ())}
        return sorted(found, key=lambda shipment: terms[shipment].verified.place)

    def _owed(self, shipment: bytes, at: int | None) -> tuple[tuple[Owed, ...], int]:
        result = plain(self._journeys, shipment)
        if result is not None:
            return (of_plain(shipment, result),), 0
        statements = list(family_statements(self._journeys, shipment, at))
        lines = [line for statement in statements for line in statement.portions]
        return tuple(map(of_statement, statements)), may_change_until(self._journeys, lines)


def _named_in(terms: ShipmentTerms) -> set[Party]:
    commercial = terms.commercial
    named: set[Party] = {terms.consignor, terms.consignee, terms.holder, terms.recipientKey}
    return named | ({commercial.liable, commercial.beneficiary} if isinstance(commercial, Commercial) else set())
