"""Penalties and scores as readers get them: computed from verified records on demand, never stored."""

from collections.abc import Iterator
from threading import Lock
from typing import Any

from ledger import penalty_words, score_words
from ledger.errors import NotPermitted
from ledger.figures import statements_of
from ledger.ids import RecordId
from ledger.journeys import Journeys
from ledger.penalties import PenaltyStatement, penalty_of
from ledger.score_card import Card, parse_card
from ledger.score_samples import Period
from ledger.scores import Scorecard, Tallies
from ledger.services.awarding import governing_card
from ledger.services.clock import Clock
from ledger.services.reading import Reader, Reading
from ledger.services.registry_view import CurrentRegistry
from ledger.services.verified import VerifiedRecords
from ledger.signing import Domain
from ledger.store import log, records
from ledger.store.database import Database

FOREVER = 2**40 - 1


class Numbers:
    def __init__(self, db: Database, registry: CurrentRegistry, domain: Domain, clock: Clock, reading: Reading) -> None:
        self._db = db
        self._registry = registry
        self._domain = domain
        self._clock = clock
        self._reading = reading
        self._lock = Lock()
        self._journeys: tuple[int, Journeys] = (-1, Journeys())

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

    def journeys(self) -> Journeys:
        """All journeys that the ledger knows, remembered until the log grows."""
        with self._lock, self._db.read() as connection:
            size = log.head(connection).size
            if self._journeys[0] != size:
                history = self._registry.refreshed(connection).history
                self._journeys = (size, Journeys(VerifiedRecords(connection, self._domain, history).all()))
            return self._journeys[1]

    def penalties(
        self, *, partner: int | None = None, at: int | None = None, start: int = 0, end: int = FOREVER
    ) -> list[PenaltyStatement]:
        """Every penalty statement of goods promised from `start` to before `end` (grace included), of one partner (as
        liable or beneficiary) if named. `at` judges goods still under way.
        """
        found = statements_of(self.journeys(), at)
        return [
            s
            for s in found
            if (partner is None or partner in (s.liable, s.beneficiary)) and start <= s.promised_at < end
        ]

    def scorecards(
        self, partner: int | None = None, period: Period | None = None, card: Card | None = None
    ) -> Iterator[Scorecard]:
        """The scorecards of everybody, or of one partner, in every role that the card scores and anything was due in.

        Without a card, the one that the council adopted for the period; without a period, everything up to now.
        """
        judged = period or Period(0, FOREVER, self._clock.now())
        tallies = Tallies(self.journeys(), judged)
        chosen = card or self.card(judged.start)
        for role in chosen.roles:
            for found in tallies.partners(role):
                if partner is None or partner == found:
                    yield tallies.score(found, role, chosen)

    def card(self, start: int) -> Card:
        """The scorecard that governs a period from `start`."""
        with self._db.read() as connection:
            return parse_card(governing_card(connection, self._registry.refreshed(connection).now(), start))

    def score_of(self, partner: int) -> dict[str, Any]:
        """The scorecards of a partner as JSON; raises `NotFound` for one that was never admitted."""
        self._reading.partner(partner)
        return {"partner": partner, "scores": [score_words.to_json(card) for card in self.scorecards(partner)]}
