"""Advices of despatch: three formats say the same, and what cannot be read is refused with its place."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from ledger.errors import LadingError, MalformedRecord
from ledger.formats.documents.advice import Advice, Moment
from ledger.formats.documents.desadv import read_desadv
from ledger.formats.documents.despatch_advice import read_despatch_advice
from ledger.formats.documents.drafts import Choices, document_of, manifest_draft, terms_draft
from ledger.formats.documents.reading import read_advice
from ledger.formats.documents.ship_notice import read_ship_notice
from tests.unit.formats.documents.samples import (
    CARRIER,
    CUSTOMER,
    DESADV,
    DESPATCH_ADVICE,
    GTIN,
    SHIP_NOTICE,
    SSCC,
    SUPPLIER,
)

Reader = Callable[[bytes], Advice]
FORMATS = pytest.mark.parametrize(
    ("read", "data"),
    [(read_despatch_advice, DESPATCH_ADVICE), (read_ship_notice, SHIP_NOTICE), (read_desadv, DESADV)],
    ids=["UBL", "856", "DESADV"],
)
OSLO = 3600


@FORMATS
def test_a_format_is_known_by_its_beginning(read: Reader, data: bytes) -> None:
    for before in (b"", b"\xef\xbb\xbf", b"\r\n  "):
        assert read_advice(before + data) == read(data)
    with pytest.raises(MalformedRecord, match="no format"):
        read_advice(b"%PDF-1.7")
    with pytest.raises(MalformedRecord, match="no format"):
        read_advice(b"")


@FORMATS
def test_the_three_formats_say_the_same(read: Reader, data: bytes) -> None:
    found = read(data)
    assert (found.supplier.gln, found.customer.gln) == (SUPPLIER, CUSTOMER)
    assert (found.supplier.name, found.order, found.packages) == ("Kea Dairy", "PO-7", 20)
    (line,) = found.lines
    assert (line.gtin, line.lot, line.quantity, line.description) == (GTIN, "L2601", 240, "Infant formula, 800 g")
    assert found.expected is not None
    assert (found.expected.day, found.expected.time) == ("2026-11-27", "")
    assert found.issued == Moment("2026-11-20", "12:00:00")


def test_what_only_some_formats_say() -> None:
    ubl, x12, edifact = read_despatch_advice(DESPATCH_ADVICE), read_ship_notice(SHIP_NOTICE), read_desadv(DESADV)
    assert ubl.lines[0].number == "10"
    assert ubl.carrier.gln == edifact.carrier.gln == CARRIER
    assert ubl.load == x12.load == "WB-55"
    assert x12.units == edifact.units == (SSCC,)
    assert x12.mode == edifact.mode == "road"
    assert ubl.despatched == Moment("2026-11-20", "13:00:00", 13 * 3600)
    assert x12.despatched == Moment("2026-11-20", "13:00:00", 0)
    assert edifact.despatched == Moment("2026-11-20", "13:00:00")


def test_a_draft_of_terms_says_what_the_document_says_and_names_it() -> None:
    draft = terms_draft(read_despatch_advice(DESPATCH_ADVICE), Choices(2, 10, offset=OSLO), DESPATCH_ADVICE)
    message = draft["message"]
    assert (message["consignor"], message["consignee"], message["holder"]) == (2, 10, 2)
    assert message["packages"] == 20
    assert message["origin"] == {"country": "NZ", "gln": SUPPLIER, "name": "Kea Dairy"}
    assert message["commercial"] == {"orderRef": "PO-7", "promisedAt": 1_795_820_399}  # 2026-11-27 23:59:59 in Oslo
    assert message["contents"][0]["quantity"] == "240"
    document = document_of(message["details"]["text"])
    assert document is not None
    assert (document["type"], document["number"], document["lines"]) == ("DespatchAdvice", "DA-1001", ["10"])
    assert document_of("") is None
    assert document_of(json.dumps({"other": 1})) is None


def test_a_time_without_its_zone_and_a_missing_count_are_asked_for() -> None:
    advice = read_despatch_advice(DESPATCH_ADVICE)
    with pytest.raises(MalformedRecord, match="without its offset"):
        terms_draft(advice, Choices(2, 10), DESPATCH_ADVICE)
    bare = DESPATCH_ADVICE.replace(
        b"<cbc:TotalTransportHandlingUnitQuantity>20</cbc:TotalTransportHandlingUnitQuantity>", b""
    )
    with pytest.raises(MalformedRecord, match="how many packages"):
        terms_draft(read_despatch_advice(bare), Choices(2, 10, offset=0), bare)
    assert (
        terms_draft(read_despatch_advice(bare), Choices(2, 10, packages=7, offset=0), bare)["message"]["packages"] == 7
    )


def test_a_manifest_hands_all_packages_to_the_carrier() -> None:
    draft = manifest_draft(read_despatch_advice(DESPATCH_ADVICE), Choices(2, 10, carrier=3), "0x" + "11" * 32, 20)
    message = draft["message"]
    assert message["items"] == [{"shipment": "0x" + "11" * 32, "sequence": 0, "packages": 20, "exceptions": 0}]
    assert (message["releaser"], message["receiver"], message["load"]) == (2, 3, {"identifier": "WB-55"})
    assert message["occurredAt"] == 1_795_132_800  # 2026-11-20 00:00 UTC


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b"<cbc:ID>DA-1001</cbc:ID>", b"", "PEPPOL-T16-B00103"),
        (b">240.0<", b">240.5<", "whole quantity"),
        (b">240.0<", b">-1<", "PEPPOL-T16-R006"),
        (b">240.0<", b">NaN<", "PEPPOL-T16-R006"),
        (GTIN.encode(), b"09421900000013", "check digit"),
        (GTIN.encode(), b"12AB", "GTIN"),
        (b"2026-11-27", b"27.11.2026", "PEPPOL-COMMON-R030"),
        (b"DespatchAdvice-2", b"Invoice-2", "another document"),
        (b"</cac:DespatchLine>", b"", "not XML"),
        (b"<cbc:DeliveredQuantity unitCode=\"C62\">240.0</cbc:DeliveredQuantity>", b"", "PEPPOL-T16-B16002"),
    ],
)  # fmt: skip
def test_what_a_ubl_document_gets_wrong_is_named(before: bytes, after: bytes, what: str) -> None:
    assert before in DESPATCH_ADVICE
    with pytest.raises(MalformedRecord, match=what):
        read_despatch_advice(DESPATCH_ADVICE.replace(before, after))


def test_entities_and_documents_from_elsewhere_are_not_read() -> None:
    head, body = DESPATCH_ADVICE.split(b"\n", 1)
    bomb = b'<!DOCTYPE DespatchAdvice [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    with pytest.raises(MalformedRecord, match="document type"):
        read_despatch_advice(head + b"\n" + bomb + body.replace(b"Kea Dairy", b"&b;"))
    stolen = b'<!DOCTYPE DespatchAdvice [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n'
    with pytest.raises(MalformedRecord):
        read_despatch_advice(head + b"\n" + stolen + body.replace(b"Kea Dairy", b"&f;"))
    with pytest.raises(MalformedRecord, match="too large"):
        read_despatch_advice(DESPATCH_ADVICE + b" " * (4 << 20))


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b"BSN*00", b"BSN*01", "cancels or changes"),
        (b"SE*22", b"SE*20", "cut"),
        (b"IEA*1*000000009", b"IEA*1*000000008", "not closed"),
        (b"ZZ*KEADAIRY ", b"ZZ*KEADAIRY", "fixed widths"),
        (b"ST*856", b"ST*810", "not one transaction set"),
        (b"SN1*1*240*EA~", b"SN1*1*2.5*EA~", "whole quantity"),
        (f"UL*{SUPPLIER}".encode(), b"UL*9421900000006", "check digit"),
        (b"N1*ST", b"N1*XX", "party is missing"),
        (b"20261127", b"20261327", "not a date"),
    ],
)
def test_what_a_ship_notice_gets_wrong_is_named(before: bytes, after: bytes, what: str) -> None:
    assert before in SHIP_NOTICE
    with pytest.raises(MalformedRecord, match=what):
        read_ship_notice(SHIP_NOTICE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b"DESADV:D", b"ORDERS:D", "not one message"),
        (b"BGM+351+DES-9+9", b"BGM+351+DES-9+1", "cancels or changes"),
        (b"QTY+12:240", b"QTY+12:x", "whole quantity"),
        (b"DTM+137", b"DTM+138", "no date"),
        (b"UNB+UNOC", b"XXX+UNOC", "interchange is cut"),
        (b"QTY+12:240:PCE'", b"QTY+21:240:PCE'", "without a quantity"),
        (b"UNT+21", b"UNT+20", "cut"),
    ],
)
def test_what_a_desadv_gets_wrong_is_named(before: bytes, after: bytes, what: str) -> None:
    assert before in DESADV
    with pytest.raises(MalformedRecord, match=what):
        read_desadv(DESADV.replace(before, after))


BYTES = (b"'", b"*", b"<", b"\x00", b"9")


@FORMATS
def test_no_damage_ends_in_anything_but_a_problem_in_words(read: Reader, data: bytes) -> None:
    """Cut off at many places, and with a byte replaced at many."""
    for size in range(0, len(data) - 3, 29):
        with pytest.raises(LadingError):
            read(data[:size])
    edits = [data[:place] + byte + data[place + 1 :] for place in range(0, len(data), 37) for byte in BYTES]
    read_all_the_same = 0
    for edited in edits:
        with suppress(LadingError):
            assert read(edited).number
            read_all_the_same += 1
    assert 0 < read_all_the_same < len(edits)
