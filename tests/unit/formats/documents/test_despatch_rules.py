"""The fatal rules of PEPPOL's despatch advices: each is broken by itself, and named by its id."""

import pytest
from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.documents.despatch_advice import read_despatch_advice
from ledger.formats.documents.despatch_rules import broken_rules
from ledger.formats.documents.party_identifiers import IDENTIFIERS
from tests.unit.formats.documents.samples import CARRIER, DESPATCH_ADVICE, SUPPLIER

NAMED = b"<cac:PartyName><cbc:Name>Somebody</cbc:Name></cac:PartyName>"
ADVANCED = DESPATCH_ADVICE.replace(
    b"urn:fdc:peppol.eu:poacc:trns:despatch_advice:3", b"urn:fdc:peppol.eu:logistics:trns:advanced_despatch_advice:1.1"
).replace(b"urn:fdc:peppol.eu:poacc:bis:despatch_advice:3", b"urn:fdc:peppol.eu:logistics:bis:despatch_advice_only:1")
ADVANCED = ADVANCED.replace(b"<cac:PartyLegalEntity>", NAMED + b"<cac:PartyLegalEntity>")
EMPTY = (
    b'<DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2"'
    b' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    b' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">%s</DespatchAdvice>'
)


def rules(data: bytes) -> set[str]:
    return {one.rule for one in broken_rules(etree.fromstring(data))}


def part(inner: bytes, transaction: bytes = b"") -> set[str]:
    """The rules that a document of these elements alone breaks."""
    head = b"<cbc:CustomizationID>" + transaction + b"</cbc:CustomizationID>" if transaction else b""
    return rules(EMPTY % (head + inner))


def advanced(inner: bytes) -> set[str]:
    return part(inner, b"urn:fdc:peppol.eu:logistics:trns:advanced_despatch_advice:1")


def test_right_documents_break_none() -> None:
    assert rules(DESPATCH_ADVICE) == rules(ADVANCED) == set()
    assert read_despatch_advice(ADVANCED).number == "DA-1001"


def test_what_must_be_there_is_named() -> None:
    found = part(b"")
    assert {f"PEPPOL-T16-B0010{number}" for number in range(1, 8)} <= found
    for rule, gone in (
        ("B02001", f'<cbc:EndpointID schemeID="0088">{SUPPLIER}</cbc:EndpointID>'.encode()),
        ("B16003", b"<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>"),
        ("B16301", b' unitCode="C62"'),
        ("B00801", b"<cbc:ID>PO-7</cbc:ID>"),
        ("B11601", b"<cac:Shipment>\n    <cbc:ID>1</cbc:ID>"),
        ("B18401", b' schemeID="0160"'),
    ):
        after = b"<cac:Shipment>" if b"Shipment" in gone else b""
        assert gone in DESPATCH_ADVICE
        assert f"PEPPOL-T16-{rule}" in rules(DESPATCH_ADVICE.replace(gone, after, 1)), rule


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"despatch_advice:3</cbc:CustomizationID>", b"invoice:3</cbc:CustomizationID>", "PEPPOL-T16-R011"),
        (b"despatch_advice:3</cbc:ProfileID>", b"other:3</cbc:ProfileID>", "PEPPOL-T16-B00301"),
        (b"<cbc:Name>Infant formula, 800 g</cbc:Name>", b"", "PEPPOL-T16-R004"),
        (b">240.0<", b">-0.5<", "PEPPOL-T16-R006"),
        (b">240.0<", b">many<", "PEPPOL-T16-R006"),
        (b"StandardItemIdentification", b"BuyersItemIdentification", "PEPPOL-T16-R003"),
        (b"<cbc:ID>PO-7</cbc:ID>", b"<cbc:ID> </cbc:ID>", "PEPPOL-COMMON-R001"),
        (b"2026-11-25", b"2026-02-30", "PEPPOL-COMMON-R030"),
        (b"2026-11-25", b"20261125", "PEPPOL-COMMON-R030"),
        (CARRIER.encode(), b"7300010000002", "PEPPOL-COMMON-R040"),
        (CARRIER.encode(), b"73000100O0001", "PEPPOL-COMMON-R040"),
    ],
)
def test_a_broken_rule_is_a_refusal_with_its_id(before: bytes, after: bytes, rule: str) -> None:
    assert before in DESPATCH_ADVICE
    data = DESPATCH_ADVICE.replace(before, after)
    assert rule in rules(data)
    with pytest.raises(MalformedRecord, match=rule):
        read_despatch_advice(data)


@pytest.mark.parametrize(
    "said",
    [
        b"<cbc:ID>DA-1001</cbc:ID>", b'<cbc:DeliveredQuantity unitCode="C62">240.0</cbc:DeliveredQuantity>',
        b"<cbc:EndDate>2026-11-27</cbc:EndDate>", b"<cbc:LotNumberID>L2601</cbc:LotNumberID>",
        b"<cbc:TotalTransportHandlingUnitQuantity>20</cbc:TotalTransportHandlingUnitQuantity>",
    ],
)  # fmt: skip
def test_what_stands_twice_has_no_meaning(said: bytes) -> None:
    """Of two quantities a partner's system may read the other one."""
    with pytest.raises(MalformedRecord, match="stands once"):
        read_despatch_advice(DESPATCH_ADVICE.replace(said, said + said))
    reference = b"<cac:OrderReference><cbc:ID>PO-7</cbc:ID></cac:OrderReference>"
    assert read_despatch_advice(DESPATCH_ADVICE.replace(reference, reference + reference)).order == "PO-7"


def test_parties_are_named_or_identified() -> None:
    for rule, role in (("R008", b"BuyerCustomer"), ("R009", b"SellerSupplier"), ("R010", b"OriginatorCustomer")):
        for named in (NAMED, b"<cac:PartyIdentification><cbc:ID>1</cbc:ID></cac:PartyIdentification>"):
            whole = b"<cac:%sParty><cac:Party>%s</cac:Party></cac:%sParty>" % (role, named, role)
            assert f"PEPPOL-T16-{rule}" not in part(whole)
            assert f"PEPPOL-T16-{rule}" in part(whole.replace(named, b""))
    for rule, role in (("R108", b"DeliveryCustomer"), ("R109", b"DespatchSupplier")):
        bare = b"<cac:%sParty><cac:Party/></cac:%sParty>" % (role, role)
        assert f"PEPPOL-T120-{rule}" in advanced(bare)
        assert f"PEPPOL-T16-{rule}" not in part(bare)
    assert "PEPPOL-T120-R110" in advanced(
        b"<cac:Shipment><cac:Consignment><cac:CarrierParty/></cac:Consignment></cac:Shipment>"
    )


@pytest.mark.parametrize(
    ("period", "rule"),
    [
        ("StartDate 2021-09-25", ""),
        ("StartDate 2021-09-25 StartTime 12:00:00 EndDate 2021-09-25 EndTime 12:00:00", ""),
        ("StartDate 2021-09-25 StartTime 12:00:00 EndDate 2021-09-27 EndTime 11:00:00", ""),
        ("StartDate 2021-09-25 StartTime 12:00:00+02:00 EndDate 2021-09-25 EndTime 11:00:00Z", ""),
        ("StartDate 2021-09-26 EndDate 2021-09-25", "R012"),
        ("StartDate 2021-09-25 EndDate 2021-09-25 EndTime 11:00:00", "R013"),
        ("StartDate 2021-09-25 StartTime 11:00:00 EndTime 12:00:00", "R014"),
        ("StartDate 2021-09-25 StartTime 12:00:00 EndDate 2021-09-25 EndTime 11:00:00", "R015"),
        ("StartDate 2021-09-25 StartTime noon EndDate 2021-09-25 EndTime 11:00:00", "R015"),
    ],
)
def test_a_period_ends_after_it_starts(period: str, rule: str) -> None:
    words = period.split()
    told = "".join(f"<cbc:{name}>{value}</cbc:{name}>" for name, value in zip(words[::2], words[1::2], strict=True))
    inner = f"<cac:EstimatedDeliveryPeriod>{told}</cac:EstimatedDeliveryPeriod>".encode()
    found = advanced(b"<cac:Shipment><cac:Delivery>" + inner + b"</cac:Delivery></cac:Shipment>")
    assert {one for one in found if one[-4:] in ("R012", "R013", "R014", "R015")} == (
        {f"PEPPOL-T120-{rule}"} if rule else set()
    )


def test_goods_in_packages_and_documents_are_those_that_are_told() -> None:
    line = b"<cac:DespatchLine><cbc:ID> 7 </cbc:ID></cac:DespatchLine>"
    goods = b"<cac:Package><cac:GoodsItem><cbc:ID>%s</cbc:ID></cac:GoodsItem></cac:Package>"
    assert "PEPPOL-T120-R020" not in advanced(goods % b"7" + line)
    assert "PEPPOL-T120-R020" in advanced(goods % b"8" + line)
    referred = b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID></cac:AdditionalDocumentReference>"
    assert "PEPPOL-T120-R031" in advanced(referred)
    terms = b"<cac:Shipment><cac:Delivery><cac:DeliveryTerms/></cac:Delivery></cac:Shipment>"
    assert "PEPPOL-T120-R022" in advanced(terms)
    assert "PEPPOL-T120-R002" in advanced(b"<cbc:ProfileID>other</cbc:ProfileID>")


@pytest.mark.parametrize(
    ("scheme", "good", "bad"),
    [
        ("0088", "7300010000001", "7300010000011"),
        ("0192", "987654325", "987654321"),
        ("0208", "0202239951", "0202239952"),
        ("0007", "5567321707", "5567321708"),
        ("0151", "51824753556", "51824753557"),
    ],
)
def test_identifiers_hold_to_the_rule_of_their_scheme(scheme: str, good: str, bad: str) -> None:
    rule, holds, _ = IDENTIFIERS[scheme]
    assert holds(good)
    for wrong in (bad, "", "x", good + "0", "²" * len(good)):
        assert not holds(wrong), wrong
    endpoint = '<cbc:EndpointID schemeID="{}">{}</cbc:EndpointID>'
    assert f"PEPPOL-COMMON-{rule}" in part(endpoint.format(scheme, bad).encode())
    assert f"PEPPOL-COMMON-{rule}" not in part(endpoint.format(scheme, good).encode())
