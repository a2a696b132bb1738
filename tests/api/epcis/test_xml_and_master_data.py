"""Events in XML over HTTP, and queries by master data: which is nobody's but who handed it in."""

from typing import Any

import pytest

from ledger.formats.epcis.document import events_of
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.xml.documents import document_of_xml
from tests.api.epcis.test_capture import CONTEXT, ITEM, XML, captured, document, event, found
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP

MDA = "https://epcis.example.com/mda/"
WANTS_XML = {"Accept": "application/xml"}


def place(number: int) -> str:
    return f"https://id.gs1.org/414/9506000134369/254/{number}"


def told(*floors: tuple[int, str]) -> dict[str, Any]:
    """A document without events that tells how many floors some places have."""
    listed = [{"id": place(number), "attributes": [{"id": "mda:floors", "attribute": text}]} for number, text in floors]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": listed}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    return {**document(), "@context": [*CONTEXT, {"mda": MDA}], "epcisHeader": header}


def at(world: World, token: str, floors: str) -> set[str]:
    listed = found(world, token, **{f"EQATTR_bizLocation_{MDA}floors": floors})
    return {one["epcList"][0].removeprefix(ITEM) for one in listed}


@pytest.fixture(scope="module")
def shop(world: World) -> str:
    return world.token(SHOP)


def test_an_answer_in_xml_has_the_events_of_the_one_in_json(world: World) -> None:
    maker = world.token(MAKER)
    for path in ("events?perPage=100", "bizSteps/accepting/events", "queries/SimpleEventQuery/events"):
        in_json = world.get(f"/epcis/{path}", maker)
        answer = world.client.get(f"/epcis/{path}", headers={**bearer(maker), **WANTS_XML})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml"), answer.text
        assert answer.headers["Vary"] == "Accept, GS1-CBV-XML-Format"
        in_xml = document_of_xml(answer.content, most=1 << 24)
        assert in_xml["type"] == in_json["type"] == "EPCISQueryDocument"
        ids = [hash_id(one.members, one.declared) for one in events_of(in_xml)]
        assert len(ids) > 2
        assert ids == [one.members["eventID"] for one in events_of(in_xml)]
        assert ids == [one.members["eventID"] for one in events_of(in_json)]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("application/json;q=0.5, application/xml", "application/xml"),
        ("application/xml;q=0.4, */*", "application/json"),
        ("application/xml;q=nan, application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/xml;q=0, application/*", "application/json"),
    ],
)
def test_the_client_says_in_which_form(world: World, accept: str, kind: str) -> None:
    answer = world.client.get("/epcis/events", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_words_are_spelled_as_the_client_asks(world: World) -> None:
    maker = bearer(world.token(MAKER))
    for words, start in (
        ("Always_Web_URI", b">https://ref.gs1.org/cbv/BizStep-"),
        ("Always_URN", b">urn:epcglobal:cbv:bizstep:"),
    ):
        answer = world.client.get("/epcis/events", headers={**maker, **WANTS_XML, "GS1-CBV-XML-Format": words})
        assert start in answer.content


def test_what_there_is_no_xml_of_is_not_acceptable(world: World, shop: str) -> None:
    for path in ("", "/capture", "/queries", "/bizSteps", "/bizSteps/accepting"):
        answer = world.client.get(f"/epcis{path}", headers={**bearer(shop), **WANTS_XML})
        assert answer.status_code == 406, path


def test_an_event_in_xml_is_taken_and_answered_in_xml(world: World, shop: str) -> None:
    headers = {**bearer(shop), **WANTS_XML, "Content-Type": "application/xml"}
    body = XML.format(serial="x1")
    alone = body[body.index("<ObjectEvent>") : body.index("</EventList>")]
    ids, where = [], ""
    for sent in (body, alone):
        answer = world.client.post("/epcis/events", content=sent, headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (201, "application/xml"), answer.text
        ids += [one.members["eventID"] for one in events_of(document_of_xml(answer.content, most=1 << 20))]
        where = answer.headers["Location"]
    one = world.client.get(where, headers={**bearer(shop), **WANTS_XML})
    ids += [one.members["eventID"] for one in events_of(document_of_xml(one.content, most=1 << 20))]
    assert (len(ids), len(set(ids))) == (3, 1)


def test_a_character_that_xml_cannot_hold_is_not_taken(world: World, shop: str) -> None:
    wrong = document(event("x2", **{"https://example.org/a": "\x01"}))
    answer = world.post("/epcis/capture", wrong, headers=bearer(shop))
    assert (answer.status_code, "XML" in answer.text) == (400, True)


def test_an_observation_is_told_in_xml_too(world: World, shop: str) -> None:
    job = captured(world, shop, document(event("x3")))
    assert job["lading:drafts"]
    answer = world.client.get("/epcis/events", params={"MATCH_epc": ITEM + "x3"}, headers={**bearer(shop), **WANTS_XML})
    assert b"observations" not in answer.content


def test_events_are_found_by_what_their_partner_told_of_a_place(world: World, shop: str) -> None:
    captured(world, shop, document(*[event(f"m{n}", bizLocation={"id": place(n)}) for n in (1, 2, 3)]))
    job = captured(world, shop, told((1, "3"), (2, "4")))
    assert at(world, shop, "3") == {"m1"}
    assert at(world, shop, "4|3") == {"m1", "m2"}
    has = found(world, shop, HASATTR_bizLocation=f"{MDA}floors|{MDA}else")
    assert {one["epcList"][0] for one in has} == {ITEM + "m1", ITEM + "m2"}
    assert found(world, shop, HASATTR_readPoint=f"{MDA}floors") == []
    assert job["lading:masterData"]["vocabularyList"][0]["vocabularyElementList"][0]["id"] == place(1)
    assert (job["lading:drafts"], job["success"]) == ([], True)


def test_what_is_told_later_takes_its_place(world: World, shop: str) -> None:
    captured(world, shop, document(*[event(f"n{n}", bizLocation={"id": place(n)}) for n in (11, 12)]))
    captured(world, shop, told((11, "30"), (12, "30")))
    captured(world, shop, told((11, "31")))
    assert (at(world, shop, "30"), at(world, shop, "31")) == ({"n12"}, {"n11"})


def test_what_another_partner_told_changes_no_answer(world: World, shop: str) -> None:
    """Of the same place, and of events that both see: each has its own, the public none, an auditor all."""
    carrier, auditor = world.token(CARRIER), world.token(AUDITOR)
    captured(world, shop, document(event("o21", bizLocation={"id": place(21)})))
    captured(world, carrier, document(event("o22", bizLocation={"id": place(21)})))
    everything = {who: found(world, who, perPage="100") for who in (shop, carrier, "")}
    captured(world, carrier, told((21, "50")))
    assert (at(world, shop, "50"), at(world, carrier, "50"), at(world, "", "50")) == (set(), {"o22"}, set())
    assert at(world, auditor, "50") == {"o21", "o22"}
    captured(world, shop, told((21, "51")))
    assert (at(world, shop, "51"), at(world, carrier, "51"), at(world, carrier, "50")) == ({"o21"}, set(), {"o22"})
    assert {who: found(world, who, perPage="100") for who in everything} == everything
    for who in (shop, auditor):
        assert world.client.get("/epcis/events/", headers=bearer(who)).status_code == 404


def test_nothing_of_a_refused_document_is_kept(world: World, shop: str) -> None:
    captured(world, shop, document(event("p31", bizLocation={"id": place(31)})))
    wrong = {**told((31, "60")), "epcisBody": {"eventList": [event("p32", bizStep="flying")]}}
    assert world.post("/epcis/capture", wrong, headers=bearer(shop)).status_code == 400
    assert at(world, shop, "60") == set()
    wrong["epcisBody"]["eventList"].append(event("p33"))
    captured(world, shop, wrong, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert at(world, shop, "60") == {"p31"}


def test_a_named_query_asks_by_master_data(world: World, shop: str) -> None:
    captured(world, shop, document(event("q41", bizLocation={"id": place(41)})))
    captured(world, shop, told((41, "70")))
    asked = {"name": "by-floors", "query": {f"EQATTR_bizLocation_{MDA}floors": ["70"]}}
    assert world.post("/epcis/queries", asked, headers=bearer(shop)).status_code == 201
    answer = world.get("/epcis/queries/by-floors/events", shop)
    assert [one.members["epcList"] for one in events_of(answer)] == [[ITEM + "q41"]]
