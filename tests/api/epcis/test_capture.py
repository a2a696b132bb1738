"""Documents captured over HTTP: what becomes of them, what can be signed, who sees them."""

import copy
from typing import Any

import pytest

from ledger.api.routers.epcis import streams
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import events_of
from ledger.formats.epcis.event_hash import event_hash
from ledger.records.types import Observation
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP
from tests.unit.formats.epcis import SHARED

VECTORS = SHARED / "openepcis" / "Capture"
DOCUMENTS = sorted((VECTORS / "Documents").glob("*.json"))
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
ITEM = "https://id.gs1.org/01/09506000134352/21/"
XML = """<?xml version="1.0"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2025-10-01T00:00:00Z">
<EPCISBody><EventList><ObjectEvent><eventTime>2025-10-01T10:00:00Z</eventTime>
<eventTimeZoneOffset>+00:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:9506000.013435.{serial}</epc></epcList>
<action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:receiving</bizStep></ObjectEvent></EventList></EPCISBody>
</epcis:EPCISDocument>"""


def event(serial: str, **members: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2025-10-01T10:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [ITEM + serial],
        "action": "OBSERVE",
        "bizStep": "receiving",
        **members,
    }


def document(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2025-10-01T10:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }


@pytest.fixture(scope="module")
def shop(world: World) -> str:
    return world.token(SHOP)


def captured(world: World, token: str, body: Any, **headers: str) -> Any:
    """The job that took the document in."""
    answer = world.post("/epcis/capture", body, headers={**bearer(token), **headers})
    assert answer.status_code == 202, answer.text
    return world.get(answer.headers["Location"], token)


def found(world: World, token: str, **parameters: str) -> list[dict[str, Any]]:
    answer = world.client.get("/epcis/events", params=parameters, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def test_a_document_is_kept_and_found_by_urn_and_link(world: World, shop: str) -> None:
    job = captured(world, shop, document(event("a1")))
    assert (job["success"], job["running"], job["errors"]) == (True, False, [])
    for name in (ITEM + "a1", "urn:epc:id:sgtin:9506000.013435.a1", "https://shop.example/gtin/9506000134352/ser/a1"):
        (one,) = found(world, shop, MATCH_epc=name)
        assert one["epcList"] == [ITEM + "a1"]
        assert one["recordTime"]
    assert found(world, shop, MATCH_epc="urn:epc:idpat:sgtin:9506000.013435.*")


def test_what_a_partner_captured_is_its_own(world: World, shop: str) -> None:
    job = captured(world, shop, document(event("a2")))
    for other in ("", world.token(CARRIER)):
        assert found(world, other, MATCH_epc=ITEM + "a2") == []
        assert world.client.get(f"/epcis/capture/{job['captureID']}", headers=bearer(other)).status_code in (401, 404)
    assert len(found(world, world.token(AUDITOR), MATCH_epc=ITEM + "a2")) == 1


def test_without_a_session_nothing_is_taken(world: World) -> None:
    answer = world.post("/epcis/capture", document(event("a3")))
    assert (answer.status_code, answer.json()["type"]) == (401, "epcisException:SecurityException")


def test_the_same_event_again_is_kept_once(world: World, shop: str) -> None:
    for _ in range(2):
        assert captured(world, shop, document(event("a4"), event("a4")))["success"]
    assert len(found(world, shop, MATCH_epc=ITEM + "a4")) == 1


def test_an_event_in_xml_is_the_same_event(world: World, shop: str) -> None:
    captured(world, shop, document(event("a5")))
    answer = world.client.post(
        "/epcis/capture",
        content=XML.format(serial="a5"),
        headers={**bearer(shop), "Content-Type": "application/xml"},
    )
    assert answer.status_code == 202, answer.text
    assert world.get(answer.headers["Location"], shop)["success"]
    assert len(found(world, shop, MATCH_epc=ITEM + "a5")) == 1


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here")
@pytest.mark.parametrize("path", sorted((VECTORS / "Invalid").glob("*.json")), ids=lambda path: path.name)
def test_other_peoples_wrong_documents_are_refused(world: World, shop: str, path: Any) -> None:
    headers = {**bearer(shop), "Content-Type": "application/json"}
    answer = world.client.post("/epcis/capture", content=path.read_bytes(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert answer.json()["where"]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not here")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_other_peoples_documents_come_back_as_they_were(world: World, shop: str, path: Any) -> None:
    """Every event, by its id, with every digit of it; only the time at which it came is new."""
    headers = {**bearer(shop), "Content-Type": "application/ld+json"}
    answer = world.client.post("/epcis/capture", content=path.read_bytes(), headers=headers)
    assert answer.status_code == 202, answer.text
    job = world.get(answer.headers["Location"], shop)
    sent = events_of(json_text.parse(path.read_bytes(), most=1 << 20))
    assert job["errors"] == []
    for one in sent:
        text = world.client.get("/epcis/events", params={"EQ_eventID": id_of(one)}, headers=bearer(shop)).content
        back = events_of(json_text.parse(text, most=1 << 24))
        mine = {k: v for k, v in one.members.items() if k not in ("recordTime", "eventID")}
        assert mine in [{k: v for k, v in b.members.items() if k not in ("recordTime", "eventID")} for b in back]


def id_of(one: Any) -> str:
    plain = f"ni:///sha-256;{event_hash(one.members, one.declared).hex()}?ver=CBV2.0"
    return str(one.members.get("eventID", plain))


def test_one_event_alone_is_taken_and_told_where_it_is(world: World, shop: str) -> None:
    answer = world.post("/epcis/events", {"@context": CONTEXT, **event("a6")}, headers=bearer(shop))
    assert answer.status_code == 201, answer.text
    assert answer.json()["eventID"].startswith("ni:///sha-256;")
    assert world.client.get(answer.headers["Location"], headers=bearer(shop)).status_code == 200
    assert "/epcis/capture/" in answer.headers["Link"]
    again = world.post("/epcis/events", {"@context": CONTEXT, **event("a6", action="MOVE")}, headers=bearer(shop))
    assert again.status_code == 400


def test_with_rollback_all_or_nothing_with_proceed_what_is_right(world: World, shop: str) -> None:
    mixed = document(event("b1"), event("b2", bizStep="waxing"))
    assert world.post("/epcis/capture", mixed, headers=bearer(shop)).status_code == 400
    assert found(world, shop, MATCH_epc=ITEM + "b1") == []
    job = captured(world, shop, mixed, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert (job["success"], job["captureErrorBehaviour"], len(job["errors"])) == (False, "proceed", 1)
    assert len(found(world, shop, MATCH_epc=ITEM + "b1")) == 1
    wrong = {**bearer(shop), "GS1-Capture-Error-Behaviour": "guess"}
    assert world.post("/epcis/capture", mixed, headers=wrong).status_code == 400


def test_only_a_declaration_of_an_error_repeats_an_id(world: World, shop: str) -> None:
    name = "urn:uuid:374d95fc-9457-4a51-bd6a-0bba13384501"
    captured(world, shop, document(event("c1", eventID=name)))
    job = captured(world, shop, document(event("c2", eventID=name)))
    assert not job["success"]
    assert found(world, shop, MATCH_epc=ITEM + "c2") == []
    declared = {
        "declarationTime": "2025-10-02T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:x:1"],
    }
    captured(world, shop, document(event("c1", eventID=name, errorDeclaration=declared)))
    assert len(found(world, shop, EQ_eventID=name)) == 2
    (one,) = found(world, shop, EQ_eventID=name, EXISTS_errorDeclaration="")
    assert one["errorDeclaration"] == declared
    assert found(world, shop, EQ_errorReason="incorrect_data", EQ_correctiveEventID="urn:x:1") == [one]


def test_a_signed_observation_proves_when_an_event_was_known(world: World, shop: str) -> None:
    job = captured(world, shop, document(event("d1")))
    (draft,) = job["lading:drafts"]
    assert not draft["signed"]
    message = draft["observation"]["message"]
    record = Observation(message["by"], bytes_from_hex(message["eventHash"], 32, "hash"), message["occurredAt"])
    assert message["by"] == SHOP
    answer = world.post("/v1/records", world.signed(record, SHOP))
    assert answer.status_code == 201, answer.text
    world.stage.node.settle()
    assert world.get(f"/epcis/capture/{job['captureID']}", shop)["lading:drafts"][0]["signed"]
    answer = world.client.get("/epcis/events", params={"MATCH_epc": ITEM + "d1"}, headers=bearer(shop))
    results = answer.json()["epcisBody"]["queryResults"]
    assert results["lading:observations"][draft["eventID"]]["record"].endswith(draft["record"])
    assert world.get(f"/v1/records/{draft['record']}")["type"] == "Observation"


def test_somebody_elses_observation_proves_nothing_of_it(world: World, shop: str) -> None:
    job = captured(world, shop, document(event("d2")))
    message = job["lading:drafts"][0]["observation"]["message"]
    record = Observation(MAKER, bytes_from_hex(message["eventHash"], 32, "hash"), message["occurredAt"])
    assert world.post("/v1/records", world.signed(record, MAKER)).status_code == 201
    world.stage.node.settle()
    answer = world.client.get("/epcis/events", params={"MATCH_epc": ITEM + "d2"}, headers=bearer(shop))
    assert "lading:observations" not in answer.json()["epcisBody"]["queryResults"]


@pytest.mark.parametrize("prefix", ["lading", "other"])
def test_no_captured_event_says_that_it_was_made_from_a_record(world: World, shop: str, prefix: str) -> None:
    base = world.stage.node.home.settings.public_url
    forged = event(f"d3{prefix}", **{f"{prefix}:record": f"{base}/v1/records/{world.id('delivery')}"})
    whole = {**document(forged), "@context": [*CONTEXT, {prefix: "urn:lading:epcis:"}]}
    job = captured(world, shop, whole)
    assert not job["success"]
    assert found(world, shop, MATCH_epc=f"{ITEM}d3{prefix}") == []
    elsewhere = event(f"d4{prefix}", **{f"{prefix}:record": "https://other.example/v1/records/0x00"})
    assert captured(world, shop, {**whole, "epcisBody": {"eventList": [elsewhere]}})["success"]


def test_a_shipping_event_gives_a_handoff_to_sign_and_moves_nothing(world: World) -> None:
    base = world.stage.node.home.settings.public_url
    shipment = f"{base}/obj/{to_hex(world.ids['open'])}"
    told = {"destinationList": [{"type": "possessing_party", "destination": f"{base}/partners/{CARRIER}"}]}
    maker = world.token(MAKER)
    before = world.get(f"/v1/shipments/{world.id('open')}")
    job = captured(world, maker, document(event("e1", epcList=[shipment], bizStep="shipping", **told)))
    handoff = job["lading:drafts"][0]["handoff"]["message"]
    assert (handoff["releaser"], handoff["receiver"]) == (MAKER, CARRIER)
    assert [item["shipment"] for item in handoff["items"]] == [world.id("open")]
    assert world.get(f"/v1/shipments/{world.id('open')}") == before
    stranger = captured(world, world.token(SHOP), document(event("e1", epcList=[shipment], bizStep="shipping", **told)))
    assert "handoff" not in stranger["lading:drafts"][0]


def test_limits_are_kept(world: World, shop: str) -> None:
    many = document(*(event(f"f{number}") for number in range(501)))
    answer = world.post("/epcis/capture", many, headers=bearer(shop))
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:CaptureLimitExceededException")
    text = world.client.post("/epcis/capture", content=b"x", headers={**bearer(shop), "Content-Type": "text/plain"})
    assert text.status_code == 415
    largest = document(*(event(f"g{number}") for number in range(500)))
    assert captured(world, shop, largest)["success"]
    assert len(found(world, shop, MATCH_epc="urn:epc:idpat:sgtin:9506000.013435.*", perPage="100")) == 100


def test_jobs_are_listed_the_newest_first(world: World, shop: str) -> None:
    answer = world.client.get("/epcis/capture?perPage=2", headers=bearer(shop))
    first = answer.json()
    following = world.client.get(
        answer.headers["Link"].partition(">")[0].removeprefix("<"), headers=bearer(shop)
    ).json()
    times = [job["createdAt"] for job in (*first, *following)]
    assert len(first) == 2
    assert times == sorted(times, reverse=True)
    assert not {job["captureID"] for job in first} & {job["captureID"] for job in following}


def test_a_named_query_is_kept_asked_and_forgotten(world: World, shop: str) -> None:
    captured(world, shop, document(event("h1"), event("h2", bizStep="shipping")))
    query = {"name": "mine", "query": {"EQ_bizStep": ["shipping"], "MATCH_epc": [ITEM + "h1", ITEM + "h2"]}}
    made = world.post("/epcis/queries", query, headers=bearer(shop))
    assert (made.status_code, made.headers["Location"]) == (201, "/epcis/queries/mine")
    assert world.post("/epcis/queries", query, headers=bearer(shop)).status_code == 409
    events = world.get("/epcis/queries/mine/events", shop)["epcisBody"]["queryResults"]
    assert events["queryName"] == "mine"
    assert [one["epcList"] for one in events["resultsBody"]["eventList"]] == [[ITEM + "h2"]]
    assert world.get("/epcis/queries/mine", shop)["query"] == query["query"]
    assert [one["name"] for one in world.get("/epcis/queries", shop)] == ["mine"]
    other = bearer(world.token(CARRIER))
    assert world.client.get("/epcis/queries/mine/events", headers=other).status_code == 404
    assert world.client.delete("/epcis/queries/mine", headers=other).status_code == 404
    assert world.client.delete("/epcis/queries/mine", headers=bearer(shop)).status_code == 204
    assert world.client.get("/epcis/queries/mine", headers=bearer(shop)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"name": "x y", "query": {}},
        {"name": "ok", "query": {"GE_eventDate": "x"}},
        {"name": "ok"},
        [],
        {"name": "ok", "query": 1},
    ],
)
def test_a_wrong_query_is_not_kept(world: World, shop: str, query: Any) -> None:
    answer = world.post("/epcis/queries", copy.deepcopy(query), headers=bearer(shop))
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 1.5)


def followed(world: World, token: str, name: str, last: str = "") -> list[dict[str, Any]]:
    """Everything that a stream tells until it ends: id, and serials of the items."""
    headers = {**bearer(token), "Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    with world.client.stream("GET", f"/epcis/queries/{name}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        blocks = "".join(answer.iter_text()).split("\n\n")
    told = []
    for block in blocks:
        fields = dict(line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":"))
        if "id" in fields:
            data = json_text.parse(fields.get("data", '{"epcisBody":{}}').encode(), most=1 << 24)
            results = data["epcisBody"].get("queryResults", {"resultsBody": {"eventList": []}})
            items = [one["epcList"][0].rsplit("/", 1)[1] for one in results["resultsBody"]["eventList"]]
            told.append({"id": fields["id"], "items": items})
    return told


def test_a_query_that_is_followed_tells_what_comes_and_goes_on_where_it_broke_off(
    world: World, shop: str, impatient: None
) -> None:
    world.post("/epcis/queries", {"name": "live", "query": {"EQ_bizStep": ["storing"]}}, headers=bearer(shop))
    captured(world, shop, document(event("s0", bizStep="storing")))
    (start,) = followed(world, shop, "live")
    assert start["items"] == []
    captured(world, shop, document(event("s1", bizStep="storing"), event("s2", bizStep="packing")))
    captured(world, world.token(CARRIER), document(event("s3", bizStep="storing")))
    captured(world, shop, document(event("s4", bizStep="storing")))
    again = followed(world, shop, "live", start["id"])
    assert [item for one in again for item in one["items"]] == ["s1", "s4"]
    assert not any(one["items"] for one in followed(world, shop, "live", again[-1]["id"]))


def test_what_is_no_stream_is_refused_before_it_begins(world: World, shop: str) -> None:
    stream = {**bearer(shop), "Accept": "text/event-stream"}
    query = {"name": "limited", "query": {"eventCountLimit": 3}}
    world.post("/epcis/queries", query, headers=bearer(shop))
    assert world.client.get("/epcis/queries/limited/events", headers=stream).status_code == 400
    broken = {**stream, "Last-Event-ID": "!"}
    assert world.client.get("/epcis/queries/SimpleEventQuery/events", headers=broken).status_code == 400
    places = world.client.app.state.epcis_places  # type: ignore[attr-defined]
    assert places.taken.total() == 0
    places.taken[SHOP] = places.of_one
    refused = world.client.get("/epcis/queries/SimpleEventQuery/events", headers=stream)
    places.taken[SHOP] = 0
    assert refused.status_code == 429
