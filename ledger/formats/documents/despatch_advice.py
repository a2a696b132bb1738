"""PEPPOL Despatch Advice (UBL 2.1 DespatchAdvice, BIS 3 transaction T16, and the logistics BIS's T120), read.

What breaks a fatal rule of its transaction is refused first, by the rule's id (`despatch_rules`).
"""

from dataclasses import replace

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import (
    Advice,
    AdvisedLine,
    Format,
    Site,
    checked,
    gln_of,
    gtin_of,
    moment_of,
    unit_of,
    whole,
)  # fmt: skip
from ledger.formats.documents.despatch_rules import check_despatch_advice
from ledger.formats.documents.xml import NAMESPACES, UBL, read_ubl, text_at

_GLN, _GTIN = "0088", "0160"
_MODES = {"1": "maritime", "2": "rail", "3": "road", "4": "air", "5": "mail", "6": "multimodal", "8": "inland water"}
"""UN/ECE Recommendation 19, as `ShipmentStage/TransportModeCode` has it."""


def read_despatch_advice(data: bytes) -> Advice:
    """What the document says; raises `MalformedRecord` naming the element that is wrong."""
    root = read_ubl(data, "DespatchAdvice")
    check_despatch_advice(root)
    supplier = _party(root.find("cac:DespatchSupplierParty/cac:Party", NAMESPACES), "DespatchSupplierParty")
    customer = _party(root.find("cac:DeliveryCustomerParty/cac:Party", NAMESPACES), "DeliveryCustomerParty")
    shipment = root.find("cac:Shipment", NAMESPACES)
    lines = [_line(line, n) for n, line in enumerate(root.findall("cac:DespatchLine", NAMESPACES), start=1)]
    issued = moment_of(text_at(root, "cbc:IssueDate"), text_at(root, "cbc:IssueTime"), "IssueDate")
    if issued is None:
        raise MalformedRecord("no date of issue", where="IssueDate", expected="CCYY-MM-DD")
    found = Advice(
        kind="DespatchAdvice",
        number=text_at(root, "cbc:ID"),
        issued=issued,
        supplier=supplier,
        customer=customer,
        lines=tuple(lines),
        order=text_at(root, "cac:OrderReference/cbc:ID") or next((line.order for line in lines if line.order), ""),
    )
    return checked(found if shipment is None else _shipped(found, shipment, root), "document")


def _shipped(advice: Advice, shipment: etree._Element, root: etree._Element) -> Advice:
    """With what the shipment says: packages, units, who carries it, when it left and is to arrive."""
    consignment = shipment.find("cac:Consignment", NAMESPACES)
    carrier = None if consignment is None else consignment.find("cac:CarrierParty", NAMESPACES)
    count = text_at(shipment, "cbc:TotalTransportHandlingUnitQuantity")
    units = [text_at(unit, "cbc:ID") for unit in root.iterfind(".//cac:TransportHandlingUnit", NAMESPACES)]
    told = tuple(dict.fromkeys(unit_of(unit, "TransportHandlingUnit/ID") for unit in units if unit))
    packages = whole(count, "Shipment/TotalTransportHandlingUnitQuantity") if count else len(told)
    delivery, despatch = "cac:Delivery/", "cac:Delivery/cac:Despatch/"
    end = delivery + "cac:EstimatedDeliveryPeriod/cbc:"
    address = shipment.find(despatch + "cac:DespatchAddress", NAMESPACES)
    where = shipment.find("cac:Delivery/cac:DeliveryAddress", NAMESPACES)
    mode = text_at(shipment, "cac:ShipmentStage/cbc:TransportModeCode")
    load = text_at(shipment, "cac:Consignment/cbc:CarrierAssignedID")
    return replace(
        advice,
        carrier=Site() if carrier is None else _party(carrier, "CarrierParty"),
        origin=Site() if address is None else _address(address, advice.supplier),
        destination=Site() if where is None else _address(where, advice.customer),
        packages=packages,
        units=told,
        load=load or text_at(shipment, delivery + "cbc:TrackingID"),
        mode=_MODES.get(mode, ""),
        despatched=moment_of(
            text_at(shipment, despatch + "cbc:ActualDespatchDate"),
            text_at(shipment, despatch + "cbc:ActualDespatchTime"),
            "Despatch/ActualDespatchDate",
        ),
        expected=moment_of(text_at(shipment, end + "EndDate"), text_at(shipment, end + "EndTime"), "EndDate"),
    )


def _party(party: etree._Element | None, where: str) -> Site:
    if party is None:
        raise MalformedRecord("a party is missing", where=where, expected=f"cac:{where}/cac:Party")
    gln = ""
    for path in ("cac:PartyIdentification/cbc:ID", "cbc:EndpointID"):
        for element in party.findall(path, NAMESPACES):
            if element.get("schemeID") == _GLN and element.text and not gln:
                gln = gln_of(element.text.strip(), f"{where}/{path}")
    name = text_at(party, "cac:PartyName/cbc:Name") or text_at(party, "cac:PartyLegalEntity/cbc:RegistrationName")
    return Site(name, gln, text_at(party, "cac:PostalAddress/cac:Country/cbc:IdentificationCode"))


def _address(address: etree._Element, party: Site) -> Site:
    """A place of its own: it has no GLN where its address names none."""
    name = ", ".join(part for part in (text_at(address, "cbc:StreetName"), text_at(address, "cbc:CityName")) if part)
    return Site(name or party.name, "", text_at(address, "cac:Country/cbc:IdentificationCode") or party.country)


def _line(line: etree._Element, count: int) -> AdvisedLine:
    where = f"DespatchLine {count}"
    quantity = line.find("cbc:DeliveredQuantity", NAMESPACES)
    if quantity is None or not quantity.text:
        raise MalformedRecord("a line without a quantity", where=where, expected="cbc:DeliveredQuantity")
    item = "cac:Item/"
    standard = line.find(item + "cac:StandardItemIdentification/cbc:ID", NAMESPACES)
    gtin = ""
    if standard is not None and standard.text and standard.get("schemeID", _GTIN) == _GTIN:
        gtin = gtin_of(standard.text.strip(), f"{where}, StandardItemIdentification")
    lots = [
        text_at(found, "cac:LotIdentification/cbc:LotNumberID")
        for found in line.findall(item + "cac:ItemInstance", NAMESPACES)
    ]
    named = {lot for lot in lots if lot}
    if len(named) > 1:
        raise MalformedRecord(
            "a line of several lots", where=where, expected="one lot a line", found=", ".join(sorted(named))[:80],
            mend="How much is of which lot is not told: have it advised in a line a lot.",
        )  # fmt: skip
    return AdvisedLine(
        number=text_at(line, "cbc:ID") or str(count),
        gtin=gtin,
        lot=next(iter(named), ""),
        quantity=whole(quantity.text, f"{where}, DeliveredQuantity"),
        unit=quantity.get("unitCode", ""),
        description=text_at(line, item + "cbc:Name"),
        order=text_at(line, "cac:OrderLineReference/cac:OrderReference/cbc:ID"),
    )


FORMAT = Format("UBL DespatchAdvice", read_despatch_advice, root=f"{{{UBL.format('DespatchAdvice')}}}DespatchAdvice")
