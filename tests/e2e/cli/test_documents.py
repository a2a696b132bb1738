"""From an advice of despatch to a receipt by commands: what partners' systems send and read, signed between."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.client.drafts import completed
from ledger.codes import ExceptionBit
from ledger.common.canonical import canonical_json
from ledger.formats.documents.edifact import read_message
from ledger.formats.documents.x12 import read_x12
from ledger.records.types import Handoff, Record, ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet
from ledger.registry.partner_book import BookEntry, signed_book
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage
from tests.unit.formats.documents import samples
from tests.unit.formats.documents.rules import NS, broken

GLNS = {MAKER: samples.SUPPLIER, CARRIER: samples.CARRIER, SHOP: samples.CUSTOMER}


@pytest.fixture
def desk(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a trust file whose partners enrolled with GLNs, and the advice of today."""
    monkeypatch.chdir(tmp_path)
    reader = stage.node.reader
    book = reader.views.partner_book()
    entries = [BookEntry(one.partner, one.name, GLNS.get(one.partner, one.gln), one.keys) for one in book.entries]
    signed = signed_book(reader.keys.log, book.size, book.council, entries)
    trust = stage.node.home.consortium.trust_file() | {"partners": signed.to_json()}
    (tmp_path / "trust.json").write_bytes(canonical_json(trust))
    today = datetime.fromtimestamp(stage.now, UTC).strftime("%Y-%m-%d").encode()
    advice = samples.DESPATCH_ADVICE.replace(b"2026-11-20", today).replace(b"13:00:00+13:00", b"00:00:00Z")
    (tmp_path / "advice.xml").write_bytes(advice)
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["document", *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["document", *arguments])
    assert result.exit_code != 0
    assert result.exception is not None
    return str(result.exception)


def signed_from(stage: Stage, path: Path, kind: type[Record], *signers: int) -> Any:
    """The draft filled in as `lading sign` does it, signed, handed in and settled."""
    record = envelope_from_wallet(completed(json.loads(path.read_bytes()), stage.now)).record
    assert isinstance(record, kind)
    return signed(stage, record, path, *signers)


def signed(stage: Stage, record: Record, path: Path, *signers: int) -> Any:
    envelope = stage.trial.signed(record, *stage.keys(signers))
    accepted = stage.node.submission.submit(envelope)
    stage.settle()
    path.write_bytes(canonical_json(envelope.to_json()))
    return accepted.record_id, record


def test_an_advice_becomes_custody_and_custody_a_receipt(stage: Stage, desk: Path) -> None:
    said = run("in", "advice.xml", "--out", "terms.json", "--zone", "Europe/Oslo")
    assert "1 lines" in said
    shipment, terms = signed_from(stage, desk / "terms.json", ShipmentTerms, MAKER)
    assert (terms.consignor, terms.consignee, terms.packages) == (MAKER, SHOP, 20)

    run("in", "advice.xml", "--terms", "terms.json", "--out", "manifest.json")
    _, manifest = signed_from(stage, desk / "manifest.json", Handoff, MAKER, CARRIER)
    assert [(item.shipment, item.packages) for item in manifest.items] == [(shipment, 20)]
    assert manifest.load.identifier == "WB-55"
    assert stage.node.reader.views.shipment(shipment).summary.custodian.id == CARRIER

    delivery = stage.scribe_handoff(CARRIER, SHOP, (shipment, 1, 18, ExceptionBit.SHORT))
    signed(stage, delivery, desk / "delivery.json", CARRIER, SHOP)
    assert "in no record" in refused("receipt", "delivery.json", "--terms", "terms.json", "--out", "receipt.xml")
    run("receipt", "delivery.json", "--terms", "terms.json", "--out", "receipt.xml", "--short-action", "1")
    data = (desk / "receipt.xml").read_bytes()
    assert broken(data) == []
    root = etree.fromstring(data)
    assert root.findtext("cac:DespatchDocumentReference/cbc:ID", "", NS) == "DA-1001"
    assert root.findtext("cac:ReceiptLine/cbc:ShortQuantity", "", NS) == "2"
    assert root.findtext("cac:ReceiptLine/cac:DespatchLineReference/cbc:LineID", "", NS) == "10"

    files = ("terms.json", "manifest.json", "delivery.json", "--sender", str(CARRIER), "--receiver", str(SHOP))
    run("status", *files, "--out", "status.xml")
    assert broken((desk / "status.xml").read_bytes()) == []
    run("status", *files, "--out", "status.edi", "--as", "iftsta", "--number", "5")
    told = [s.elements[1] for s in read_message((desk / "status.edi").read_bytes(), "IFTSTA") if s.tag == "STS"]
    assert told == ["13", "73"]
    run("status", *files, "--out", "status.x12", "--as", "214", "--scac", "RDNO")
    assert [s[1] for s in read_x12((desk / "status.x12").read_bytes(), "214").segments if s[0] == "AT7"] == ["AF", "D1"]


def test_each_format_comes_in(desk: Path) -> None:
    for name, data in (("notice.x12", samples.SHIP_NOTICE), ("desadv.edi", samples.DESADV)):
        (desk / name).write_bytes(data)
        run("in", name, "--out", "draft.json", "--zone", "UTC")
        message = json.loads((desk / "draft.json").read_bytes())["message"]
        assert (message["consignor"], message["consignee"], message["packages"]) == (MAKER, SHOP, 20)


def test_what_cannot_be_known_is_asked_for(desk: Path) -> None:
    assert "zone" in refused("in", "advice.xml", "--out", "terms.json")
    assert "no such zone" in refused("in", "advice.xml", "--out", "terms.json", "--zone", "Middle/Earth")
    strange = (desk / "advice.xml").read_bytes().replace(samples.CUSTOMER.encode(), b"9780201379624")
    (desk / "strange.xml").write_bytes(strange)
    assert "which partner is the consignee" in refused("in", "strange.xml", "--out", "t.json", "--zone", "UTC")
    run("in", "strange.xml", "--out", "t.json", "--zone", "UTC", "--consignee", str(SHOP))
    (desk / "noise").write_bytes(b"noise")
    assert "no format" in refused("in", "noise", "--out", "t.json")


def test_a_manifest_is_drafted_only_for_terms_of_the_same_document(stage: Stage, desk: Path) -> None:
    run("in", "advice.xml", "--out", "terms.json", "--zone", "UTC")
    signed_from(stage, desk / "terms.json", ShipmentTerms, MAKER)
    (desk / "other.xml").write_bytes((desk / "advice.xml").read_bytes().replace(b"240.0", b"241"))
    said = refused("in", "other.xml", "--terms", "terms.json", "--out", "manifest.json")
    assert "did not come of this document" in said


def test_a_receipt_is_made_of_what_both_have_signed(stage: Stage, desk: Path) -> None:
    run("in", "advice.xml", "--out", "terms.json", "--zone", "UTC")
    shipment, _ = signed_from(stage, desk / "terms.json", ShipmentTerms, MAKER)
    delivery = stage.scribe_handoff(MAKER, SHOP, (shipment, 0, 20))
    half = stage.trial.signed(delivery, *stage.keys([MAKER]))
    (desk / "half.json").write_bytes(canonical_json(half.to_json()))
    said = refused("receipt", "half.json", "--terms", "terms.json", "--out", "receipt.xml")
    assert f"a signature of partner {SHOP}" in said
