"""Events in XML: the same events as in JSON, in the order that GS1's schema wants, whatever their extensions hold."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis import json_text
from ledger.formats.epcis.context import EPCIS_CONTEXT
from ledger.formats.epcis.document import Event, events_of, query_document
from ledger.formats.epcis.event_hash import hash_id, observed_hash
from ledger.formats.epcis.reading import read_document
from ledger.formats.epcis.validation import Validator
from ledger.formats.epcis.vocabulary import AT, BIZ_STEPS, COMPONENTS, DISPOSITIONS, SOURCES
from ledger.formats.epcis.xml.documents import document_of_xml, xml_of_document
from ledger.formats.epcis.xml.names import EPCIS
from ledger.formats.epcis.xml.writing import Words
from ledger.services.epcis.schema import own_validator
from tests.unit.formats.epcis import SHARED

MOST = 1 << 24
DOCUMENTS = sorted(
    path
    for folder, suffix in (
        ("openepcis/Capture/Documents", "json"), ("openepcis/Query", "json"), ("epcis-event-hash", "jsonld"),
        ("epcis-event-hash", "xml"),
    )
    for path in (SHARED / folder).glob(f"*.{suffix}")
)  # fmt: skip
here = pytest.mark.skipif(not DOCUMENTS, reason="the vectors are not here")


def read(path: Path) -> dict[str, Any]:
    body = path.read_bytes()
    found = document_of_xml(body, most=MOST) if path.suffix == ".xml" else json_text.parse(body, most=MOST)
    return dict(found)


def again(document: Mapping[str, Any], words: Words = Words.URN) -> dict[str, Any]:
    return document_of_xml(xml_of_document(document, words), most=MOST)


def ids(document: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """By what anybody compares events, and what observations name."""
    return [
        (hash_id(one.members, one.declared, one.ignored), observed_hash(one.members, one.declared, one.ignored))
        for one in events_of(document)
    ]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return own_validator()


@here
def test_there_are_as_many_documents_as_were_published() -> None:
    assert len(DOCUMENTS) == 64


@here
@pytest.mark.parametrize("words", list(Words))
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_document_is_the_same_through_xml(path: Path, words: Words) -> None:
    document = read(path)
    once = again(document, words)
    assert again(once, words) == once
    assert ids(once) == ids(document)


@here
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_a_right_document_is_one(path: Path, validator: Validator) -> None:
    document = read(path)
    if not read_document(document, validator).problems:
        assert read_document(again(document), validator).problems == ()


# --- events of any kind -----------------------------------------------------------------------------------------------

PREFIXES = {
    "ext": "https://example.org/ext/", "other": "urn:example:other:", "double": "https://example.org/ext/",
    "a b": "https://example.org/spaced/", "1st": "urn:example:first:", "bad": "not a namespace",
    "epcis": "urn:epcglobal:epcis:xsd:2", "xml": "urn:example:xml:",
    "empty": "", "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}  # fmt: skip
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
AWKWARD = ["ext:word", "a b:word", "double:1", "bad:x", "gs1:MT-Speed", "urn:x:1", "<&>\"'", "007", "1e3", "true"]
TEXTS = st.one_of(st.text(LETTERS, max_size=12), st.sampled_from(AWKWARD))
NAMES = st.one_of(
    st.builds(lambda p, n: f"{p}:{n}", st.sampled_from([*PREFIXES, "unknown", "gs1", "cbvmda", "https", "rdfs"]),
              st.sampled_from(["name", "two words", "1st", "ä", "a/b", "", "//example.org/a", "EventList", "member"])),
    st.sampled_from(["https://example.org/a#b", "urn:x"]),
)  # fmt: skip
SCALARS = st.one_of(
    TEXTS, st.integers(-(10**15), 10**15), st.booleans(), st.none(),
    st.decimals(-1000, 1000, places=3).map(lambda d: Decimal(str(d))),
)  # fmt: skip
INNER = st.one_of(NAMES, st.sampled_from(["plain", "type", "@context", "#text", "extension", "ObjectEvent", "xmlns"]))


def one_text(members: dict[str, Any]) -> dict[str, Any]:
    """What stands beside elements in XML is one text."""
    wrong = isinstance(members.get("#text"), dict | list) or members.get("#text", "") in ("", None)
    return {name: value for name, value in members.items() if name != "#text" or not wrong}


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(INNER, inner, max_size=3).map(one_text)),
    max_leaves=6,
)
EXTENSIONS = st.dictionaries(NAMES, VALUES, max_size=4)
PLACES = st.builds(lambda more: {"id": "https://id.gs1.org/414/9506000134369", **more}, EXTENSIONS)
SERIALS = ["urn:epc:id:sgtin:9506000.013435.7", "https://id.gs1.org/01/09506000134352/21/9"]
TRANSACTIONS = [[{"bizTransaction": "urn:x:5"}], [{"type": "po", "bizTransaction": "urn:x:6"}]]
ITEMS = st.lists(st.sampled_from(SERIALS), max_size=2)
QUANTITIES = st.lists(
    st.fixed_dictionaries(
        {"epcClass": st.just("https://id.gs1.org/01/09506000134352/10/L")},
        optional={"quantity": st.one_of(st.integers(0, 99), st.just(Decimal("0.250"))), "uom": st.just("KGM")},
    ),
    max_size=2,
)
WORDS = st.sampled_from([*sorted(DISPOSITIONS.words)[:5], "https://example.org/Disp-own"])
LASTING = st.lists(WORDS, min_size=1, max_size=2)
REPORTS = st.builds(
    lambda own, more: {**more, **own},
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Temperature", "gs1:MT-Speed", "https://example.org/kind"])},
        optional={
            "value": st.sampled_from([1, Decimal("26.10"), -4]),
            "booleanValue": st.booleans(),
            "uom": st.just("CEL"),
            "component": st.sampled_from([*sorted(COMPONENTS.words)[:2], "ext:z"]),
            "stringValue": TEXTS,
            "exception": st.just("ALARM_CONDITION"),
        },
    ),
    EXTENSIONS,
)
SENSORS = st.lists(
    st.builds(
        lambda metadata, reports, more: {"sensorMetadata": metadata, "sensorReport": reports, **more},
        st.builds(lambda more: {"time": "2026-01-31T10:00:00Z", **more}, EXTENSIONS),
        st.lists(REPORTS, min_size=1, max_size=2),
        EXTENSIONS,
    ),
    min_size=1,
    max_size=2,
)
SOURCED = st.lists(
    st.builds(
        lambda kind: {"type": kind, "source": "urn:epc:id:pgln:9506000.13436"},
        st.sampled_from([*sorted(SOURCES.words), "https://example.org/own"]),
    ),
    max_size=2,
)
OPTIONAL = {
    "recordTime": st.just("2026-02-01T10:00:00Z"), "eventID": st.just("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"),
    "certificationInfo": st.sampled_from(["urn:x:1", ["urn:x:1", "urn:x:2"]]),
    "errorDeclaration": st.builds(lambda more: {"declarationTime": "2026-02-01T10:00:00Z", "reason": "incorrect_data",
                                                "correctiveEventIDs": ["urn:x:3", "urn:x:4"], **more}, EXTENSIONS),
    "parentID": st.just("urn:epc:id:sscc:0614141.1234567890"), "epcList": ITEMS,
    "childEPCs": ITEMS, "inputEPCList": ITEMS,
    "quantityList": QUANTITIES, "childQuantityList": QUANTITIES, "outputQuantityList": QUANTITIES,
    "action": st.sampled_from(["ADD", "OBSERVE", "DELETE"]), "bizStep": st.sampled_from(sorted(BIZ_STEPS.words)[:4]),
    "disposition": WORDS,
    "persistentDisposition": st.fixed_dictionaries({}, optional={"set": LASTING, "unset": LASTING}),
    "readPoint": PLACES,
    "bizLocation": PLACES, "ilmd": EXTENSIONS, "sensorElementList": SENSORS,
    "bizTransactionList": st.sampled_from(TRANSACTIONS),
    "sourceList": SOURCED, "transformationID": st.just("urn:x:7"),
}  # fmt: skip
KINDS = [
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
    "ext:Own",
    "urn:x",
]
MEMBERS = st.builds(
    lambda own, more: {**own, **{k: v for k, v in more.items() if k not in own}},
    st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS), "eventTime": st.just("2026-01-31T10:00:00.5+01:00"),
         "eventTimeZoneOffset": st.just("+01:00")}, optional=OPTIONAL),
    EXTENSIONS,
)  # fmt: skip
CONTEXTS = st.lists(st.sampled_from(sorted(PREFIXES)), unique=True).map(lambda names: {n: PREFIXES[n] for n in names})
EVENTS = st.builds(Event, MEMBERS, CONTEXTS)


def one_prefix(value: Any) -> Any:
    """With one prefix for the namespace that has two: of an attribute, lxml does not say by which it was written."""
    if isinstance(value, list):
        return [one_prefix(one) for one in value]
    if isinstance(value, dict):
        return {re.sub("^double:", "ext:", name): one_prefix(inner) for name, inner in value.items()}
    return value


def test_two_prefixes_for_one_namespace_lose_nothing() -> None:
    report = {"type": "Temperature", "ext:name": "a", "double:name": "b"}
    event = Event(
        {"type": "ObjectEvent", "eventTime": "2026-01-31T10:00:00.5+01:00", "eventTimeZoneOffset": "+01:00",
         "sensorElementList": [{"sensorReport": [report]}]},
        {prefix: PREFIXES[prefix] for prefix in ("ext", "double")},
    )  # fmt: skip
    document = query_document([event], created="2026-02-01T10:00:00Z")
    once = again(document)
    [told] = events_of(once)[0].members["sensorElementList"][0]["sensorReport"]
    assert sorted(value for name, value in told.items() if name.endswith(":name")) == ["a", "b"]
    assert ids(once) == ids(document)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=3), st.sampled_from(list(Words)))
def test_any_events_are_the_same_through_xml(events: list[Event], words: Words) -> None:
    document = query_document(events, created="2026-02-01T10:00:00Z")
    once = again(document, words)
    twice = again(once, words)
    assert [one_prefix(one.members) for one in events_of(twice)] == [one_prefix(one.members) for one in events_of(once)]
    assert ids(twice) == ids(once) == ids(document)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Event, MEMBERS, CONTEXTS | st.just({"ext": "urn:example:else:"})), min_size=1, max_size=4))
def test_an_event_among_others_is_what_it_is_alone(events: list[Event]) -> None:
    document = query_document(events, created="2026-02-01T10:00:00Z")
    assert ids(document) == [(hash_id(e.members, e.declared), observed_hash(e.members, e.declared)) for e in events]


def test_the_words_of_the_vocabulary_are_addresses() -> None:
    event = Event({"type": "ObjectEvent", "bizStep": "receiving", "sensorElementList": [
        {"sensorReport": [{"type": "Temperature", "component": "x"}]}]}, {})  # fmt: skip
    document = query_document([event], created="2026-02-01T10:00:00Z")
    urn, web = (xml_of_document(document, words).decode() for words in (Words.URN, Words.WEB))
    assert ">urn:epcglobal:cbv:bizstep:receiving<" in urn
    assert ">https://ref.gs1.org/cbv/BizStep-receiving<" in web
    for text in (urn, web):
        assert 'type="https://gs1.org/voc/Temperature"' in text
        assert 'component="https://ref.gs1.org/cbv/Comp-x"' in text
    assert len(AT) == 11  # all of them are written as addresses


def test_elements_stand_in_the_order_of_the_schema() -> None:
    members = {"ext:last": "z", "ilmd": {"ext:a": "b"}, "disposition": "in_transit", "childEPCs": ["urn:x:1"],
               "childQuantityList": [{"uom": "KGM", "quantity": 3, "epcClass": "urn:x:2"}], "parentID": "urn:x:3",
               "action": "ADD", "eventID": "urn:x:4", "type": "AssociationEvent", "eventTimeZoneOffset": "+00:00",
               "eventTime": "2026-01-31T10:00:00Z"}  # fmt: skip
    document = query_document([Event(members, {"ext": "urn:e:"})], created="2026-02-01T10:00:00Z")
    (event,) = etree.fromstring(xml_of_document(document)).iter("AssociationEvent")
    assert [etree.QName(one).localname for one in event] == [
        "eventTime", "eventTimeZoneOffset", "eventID", "parentID", "childEPCs", "childQuantityList", "action",
        "disposition", "ilmd", "last",
    ]  # fmt: skip
    assert [one.tag for holder in event.iter("quantityElement") for one in holder] == ["epcClass", "quantity", "uom"]


def test_what_xml_cannot_hold_is_told_and_not_written() -> None:
    for bad in ("\x01", "\x1b[0m", "\ufffe"):
        event = Event({"type": "ObjectEvent", "ext:a": [{"ext:b": f"x{bad}"}]}, {"ext": "urn:e:"})
        document = query_document([event], created="2026-02-01T10:00:00Z")
        with pytest.raises(MalformedRecord, match="XML cannot hold"):
            xml_of_document(document)


def test_a_list_of_events_inside_an_extension_is_none() -> None:
    inner = {"EventList": {"ObjectEvent": {"eventTime": "2026-01-31T10:00:00Z"}}}
    event = Event({"type": "ObjectEvent", "ext:a": inner}, {"ext": "urn:e:"})
    once = again(query_document([event], created="2026-02-01T10:00:00Z"))
    assert [one.members for one in events_of(once)] == [event.members]


def test_one_event_may_stand_alone() -> None:
    body = '<e:ObjectEvent xmlns:e="{}" xmlns:x="urn:x:"><action>ADD</action><x:a>1</x:a></e:ObjectEvent>'
    found = document_of_xml(body.format(EPCIS[0]).encode(), most=MOST)
    assert found == {"@context": [EPCIS_CONTEXT, {"x": "urn:x:"}], "type": "ObjectEvent", "action": "ADD", "x:a": "1"}


@pytest.mark.parametrize(
    ("doctype", "read"),
    [
        ("<!DOCTYPE project>", True),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">', False),
        ('<!DOCTYPE a [<!ENTITY x "y">]>', False),
        ('<!DOCTYPE a [<!ATTLIST ObjectEvent b CDATA "c">]>', False),
        ("<!DOCTYPE a><!DOCTYPE b>", False),
    ],
)
def test_a_document_type_that_declares_something_is_refused(doctype: str, read: bool) -> None:
    body = f'<?xml version="1.0"?>{doctype}<ObjectEvent><action>ADD</action></ObjectEvent>'.encode()
    if read:
        assert document_of_xml(body, most=MOST)["action"] == "ADD"
    else:
        with pytest.raises(MalformedRecord):
            document_of_xml(body, most=MOST)
    wide = body.replace(b"?>", b' encoding="UTF-16"?>', 1).decode().encode("utf-16")
    with pytest.raises(MalformedRecord):
        document_of_xml(wide, most=MOST)


def test_gs1s_own_prefixes_keep_their_meaning() -> None:
    """A context that gives them another is no right JSON-LD; documents in XML do."""
    body = """<ObjectEvent xmlns:cbvmda="urn:epcglobal:cbv:mda" xmlns:gs1="https://gs1.org/voc/">
    <cbvmda:lot>A</cbvmda:lot></ObjectEvent>"""
    found = document_of_xml(body.encode(), most=MOST)
    assert found["@context"][1:] == [{"cbvmda1": "urn:epcglobal:cbv:mda"}]
    assert found["cbvmda1:lot"] == "A"


def test_the_proofs_of_captured_events_stand_behind_them() -> None:
    event = Event({"type": "ObjectEvent", "eventID": "urn:x:1"}, {"lading": "urn:somebody:else:"})
    proof = {"record": "https://ledger.example/v1/records/0x1", "proof": "https://ledger.example/v1/records/0x1/proof"}
    document = query_document([event], created="2026-02-01T10:00:00Z", more={"lading:observations": {"urn:x:1": proof}})
    root = etree.fromstring(xml_of_document(document))
    (told,) = root.iter("{urn:lading:epcis:}observation")
    assert {str(name): str(value) for name, value in told.attrib.items()} == {"eventID": "urn:x:1", **proof}
    assert [etree.QName(one).localname for one in root.iter() if one.getparent() is not None][:4] == [
        "EPCISBody", "QueryResults", "queryName", "resultsBody",
    ]  # fmt: skip
    assert again(document)["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["eventID"] == "urn:x:1"
