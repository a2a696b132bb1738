"""What a reader may know of a network: shipments whose terms, and papers whose private parts, it may read."""

from collections.abc import Callable

from ledger.errors import NotFound
from ledger.network.sight import EVERYTHING, Sight
from ledger.records.index_keys import PARTNER, Concern, concerns
from ledger.records.signers import shipments_of
from ledger.records.types import ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.services.views.records import Reader, may_open_terms
from ledger.shipments.history import Journeys


def sight_of(reader: Reader | None, journeys: Journeys) -> Sight:
    """As `ledger.services.views.records.RecordViews.right_to` says of each record; None: whoever runs this home."""
    return EVERYTHING if reader is None else Sight(_terms_for(reader), _papers_for(reader, journeys))


def _terms_for(reader: Reader) -> Callable[[ShipmentTerms], bool]:
    return lambda terms: may_open_terms(terms, reader)


def _papers_for(reader: Reader, journeys: Journeys) -> Callable[[VerifiedRecord], bool]:
    own = Concern(PARTNER, str(reader.partner))

    def may_open(paper: VerifiedRecord) -> bool:
        record = paper.record
        if isinstance(record, ShipmentTerms):
            return may_open_terms(record, reader)
        if not reader.may_read(record.NUMBER) or not (reader.auditor or reader.partner):
            return False
        if reader.auditor or own in concerns(paper.id, record):
            return True
        return all(_sends_or_receives(reader.partner, shipment, journeys) for shipment in shipments_of(record))

    return may_open


def _sends_or_receives(partner: int, shipment: bytes, journeys: Journeys) -> bool:
    try:
        terms = journeys.terms_of(shipment).record
    except NotFound:
        return False
    return partner in (terms.consignor, terms.consignee)
