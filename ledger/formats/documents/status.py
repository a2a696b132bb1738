"""What happened to a shipment on its way, by UN/ECE Recommendation 24 (trade and transport status codes), which
PEPPOL's lists TransportationStatusCode and TransportEventTypeCode have, and EDIFACT's data element 4405 refers to
(composite C555, note 1). Codes and words are those of PEPPOL's list, version 3.0. What has no code there is told by
none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.codes import ClearanceStatus, ExceptionBit, StatementKind
from ledger.errors import NotFound
from ledger.formats.documents.advice import NOWHERE, Site
from ledger.records.types import Clearance, Commercial, Handoff, Load, Place, Record, ShipmentTerms, Statement

COLLECTED, DELIVERED, PARTLY, RECEIVED, TRANSFERRED, REFUSED = 13, 21, 73, 74, 99, 106
DEVIATIONS = {PARTLY, REFUSED, 17, 49, 69, 210, 218}
_STATEMENTS = {StatementKind.TENDER: 210, StatementKind.LOST: 49, StatementKind.FOUND: 37, StatementKind.DESTROYED: 69}
_CLEARANCES = {
    ClearanceStatus.PRESENTED: 126,
    ClearanceStatus.HELD: 128,
    ClearanceStatus.INSPECTED: 228,
    ClearanceStatus.RELEASED: 12,
    ClearanceStatus.RELEASED_WITH_CONDITIONS: 12,
    ClearanceStatus.REFUSED: 17,
}
WORDS = {
    COLLECTED: "Collection/pick-up, completed",
    DELIVERED: "Delivery, completed",
    PARTLY: "Receipt of goods partially acknowledged",
    RECEIVED: "Received",
    TRANSFERRED: "Transferred out",
    REFUSED: "Delivery refused",
    12: "Cleared, by customs",
    17: "Customs clearance, refused",
    37: "Found",
    49: "Lost",
    69: "Disposed of",
    126: "Customs clearance, in progress",
    128: "Awaiting customs import release",
    210: "Delivery, unsuccessful attempt",
    218: "Damaged",
    228: "Inspection required by authority",
}


@dataclass(frozen=True, slots=True)
class Event:
    """`code`: of Recommendation 24. `at`: UTC seconds. `record`: its id, 0x and hex."""

    code: int
    at: int
    record: str
    place: Site = NOWHERE
    packages: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """A shipment's events in order, and what names it: its order, and what it travels with last."""

    shipment: str
    order: str
    load: str
    consignor: Site
    consignee: Site
    events: tuple[Event, ...]

    @property
    def newest(self) -> Event:
        return self.events[-1]


def status_of(shipment: str, records: Mapping[str, Record], sites: Mapping[int, Site]) -> Status:
    """What `records`, by id, say of the shipment that one of them opened; raises `NotFound` without it or any event."""
    terms = records.get(shipment)
    if not isinstance(terms, ShipmentTerms):
        raise NotFound("the terms of the shipment are missing", where="records", expected=shipment)
    events = sorted(
        (event for record_id, record in records.items() for event in _events(shipment, record_id, record, terms)),
        key=lambda event: (event.at, event.record),
    )
    if not events:
        raise NotFound("nothing that has a status code happened to it", where="records", expected="a handoff")
    loads = [
        record.load.identifier
        for record in records.values()
        if isinstance(record, Handoff) and isinstance(record.load, Load) and record.load.identifier
    ]
    return Status(
        shipment=shipment,
        order=terms.commercial.orderRef if isinstance(terms.commercial, Commercial) else "",
        load=loads[-1] if loads else "",
        consignor=sites.get(terms.consignor, Site()),
        consignee=sites.get(terms.consignee, Site()),
        events=tuple(events),
    )


def _events(shipment: str, record_id: str, record: Record, terms: ShipmentTerms) -> Iterable[Event]:
    own = bytes.fromhex(shipment[2:])
    match record:
        case Handoff():
            for item in record.items:
                if item.shipment == own:
                    yield from _handed(record_id, record, (item.packages, ExceptionBit(item.exceptions)), terms)
        case Statement() if record.shipment == own and record.kind in _STATEMENTS:
            code = _STATEMENTS[StatementKind(record.kind)]
            yield Event(code, record.occurredAt, record_id, _site(record.place))
        case Clearance() if any(item.shipment == own for item in record.items) and record.status in _CLEARANCES:
            yield Event(_CLEARANCES[ClearanceStatus(record.status)], record.occurredAt, record_id)
        case _:
            return


def _handed(record_id: str, record: Handoff, item: tuple[int, ExceptionBit], terms: ShipmentTerms) -> Iterator[Event]:
    packages, noted = item
    at, place = record.occurredAt, _site(record.place)
    if noted & ExceptionBit.REFUSED:
        code = REFUSED
    elif record.receiver == terms.consignee:
        code = PARTLY if noted & ExceptionBit.SHORT else DELIVERED
    else:
        code = COLLECTED if record.releaser == terms.consignor else TRANSFERRED
    yield Event(code, at, record_id, place, packages)
    if noted & ExceptionBit.DAMAGED:
        yield Event(218, at, record_id, place, packages)


def _site(place: object) -> Site:
    return Site(place.name, place.gln, place.country, place.locode) if isinstance(place, Place) else Site()
