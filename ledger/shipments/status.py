"""Where an open shipment stands, in a word: the last thing that happened to it decides.

Only what the numbers count is looked at: a tender stands as `ledger.shipments.tenders` says, so the status never
says one thing and the penalty another.
"""

from enum import StrEnum

from ledger.codes import StatementKind
from ledger.common.periods import FOREVER
from ledger.errors import NotFound
from ledger.records.types import Commercial, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.default_terms import REPORT_LAG, TENDER_WINDOW
from ledger.shipments.history import Journeys
from ledger.shipments.parts import Part
from ledger.shipments.tenders import Tender, tenders_of, thirds_of


class ShipmentStatus(StrEnum):
    """`missing` and `found`: the remainder of a short delivery that nobody has handed on yet."""

    OPEN = "open"
    IN_TRANSIT = "in transit"
    TENDERED = "tendered"
    REFUSED = "refused"
    MISSING = "missing"
    FOUND = "found"


def tenders_at(journeys: Journeys, shipment: bytes, at: int | None = None) -> tuple[Tender, ...]:
    """The tenders of these goods and what became of each by `at` (None: by the latest time that any record was known);
    the default window where prices are withheld.

    Raises `NotFound` when the shipment's terms are not known.
    """
    terms, commercial = _terms_of(journeys, shipment)
    part = Part(journeys.portion(shipment))
    return tenders_of(journeys, part, terms, commercial, journeys.latest if at is None else at)


def thirds_for(journeys: Journeys, shipment: bytes, target: VerifiedRecord) -> tuple[VerifiedRecord, ...]:
    """Whatever thirds of standing endorsed a tender or contest of these goods, however late. Raises as `tenders_at`."""
    by = _terms_of(journeys, shipment)
    return thirds_of(journeys, Part(journeys.portion(shipment)), target, by, FOREVER)


def _terms_of(journeys: Journeys, shipment: bytes) -> tuple[ShipmentTerms, Commercial]:
    terms = journeys.terms_of(shipment).record
    try:
        return terms, terms_in_force(journeys, shipment).commercial
    except NotFound:
        return terms, _USUAL


def status_of(journeys: Journeys, shipment: bytes, at: int | None = None) -> ShipmentStatus:
    """Where a shipment stands that has not ended; a tender as judged at `at`. Raises `NotFound` when its terms are not
    known.
    """
    consignee = journeys.terms_of(shipment).record.consignee
    # A move uses up the sequence that it names; a tender is made while that sequence still stands.
    last: tuple[int, int, ShipmentStatus] = (-1, 0, ShipmentStatus.OPEN)
    for move in journeys.moves(shipment):
        if not move.refused:
            last = max(last, (move.sequence, 1, ShipmentStatus.IN_TRANSIT))
        elif move.receiver == consignee:
            last = max(last, (move.sequence, 1, ShipmentStatus.REFUSED))
    own = {match.verified.id: match.record for match in journeys.statements(shipment)}
    for tender in tenders_at(journeys, shipment, at):
        record = own.get(tender.verified.id)
        if record is not None and tender.stops:
            last = max(last, (record.sequence, 0, ShipmentStatus.TENDERED))
    origin = journeys.origins.get(shipment)
    if last[2] != ShipmentStatus.OPEN or origin is None or not origin.remainder:
        return last[2]
    match = any(record.kind == StatementKind.FOUND for record in own.values())
    return ShipmentStatus.FOUND if match else ShipmentStatus.MISSING


_USUAL = Commercial(
    salt=bytes(16), orderRef="", value=0, currency="", freight=0, incoterm="", promisedAt=0, grace=0, alpha=0,
    penaltyCap=0, liable=0, beneficiary=0, lostAfter=0, tenderWindow=TENDER_WINDOW, reportLag=REPORT_LAG,
    rules=bytes(32),
)  # fmt: skip
