"""Other people's documents are accepted and refused rightly."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.epcis import json_text
from ledger.formats.epcis.query import parse_query
from ledger.formats.epcis.reading import parse, read_document, read_event
from ledger.formats.epcis.validation import Validator
from tests.unit.formats.epcis import SHARED

VECTORS = SHARED / "openepcis"
MOST = 1 << 20
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here")
VALID = sorted([*(VECTORS / "Capture" / "Documents").glob("*.json"), *(VECTORS / "Query").glob("*.json")])
INVALID = sorted([*(VECTORS / "Capture" / "Invalid").glob("*.json"), *(VECTORS / "Query" / "Invalid").glob("*.json")])
QUERIES = VECTORS / "Query" / "Queries"
DOCUMENT = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-01-31T10:00:00Z",
}
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-01-31T10:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "epcList": ["https://id.gs1.org/01/09521141012345/21/2017"],
    "action": "OBSERVE",
}


@pytest.fixture(scope="module")
def validator() -> Validator:
    schema = resources.files("ledger.api.pages") / "static" / "lib" / "epcis.json"
    return Validator(json.loads(schema.read_text(encoding="utf-8")))


def document(*events: Mapping[str, object]) -> dict[str, object]:
    return {**DOCUMENT, "epcisBody": {"eventList": list(events)}}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_right_document_is_taken(path: Path, validator: Validator) -> None:
    read = read_document(parse(path.read_bytes(), xml=False, most=MOST), validator)
    assert read.problems == ()
    assert read.events


@pytest.mark.parametrize("path", sorted((VECTORS / "Capture" / "Events").glob("*.json")), ids=name)
def test_a_right_event_is_taken(path: Path, validator: Validator) -> None:
    assert not read_event(parse(path.read_bytes(), xml=False, most=MOST), validator).problems


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_a_wrong_document_is_refused_with_its_reasons(path: Path, validator: Validator) -> None:
    read = read_document(parse(path.read_bytes(), xml=False, most=MOST), validator)
    assert read.problems
    assert not read.events
    assert all(one.what and len(one.what) <= 300 for one in read.problems)


def test_there_are_as_many_vectors_as_were_given() -> None:
    assert (len(VALID), len(INVALID)) == (36, 14)


def test_with_proceed_right_events_are_kept_and_the_others_named(validator: Validator) -> None:
    path = VECTORS / "Capture" / "Invalid" / "ObjectEvent_with_non_standard_bizStep_in_second_event.json"
    read = read_document(parse(path.read_bytes(), xml=False, most=MOST), validator, partly=True)
    assert list(read.events) == [0]
    assert [one.where for one in read.problems] == ["event 1: bizStep"]


def test_of_a_document_that_is_none_nothing_is_kept_with_proceed(validator: Validator) -> None:
    whole = {**document(EVENT), "schemaVersion": 2}
    assert not read_document(whole, validator, partly=True).events


@pytest.mark.parametrize(
    "changed",
    [
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-transforming"},
        {"disposition": "urn:epcglobal:cbv:disp:lost"},
        {"bizTransactionList": [{"type": "https://ref.gs1.org/cbv/BTT-x", "bizTransaction": "urn:x:1"}]},
        {"eventTime": "2026-02-30T10:00:00Z"},
        {"eventTime": "2026-01-31T10:00:00"},
        {"eventTimeZoneOffset": "+25:00"},
        {"epcList": ["not a uri"]},
        {"quantity": 5},
    ],
)
def test_what_a_schema_lets_pass_or_not_is_refused(changed: dict[str, object], validator: Validator) -> None:
    assert not read_document(document(EVENT), validator).problems
    assert read_document(document({**EVENT, **changed}), validator).problems


def test_a_document_without_gs1s_context_is_refused(validator: Validator) -> None:
    assert read_document({**document(EVENT), "@context": ["https://example.org/"]}, validator).problems


def test_a_word_of_somebody_elses_vocabulary_is_taken(validator: Validator) -> None:
    assert not read_document(document({**EVENT, "bizStep": "https://example.org/steps/waxing"}), validator).problems


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e999}', b'"\\ud800"', b"[" * 50, b"\xff"],
)
def test_a_body_that_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse(text, xml=False, most=MOST)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<a/>",
        b"<a",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b"<a>" * 40 + b"</a>" * 40,
    ],
)
def test_a_body_that_is_no_epcis_in_xml_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse(text, xml=True, most=MOST)


def test_the_query_that_is_right_is_read() -> None:
    query = parse_query(json_text.parse((QUERIES / "SimpleEventQuery.json").read_bytes(), most=MOST))
    assert query.limit == 100
    assert len(query.conditions) == 8


@pytest.mark.parametrize("path", sorted((QUERIES / "Invalid").glob("*.json")), ids=name)
def test_a_wrong_query_is_refused(path: Path) -> None:
    with pytest.raises(MalformedRecord):
        parse_query(json_text.parse(path.read_bytes(), most=MOST))
