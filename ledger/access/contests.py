"""Contests that are one word against another: a gate reads as if they had not been made.

A tender says "I offered delivery", a contest "you did not", and each is signed by who gains by it. RECORDS lets the
tender fall then, for who tenders bears the proof, and so does a score. Whether access is lost is another question: what
others say alone costs nobody access. So a contest counts at a gate only where a third endorsed it within the thirty
days of the dispute, and no third has endorsed the tender until the period is read: a third's word for the tender that
comes in the window to appeal is the award that mends it.
"""

from collections.abc import Iterator
from typing import cast

from ledger.codes import StatementKind
from ledger.common.ids import RecordId
from ledger.errors import NotFound
from ledger.records.types import Endorsement
from ledger.shipments.history import Journeys
from ledger.shipments.status import tenders_at, thirds_for
from ledger.shipments.tenders import Tender


def set_aside(journeys: Journeys) -> dict[RecordId, RecordId]:
    """The contests that do not count at a gate, each with the tender that it answered first, as known in `journeys`."""
    contested = set(journeys.stated(StatementKind.CONTEST))
    result: dict[RecordId, RecordId] = {}
    for shipment in journeys.stated(StatementKind.TENDER):
        for tender, contest in _contested(journeys, shipment) if contested else ():
            if contest not in result and not _counts(journeys, shipment, tender, contest):
                result[contest] = tender.verified.id
    return result


def _contested(journeys: Journeys, shipment: bytes) -> Iterator[tuple[Tender, RecordId]]:
    try:
        tenders = tenders_at(journeys, shipment)
    except NotFound:
        return
    yield from ((one, one.contest.id) for one in tenders if one.contest is not None)


def _counts(journeys: Journeys, shipment: bytes, tender: Tender, contest: RecordId) -> bool:
    borne_out = any(cast(Endorsement, one.record).target == contest for one in tender.endorsements)
    return borne_out and not thirds_for(journeys, shipment, tender.verified)
