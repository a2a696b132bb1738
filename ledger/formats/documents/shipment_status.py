"""X12 214, Transportation Carrier Shipment Status Message, version 004010.

Its own codes (data elements 1650 and 1651 of the X12 dictionary, release 4010) are fewer: what has none there is left
out, and told by `left_out`. A reference holds
30 characters: of a record's id these are its first 30 digits.
"""

from datetime import UTC, datetime

from ledger.errors import MalformedRecord, NotFound
from ledger.formats.documents.status import COLLECTED, DELIVERED, PARTLY, REFUSED, TRANSFERRED, Event, Status
from ledger.formats.documents.x12 import Envelope, Segment, write_x12

_CODES = {
    COLLECTED: "AF", DELIVERED: "D1", PARTLY: "D1", REFUSED: "A7", TRANSFERRED: "J1", 210: "AH", 126: "K1", 218: "A9",
}  # fmt: skip
"""Element 1650: AF carrier departed pick-up location with shipment, D1 completed unloading at delivery location, A7
refused by consignee, J1 delivered to connecting line, AH attempted delivery, K1 arrived at customs, A9 shipment
damaged.
"""
_REASONS = {COLLECTED: "NS", DELIVERED: "NS", TRANSFERRED: "NS", REFUSED: "BS"}
"""Element 1651: NS normal status, BS refused by customer. Of anything else no record says why."""
UTC_CODE = "UT"
_LONGEST = 30


def shipment_status(status: Status, envelope: Envelope, scac: str) -> bytes:
    """The interchange; `scac`: the carrier's Standard Carrier Alpha Code, which no record has."""
    if not (2 <= len(scac) <= 4 and scac.isalpha() and scac.isupper()):
        raise MalformedRecord("not a SCAC", where="scac", expected="2 to 4 capital letters", found=scac[:20])
    told = [event for event in status.events if event.code in _CODES]
    if not told:
        raise NotFound("nothing happened that has a code in X12 214", where="records", expected="a handoff")
    reference = (status.load or status.order or status.shipment[2:])[:_LONGEST]
    segments: list[Segment] = [("B10", reference, (status.order or reference)[:_LONGEST], scac)]
    for number, event in enumerate(told, start=1):
        at = datetime.fromtimestamp(event.at, UTC)
        segments.append(("LX", str(number)))
        code, reason = _CODES[event.code], _REASONS.get(event.code, "")
        segments.append(("AT7", code, reason, "", "", at.strftime("%Y%m%d"), at.strftime("%H%M"), UTC_CODE))
        if len(event.place.name) > 1 and event.place.country:  # each needs the other (syntax notes of MS1)
            segments.append(("MS1", event.place.name[:_LONGEST], "", event.place.country))
        segments.append(("L11", event.record[2:32], "ZZ"))
    return write_x12(envelope, "214", segments)


def left_out(status: Status) -> tuple[Event, ...]:
    """The events that this format has no code for."""
    return tuple(event for event in status.events if event.code not in _CODES)
