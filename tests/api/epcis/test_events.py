"""Records as EPCIS events, over HTTP: what they say, who sees them, how they are found."""

import warnings
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py

from ledger.common.ids import RecordId, to_hex
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import events_of
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.query import parse_query
from ledger.records.erasure import ErasureReason
from ledger.records.types import Recall
from ledger.services.epcis import recorded as recording
from ledger.services.epcis.schema import own_validator
from ledger.services.views.records import PUBLIC
from ledger.store import openings, records
from ledger.store.epcis import events
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, CN, MAKER, OCEAN, SHOP

Events = list[dict[str, Any]]
EVERYBODY = (MAKER, CARRIER, OCEAN, CN, BROKER, SHOP)


def asked(world: World, token: str = "", **parameters: str) -> Any:
    answer = world.client.get("/epcis/events", params={"perPage": "100", **parameters}, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return json_text.parse(answer.content, most=1 << 24)


def listed(document: Any) -> Events:
    return list(document["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def recorded(world: World, token: str) -> Events:
    """Without what other tests captured."""
    base = world.stage.node.home.settings.public_url
    found = listed(asked(world, token, **{"EXISTS_urn:lading:epcis:record": ""}))
    return [event for event in found if event.get("lading:record", "").startswith(base)]


def of(world: World, token: str, name: str) -> Events:
    """The events of one record of the world."""
    return [event for event in recorded(world, token) if event["lading:record"].endswith(world.id(name))]


@pytest.fixture(scope="module")
def maker(world: World) -> str:
    return world.token(MAKER)


def test_every_answer_is_a_right_query_document(world: World, maker: str) -> None:
    document = asked(world, maker)
    assert len(listed(document)) > 5
    assert own_validator().problems(document) == []


def test_an_events_id_is_its_hash_by_us_and_by_the_authors_program(world: World, maker: str) -> None:
    document = asked(world, maker)
    events = events_of(document)
    own = [event.members["eventID"] for event in events]
    assert own == [hash_id(event.members, event.declared) for event in events]
    body = {**document, "epcisBody": {"eventList": listed(document)}, "type": "EPCISDocument"}
    json_to_py._namespaces.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        told = hash_generator.epcis_hashes_from_events(
            json_to_py.event_list_from_epcis_document_str(json_text.dump(body))
        )
    assert own == told


def test_an_opening_packs_its_goods(world: World, maker: str) -> None:
    (event,) = of(world, maker, "late")
    base = world.stage.node.home.settings.public_url
    assert event["type"] == "AggregationEvent"
    assert event["parentID"] == f"{base}/obj/{world.id('late')}"
    assert event["childQuantityList"][0]["epcClass"] == "https://id.gs1.org/01/09421900000012/10/L1"
    assert (event["action"], event["bizStep"]) == ("ADD", "packing")


def test_a_handoff_changes_possession_and_tells_of_damage(world: World, maker: str) -> None:
    (event,) = of(world, maker, "damage")
    assert (event["bizStep"], event["disposition"]) == ("accepting", "damaged")
    assert event["persistentDisposition"] == {"set": ["damaged"]}
    assert event["sourceList"][0]["type"] == event["destinationList"][0]["type"] == "possessing_party"
    assert event["lading:exceptions"] == ["DAMAGED"]


def test_only_items_that_the_chain_applied_are_told_of(world: World, maker: str) -> None:
    (event,) = of(world, maker, "parcel leg")
    assert [uri.rsplit("/", 1)[1] for uri in event["epcList"]] == [world.id("parcel")]


def test_a_delivery_says_where_the_goods_are(world: World, maker: str) -> None:
    (event,) = of(world, maker, "delivery")
    assert event["disposition"] == "in_progress"
    assert event["bizLocation"] == event["readPoint"]


def test_a_clearance_is_told_with_its_words(world: World, maker: str) -> None:
    (held,), (released,) = of(world, maker, "held"), of(world, maker, "released")
    assert (held["bizStep"], held["disposition"]) == ("holding", "unavailable")
    assert (held["lading:status"], held["lading:holdCause"], held["lading:jurisdiction"]) == ("HELD", "DOCUMENTS", "CN")
    assert released["persistentDisposition"] == {"set": ["conformant"]}


def test_a_recall_is_told_to_everybody(world: World) -> None:
    (event,) = of(world, "", "recall")
    assert (event["disposition"], event["lading:recallAction"]) == ("recalled", "RETURN")
    assert event["quantityList"] == [{"epcClass": "https://id.gs1.org/01/09421900000012/10/L2"}]


def test_every_event_leads_to_its_record_and_proof(world: World, maker: str) -> None:
    base = world.stage.node.home.settings.public_url
    for event in recorded(world, maker)[:5]:
        record = world.get(event["lading:record"].removeprefix(base), maker)
        proof = world.get(event["lading:proof"].removeprefix(base))
        assert record["log"]["index"] == proof["index"]


@pytest.mark.parametrize("who", [0, *EVERYBODY])
def test_an_event_with_private_parts_is_shown_to_whom_its_record_is_open(world: World, who: int) -> None:
    """The event as a whole, or not at all: what `/v1/records` opens decides."""
    views = world.stage.node.reader.views
    (key,) = world.stage.keys([who or MAKER])
    reader = views.reader(key.address) if who else PUBLIC
    everything = recorded(world, world.token(AUDITOR))
    private = [event for event in everything if tells_private_parts(event)]
    assert 5 < len(private) < len(everything)
    expected = {
        event["eventID"]
        for event in everything
        if event not in private or views.may_see(RecordId(bytes.fromhex(event["lading:record"][-64:])), reader)
    }
    assert {event["eventID"] for event in recorded(world, world.token(who) if who else "")} == expected


def tells_private_parts(event: dict[str, Any]) -> bool:
    if "lading:recallAction" in event or "lading:record" not in event:
        return False
    return bool({"readPoint", "childQuantityList", "bizTransactionList", "lading:mrn"} & set(event))


def test_an_auditor_with_a_key_of_few_types_sees_no_more_than_its_key_may_read(world: World) -> None:
    views = world.stage.node.reader.views
    (key,) = world.stage.keys([AUDITOR])
    narrow = replace(views.reader(key.address), scopes=1 << (Recall.NUMBER - 1))
    answer = world.client.app.state.epcis().querying.run(parse_query({}), narrow, per_page=100)  # type: ignore[attr-defined]
    assert answer.events
    assert not [event for event in answer.events if tells_private_parts(dict(event.members))]


def test_a_query_counts_nothing_that_is_closed(world: World) -> None:
    public = asked(world, "", MATCH_anyEPCClass="https://id.gs1.org/01/09421900000012/10/L9")
    assert listed(public) == []
    whole = world.client.get("/epcis/events", params={"EQ_bizStep": "packing", "maxEventCount": "1"})
    assert whole.status_code == 200
    refused = world.client.get(
        "/epcis/events", params={"EQ_bizStep": "packing", "maxEventCount": "1"}, headers=bearer(world.token(MAKER))
    )
    assert (refused.status_code, refused.json()["type"]) == (413, "epcisException:QueryTooLargeException")


def test_one_event_is_found_by_its_id_however_it_is_written(world: World, maker: str) -> None:
    (event,) = of(world, maker, "delivery")
    name = event["eventID"]
    for path in (quote(name, safe=""), quote(name, safe=":/;?="), quote(name, safe=":/;=")):
        answer = world.client.get(f"/epcis/events/{path}", headers=bearer(maker))
        assert answer.status_code == 200, path
        assert listed(answer.json())[0]["eventID"] == name
    assert (
        'rel="describedby"'
        in world.client.get(f"/epcis/events/{quote(name, safe='')}", headers=bearer(maker)).headers["Link"]
    )
    hidden = world.client.get(f"/epcis/events/{quote(name, safe='')}")
    unknown = world.client.get("/epcis/events/urn:uuid:none")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.json()["type"] == "epcisException:NoSuchNameException"


def test_pages_hold_everything_once(world: World, maker: str) -> None:
    whole = [event["eventID"] for event in listed(asked(world, maker))]
    for order in ({}, {"orderBy": "eventTime"}, {"orderBy": "recordTime", "orderDirection": "ASC"}):
        found: list[str] = []
        url = f"/epcis/events?perPage=3&{'&'.join(f'{k}={v}' for k, v in order.items())}"
        while url:
            answer = world.client.get(url, headers=bearer(maker))
            assert answer.status_code == 200, answer.text
            found += [event["eventID"] for event in listed(answer.json())]
            link = answer.headers.get("Link", "")
            url = link.partition(">")[0].removeprefix("<")
        assert sorted(found) == sorted(whole)


def test_a_limit_holds_over_pages(world: World, maker: str) -> None:
    first = world.client.get("/epcis/events?perPage=2&eventCountLimit=3&orderBy=eventTime", headers=bearer(maker))
    second = world.client.get(first.headers["Link"].partition(">")[0].removeprefix("<"), headers=bearer(maker))
    assert (len(listed(first.json())), len(listed(second.json()))) == (2, 1)
    assert "Link" not in second.headers


@pytest.mark.parametrize(
    "parameters",
    ["nope=1", "GE_eventTime=yesterday", "perPage=0", "nextPageToken=!", "orderDirection=UP", "EQ_action=MOVE",
     "eventCountLimit=1&maxEventCount=1", "WD_bizLocation=", "MATCH_epc=urn:epc:idpat:sgtin:*.*.*"],
)  # fmt: skip
def test_a_wrong_query_is_answered_as_gs1_says(world: World, parameters: str) -> None:
    answer = world.client.get(f"/epcis/events?{parameters}")
    if parameters == "WD_bizLocation=":
        assert answer.status_code == 200
        return
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] == "epcisException:QueryParameterException"


def test_versions_that_are_not_there_are_not_acceptable(world: World) -> None:
    for headers in ({"GS1-EPCIS-Version": "1.2"}, {"GS1-EPCIS-Min": "2.1.0"}, {"GS1-CBV-Max": "1.2.0"}):
        assert world.client.get("/epcis/events", headers=headers).status_code == 406
    spelled = {"Accept": "application/xml", "GS1-CBV-XML-Format": "Never_Translates"}
    for headers in ({"Accept": "text/html"}, {"GS1-EPC-Format": "Always_EPC_URN"}, spelled):
        assert world.client.get("/epcis/events", headers=headers).status_code == 406
    answer = world.client.get("/epcis/events", headers={"GS1-EPCIS-Version": "2.0.0", "GS1-EPCIS-Min": "1.2"})
    assert answer.status_code == 200
    assert answer.headers["GS1-CBV-Max"] == "2.0.0"
    assert "lading=" in answer.headers["GS1-Extensions"]


def test_options_tell_what_there_is(world: World) -> None:
    assert "/epcis/capture" in world.get("/epcis")["member"]
    assert world.client.options("/epcis").headers["GS1-EPCIS-Version"] == "2.0.0"
    answer = world.client.options("/epcis/capture")
    assert answer.status_code == 204
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "500"
    assert "POST" in answer.headers["Allow"]


def test_resources_list_what_the_reader_may_see(world: World, maker: str) -> None:
    def members(path: str, token: str) -> list[str]:
        return list(world.get(f"/epcis/{path}", token)["member"])

    assert "accepting" in members("bizSteps", maker)
    assert "packing" in members("bizSteps", maker)
    assert not {"packing", "accepting"} & set(members("bizSteps", ""))
    assert members("eventTypes", "") == ["ObjectEvent"]
    shipment = f"{world.stage.node.home.settings.public_url}/obj/{to_hex(world.ids['late'])}"
    assert shipment in members("epcs?perPage=100", maker)
    for path in (
        f"epcs/{quote(shipment, safe='')}/events",
        "bizSteps/accepting/events",
        "eventTypes/ObjectEvent/events",
    ):
        assert listed(world.get(f"/epcis/{path}", maker)), path
    assert world.client.get("/epcis/eventTypes/Party/events").status_code == 404


def test_a_shipments_name_in_events_leads_to_its_page(world: World) -> None:
    answer = world.client.get(f"/obj/{world.id('late')}")
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"/shipments/{world.id('late')}"


def test_what_is_erased_is_told_by_no_event(world: World, maker: str) -> None:
    """A lot of its own, in an opening whose goods are then erased: no answer names it, and no row."""
    node, lot = world.stage.node, "https://id.gs1.org/01/09421900000012/10/L77"
    opened = world.stage.open(lot="L77")
    world.stage.settle()
    node.settle()
    (before,) = listed(asked(world, maker, MATCH_epcClass=lot))
    node.erasing.erase(opened, ["contents"], reason=ErasureReason.MISTAKE)
    assert listed(asked(world, maker, MATCH_epcClass=lot)) == []
    (after,) = [e for e in recorded(world, maker) if e["lading:record"] == before["lading:record"]]
    assert "childQuantityList" not in after
    assert after["eventID"] != before["eventID"]
    with node.home.database.read() as connection:
        for table, column in (("epcis_events", "body"), ("epcis_terms", "value")):
            found = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {column} LIKE '%L77%'").scalar()
            assert found == 0, table


def test_a_private_part_that_comes_later_is_told_then(world: World, maker: str) -> None:
    node = world.stage.node
    opened = world.stage.open(lot="L78")
    world.stage.settle()
    node.settle()
    lot = "https://id.gs1.org/01/09421900000012/10/L78"
    with node.home.database.write() as connection:
        row = records.get(connection, opened)
        assert row is not None
        parts = openings.of(connection, row)
        openings.forget(connection, opened)
    assert listed(asked(world, maker, MATCH_epcClass=lot)) == []
    with node.home.database.write() as connection:
        openings.add(connection, opened, parts)
    assert len(listed(asked(world, maker, MATCH_epcClass=lot))) == 1


def test_events_that_are_made_again_are_the_same(world: World) -> None:
    auditor = world.token(AUDITOR)
    before = recorded(world, auditor)
    with world.stage.node.home.database.write() as connection:
        events.start_over(connection)
    after = recorded(world, auditor)
    assert len(before) > 10
    assert sorted(map(str, after)) == sorted(map(str, before))


def test_a_long_log_is_taken_in_step_by_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "STRETCH", 2)
    monkeypatch.setattr(recording, "MOST_STRETCHES", 3)
    with world.stage.node.home.database.write() as connection:
        events.start_over(connection)
    busy = 0
    while (answer := world.client.get("/epcis/events")).status_code == 503:
        assert answer.json()["type"] == "epcisException:ImplementationException"
        assert answer.headers["Retry-After"]
        busy += 1
        assert busy < 100
    assert answer.status_code == 200
    assert busy
