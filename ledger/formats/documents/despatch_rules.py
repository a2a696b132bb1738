"""The fatal rules of PEPPOL's despatch advices, written anew: BIS Despatch Advice 3 (transaction T16, release 2024.5)
and the logistics BIS's Advanced Despatch Advice (T120), with the rules that all transactions share (COMMON).

Of the rules B, which say what must be there, those of T16 about what becomes a draft are here. Code lists, and elements
that the data models do not have, are left to a validator.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import NamedTuple

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.documents.despatch_model import MANY, NEEDED, ONCE
from ledger.formats.documents.party_identifiers import IDENTIFIERS
from ledger.formats.documents.xml import NAMESPACES, is_there, name_of, text_at

_T16 = "urn:fdc:peppol.eu:poacc:trns:despatch_advice:3"
_T120 = "urn:fdc:peppol.eu:logistics:trns:advanced_despatch_advice:1"
_PROFILE = "urn:fdc:peppol.eu:poacc:bis:despatch_advice:3"
_PROFILES = {
    "urn:fdc:peppol.eu:logistics:bis:despatch_advice_only:1",
    "urn:fdc:peppol.eu:logistics:bis:despatch_advice_w_receipt_advice:1",
}
_MOST = 200
"""Broken rules after which a document is read no further."""
_SHOWN = 8
"""Broken rules that a refusal names."""
_DATES = {"IssueDate", "DueDate", "TaxPointDate", "StartDate", "EndDate", "ActualDeliveryDate"}
_MANUFACTURER = "cac:DespatchLine/cac:Item/cac:ManufacturerParty"
_MOST = 200
"""Broken rules after which a document is read no further."""
_SHOWN = 8
"""Broken rules that a refusal names."""
_DATES = {"IssueDate", "DueDate", "TaxPointDate", "StartDate", "EndDate", "ActualDeliveryDate"}
_MANUFACTURER = "cac:DespatchLine/cac:Item/cac:ManufacturerParty"


class Broken(NamedTuple):
    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.where}): {self.what}"


def check_despatch_advice(root: etree._Element) -> None:
    """Raise `MalformedRecord` with the ids of the fatal rules that the document breaks, and what they say."""
    found = list(islice(broken_rules(root), _MOST))
    if not found:
        return
    rules = sorted({one.rule for one in found})
    raise MalformedRecord(
        f"breaks {', '.join(rules[:_SHOWN])}{' and others' if len(rules) > _SHOWN else ''} of PEPPOL's despatch advice",
        where=found[0].where,
        expected=found[0].what,
        found="; ".join(str(one) for one in found[1:_SHOWN])[:900],
        mend="Have it sent again, by a system that validates what it sends.",
    )


def broken_rules(root: etree._Element) -> Iterator[Broken]:
    logistics = text_at(root, "cbc:CustomizationID").startswith(_T120)
    transaction = "PEPPOL-T120" if logistics else "PEPPOL-T16"
    yield from _common(root)
    for rule, where, what in (*_of_both(root, logistics), *(_of_t120(root) if logistics else _of_t16(root))):
        yield Broken(f"{transaction}-{rule}", where, what)


def _common(root: etree._Element) -> Iterator[Broken]:
    for element in root.iter():
        name, text = name_of(element), " ".join((element.text or "").split())
        if not len(element) and not text:
            yield Broken("PEPPOL-COMMON-R001", name, "no empty elements")
        if name in _DATES and not _is_date(element.text or ""):
            yield Broken("PEPPOL-COMMON-R030", name, "a date is CCYY-MM-DD")
        if len(element) and etree.QName(element).namespace == NAMESPACES["cbc"]:
            yield Broken("UBL-2.1", name, "it has text alone")
        if name in ONCE and _stands_again(element):
            yield Broken("UBL-2.1", name, "it stands once in its parent")
        scheme = element.get("schemeID", "")
        if scheme in IDENTIFIERS and _identifies(element, name):
            rule, holds, what = IDENTIFIERS[scheme]
            if not holds(text):
                yield Broken(f"PEPPOL-COMMON-{rule}", name, what)


def _of_both(root: etree._Element, logistics: bool) -> Iterator[tuple[str, str, str]]:
    """The rules that both transactions have, by the same numbers."""
    said = text_at(root, "cbc:CustomizationID")
    if is_there(root, "cbc:CustomizationID") and not said.startswith(_T120 if logistics else _T16):
        yield "R011", "CustomizationID", f"begins with {_T16}, or with {_T120}"
    named = [("R008", "Buyer", "Customer"), ("R009", "Seller", "Supplier"), ("R010", "Originator", "Customer")]
    if logistics:
        named += [("R108", "Delivery", "Customer"), ("R109", "Despatch", "Supplier")]
    for rule, role, kind in named:
        for party in root.iterfind(f".//cac:{role}{kind}Party", NAMESPACES):
            if not _is_named(party, "cac:Party/"):
                yield rule, name_of(party), "a party has a name or an identifier"
    for count, line in enumerate(root.iterfind(".//cac:DespatchLine", NAMESPACES), start=1):
        where, item = f"DespatchLine {count}", "cac:Item/cac:"
        if not is_there(line, f"{item}StandardItemIdentification/cbc:ID", f"{item}SellersItemIdentification/cbc:ID"):
            yield "R003", where, "an item has its standard identifier or the seller's"
        if not is_there(line, "cac:Item/cbc:Name"):
            yield "R004", where, "an item has a name"
        if not _is_quantity(text_at(line, "cbc:DeliveredQuantity")):
            yield "R006", where, "a delivered quantity is a number that is not negative"


def _of_t16(root: etree._Element) -> Iterator[tuple[str, str, str]]:
    for rule, where, needed in NEEDED:
        for element in [root] if where == "." else root.iterfind(where, NAMESPACES):
            there = needed[1:] in element.attrib if needed.startswith("@") else is_there(element, needed)
            if not there:
                yield rule, name_of(element), f"{needed} is there"
    if is_there(root, "cbc:ProfileID") and text_at(root, "cbc:ProfileID") != _PROFILE:
        yield "B00301", "ProfileID", _PROFILE


def _of_t120(root: etree._Element) -> Iterator[tuple[str, str, str]]:
    if is_there(root, "cbc:ProfileID") and text_at(root, "cbc:ProfileID") not in _PROFILES:
        yield "R002", "ProfileID", " or ".join(sorted(_PROFILES))
    for rule, path in (("R110", "cac:Shipment/cac:Consignment/cac:CarrierParty"), ("R111", _MANUFACTURER)):
        for party in root.iterfind(path, NAMESPACES):
            if not _is_named(party):
                yield rule, name_of(party), "a party has a name or an identifier"
    for period in root.iterfind(".//cac:EstimatedDeliveryPeriod", NAMESPACES):
        for rule, what in _of_period(period):
            yield rule, "EstimatedDeliveryPeriod", what
    for delivery in root.iterfind(".//cac:Shipment/cac:Delivery/cac:DeliveryTerms", NAMESPACES):
        if not is_there(delivery, "cbc:ID", "cbc:SpecialTerms"):
            yield "R022", "DeliveryTerms", "terms of delivery have an ID or special terms"
    lines = {text_at(line, "cbc:ID") for line in root.iterfind(".//cac:DespatchLine", NAMESPACES)}
    for holder in ("TransportHandlingUnit", "Package", "ContainedPackage"):
        for goods in root.iterfind(f".//cac:{holder}/cac:GoodsItem", NAMESPACES):
            if text_at(goods, "cbc:ID") not in lines:
                yield "R020", "GoodsItem", "a goods item has the ID of a line"
    documents = (("R031", ".//cac:AdditionalDocumentReference"), ("R032", ".//cac:DespatchLine/cac:DocumentReference"))
    for rule, path in documents:
        for document in root.iterfind(path, NAMESPACES):
            if not is_there(document, "cbc:DocumentTypeCode", "cbc:DocumentType"):
                yield rule, name_of(document), "a document that is referred to has a type"


def _of_period(period: etree._Element) -> Iterator[tuple[str, str]]:
    start, end = text_at(period, "cbc:StartDate"), text_at(period, "cbc:EndDate")
    start_time, end_time = text_at(period, "cbc:StartTime"), text_at(period, "cbc:EndTime")
    if end and start.replace("-", "") > end.replace("-", ""):
        yield "R012", "it does not end before it starts"
    if end_time and not start_time:
        yield "R013", "no EndTime without StartTime"
    if end_time and not end:
        yield "R014", "no EndTime without EndDate"
    if start and start_time and end and end_time and not _is_before(f"{start}T{start_time}", f"{end}T{end_time}"):
        yield "R015", "StartTime is before EndTime"


def _is_before(start: str, end: str) -> bool:
    """Whether a time is not after another; where only one tells its zone, both are taken to be of that."""
    try:
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError:
        return False
    zone = first.tzinfo or last.tzinfo
    return first.replace(tzinfo=first.tzinfo or zone) <= last.replace(tzinfo=last.tzinfo or zone)


def _stands_again(element: etree._Element) -> bool:
    """Whether an earlier sibling has its name, and the schema does not let it."""
    parent = element.getparent()
    if parent is None or MANY.get(name_of(element)) == name_of(parent):
        return False
    return next(element.itersiblings(element.tag, preceding=True), None) is not None


def _identifies(element: etree._Element, name: str) -> bool:
    parent = element.getparent()
    return name in ("EndpointID", "CompanyID") or (
        name == "ID" and parent is not None and name_of(parent) == "PartyIdentification"
    )


def _is_named(party: etree._Element, below: str = "") -> bool:
    return is_there(party, f"{below}cac:PartyName/cbc:Name", f"{below}cac:PartyIdentification/cbc:ID")


def _is_quantity(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return not value.is_nan() and value >= 0


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
