"""What was signed, as receipts and status reports: by the published rules, and nothing that no record says."""

from dataclasses import replace

import pytest
from lxml import etree

from ledger.cli.demo.scribe import NO_HASH, NO_KEY, details, place, salt
from ledger.codes import ExceptionBit, Mode, Purpose, StatementKind
from ledger.common.canonical import canonical_json
from ledger.errors import InvalidInput, LadingError, MalformedRecord, NotFound, RuleBroken
from ledger.formats.documents.advice import Site
from ledger.formats.documents.edifact import read_message
from ledger.formats.documents.iftsta import iftsta
from ledger.formats.documents.receipt_advice import CREDIT, REPLACE, Wishes, receipt_advice
from ledger.formats.documents.received import Despatch, received
from ledger.formats.documents.shipment_status import left_out, shipment_status
from ledger.formats.documents.status import status_of
from ledger.formats.documents.transportation_status import transportation_status
from ledger.formats.documents.x12 import Envelope, read_x12
from ledger.records.types import Commercial, Goods, Handoff, HandoffItem, Load, Record, ShipmentTerms, Statement
from tests.unit.formats.documents.rules import NS, broken
from tests.unit.formats.documents.samples import CARRIER, CUSTOMER, GTIN, SUPPLIER

AT = 1_795_000_000
SHIPMENT = b"\x22" * 32
ID = "0x" + SHIPMENT.hex()
SITES = {2: Site("Kea Dairy", SUPPLIER), 3: Site("Road Nord", CARRIER), 10: Site("Fjord Shop AS", CUSTOMER)}
DOCUMENT = {
    "document": {
        "type": "DespatchAdvice",
        "number": "DA-1001",
        "issued": "2026-11-20",
        "issuedTime": "12:00:00",
        "lines": ["10"],
    }
}
WISHED = Wishes(short=REPLACE, refused=CREDIT)


def terms(*lots: str) -> ShipmentTerms:
    commercial = Commercial(
        salt(), "PO-7", 0, "EUR", 0, "", AT, 0, 0, 0, 3, 10, 0, 0, 0, NO_HASH
    )  # fmt: skip
    goods = tuple(Goods(salt(), GTIN, lot, NO_HASH, 240, "C62", "", "Infant formula") for lot in lots or ("L1",))
    return ShipmentTerms(
        salt(), 2, 10, 2, NO_KEY, int(Purpose.ORIGINAL), (), 20, int(Mode.ROAD), 0, place("NZ", "NZAKL", "Auckland"),
        place("NO", "NOOSL", "Oslo"), goods, commercial, (), AT, details(canonical_json(DOCUMENT).decode()),
    )  # fmt: skip


def handoff(releaser: int, receiver: int, packages: int, bits: int = 0, at: int = AT) -> Handoff:
    item = HandoffItem(SHIPMENT, 0, packages, bits)
    where = place("NO", "NOOSL", "Oslo")
    return Handoff((item,), releaser, receiver, where, Load(salt(), "WB-55"), at, 0, at, details())


def receipt(packages: int, bits: int = 0, *lots: str, wishes: Wishes = WISHED) -> etree._Element:
    found = received(("0x" + "33" * 32, handoff(3, 10, packages, bits)), (ID, terms(*lots)), SITES)
    data = receipt_advice(found, wishes)
    assert broken(data) == []
    return etree.fromstring(data)


def at(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.findall(path, NS)]


def test_a_clean_delivery_is_accepted_with_its_quantities() -> None:
    root = receipt(20)
    assert at(root, "cac:DespatchDocumentReference/*") == ["DA-1001", "2026-11-20", "12:00:00"]
    assert at(root, "cac:Shipment/cac:Consignment/cac:Status/cbc:ConditionCode") == ["AP"]
    assert at(root, "cac:ReceiptLine/cbc:ReceivedQuantity") == ["240"]
    assert at(root, "cac:ReceiptLine/cac:DespatchLineReference/cbc:LineID") == ["10"]
    assert at(root, ".//cac:Item/cac:StandardItemIdentification/cbc:ID") == [GTIN]


def test_what_is_short_is_counted_in_packages_and_nobody_s_wish_is_made_up() -> None:
    root = receipt(18, ExceptionBit.SHORT)
    line = root.find("cac:ReceiptLine", NS)
    assert line is not None
    assert at(line, "cbc:ReceivedQuantity") + at(line, "cbc:ShortQuantity") == ["18", "2"]
    assert at(line, "cbc:ShortageActionCode") == [REPLACE]
    assert at(root, ".//cac:Status/cbc:ConditionCode") == ["CA"]
    assert at(root, ".//cac:Status/cbc:StatusReason") == ["18 of 20 packages: short"]
    with pytest.raises(InvalidInput, match="in no record"):
        receipt(18, ExceptionBit.SHORT, wishes=Wishes())


def test_a_refusal_is_a_rejection_of_all_with_its_reason() -> None:
    root = receipt(0, ExceptionBit.REFUSED | ExceptionBit.DAMAGED)
    assert at(root, "cac:ReceiptLine/cbc:RejectedQuantity") == ["20"]
    assert at(root, "cac:ReceiptLine/cbc:RejectReasonCode") == ["1"]
    assert at(root, "cac:ReceiptLine/cbc:RejectReason") == ["damaged, refused"]
    assert at(root, "cac:ReceiptLine/cbc:RejectActionCode") == [CREDIT]
    assert at(root, ".//cac:Status/cbc:ConditionCode") == ["RE"]
    assert at(receipt(0, ExceptionBit.REFUSED), "cac:ReceiptLine/cbc:RejectReasonCode") == ["99"]


def test_damage_and_surplus_are_told_as_they_were_noted() -> None:
    damaged = receipt(20, ExceptionBit.DAMAGED)
    assert at(damaged, "cac:ReceiptLine/cbc:ReceivedQuantity") == ["240"]
    assert at(damaged, "cac:ReceiptLine/cbc:Note") == ["Of the whole shipment the receiver noted: damaged"]
    assert at(damaged, "cac:ReceiptLine/cbc:RejectedQuantity") == []
    assert at(receipt(22, ExceptionBit.OVER), "cac:ReceiptLine/cbc:OversupplyQuantity") == ["2"]


def test_of_several_lines_nobody_is_said_to_have_counted_one() -> None:
    root = receipt(18, ExceptionBit.SHORT, "L1", "L2")
    assert at(root, "cac:ReceiptLine/cbc:ShortQuantity") == at(root, "cac:ReceiptLine/cbc:ReceivedQuantity") == []
    notes = at(root, "cac:ReceiptLine/cbc:Note")
    assert [text.endswith("Of which line is not recorded") for text in notes] == [True, True]
    assert at(root, "cac:ReceiptLine/cac:DespatchLineReference/cbc:LineID") == ["1", "2"]


def test_what_is_no_delivery_or_lacks_what_must_be_there_is_refused() -> None:
    told = (ID, terms())
    with pytest.raises(RuleBroken, match="no delivery"):
        received(("0x", handoff(2, 3, 20)), told, SITES)
    with pytest.raises(RuleBroken, match="not of this shipment"):
        received(("0x", handoff(3, 10, 20)), ("0x" + "44" * 32, terms()), SITES)
    with pytest.raises(MalformedRecord, match="without a GLN"):
        received(("0x", handoff(3, 10, 20)), told, {2: SITES[2]})
    bare = replace(terms(), details=details())
    with pytest.raises(MalformedRecord, match="which advice of despatch"):
        received(("0x", handoff(3, 10, 20)), (ID, bare), SITES)
    found = received(("0x", handoff(3, 10, 20)), (ID, bare), SITES, Despatch("X", "2026-11-20", "08:00:00"))
    assert broken(receipt_advice(found, Wishes())) == []


def records(*more: Record) -> dict[str, Record]:
    told: dict[str, Record] = {
        ID: terms(),
        "0x" + "01" * 32: handoff(2, 3, 20, at=AT),
        "0x" + "02" * 32: handoff(3, 10, 18, ExceptionBit.SHORT | ExceptionBit.DAMAGED, at=AT + 86400),
    }
    return told | {f"0x{number:064x}": record for number, record in enumerate(more, start=200)}


TENDER = Statement(3, 10, int(StatementKind.TENDER), SHIPMENT, 1, AT + 50_000, place("NO", "NOOSL", "Oslo"), details())
LOST = Statement(3, 0, int(StatementKind.LOST), SHIPMENT, 1, AT + 60_000, place("NO", "", ""), details())


def test_events_follow_the_records_by_time() -> None:
    found = status_of(ID, records(TENDER), SITES)
    assert [event.code for event in found.events] == [13, 210, 73, 218]
    assert [event.at - AT for event in found.events] == [0, 50_000, 86_400, 86_400]
    assert (found.order, found.load) == ("PO-7", "WB-55")
    other = replace(TENDER, shipment=b"\x55" * 32)
    assert [event.code for event in status_of(ID, records(other), SITES).events] == [13, 73, 218]
    with pytest.raises(NotFound, match="terms"):
        status_of("0x" + "77" * 32, records(), SITES)
    with pytest.raises(NotFound, match="nothing that has a status code"):
        status_of(ID, {ID: terms()}, SITES)


def test_a_transportation_status_keeps_the_rules() -> None:
    data = transportation_status(status_of(ID, records(TENDER), SITES), (SITES[3], SITES[10]), "77", AT)
    assert broken(data) == []
    root = etree.fromstring(data)
    assert at(root, "cac:Consignment/cac:TransportEvent/cbc:TransportEventTypeCode") == ["13", "210", "73", "218"]
    assert at(root, "cbc:TransportationStatusTypeCode") == ["4"]
    assert at(root, "cbc:ShippingOrderID") == ["PO-7"]
    assert len(at(root, ".//cbc:IdentificationID")[0]) == 66
    with pytest.raises(MalformedRecord, match="GLN"):
        transportation_status(status_of(ID, records(), SITES), (Site("Road"), SITES[10]), "77", AT)


def test_the_rules_themselves_find_what_is_broken() -> None:
    data = transportation_status(status_of(ID, records(), SITES), (SITES[3], SITES[10]), "77", AT)
    for before, after in (
        (b"transportation_status_only:1", b"other:1"), (b"+00:00</cbc:IssueTime>", b"</cbc:IssueTime>"),
        (b"<cbc:Description>", b"<cbc:Note>x</cbc:Note><cbc:Description>"), (SUPPLIER.encode(), SUPPLIER.encode()),
        (CARRIER.encode(), b"7300010000002"), (b">4</cbc:TransportationS", b">9</cbc:TransportationS"),
    ):  # fmt: skip
        changed = data.replace(before, after, 1)
        assert (broken(changed) != []) == (changed != data), before


def test_an_iftsta_can_be_read_again() -> None:
    data = iftsta(status_of(ID, records(TENDER), SITES), (SITES[3], SITES[10]), 77, AT)
    found = read_message(data, "IFTSTA")
    tags = [segment.tag for segment in found]
    assert tags[:3] == ["BGM", "DTM", "NAD"]
    assert tags.count("STS") == 4
    assert tags.index("CNI") < tags.index("STS")
    statuses = [segment.elements[1] for segment in found if segment.tag == "STS"]
    assert statuses == ["13", "210", "73", "218"]
    assert [s.elements[1] for s in found if s.tag == "LOC"] == [["NOOSL", "", "6"]] * 4
    assert {s.elements[0] for s in found if s.tag == "LOC"} == {"14"}
    assert data.rstrip().endswith(b"UNZ+1+77'")


def test_a_214_can_be_read_again_and_says_what_it_leaves_out() -> None:
    status = status_of(ID, records(LOST), SITES)
    data = shipment_status(status, Envelope(CARRIER, CUSTOMER, "261130", "1200", 77, "QM"), "RDNO")
    found = read_x12(data, "214")
    assert [segment[1] for segment in found.segments if segment[0] == "AT7"] == ["AF", "D1", "A9"]
    assert [segment[2] for segment in found.segments if segment[0] == "AT7"] == ["NS", "", ""]
    assert [segment[7] for segment in found.segments if segment[0] == "AT7"] == ["UT"] * 3
    assert found.segments[0][1:] == ["WB-55", "PO-7", "RDNO"]
    assert [event.code for event in left_out(status)] == [49]
    assert data.startswith(b"ISA*00*")
    for scac in ("", "R", "rdno", "TOOLONG"):
        with pytest.raises(LadingError):
            shipment_status(status, Envelope(CARRIER, CUSTOMER, "261130", "1200", 77, "QM"), scac)


def test_what_would_end_a_segment_cannot_be_smuggled_in() -> None:
    status = status_of(ID, records(), SITES)
    odd = replace(status, load="A~B*Cé", order="P'O+1")
    sets = read_x12(shipment_status(odd, Envelope(CARRIER, CUSTOMER, "261130", "1200", 77, "QM"), "RDNO"), "214")
    assert sets.segments[0][1] == "A B Ce"
    read = read_message(iftsta(odd, (SITES[3], SITES[10]), 1, AT), "IFTSTA")
    assert next(s.elements[0] for s in read if s.tag == "RFF") == ["ON", "P'O+1"]
    quiet = iftsta(replace(status, order="PO\n\x00\x857"), (SITES[3], SITES[10]), 1, AT)
    assert b"RFF+ON:PO   7'" in quiet
    assert b"\x00" not in shipment_status(
        replace(status, load="A\x00B"), Envelope(CARRIER, CUSTOMER, "261130", "1200", 77, "QM"), "RDNO"
    )
    with pytest.raises(MalformedRecord, match="XML does not have"):
        transportation_status(replace(status, order="PO\x00"), (SITES[3], SITES[10]), "1", AT)
    with pytest.raises(MalformedRecord, match="UNOC"):
        iftsta(replace(status, order="订单"), (SITES[3], SITES[10]), 1, AT)
    data = transportation_status(replace(status, order="<&>"), (SITES[3], SITES[10]), "1", AT)
    assert at(etree.fromstring(data), "cbc:ShippingOrderID") == ["<&>"]
