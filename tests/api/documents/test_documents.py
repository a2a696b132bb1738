"""Documents over the API and on the pages: drafts that nobody signed, and files by right."""

import re
from typing import Any

import pytest
from lxml import etree

from ledger.client.service import Client
from ledger.codes import ExceptionBit
from ledger.common.ids import RecordId, bytes_from_hex
from ledger.formats.documents.edifact import read_message
from ledger.formats.documents.x12 import read_x12
from tests.api.documents.desk import BUYER, DRAFTS, HAULIER, SUPPLIER, advice, drafted, opened, signed
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, SHOP, key_of
from tests.unit.formats.documents import samples
from tests.unit.formats.documents.rules import NS, broken


@pytest.fixture(scope="module")
def document(world: World) -> bytes:
    return advice(world)


@pytest.fixture(scope="module")
def shipment(world: World, document: bytes) -> str:
    """Opened by an advice, carried by a manifest of the same, delivered two packages short."""
    found = opened(world, document)
    manifest = drafted(world, document, terms=found)["draft"]
    signed(world, manifest, SUPPLIER, HAULIER)
    delivery = world.stage.scribe_handoff(
        HAULIER, BUYER, (RecordId(bytes_from_hex(found, 32, "id")), 1, 18, ExceptionBit.SHORT)
    )
    world.stage.sign(delivery, HAULIER, BUYER)
    return found


def file(world: World, shipment: str, form: str, who: int, status: int = 200, **said: str | int) -> Any:
    path = f"/v1/shipments/{shipment}/documents/{form}"
    answer = world.client.get(path, params=said, headers=bearer(world.token(who)))
    assert answer.status_code == status, answer.text
    return answer


def test_a_document_becomes_drafts_and_nothing_is_kept(world: World, document: bytes, shipment: str) -> None:
    before = world.get("/v1/log")["size"]
    found = drafted(world, document)
    assert (found["kind"], found["number"], found["lines"]) == ("DespatchAdvice", "DA-1001", 1)
    message = found["draft"]["message"]
    assert (message["consignor"], message["consignee"], message["packages"]) == (SUPPLIER, BUYER, 20)
    for name, data in (("856", samples.SHIP_NOTICE), ("DESADV", samples.DESADV)):
        assert drafted(world, data)["kind"] == name
    assert world.get("/v1/log")["size"] == before


def test_a_manifest_is_for_who_may_see_the_terms_while_the_goods_are_there(world: World, document: bytes) -> None:
    other = advice(world, "DA-2002")
    found = opened(world, other)
    items = drafted(world, other, terms=found)["draft"]["message"]["items"]
    assert items == [{"shipment": found, "sequence": 0, "packages": 20, "exceptions": 0}]
    assert "did not come of" in drafted(world, document, terms=found, status=400)["detail"]
    assert "details" in drafted(world, other, CARRIER, 403, terms=found)["detail"]
    assert "no such record" in drafted(world, other, terms="0x" + "77" * 32, status=404)["detail"]
    signed(world, drafted(world, other, terms=found)["draft"], SUPPLIER, HAULIER)
    assert "handed over" in drafted(world, other, terms=found, status=422)["detail"]


def test_only_partners_are_served_and_what_is_wrong_is_said(world: World, document: bytes) -> None:
    xml = {"Content-Type": "application/xml"}
    assert world.client.post(DRAFTS, content=document, headers=xml).status_code == 401
    token = world.token(key_of("nobody in particular"))
    assert world.client.post(DRAFTS, content=document, headers={**bearer(token), **xml}).status_code == 403
    mine = bearer(world.token(SUPPLIER))
    assert world.client.post(DRAFTS, json={}, headers=mine).status_code == 415
    assert world.client.post(DRAFTS, content=b"<" * 600_000, headers={**mine, **xml}).status_code == 413
    foreign = {**mine, **xml, "Origin": "https://evil.example"}
    assert world.client.post(DRAFTS, content=document, headers=foreign).status_code == 403
    for said, what in (
        ({"zone": ""}, "offset"), ({"zone": "../../etc/passwd"}, "zone"), ({"terms": "0x1"}, "terms"),
        ({"packages": 2**33}, "packages"),
    ):  # fmt: skip
        assert what in str(drafted(world, document, status=400, **said)), said
    strange = document.replace(samples.CUSTOMER.encode(), b"9780201379624")
    assert "which partner is the consignee" in drafted(world, strange, status=400)["detail"]
    assert drafted(world, strange, consignee=SHOP)["draft"]["message"]["consignee"] == SHOP
    assert "no format" in drafted(world, b"noise", status=400)["detail"]
    assert "no format" in drafted(world, b"", status=400)["detail"]


def test_a_receipt_is_of_what_both_signed_and_the_consignee_alone_wishes(world: World, shipment: str) -> None:
    answer = file(world, shipment, "receipt-advice", BUYER, short="1")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"] == f'attachment; filename="receipt-advice-{shipment[2:10]}.xml"'
    assert "no-store" in answer.headers["cache-control"]
    assert broken(answer.content) == []
    root = etree.fromstring(answer.content)
    assert root.findtext("cac:DespatchDocumentReference/cbc:ID", "", NS) == "DA-1001"
    assert root.findtext("cac:ReceiptLine/cbc:ShortQuantity", "", NS) == "2"
    assert "in no record" in file(world, shipment, "receipt-advice", BUYER, 400).json()["detail"]
    assert "only the consignee" in file(world, shipment, "receipt-advice", SUPPLIER, 403, short="1").json()["detail"]
    file(world, shipment, "receipt-advice", HAULIER, 403)


def test_reports_speak_in_the_name_of_who_asks(world: World, shipment: str) -> None:
    answer = file(world, shipment, "transportation-status", HAULIER, receiver=BUYER)
    assert broken(answer.content) == []
    root = etree.fromstring(answer.content)
    assert root.findtext("cac:SenderParty/cbc:EndpointID", "", NS) == samples.CARRIER
    assert [one.text for one in root.iterfind(".//cbc:TransportEventTypeCode", NS)] == ["13", "73"]
    edi = file(world, shipment, "iftsta", HAULIER, receiver=BUYER, number=5)
    assert edi.headers["content-type"] == "application/EDIFACT; charset=iso-8859-1"
    assert [s.elements[1] for s in read_message(edi.content, "IFTSTA") if s.tag == "STS"] == ["13", "73"]
    x12 = file(world, shipment, "214", HAULIER, receiver=BUYER, scac="RDNO")
    assert x12.headers["content-disposition"].endswith('.x12"')
    assert [s[1] for s in read_x12(x12.content, "214").segments if s[0] == "AT7"] == ["AF", "D1"]
    for said in ({}, {"receiver": 999}):
        assert "to whom" in file(world, shipment, "iftsta", HAULIER, 400, **said).json()["detail"]
    assert "SCAC" in file(world, shipment, "214", HAULIER, 400, receiver=BUYER).json()["detail"]
    assert "GLN" in file(world, shipment, "iftsta", HAULIER, 400, receiver=SHOP).json()["detail"]


def test_what_a_reader_may_not_see_is_in_no_document(world: World, shipment: str) -> None:
    """The carrier signed the handoffs and not the terms: the order's number is none of its business."""
    mine = file(world, shipment, "transportation-status", SUPPLIER, receiver=BUYER).content
    carriers = file(world, shipment, "transportation-status", HAULIER, receiver=BUYER).content
    assert b"PO-7" in mine
    assert b"PO-7" not in carriers
    assert b"WB-55" in carriers
    for who in (CARRIER, SHOP):
        file(world, shipment, "iftsta", who, 403, receiver=BUYER)
        assert world.get(f"/v1/shipments/{shipment}/documents", world.token(who))["documents"] == []
    path = f"/v1/shipments/{shipment}/documents"
    assert world.client.get(path).status_code == 401
    assert world.client.get(f"{path}/iftsta").status_code == 401
    assert file(world, "0x" + "77" * 32, "iftsta", HAULIER, 404, receiver=BUYER)
    assert world.client.get(f"{path}/pdf", headers=bearer(world.token(BUYER))).status_code == 400
    offered = {one["form"] for one in world.get(path, world.token(BUYER))["documents"]}
    assert offered == {"receipt-advice", "transportation-status", "iftsta", "214"}
    assert "receipt-advice" not in {one["form"] for one in world.get(path, world.token(HAULIER))["documents"]}


def test_who_saw_what_is_noted(world: World, shipment: str) -> None:
    file(world, shipment, "receipt-advice", AUDITOR, 400)  # what is to be done is said by nobody
    file(world, shipment, "transportation-status", SUPPLIER, receiver=BUYER)
    seen = world.get(f"/v1/shipments/{shipment}/openings", world.token(BUYER))["openings"]
    assert any(one["partner"]["id"] == SUPPLIER and one["record"] == shipment for one in seen)


def test_the_client_has_methods_for_it(world: World, document: bytes, shipment: str, monkeypatch: Any) -> None:
    client = Client("http://testserver")
    monkeypatch.setattr(client, "_http", world.client)
    client._token = world.token(SUPPLIER)
    assert client.document_draft(document, zone="UTC")["number"] == "DA-1001"
    assert {one["form"] for one in client.documents(shipment)} >= {"iftsta", "214"}
    assert client.document(shipment, "iftsta", receiver=BUYER, number=3).endswith(b"UNZ+1+3'\n")


def test_the_pages_offer_both(world: World, document: bytes, shipment: str) -> None:
    def page(who: int, path: str, status: int = 200, **more: Any) -> Any:
        headers = {"Accept": "text/html", "Cookie": f"lading_session={world.token(who)}"}
        answer = world.client.request("POST" if more else "GET", path, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer

    assert 'action="/import/document"' in page(SUPPLIER, "/import").text
    shown = page(SUPPLIER, "/import/document", files={"file": ("a.xml", document)}, data={"zone": "UTC"}).text
    assert "Infant formula" in shown
    assert "Kea Dairy" in shown
    assert re.search(r'download="terms.json"\s+href="data:application/json', shown)
    wrong = page(SUPPLIER, "/import/document", 400, files={"file": ("a.xml", b"<script>")}, data={"zone": "UTC"}).text
    assert "not XML" in wrong
    assert "<script>" not in wrong.split("<main", 1)[1].split("</main", 1)[0]
    page(SUPPLIER, "/import/document", 400, files={"file": ("a.xml", document)}, data={"packages": "x"})
    assert f'action="/shipments/{shipment}/document"' in page(BUYER, f"/shipments/{shipment}").text
    assert f'action="/shipments/{shipment}/document"' not in page(SHOP, f"/shipments/{shipment}").text
    path = f"/shipments/{shipment}/document?form=iftsta&receiver={BUYER}&scac="
    assert page(HAULIER, path).headers["content-disposition"].startswith("attachment")
    refused = page(SHOP, path, 403)
    assert refused.headers["content-type"].startswith("text/html")
    answer = world.client.post("/import/document", files={"file": ("a.xml", document)}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?back=/import")
