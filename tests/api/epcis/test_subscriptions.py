"""`/epcis/queries/{name}/subscriptions` over HTTP, and what the routes say of themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, SHOP

DEST = "https://erp.example.org/epcis"
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"  # GS1's example
SCHEDULED = {"dest": DEST, "signatureToken": TOKEN, "reportIfEmpty": True, "schedule": {"hour": "1", "minute": "5"}}
PATH = "/epcis/queries/arrived/subscriptions"


@pytest.fixture
def shop(world: World) -> Iterator[dict[str, str]]:
    """A session of the shop, whose query is there, and gone with all subscriptions afterwards."""
    headers = bearer(world.token(SHOP))
    made = world.post("/epcis/queries", {"name": "arrived", "query": {"EQ_bizStep": ["receiving"]}}, headers=headers)
    assert made.status_code == 201
    yield headers
    assert world.client.delete("/epcis/queries/arrived", headers=headers).status_code == 204
    assert world.client.get("/v1/webhooks", headers=headers).json()["webhooks"] == []


def subscribed(world: World, headers: dict[str, str], **body: Any) -> Any:
    answer = world.post(PATH, SCHEDULED | body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


def test_it_is_made_shown_listed_and_removed(world: World, shop: dict[str, str]) -> None:
    answer = subscribed(world, shop, initialRecordTime="2020-04-04T20:33:31.116-06:00")
    made = answer.json()
    assert answer.headers["Location"] == f"{PATH}/{made['subscriptionID']}"
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    told = {name: made[name] for name in ("dest", "queryName", "schedule", "reportIfEmpty", "initialRecordTime")}
    assert told == {
        "dest": DEST,
        "queryName": "arrived",
        "schedule": {"minute": "5", "hour": "1"},
        "reportIfEmpty": True,
        "initialRecordTime": "2020-04-05T02:33:31Z",
    }
    assert TOKEN not in answer.text, "it is not told again"
    assert world.client.get(answer.headers["Location"], headers=shop).json() == made
    streamed = world.post(PATH, {"dest": DEST, "stream": True}, headers=shop).json()
    assert (streamed["stream"], "schedule" in streamed) == (True, False)
    listed = world.client.get(PATH, headers=shop).json()
    assert sorted(one["subscriptionID"] for one in listed) == sorted(
        [made["subscriptionID"], streamed["subscriptionID"]]
    )
    page = world.client.get(f"{PATH}?perPage=1", headers=shop)
    following = page.headers["Link"].partition(">")[0].removeprefix("<")
    assert [*page.json(), *world.client.get(following, headers=shop).json()] == listed
    assert world.client.delete(answer.headers["Location"], headers=shop).status_code == 204
    gone = world.client.get(answer.headers["Location"], headers=shop)
    assert (gone.status_code, gone.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_others_do_not_see_it_and_the_public_has_none(world: World, shop: dict[str, str]) -> None:
    path = subscribed(world, shop).headers["Location"]
    for headers, status in ((bearer(world.token(CARRIER)), 404), ({}, 401)):
        assert world.client.get(path, headers=headers).status_code == status
        assert world.client.get(PATH, headers=headers).status_code == status
        assert world.client.delete(path, headers=headers).status_code == status
        assert world.post(PATH, SCHEDULED, headers=headers).status_code == status
    foreign = {**shop, "Origin": "https://elsewhere.example"}
    assert world.post(PATH, SCHEDULED, headers=foreign).status_code == 403
    assert world.client.delete(path, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"stream": True}, "SubscriptionControlsException"),
        ({"schedule": {"hour": "25"}}, "SubscriptionControlsException"),
        ({"schedule": {}}, "SubscriptionControlsException"),
        ({"reportIfEmpty": "yes"}, "SubscriptionControlsException"),
        ({"initialRecordTime": "soon"}, "SubscriptionControlsException"),
        ({"dest": "http://erp.example.org/"}, "ValidationException"),
        ({"dest": "https://127.0.0.1\n/"}, "ValidationException"),
        ({"signatureToken": "short"}, "ValidationException"),
        ({"secret": TOKEN}, "ValidationException"),
    ],
)
def test_what_is_wrong_is_told_by_gs1s_names(
    world: World, shop: dict[str, str], change: dict[str, Any], kind: str
) -> None:
    answer = world.post(PATH, SCHEDULED | change, headers=shop)
    assert (answer.status_code, answer.json()["type"]) == (400, f"epcisException:{kind}")
    assert world.client.get(PATH, headers=shop).json() == []


def test_a_body_that_is_no_json_object_is_refused(world: World, shop: dict[str, str]) -> None:
    for body in ("[]", "null", '"x"', "{", "{}", '{"dest":1}'):
        headers = {**shop, "Content-Type": "application/json"}
        assert world.client.post(PATH, content=body, headers=headers).status_code == 400
    answer = world.client.post(PATH, content="a=b", headers={**shop, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["type"]) == (415, "epcisException:ImplementationException")
    none = world.post("/epcis/queries/none/subscriptions", SCHEDULED, headers=shop)
    assert (none.status_code, none.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_what_can_be_done_is_told(world: World) -> None:
    for path, allowed in ((PATH, {"GET", "HEAD", "POST"}), (f"{PATH}/es_1", {"GET", "HEAD", "DELETE"})):
        answer = world.client.options(path)
        assert answer.status_code == 204
        assert set(answer.headers["Allow"].split(", ")) == allowed | {"OPTIONS"}
        assert answer.headers["GS1-EPCIS-Max"] == "2.0.0"
        assert answer.headers["GS1-CBV-XML-Format"] == "No_Preference"
    released = world.client.delete("/epcis/nextPageToken/abc")
    assert (released.status_code, released.json()["type"]) == (501, "epcisException:ImplementationException")
    long = world.client.get("/epcis/events?EQ_bizStep=" + "|".join(["receiving"] * 4_000))
    assert (long.status_code, long.json()["type"]) == (414, "epcisException:URITooLongException")
    answer = world.client.get("/epcis/events", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["type"]) == (406, "epcisException:ImplementationException")
