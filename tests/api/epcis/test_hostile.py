"""What somebody sends who wants more than is his, or wants the service to stumble."""

import asyncio
import base64
import json
from time import perf_counter
from typing import Any, cast

import pytest

from ledger.api.routers.epcis import streams
from ledger.formats.epcis.query import DEFAULT_PER_PAGE, EventQuery
from ledger.services.epcis.queries import Answer
from ledger.store.epcis import captures, events
from ledger.store.events import webhooks
from tests.api.epcis.test_capture import CONTEXT, XML, document, event
from tests.api.world import World, bearer
from tests.e2e.stage import SHOP


def token_of(*told: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


WRONG: tuple[tuple[Any, ...], ...] = (
    ("", 1, 1, -5), ("", True, True, True), ("", "1", 1, 0), ("", 1.5, 1, 0), ("", [[]], 1, 0),
    ("eventTime", "1", 1, 0),
    ("recordTime", "\ud800", 1, 0), ("ex:a", 1, 1, 0), ("ex:a", "\ud800", 1, 0), ("ex:a", "\0", 1, 0),
)  # fmt: skip


@pytest.mark.parametrize(("order", "told"), [(one[0], one[1:]) for one in WRONG])
def test_a_page_token_that_was_made_up_is_refused(world: World, order: str, told: tuple[object, ...]) -> None:
    asked = {"nextPageToken": token_of(*told)} | ({"orderBy": order} if order else {})
    answer = world.client.get("/epcis/events", params=asked, headers=bearer(world.token(SHOP)))
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")


@pytest.mark.parametrize("told", [("\ud800", 0, 0), (1, 0, 0), ("\0", 0, 0)])
def test_a_made_up_token_of_a_list_is_refused(world: World, told: tuple[object, ...]) -> None:
    asked = {"nextPageToken": token_of(*told)}
    assert world.client.get("/epcis/epcs", params=asked, headers=bearer(world.token(SHOP))).status_code == 400


def test_no_page_is_larger_than_a_page(world: World) -> None:
    shop = world.token(SHOP)
    world.post(
        "/epcis/capture", document(*[event(f"page{i}") for i in range(DEFAULT_PER_PAGE + 5)]), headers=bearer(shop)
    )
    asked = {"nextPageToken": token_of(0, 0, 0)}
    found = world.client.get("/epcis/events", params=asked, headers=bearer(shop)).json()
    assert len(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == DEFAULT_PER_PAGE


def test_a_list_with_long_foreign_names_leads_on(world: World) -> None:
    shop = world.token(SHOP)
    places = [f"https://shop.example/{'ö' * 250}{i}" for i in range(3)]
    far = [event(f"far{i}", bizLocation={"id": one}) for i, one in enumerate(places)]
    assert world.post("/epcis/capture", document(*far), headers=bearer(shop)).status_code == 202
    path, found = "/epcis/bizLocations?perPage=1", list[str]()
    while path:
        answer = world.client.get(path, headers=bearer(shop))
        assert answer.status_code == 200, answer.text
        found += answer.json()["member"]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert set(places) <= set(found)


def test_many_namespaces_keep_nobody_waiting(world: World) -> None:
    children = "".join(f'<a:b xmlns:a="urn:example:{i}"/>' for i in range(10_000))
    body = XML.format(serial="many").replace("</bizStep>", f"</bizStep>{children}")
    headers = {**bearer(world.token(SHOP)), "Content-Type": "application/xml"}
    before = perf_counter()
    answer = world.client.post("/epcis/capture", content=body, headers=headers)
    assert (answer.status_code, "namespaces" in answer.text) == (400, True)
    assert perf_counter() - before < 5


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_large_context_is_not_kept_with_each_event(world: World, behaviour: str) -> None:
    body = document(event("large1"), event("large2"))
    body["@context"] = [*CONTEXT, {f"p{i}": f"https://example.com/{i}/" for i in range(5_000)}]
    headers = {**bearer(world.token(SHOP)), "GS1-Capture-Error-Behaviour": behaviour}
    answer = world.post("/epcis/capture", body, headers=headers)
    assert (answer.status_code, "prefixes" in answer.text) == (400, True)


def test_who_is_gone_before_the_first_line_leaves_no_place_taken(world: World) -> None:
    """As when a client asks and hangs up at once: the generator of the lines never begins."""
    places = streams.Places()
    reader = cast(Any, type("Reader", (), {"partner": SHOP, "key": b""})())
    service = cast(Any, type("Service", (), {})())
    service.querying = type("Querying", (), {"run": lambda *_, **__: Answer((), (), "")})()
    followed = streams.Followed(EventQuery(), reader, "any", lambda: reader)

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def sent(_: object) -> None:
        await asyncio.sleep(0)  # as where the connection takes nothing more for now

    async def hang_up() -> int:
        answer = await streams.follow(service, world.stage.node, places, followed, "any")
        assert places.taken[SHOP] == 1
        await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, gone, cast(Any, sent))
        return places.taken[SHOP]

    assert asyncio.run(hang_up()) == 0


def test_a_text_that_a_database_cannot_hold_is_refused_at_the_door(world: World) -> None:
    """PostgreSQL takes neither NUL nor ids of kilobytes; here they are tried on SQLite, which would take both."""
    shop = world.token(SHOP)
    wrong = (
        event("nul", **{"ex:a": "a\0b"}),
        event("nul2", **{"ex:a": [{"ex:\0": 1}]}),
        event("id", eventID="urn:" + "x" * 600),
    )
    for one in wrong:
        body = document(one) | {"@context": [*CONTEXT, {"ex": "https://shop.example/"}]}
        for behaviour in ("rollback", "proceed"):
            headers = {**bearer(shop), "GS1-Capture-Error-Behaviour": behaviour}
            answer = world.post("/epcis/capture", body, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    query = {"name": "nul", "query": {"EQ_bizStep": ["a\0"]}}
    assert world.post("/epcis/queries", query, headers=bearer(shop)).status_code == 400
    assert world.client.get("/epcis/events", params={"EQ_bizStep": "\0"}).status_code == 400


def test_no_name_with_a_nul_is_looked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = world.token(SHOP)

    def looked(*asked: object, **_: object) -> None:
        raise AssertionError(f"looked for {asked[1:]}")

    for module, name in ((captures, "get"), (captures, "query_named"), (captures, "remove_query"), (events, "newest")):
        monkeypatch.setattr(module, name, looked)
    monkeypatch.setattr(webhooks, "get", looked)
    for path in ("/epcis/events/a%00", "/epcis/queries/a%00", "/epcis/capture/a%00", "/v1/webhooks/a%00"):
        assert world.client.get(path, headers=bearer(shop)).status_code == 404, path
    assert world.client.delete("/epcis/queries/a%00", headers=bearer(shop)).status_code == 404
    assert world.client.get("/epcis/events/" + "x" * 20_000, headers=bearer(shop)).status_code == 404
