"""UBL 2.1 ReceiptAdvice after PEPPOL's logistics BIS (transaction T128), from a counter-signed handoff.

A handoff counts packages of a shipment. With one line these are that line's; with several nobody signed which line
lacks something, so lines then say nothing and the consignment's status says it for all. What a buyer wants done about
it (`ShortageActionCode`, `RejectActionCode`) is in no record: it is asked for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from ledger.codes import ExceptionBit
from ledger.errors import InvalidInput
from ledger.formats.documents.advice import Site
from ledger.formats.documents.received import Received, ReceivedLine
from ledger.formats.documents.xml import add, document, printed

CUSTOMIZATION = "urn:fdc:peppol.eu:logistics:trns:receipt_advice:1"
PROFILE = "urn:fdc:peppol.eu:logistics:bis:despatch_advice_w_receipt_advice:1"
OF_A_SHIPMENT = "S"
ACCEPTED, CONDITIONALLY, REJECTED = "AP", "CA", "RE"
OTHER = "99"
PACKAGES = "XPK"
"""UN/ECE Recommendation 20: a package."""
REPLACE, CREDIT = "1", "2"
_REASONS = ((ExceptionBit.DAMAGED, "1"), (ExceptionBit.WRONG_GOODS, "3"))
"""Of a rejection, by PEPPOL's list; anything else is other."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be done about what is short, and about what was refused: `REPLACE` or `CREDIT`, empty for not said."""

    short: str = ""
    refused: str = ""


def receipt_advice(delivery: Received, wishes: Wishes) -> bytes:
    """The document; raises `InvalidInput` where it must say what is to be done, and nobody has."""
    root = document("ReceiptAdvice")
    when = datetime.fromtimestamp(delivery.at, UTC)
    day, time = when.strftime("%Y-%m-%d"), when.strftime("%H:%M:%SZ")
    add(root, "cbc:CustomizationID", CUSTOMIZATION)
    add(root, "cbc:ProfileID", PROFILE)
    add(root, "cbc:ID", delivery.record)
    add(root, "cbc:IssueDate", day)
    add(root, "cbc:IssueTime", time)
    add(root, "cbc:ReceiptAdviceTypeCode", OF_A_SHIPMENT)
    if delivery.order:
        add(add(root, "cac:OrderReference"), "cbc:ID", delivery.order)
    despatch = add(root, "cac:DespatchDocumentReference")
    add(despatch, "cbc:ID", delivery.despatch.number)
    add(despatch, "cbc:IssueDate", delivery.despatch.day)
    add(despatch, "cbc:IssueTime", delivery.despatch.time)
    party(add(add(root, "cac:DeliveryCustomerParty"), "cac:Party"), delivery.customer)
    party(add(add(root, "cac:DespatchSupplierParty"), "cac:Party"), delivery.supplier)
    _shipment(add(root, "cac:Shipment"), delivery, (day, time))
    for number, line in enumerate(delivery.lines, start=1):
        _line(add(root, "cac:ReceiptLine"), number, line, (delivery, wishes))
    return printed(root)


def party(element: etree._Element, site: Site) -> None:
    """Endpoint, identification, name and legal entity, in UBL's order."""
    add(element, "cbc:EndpointID", site.gln, schemeID="0088")
    add(add(element, "cac:PartyIdentification"), "cbc:ID", site.gln, schemeID="0088")
    add(add(element, "cac:PartyName"), "cbc:Name", site.name)
    add(add(element, "cac:PartyLegalEntity"), "cbc:RegistrationName", site.name)


def _shipment(shipment: etree._Element, delivery: Received, when: tuple[str, str]) -> None:
    add(shipment, "cbc:ID", delivery.shipment, schemeID="ZZZ")
    consignment = add(shipment, "cac:Consignment")
    add(consignment, "cbc:ID", delivery.load or delivery.shipment, schemeID="ZZZ")
    status = add(consignment, "cac:Status")
    noted = delivery.exceptions
    code = REJECTED if noted & ExceptionBit.REFUSED else CONDITIONALLY if noted else ACCEPTED
    add(status, "cbc:ConditionCode", code)
    if noted:
        add(status, "cbc:StatusReasonCode", OTHER)
        counted = f"{delivery.packages} of {delivery.expected} packages: "
        add(status, "cbc:StatusReason", counted + _words(noted))
    arrival = add(shipment, "cac:Delivery")
    add(arrival, "cbc:ActualDeliveryDate", when[0])
    add(arrival, "cbc:ActualDeliveryTime", when[1])


def _line(element: etree._Element, number: int, line: ReceivedLine, said: tuple[Received, Wishes]) -> None:
    delivery, wishes = said
    add(element, "cbc:ID", str(number))
    goods, noted = line.goods, delivery.exceptions
    if not noted & (ExceptionBit.SHORT | ExceptionBit.OVER | ExceptionBit.REFUSED | ExceptionBit.WRONG_GOODS):
        if noted:
            add(element, "cbc:Note", f"Of the whole shipment the receiver noted: {_words(noted)}")
        add(element, "cbc:ReceivedQuantity", str(goods.quantity), unitCode=_unit(goods.unit))
    elif len(delivery.lines) > 1:
        note = f"Of the whole shipment the receiver noted: {_words(noted)}. Of which line is not recorded"
        add(element, "cbc:Note", note)
    elif noted & ExceptionBit.REFUSED:
        add(element, "cbc:RejectedQuantity", str(delivery.expected), unitCode=PACKAGES)
        reason = next((code for bit, code in _REASONS if noted & bit), OTHER)
        add(element, "cbc:RejectReasonCode", reason)
        add(element, "cbc:RejectReason", _words(noted))
        add(element, "cbc:RejectActionCode", _wish(wishes.refused, "refused"))
    else:
        difference = delivery.expected - delivery.packages
        add(element, "cbc:ReceivedQuantity", str(delivery.packages), unitCode=PACKAGES)
        if difference > 0:
            add(element, "cbc:ShortQuantity", str(difference), unitCode=PACKAGES)
            add(element, "cbc:ShortageActionCode", _wish(wishes.short, "short"))
        elif difference < 0:
            add(element, "cbc:OversupplyQuantity", str(-difference), unitCode=PACKAGES)
    add(add(element, "cac:DespatchLineReference"), "cbc:LineID", line.number)
    if goods.gtin:
        item = add(element, "cac:Item")
        add(item, "cbc:Name", goods.description or goods.gtin)
        add(add(item, "cac:StandardItemIdentification"), "cbc:ID", goods.gtin, schemeID="0160")


def _wish(code: str, what: str) -> str:
    if code not in (REPLACE, CREDIT):
        raise InvalidInput(
            f"what is to be done about what is {what} is in no record",
            where=what,
            expected="1 (replace it) or 2 (credit it and cancel the order)",
            found=code,
            mend=f"The consignee says it: {what} action.",
        )
    return code


def _unit(unit: str) -> str:
    """The terms' unit where it can be a code of UN/ECE Recommendation 20, else the code for one piece of anything."""
    return unit if 2 <= len(unit) <= 3 and unit.isalnum() and unit.isupper() else "C62"


def _words(mask: ExceptionBit) -> str:
    return ", ".join((bit.name or "").lower().replace("_", " ") for bit in mask)
