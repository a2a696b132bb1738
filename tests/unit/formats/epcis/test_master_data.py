"""Master data in a document's header: read from JSON and XML alike, and what it is found by."""

from typing import Any

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT
from ledger.formats.epcis.master_data import MasterData, has_kind, is_kind, master_data_of, start_of
from ledger.formats.epcis.query import Comparison, parse_query
from ledger.formats.epcis.reading import read_document
from ledger.formats.epcis.xml.documents import document_of_xml, xml_of_document
from ledger.services.epcis.schema import own_validator

MDA = "https://epcis.example.com/mda/"
PLACE = "https://id.gs1.org/414/9506000134369"
HEADER = {
    "epcisMasterData": {
        "vocabularyList": [
            {
                "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                "vocabularyElementList": [
                    {
                        "id": "urn:epc:id:sgln:9506000.13436.0",
                        "attributes": [
                            {"id": "mda:latitude", "attribute": "+18.0000"},
                            {"id": "mda:floors", "attribute": 3},
                            {"id": "mda:address", "attribute": {"mda:street": "1 Nowhere Street"}},
                            {"id": "mda:untold"},
                        ],
                        "children": ["urn:epc:id:sgln:9506000.13436.8"],
                    }
                ],
            },
            {"type": "urn:example:own", "vocabularyElementList": [{"id": "urn:x:1", "attributes": []}]},
        ]
    }
}
DOCUMENT: dict[str, Any] = {
    "@context": [EPCIS_CONTEXT, {"mda": MDA}],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-01-31T10:00:00Z",
    "epcisHeader": HEADER,
    "epcisBody": {"eventList": []},
}
XML = f"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:mda="{MDA}" schemaVersion="2.0"
 creationDate="2026-01-31T10:00:00Z" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><EPCISHeader><extension><EPCISMasterData><VocabularyList>
<Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
<VocabularyElement id="urn:epc:id:sgln:9506000.13436.0"><attribute id="{MDA}latitude">+18.0000</attribute>
<attribute id="{MDA}floors" xsi:type="xsd:integer">3</attribute>
<attribute id="{MDA}address"><mda:street>1 Nowhere Street</mda:street></attribute>
<attribute id="{MDA}untold" xsi:nil="true"/><children><id>urn:epc:id:sgln:9506000.13436.8</id></children>
</VocabularyElement></VocabularyElementList></Vocabulary>
<Vocabulary type="urn:example:own"><VocabularyElementList><VocabularyElement id="urn:x:1"/></VocabularyElementList>
</Vocabulary></VocabularyList></EPCISMasterData></extension></EPCISHeader><EPCISBody><EventList/></EPCISBody>
</epcis:EPCISDocument>"""


def of(document: dict[str, Any]) -> MasterData:
    found = read_document(document, own_validator())
    assert found.problems == ()
    assert found.master_data is not None
    return found.master_data


def test_what_is_told_is_the_same_in_json_and_xml() -> None:
    from_xml = document_of_xml(XML.encode(), most=1 << 16)
    expected = {(has_kind("BusinessLocation", f"{MDA}{name}"), PLACE) for name in ("latitude", "floors", "address")} | {
        (start_of("BusinessLocation"), PLACE),
        (is_kind("BusinessLocation", f"{MDA}latitude", "+18.0000"), PLACE),
        (is_kind("BusinessLocation", f"{MDA}floors", "3"), PLACE),
    }
    assert of(from_xml).terms() == of(DOCUMENT).terms() == expected
    assert of(DOCUMENT).entries() == {("BusinessLocation", PLACE)}


def test_it_is_the_same_through_xml() -> None:
    once = document_of_xml(xml_of_document(DOCUMENT), most=1 << 16)
    assert document_of_xml(xml_of_document(once), most=1 << 16) == once
    assert of(once).terms() == of(DOCUMENT).terms()
    first, own = once["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    assert first["vocabularyElementList"][0]["children"] == ["urn:epc:id:sgln:9506000.13436.8"]
    assert own["type"] == "urn:example:own"


def test_a_wrong_header_is_refused() -> None:
    wrong: tuple[list[dict[str, Any]], ...] = (
        [{"vocabularyElementList": []}],
        [{"type": "urn:x", "vocabularyElementList": [{"id": "no uri"}]}],
    )
    for vocabularies in wrong:
        document = {**DOCUMENT, "epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}}}
        assert read_document(document, own_validator()).problems
    assert master_data_of({**DOCUMENT, "epcisHeader": {}}) is None


@pytest.mark.parametrize(
    ("parameters", "kinds"),
    [
        ({"HASATTR_bizLocation": [f"{MDA}floors", "cbvmda:site"]},
         (has_kind("BusinessLocation", f"{MDA}floors"), has_kind("BusinessLocation", "urn:epcglobal:cbv:mda:site"))),
        ({f"EQATTR_readPoint_{MDA}floors": ["3", "4"]},
         (is_kind("ReadPoint", f"{MDA}floors", "3"), is_kind("ReadPoint", f"{MDA}floors", "4"))),
        ({"EQATTR_source_owning_party_cbvmda:name": "Shop"},
         (is_kind("SourceDest", "urn:epcglobal:cbv:mda:name", "Shop"),)),
        ({"@context": {"m": MDA}, "HASATTR_epcClass": "m:brand"}, (has_kind("EPCClass", f"{MDA}brand"),)),
    ],
)  # fmt: skip
def test_queries_ask_for_attributes(parameters: dict[str, Any], kinds: tuple[str, ...]) -> None:
    (condition,) = parse_query(parameters).conditions
    assert (condition.comparison, condition.values) == (Comparison.DESCRIBED, kinds)


def test_an_event_answers_by_what_is_told_of_its_place() -> None:
    query = parse_query({f"EQATTR_bizLocation_{MDA}floors": "3"})
    event = {("bizLocation", PLACE)}
    assert query.holds(event | of(DOCUMENT).terms(), 0, 0)
    assert not query.holds(event, 0, 0)
    assert not query.holds({("readPoint", PLACE)} | of(DOCUMENT).terms(), 0, 0)


@pytest.mark.parametrize(
    "name", ["HASATTR_action", "HASATTR_ext:a", "EQATTR_bizLocation", "EQATTR_bizLocation_floors", "WD_epc"]
)
def test_what_has_no_master_data_is_refused(name: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_query({name: "x:y"})
