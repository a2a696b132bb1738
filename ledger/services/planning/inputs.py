"""What plans rest on, as far as one reader may see it: rate cards, times of deliveries, terms.

A partner plans with the cards that it may read (its own, those about it, and those whose issuers let every partner read
them) and with the deliveries under terms that it may read; auditors and whoever runs this home with all. The public
gets no plan.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.attested.fx import SCHEMA, Rates, rates_of
from ledger.attested.rate_card import RateCard, rate_cards
from ledger.common.periods import full_hour
from ledger.common.scopes import schema_hash
from ledger.errors import NotPermitted
from ledger.network.contributions import KeptContributions
from ledger.network.lane_times import Lane
from ledger.planning.leg_times import LegTime, verified_times
from ledger.records.types import Attestation, ShipmentTerms
from ledger.services.figures.network import knows_shipments
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.figures.record_rights import right_to
from ledger.services.views.records import Reader, may_open_terms
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found


@dataclass(frozen=True)
class Known:
    """The ledger at one look. `at`: the full hour as of which everything is judged. `reader` None: whoever runs this
    home."""

    journeys: Journeys
    kept: KeptContributions
    reader: Reader | None
    at: int

    def cards(self, second: int = 0) -> tuple[RateCard, ...]:
        """Those in force at `second` where that is later than what is known: goods that leave then pay by them."""
        return tuple(card for card in rate_cards(self.journeys, max(self.at, second)) if _may_read(card, self.reader))

    def rates(self, issuer: int) -> Rates:
        """The rates of exchange that an issuer attested, as far as the reader may reckon with them."""
        rates = rates_of(self.journeys, issuer, schema_hash(SCHEMA), self.at)
        whole = self.reader is None or self.reader.auditor or self.reader.partner == issuer
        return rates if whole else rates.for_partners()

    def times(self, since: int = 0) -> Mapping[tuple[Lane, int], LegTime]:
        """Of deliveries from the second `since` on."""
        return verified_times(self.journeys, (since, self.at), self.wanted, self.kept)

    def may_open(self, attested: Found[Attestation]) -> bool:
        """Whether the reader may know its claims."""
        if self.reader is None:
            return True
        return right_to(self.journeys, attested.verified.id, attested.record, self.reader) is not None

    @property
    def wanted(self) -> Callable[[ShipmentTerms], bool]:
        """Which terms the reader may read."""
        return lambda terms: self.reader is None or may_open_terms(terms, self.reader)


def require_planner(reader: Reader | None) -> None:
    """Raises `NotPermitted` for the public."""
    if reader is not None and not knows_shipments(reader):
        raise NotPermitted(
            "plans are made for partners and auditors", where="reader", mend="Sign in with a key of a partner."
        )


@contextmanager
def looked_at(numbers: Numbers, reader: Reader | None, now: int) -> Iterator[Known]:
    """The ledger as the reader may plan with it, for one reader at a time: take from it, and plan afterwards.

    Raises `NotPermitted` for the public, `Busy` when others take long.
    """
    require_planner(reader)
    with numbers.known() as (journeys, kept):
        yield Known(journeys, kept, reader, full_hour(now))


def _may_read(card: RateCard, reader: Reader | None) -> bool:
    if reader is None:
        return True
    if not reader.may_read(Attestation.NUMBER):
        return False
    own = reader.partner in (card.partner, card.issuer)
    return reader.auditor or (reader.partner != 0 and (own or card.for_partners))
