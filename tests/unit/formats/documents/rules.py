"""PEPPOL's published rules for Receipt Advice (T128) and Transportation Status (T127), written anew in Python from
their text, and the order of UBL 2.1's elements: no schema nor schematron is in any package that is installed here.

Of T128 these are R001 to R007, R023, R025, R026, R108, R109, R003 and the rules B about what must be there, what may be
there at all and which codes; of T127 R001, R002, R018, R031, R032 and the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
NS = {"cbc": CBC[1:-1], "cac": CAC[1:-1]}
_PARTY = (
    "EndpointID", "PartyIdentification", "PartyName", "PostalAddress", "PartyTaxScheme", "PartyLegalEntity", "Contact",
)  # fmt: skip
_RECEIPTS = "urn:fdc:peppol.eu:logistics:bis:despatch_advice_w_receipt_advice:1"
_STATUS = ("ConditionCode", "Description", "StatusReasonCode", "StatusReason")
ORDER: Mapping[str, Sequence[str]] = {
    "ReceiptAdvice": (
        "CustomizationID", "ProfileID", "ID", "IssueDate", "IssueTime", "DocumentStatusCode", "ReceiptAdviceTypeCode",
        "Note", "OrderReference", "DespatchDocumentReference", "AdditionalDocumentReference", "DeliveryCustomerParty",
        "DespatchSupplierParty", "BuyerCustomerParty", "SellerSupplierParty", "Shipment", "ReceiptLine",
    ),
    "TransportationStatus": (
        "CustomizationID", "ProfileID", "ProfileExecutionID", "ID", "IssueDate", "IssueTime", "Description",
        "ShippingOrderID", "TransportationStatusTypeCode", "TransportExecutionStatusCode", "Consignment",
        "DocumentReference", "SenderParty", "ReceiverParty", "TransportationStatusRequestDocumentReference",
        "TransportExecutionPlanDocumentReference",
    ),
    "OrderReference": ("ID",),
    "DespatchDocumentReference": ("ID", "IssueDate", "IssueTime", "DocumentStatusCode", "DocumentDescription"),
    "DeliveryCustomerParty": ("Party",),
    "DespatchSupplierParty": ("Party",),
    "Party": _PARTY,
    "SenderParty": _PARTY,
    "ReceiverParty": _PARTY,
    "PartyIdentification": ("ID",),
    "PartyName": ("Name",),
    "PartyLegalEntity": ("RegistrationName", "CompanyID", "RegistrationAddress"),
    "Shipment": ("ID", "Information", "Consignment", "Delivery", "TransportHandlingUnit"),
    "Consignment": ("ID", "Status", "CarrierParty", "TransportEvent", "TransportHandlingUnit"),
    "Status": _STATUS,
    "CurrentStatus": _STATUS,
    "Delivery": ("ActualDeliveryDate", "ActualDeliveryTime", "DeliveryTerms"),
    "TransportEvent": (
        "IdentificationID", "OccurrenceDate", "OccurrenceTime", "TransportEventTypeCode", "CompletionIndicator",
        "CurrentStatus", "Period",
    ),
    "ReceiptLine": (
        "ID", "Note", "ReceivedQuantity", "ShortQuantity", "ShortageActionCode", "RejectedQuantity", "RejectReasonCode",
        "RejectReason", "RejectActionCode", "OversupplyQuantity", "OrderLineReference", "DespatchLineReference", "Item",
    ),
    "DespatchLineReference": ("LineID",),
    "Item": (
        "Name", "BuyersItemIdentification", "SellersItemIdentification", "ManufacturersItemIdentification",
        "StandardItemIdentification",
    ),
    "StandardItemIdentification": ("ID", "ExtendedID"),
}  # fmt: skip
"""UBL 2.1's order, of the elements that the two transactions allow."""
_NEEDED = {
    "ReceiptAdvice": (
        "CustomizationID", "ProfileID", "ID", "IssueDate", "IssueTime", "ReceiptAdviceTypeCode",
        "DespatchDocumentReference", "DeliveryCustomerParty", "DespatchSupplierParty", "ReceiptLine",
    ),
    "TransportationStatus": (
        "CustomizationID", "ProfileID", "ID", "IssueDate", "IssueTime", "Description", "ShippingOrderID",
        "TransportationStatusTypeCode", "TransportExecutionStatusCode", "SenderParty", "ReceiverParty",
    ),
    "DespatchDocumentReference": ("ID", "IssueDate", "IssueTime"),
    "Party": ("EndpointID", "PartyLegalEntity"),
    "SenderParty": ("EndpointID",),
    "ReceiverParty": ("EndpointID",),
    "Shipment": ("ID",),
    "Consignment": ("ID", "Status"),
    "Delivery": ("ActualDeliveryDate",),
    "ReceiptLine": ("ID", "DespatchLineReference"),
    "Item": ("Name",),
    "CurrentStatus": ("Description",),
}  # fmt: skip
_CODES = {
    "ReceiptAdviceTypeCode": "D S",
    "ConditionCode": "AB AP CA RE",
    "StatusReasonCode": "1 2 3 4 5 6 7 8 9 10 99",
    "ShortageActionCode": "1 2",
    "RejectActionCode": "1 2",
    "RejectReasonCode": "1 2 3 4 5 6 7 8 99",
    "TransportationStatusTypeCode": "3 4",
}
_WITH_ATTRIBUTE = {
    "EndpointID": "schemeID", "ReceivedQuantity": "unitCode", "ShortQuantity": "unitCode",
    "RejectedQuantity": "unitCode", "OversupplyQuantity": "unitCode",
}  # fmt: skip


def broken(data: bytes) -> list[str]:
    """What the document breaks, each with its element."""
    root = etree.fromstring(data)
    found = [problem for element in root.iter() for problem in _of_element(element)]
    return found + list(_receipt(root) if _name(root) == "ReceiptAdvice" else _transport(root))


def _of_element(element: etree._Element) -> Iterator[str]:
    name, children = _name(element), [_name(child) for child in element]
    if not children and not (element.text or "").strip():
        yield f"{name}: COMMON-R001 empty"
    if name.endswith("Date") and not re.fullmatch(r"\d{4}-\d\d-\d\d", element.text or ""):
        yield f"{name}: COMMON-R030"
    if children and name not in ORDER:
        yield f"{name}: not part of the data model"
        return
    order = ORDER.get(name, ())
    places = [order.index(child) if child in order else -1 for child in children]
    if -1 in places or places != sorted(places):
        yield f"{name}: children {children} are not in UBL's order, or no part of the data model"
    yield from (f"{name}: {needed} is missing" for needed in _NEEDED.get(name, ()) if needed not in children)
    if name in _CODES and element.text not in _CODES[name].split():
        yield f"{name}: {element.text} is no code"
    if name in _WITH_ATTRIBUTE and not element.get(_WITH_ATTRIBUTE[name]):
        yield f"{name}: without {_WITH_ATTRIBUTE[name]}"
    if element.get("schemeID") == "0088" and not _is_gln(element.text or ""):
        yield f"{name}: COMMON-R040 no GLN"


def _receipt(root: etree._Element) -> Iterator[str]:
    def at(path: str, below: etree._Element = root) -> list[etree._Element]:
        return below.findall(path, NS)

    if [one.text for one in at("cbc:CustomizationID")] != ["urn:fdc:peppol.eu:logistics:trns:receipt_advice:1"]:
        yield "R001"
    if [one.text for one in at("cbc:ProfileID")] != [_RECEIPTS]:
        yield "R002"
    kind, shipment = at("cbc:ReceiptAdviceTypeCode")[0].text, at("cac:Shipment/cbc:ID")
    status = at("cac:DespatchDocumentReference/cbc:DocumentStatusCode")
    if (kind == "S") != bool(shipment) or (kind == "D") != bool(status):
        yield "R023"
    for line in at("cac:ReceiptLine"):
        if at("cac:Item", line) and not at("cac:Item/cac:StandardItemIdentification/cbc:ID", line):
            yield "R003"
        rejected = bool(at("cbc:RejectedQuantity", line))
        for name in ("RejectActionCode", "RejectReasonCode", "RejectReason"):
            if rejected and not at(f"cbc:{name}", line):
                yield f"R004 to R006: {name}"
        if at("cbc:ShortQuantity", line) and not at("cbc:ShortageActionCode", line):
            yield "R007"
    for one in root.iterfind(".//cac:Consignment/cac:Status", NS):
        conditional = (one.findtext("cbc:ConditionCode", "", NS)) >= "AQ"
        for name in ("StatusReasonCode", "StatusReason"):
            if conditional != (one.find(f"cbc:{name}", NS) is not None):
                yield f"R025, R026: {name}"
    yield from _named(root)


def _transport(root: etree._Element) -> Iterator[str]:
    if root.findtext("cbc:CustomizationID", "", NS) != "urn:fdc:peppol.eu:logistics:trns:transportation_status:1":
        yield "R001"
    if root.findtext("cbc:ProfileID", "", NS) not in (
        "urn:fdc:peppol.eu:logistics:bis:transportation_status_w_request:1",
        "urn:fdc:peppol.eu:logistics:bis:transportation_status_only:1",
    ):
        yield "R002"
    if not re.search(r"(Z|[+-]\d\d:\d\d)$", root.findtext("cbc:IssueTime", "", NS)):
        yield "R018"
    for code in root.iterfind(".//cbc:TransportEventTypeCode", NS):
        if not (code.text or "").isdigit() or not 1 <= int(code.text or 0) <= 370:
            yield f"TransportEventTypeCode {code.text}"
    yield from _named(root)


def _named(root: etree._Element) -> Iterator[str]:
    for path in (".//cac:Party", ".//cac:SenderParty", ".//cac:ReceiverParty"):
        for party in root.iterfind(path, NS):
            if party.find("cac:PartyName/cbc:Name", NS) is None and party.find("cac:PartyIdentification", NS) is None:
                yield "R108, R109, R031, R032: a party without name and identifier"


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _is_gln(text: str) -> bool:
    if not re.fullmatch(r"\d{13}", text):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10 == 0
