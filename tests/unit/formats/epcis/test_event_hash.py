"""Event hash ids against the published vectors, and against the program that their authors use."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py

from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import Event, events_of
from ledger.formats.epcis.event_hash import hash_id, observed_hash, prehash
from ledger.formats.epcis.xml.documents import document_of_xml
from tests.unit.formats.epcis import SHARED

VECTORS = SHARED / "epcis-event-hash"
MOST = 1 << 20
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here")

# The authors' program takes a prefix inside a value for text in XML, and for a name in JSON; and it reads digits as
# floats. Here an event has one id, whether it came as XML or JSON, and no digit is lost.
OTHERWISE = {("SensorDataExamples.xml", number) for number in (5, 6, 7, 9, 11)}


def vectors(suffix: str) -> Iterator[tuple[str, int]]:
    for path in sorted(VECTORS.glob(f"*.{suffix}")):
        lines = path.with_suffix(".hashes").read_text(encoding="utf-8").split()
        yield from ((path.name, number) for number in range(len(lines)))


def event(name: str, number: int) -> tuple[Event, str]:
    path = VECTORS / name
    body = path.read_bytes()
    document = document_of_xml(body, most=MOST) if path.suffix == ".xml" else json_text.parse(body, most=MOST)
    return events_of(document)[number], path.with_suffix(".hashes").read_text(encoding="utf-8").split()[number]


@pytest.mark.parametrize(("name", "number"), list(vectors("jsonld")))
def test_an_event_in_json_has_the_published_id(name: str, number: int) -> None:
    found, expected = event(name, number)
    assert hash_id(found.members, found.declared, found.ignored) == expected


@pytest.mark.parametrize(("name", "number"), [v for v in vectors("xml") if v not in OTHERWISE])
def test_an_event_in_xml_has_the_published_id(name: str, number: int) -> None:
    found, expected = event(name, number)
    assert hash_id(found.members, found.declared, found.ignored) == expected


@pytest.mark.parametrize(("name", "number"), sorted(OTHERWISE))
def test_the_listed_differences_are_differences(name: str, number: int) -> None:
    found, expected = event(name, number)
    assert hash_id(found.members, found.declared, found.ignored) != expected


@pytest.mark.parametrize(("name", "number"), sorted(OTHERWISE))
def test_of_the_same_events_in_json_the_authors_program_says_what_we_say(name: str, number: int) -> None:
    """So it gives one event two ids, by the form that it came in. What it is known to err in is spelled out for it:
    GS1's own prefix, `true`, and a text of 24 digits that it reads as a float."""
    found, _ = event(name, number)
    text = json_text.dump(found.members).replace('"gs1:', '"https://gs1.org/voc/').replace(":true", ':"true"')
    text = text.replace("111100001111000011110000", "x111100001111000011110000")
    same = Event(json_text.parse(text.encode(), most=MOST), found.declared)
    listed = {"epcisBody": {"eventList": [json.loads(text)]}}
    told = oracle({"@context": same.whole()["@context"], "type": "EPCISDocument", **listed})
    assert told == [hash_id(same.members, same.declared)]


def test_there_are_as_many_vectors_as_were_published() -> None:
    assert (len(list(vectors("jsonld"))), len(list(vectors("xml")))) == (32, 41)


DOCUMENTS = sorted((SHARED / "openepcis" / "Capture" / "Documents").glob("*.json"))
# Where the program does not do what the standard says. It prints a JSON true as "True", reads digits as floats, leaves
# prefixes of GS1's own context as they are, takes an event's own context for a member, and fails at a transaction
# without a type.
UNLIKE = {
    "AggregationEvent_all_possible_fields.json", "AssociationEvent_all_possible_fields.json",
    "CurieString_document.json", "JumbledFieldsOrder.json", "Namespaces_at_different_level.json",
    "ObjectEvent_all_possible_fields.json", "SensorData_with_combined_events.json", "TransactionEvent.json",
    "epcisDocWithSensorComponent.json",
}  # fmt: skip


def oracle(document: dict[str, object]) -> list[str]:
    """What the authors' program says; its own copy of the context, which it would else fetch."""
    context = document["@context"]
    told = [EPCIS if isinstance(entry, str) and "epcis-context" in entry else entry for entry in list(context)]  # type: ignore[call-overload]
    text = json.dumps({**document, "@context": told})
    json_to_py._namespaces.clear()  # it remembers those of the document before
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how it reads its own file
        return list(hash_generator.epcis_hashes_from_events(json_to_py.event_list_from_epcis_document_str(text)))


EPCIS = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def ours(path: Path) -> list[str]:
    return [hash_id(one.members, one.declared) for one in events_of(json_text.parse(path.read_bytes(), most=MOST))]


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.name not in UNLIKE], ids=lambda path: path.name)
def test_the_authors_program_says_the_same_of_other_peoples_documents(path: Path) -> None:
    assert ours(path) == oracle(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.name in UNLIKE], ids=lambda path: path.name)
def test_where_the_program_errs_it_says_otherwise(path: Path) -> None:
    try:
        told = oracle(json.loads(path.read_bytes()))
    except IndexError:
        told = []
    assert ours(path) != told


def test_what_the_standard_leaves_out_changes_the_observation_and_not_the_id() -> None:
    members = {"type": "ObjectEvent", "eventTime": "2026-01-31T10:00:00Z", "action": "OBSERVE", "epcList": ["urn:x:1"]}
    plain = observed_hash(members, {})
    named = {**members, "eventID": hash_id(members, {})}
    assert observed_hash(named, {}) == plain
    wrong = {**named, "errorDeclaration": {"declarationTime": "2026-02-01T10:00:00Z", "reason": "incorrect_data"}}
    other = {**named, "errorDeclaration": {"declarationTime": "2026-02-01T10:00:00Z", "reason": "did_not_occur"}}
    uuid = {**members, "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"}
    assert hash_id(wrong, {}) == hash_id(members, {})
    assert len({observed_hash(one, {}) for one in (members, wrong, other, uuid)}) == 4


def test_no_digit_of_a_number_is_lost() -> None:
    members = {"type": "ObjectEvent", "example:a": "12345678901234567890", "example:b": "0.10", "example:c": "+7"}
    text = prehash(members, {"example": "https://example.org/"})
    assert "a=12345678901234567890" in text
    assert "b=0.1{" in text
    assert text.endswith("c=7")
