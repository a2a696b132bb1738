"""Any record becomes right EPCIS events or none, and says in them what it says."""

import json
import random
from importlib import resources
from typing import Any

import pytest

from ledger.codes import ExceptionBit, Purpose
from ledger.formats.epcis.document import query_document
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.identifiers import canonical, quoted
from ledger.formats.epcis.identity import Naming, sscc_of
from ledger.formats.epcis.index import terms_of
from ledger.formats.epcis.outgoing import MAKES_EVENTS, Source, events_from
from ledger.formats.epcis.validation import Validator
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id
from ledger.records.types import (
    Child,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Place,
    Record,
    ShipmentRef,
    ShipmentTerms,
    Split,
)
from tests.samples import changed, sample

BASE = "https://ledger.example"
SALT = bytes(16)
GOODS = Goods(SALT, "09506000134352", "L/1", bytes(32), 40, "KGM", "", "")
FIRST, SECOND = bytes([1]) * 32, bytes([2]) * 32
NOON = 1_790_000_000


def naming() -> Naming:
    return Naming(BASE, lambda partner: "9506000134369" if partner == 2 else "")


def members(record: Record, applied: int = 1, delivered: frozenset[bytes] = frozenset()) -> list[dict[str, Any]]:
    source = Source(bytes([9]) * 32, record, NOON, NOON + 5, frozenset(range(applied)), delivered)
    return [dict(made.event.members) for made in events_from(source, naming())]


@pytest.fixture(scope="module")
def validator() -> Validator:
    schema = resources.files("ledger.api.pages") / "static" / "lib" / "epcis.json"
    return Validator(json.loads(schema.read_text(encoding="utf-8")))


@pytest.mark.parametrize("edge", ["", "least", "most"])
@pytest.mark.parametrize("kind", MAKES_EVENTS)
def test_whatever_a_record_holds_its_events_are_right(kind: type[Record], edge: str, validator: Validator) -> None:
    rng = random.Random(f"{kind.__name__} {edge}")
    count = 0
    for _ in range(15):
        record = sample(kind, rng, edge=edge, withhold=rng.choice((0, 0.5)))
        source = Source(rng.randbytes(32), record, NOON, NOON, frozenset(range(200)))
        made = events_from(source, naming())
        document = query_document([one.event for one in made], created="2026-01-31T10:00:00Z")
        assert validator.problems(document) == []
        for one in made:
            assert one.event.members["eventID"] == hash_id(one.event.members, one.event.declared)
            assert terms_of(one.event)
        count += len(made)
    assert count > 5 or kind.__name__ in ("Recall", "Statement")


@pytest.mark.parametrize("kind", MAKES_EVENTS)
def test_what_the_chain_did_not_apply_is_no_event(kind: type[Record]) -> None:
    assert members(sample(kind, random.Random(3)), applied=0) == []


def terms(**changes: Any) -> ShipmentTerms:
    plain = sample(ShipmentTerms, random.Random(5), items=0)
    place = Place(SALT, "NZ", "NZAKL", "9506000134369", "")
    given = {"consignor": 2, "consignee": 7, "purpose": Purpose.ORIGINAL, "contents": (GOODS,), "origin": place}
    return changed(plain, **{**given, **changes})


def test_goods_are_packed_into_their_shipment() -> None:
    (event,) = members(terms())
    own = f"{BASE}/obj/0x{'09' * 32}"
    assert (event["type"], event["parentID"]) == ("AggregationEvent", own)
    assert event["childQuantityList"] == [
        {"epcClass": "https://id.gs1.org/01/09506000134352/10/L%2F1", "quantity": 40, "uom": "KGM"}
    ]
    assert event["readPoint"] == {"id": "https://id.gs1.org/414/9506000134369"}
    assert event["sourceList"] == [{"type": "owning_party", "source": "https://id.gs1.org/417/9506000134369"}]
    assert event["destinationList"][0]["destination"] == f"{BASE}/partners/7"
    assert (event["recordTime"], event["eventTimeZoneOffset"]) == ("2026-09-21T14:13:25Z", "+00:00")


def test_a_merge_has_its_parents_inside() -> None:
    parents = (ShipmentRef(FIRST, 3), ShipmentRef(SECOND, 1))
    (event,) = members(terms(purpose=Purpose.MERGE, parents=parents))
    assert event["childEPCs"] == [f"{BASE}/obj/0x{one.hex()}" for one in (FIRST, SECOND)]


def test_a_transformation_turns_parents_into_goods() -> None:
    (event,) = members(terms(purpose=Purpose.TRANSFORMATION, parents=(ShipmentRef(FIRST, 3),)))
    assert event["type"] == "TransformationEvent"
    assert event["inputEPCList"] == [f"{BASE}/obj/0x{FIRST.hex()}"]
    assert event["outputEPCList"] == [event["transformationID"]]
    assert "action" not in event


def test_terms_that_are_closed_tell_of_no_goods() -> None:
    closed = Withheld(bytes(32))
    (event,) = members(terms(contents=closed, origin=closed, destination=closed, commercial=closed))
    assert (event["type"], event["bizStep"]) == ("ObjectEvent", "commissioning")
    source = Source(bytes(32), terms(contents=closed, origin=closed, destination=closed, commercial=closed),
                    NOON, NOON, frozenset({0}))  # fmt: skip
    assert events_from(source, naming())[0].parts == ()


def handoff(*items: HandoffItem) -> Handoff:
    plain = sample(Handoff, random.Random(6), items=1)
    load = Load(SALT, "(00) 095060001343521111".replace(" ", ""))
    return changed(plain, items=items, releaser=2, receiver=3, load=load, occurredAt=NOON)


def test_items_in_the_same_state_are_one_event() -> None:
    bits = ExceptionBit.SHORT | ExceptionBit.DAMAGED
    record = handoff(
        HandoffItem(FIRST, 0, 4, 0), HandoffItem(SECOND, 1, 5, bits), HandoffItem(bytes([3]) * 32, 2, 6, 0)
    )
    whole, damaged = members(record, applied=3)
    assert len(whole["epcList"]) == 2
    assert whole["persistentDisposition"] == {"set": ["completeness_verified"]}
    assert damaged["persistentDisposition"] == {"set": ["mismatch_quantity", "damaged"]}
    assert (damaged["disposition"], damaged["lading:exceptions"]) == ("damaged", ["SHORT", "DAMAGED"])
    assert [event["epcList"] for event in members(record, applied=1)] == [[f"{BASE}/obj/0x{FIRST.hex()}"]]


def test_at_the_consignee_the_goods_are_there() -> None:
    record = changed(handoff(HandoffItem(FIRST, 0, 4, 0)), place=Place(SALT, "CN", "CNNGB", "", ""))
    (event,) = members(record, delivered=frozenset({FIRST}))
    assert (event["disposition"], event["bizLocation"]) == ("in_progress", {"id": f"{BASE}/loc/CNNGB"})


def test_a_split_takes_the_children_out_and_says_what_is_in_them() -> None:
    plain = sample(Split, random.Random(7), items=1)
    record = changed(plain, shipment=FIRST, sequence=4, children=(Child(2, (GOODS,)), Child(3, Withheld(bytes(32)))))
    parting, packing = members(record)
    children = [f"{BASE}/obj/0x{child_id(FIRST, 4, number).hex()}" for number in (0, 1)]
    assert (parting["action"], parting["childEPCs"]) == ("DELETE", children)
    assert (packing["parentID"], packing["childQuantityList"][0]["quantity"]) == (children[0], 40)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("095060001343520012", ""),
        ("(00)340123450000000017", "https://id.gs1.org/00/340123450000000017"),
        ("340123450000000018", ""),
        ("MSKU 123456-7", ""),
        ("", ""),
    ],
)
def test_only_a_right_container_code_is_one(text: str, link: str) -> None:
    assert sscc_of(text) == link


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/10614141073464/21/2017"),
        ("https://example.com/some/path/01/10614141073464/10/L1/21/2017?17=261231", "https://id.gs1.org/01/10614141073464/21/2017"),
        ("http://example.com/gtin/614141073466/lot/A", "https://id.gs1.org/01/00614141073466/10/A"),
        ("urn:epc:id:sgln:0614141.07346.0", "https://id.gs1.org/414/0614141073467"),
        ("urn:epc:class:lgtin:4023333.002000.A/B", "urn:epc:class:lgtin:4023333.002000.A/B"),
        ("urn:epc:id:sgtin:0614141.10734.2017", "urn:epc:id:sgtin:0614141.10734.2017"),
        ("urn:epc:id:sscc:4012345.1234567890.1", "urn:epc:id:sscc:4012345.1234567890.1"),
        ("https://example.com/01/1234", "https://example.com/01/1234"),
        ("https://[", "https://["),
        ("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"),
        ("", ""),
    ],
)  # fmt: skip
def test_one_thing_has_one_name(uri: str, expected: str) -> None:
    assert canonical(uri) == expected
    assert canonical(expected) == expected


def test_values_are_quoted_as_links_need_it() -> None:
    assert quoted("A/1 ü-._~") == "A%2F1%20%C3%BC-._~"
