"""UBL 2.1 TransportationStatus after PEPPOL's logistics BIS (transaction T127)."""

from datetime import UTC, datetime

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import Site
from ledger.formats.documents.receipt_advice import party
from ledger.formats.documents.status import DEVIATIONS, WORDS, Status
from ledger.formats.documents.xml import add, document, printed

CUSTOMIZATION = "urn:fdc:peppol.eu:logistics:trns:transportation_status:1"
PROFILE = "urn:fdc:peppol.eu:logistics:bis:transportation_status_only:1"
ALL_DEVIATIONS, ALL_STATUSES = "3", "4"


def transportation_status(status: Status, parties: tuple[Site, Site], number: str, issued: int) -> bytes:
    """The document. `parties`: who sends it, and to whom; `issued`: UTC seconds. Raises `MalformedRecord` for a party
    without a GLN, by which PEPPOL addresses.
    """
    for site in parties:
        if not site.gln:
            raise MalformedRecord("a party without a GLN", where=site.name or "party", expected="a GLN")
    root = document("TransportationStatus")
    when, newest = datetime.fromtimestamp(issued, UTC), status.newest
    deviates = all(event.code in DEVIATIONS for event in status.events)
    add(root, "cbc:CustomizationID", CUSTOMIZATION)
    add(root, "cbc:ProfileID", PROFILE)
    add(root, "cbc:ID", number)
    add(root, "cbc:IssueDate", when.strftime("%Y-%m-%d"))
    add(root, "cbc:IssueTime", when.strftime("%H:%M:%S+00:00"))
    add(root, "cbc:Description", WORDS[newest.code])
    add(root, "cbc:ShippingOrderID", status.order or status.load or status.shipment)
    add(root, "cbc:TransportationStatusTypeCode", ALL_DEVIATIONS if deviates else ALL_STATUSES)
    add(root, "cbc:TransportExecutionStatusCode", str(newest.code))
    consignment = add(root, "cac:Consignment")
    add(consignment, "cbc:ID", status.load or status.shipment)
    add(add(consignment, "cac:Status"), "cbc:Description", WORDS[newest.code])
    for event in status.events:
        told = add(consignment, "cac:TransportEvent")
        at = datetime.fromtimestamp(event.at, UTC)
        add(told, "cbc:IdentificationID", event.record)
        add(told, "cbc:OccurrenceDate", at.strftime("%Y-%m-%d"))
        add(told, "cbc:OccurrenceTime", at.strftime("%H:%M:%S+00:00"))
        add(told, "cbc:TransportEventTypeCode", str(event.code))
        add(told, "cbc:CompletionIndicator", "true")
        add(add(told, "cac:CurrentStatus"), "cbc:Description", WORDS[event.code])
    sender, receiver = parties
    party(add(root, "cac:SenderParty"), sender)
    party(add(root, "cac:ReceiverParty"), receiver)
    return printed(root)
