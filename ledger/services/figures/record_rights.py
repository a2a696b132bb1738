"""Which records a reader may open, told from journeys alone: what figures may say of them to it."""

from collections.abc import Mapping
from functools import cached_property

from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.provenance.gaps import Finding, Gap
from ledger.records.signers import shipments_of
from ledger.records.types import Record, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.services.views.access_journal import AccessRight, own_right
from ledger.services.views.records import Reader, is_somebody, may_open_terms
from ledger.shipments.history import Journeys

_OF_CONTENTS = (Gap.MORE_OUT, Gap.LESS_OUT, Gap.LOSS_UNCLEAR, Gap.SERIALS_TWICE)
"""Findings that tell something of what is in shipments."""


class FindingRights:
    """Which findings one reader is told."""

    def __init__(self, journeys: Journeys, reader: Reader) -> None:
        self._journeys = journeys
        self._reader = reader

    def may_know(self, finding: Finding) -> bool:
        """Whether it may read the terms of all shipments concerned, and of a finding that rests on their contents open
        every record that says what these are.
        """
        if self._reader.auditor and self._reader.may_read(ShipmentTerms.NUMBER):
            return True
        try:
            terms = [self._journeys.terms_of(name).record for name in (finding.shipment, *finding.others)]
        except NotFound:
            return False
        if not all(may_open_terms(one, self._reader) for one in terms):
            return False
        return finding.code not in _OF_CONTENTS or all(map(self._may_open, finding.records))

    def _may_open(self, record: RecordId) -> bool:
        terms = self._journeys.terms.get(record)
        verified = self._partings.get(record) if terms is None else terms.verified
        return verified is not None and right_to(self._journeys, record, verified.record, self._reader) is not None

    @cached_property
    def _partings(self) -> Mapping[RecordId, VerifiedRecord]:
        """Splits and short receipts."""
        return {origin.verified.id: origin.verified for origin in self._journeys.origins.values()}


def right_to(journeys: Journeys, record_id: RecordId, record: Record, reader: Reader) -> AccessRight | None:
    """The right to the private parts of terms, handoffs and splits, as `RecordViews.right_to` has it of the store."""
    if not is_somebody(reader, record):
        return None
    if (own := own_right(record_id, record, reader.partner, auditor=reader.auditor)) is not None:
        return own
    if isinstance(record, ShipmentTerms):
        if not may_open_terms(record, reader):
            return None
        return AccessRight.PARTY if reader.partner else AccessRight.RECIPIENT
    return AccessRight.GOODS if reader.partner and _about_its_goods(journeys, record, reader.partner) else None


def _about_its_goods(journeys: Journeys, record: Record, partner: int) -> bool:
    """Whether it sends or receives everything that the record is about."""
    try:
        own = [journeys.terms_of(shipment).record for shipment in shipments_of(record)]
    except NotFound:
        return False
    return bool(own) and all(partner in (terms.consignor, terms.consignee) for terms in own)
