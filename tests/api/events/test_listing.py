"""`GET /v1/events`: every record once, in the log's order, from any cursor, through any filter, for anybody alike."""

from typing import Any

import pytest

from ledger.records.types import Outcome
from ledger.services.events.event import Wanted
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, MAKER, OCEAN


def followed(world: World, query: str = "", token: str = "", limit: int = 7) -> list[dict[str, Any]]:
    """All events as a follower takes them in: page by page, until there is no more."""
    events: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = world.get(f"/v1/events?limit={limit}{cursor}{query}", token)
        events += page["events"]
        cursor = f"&after={page['next']}"
        if not page["more"]:
            return events


def test_each_record_of_the_log_is_told_once_in_its_order(world: World) -> None:
    events = followed(world)
    size = world.get("/v1/log")["size"]
    assert [event["index"] for event in events] == list(range(size))
    assert all(event["logSize"] == event["index"] + 1 for event in events)
    listed = {record["id"]: record for record in world.get("/v1/records?limit=100")["records"]}
    for event in events:
        if record := listed.get(event["id"]):
            assert (event["type"], event["index"]) == (record["type"], record["log"]["index"])
            assert (event["leafHash"], event["loggedAt"]) == (record["log"]["leaf_hash"], record["log"]["logged_at"])


def test_a_cursor_goes_on_behind_what_was_taken_in_and_stays_at_the_end(world: World) -> None:
    events = followed(world)
    page = world.get(f"/v1/events?after={events[4]['index']}&limit=3")
    assert page["events"] == events[5:8]
    end = world.get(f"/v1/events?after={events[-1]['index']}")
    assert (end["events"], end["next"], end["more"]) == ([], events[-1]["index"], False)
    assert end["logId"] == events[0]["logId"]


@pytest.mark.parametrize("beyond", [1, 50, 10**12])
def test_a_cursor_that_this_log_never_told_is_refused(world: World, beyond: int) -> None:
    """It is another log's, or this one was put back from a copy: who waited there would miss what lies between."""
    cursor = world.get("/v1/log")["size"] - 1 + beyond
    for path in ("/v1/events", "/v1/events/stream"):
        answer = world.client.get(f"{path}?after={cursor}")
        assert (answer.status_code, answer.json()["where"]) == (400, "after"), answer.text
        assert "logId" in answer.json()["mend"]
    answer = world.client.get("/v1/events/stream", headers={"Last-Event-ID": str(cursor)})
    assert (answer.status_code, answer.json()["where"]) == (400, "Last-Event-ID")
    hook = {"url": "https://erp.example.org/", "after": cursor}
    answer = world.post("/v1/webhooks", hook, headers=bearer(world.token(MAKER)))
    assert (answer.status_code, answer.json()["where"]) == (400, "after")


def test_who_follows_one_log_is_told_that_there_is_another(world: World) -> None:
    page = world.get("/v1/events?limit=1")
    same = world.get(f"/v1/events?limit=1&log={page['logId']}")
    assert same == page
    for path in ("/v1/events", "/v1/events/stream"):
        answer = world.client.get(f"{path}?log=0x{'ab' * 32}")
        assert (answer.status_code, answer.json()["where"], answer.json()["expected"]) == (404, "log", page["logId"])
        assert world.client.get(f"{path}?log=0xab").status_code == 400


def test_who_has_signed_in_is_told_the_same(world: World) -> None:
    assert followed(world, token=world.token(MAKER)) == followed(world)


def test_no_event_holds_a_private_part(world: World) -> None:
    shipment = world.get(f"/v1/shipments/{world.id('late')}", world.token(MAKER))
    assert "PO-" in str(shipment), "the order's number is there for who may read it"
    assert "PO-" not in str(followed(world, token=world.token(MAKER)))


@pytest.mark.parametrize(
    "query",
    [
        "&type=Handoff",
        "&type=Handoff&type=Outcome",
        "&partner={carrier}",
        "&partner={ocean}&type=Outcome",
        "&shipment={late}",
        "&shipment={late}&partner={carrier}",
        "&shipment={breach}&type=Handoff&partner={ocean}",
    ],
)
def test_a_filter_leaves_out_what_does_not_fit_and_nothing_else(world: World, query: str) -> None:
    query = query.format(carrier=CARRIER, ocean=OCEAN, late=world.id("late"), breach=world.id("breach"))
    wanted = dict.fromkeys(("type", "partner", "shipment"), "")
    types = [part.partition("=")[2] for part in query.split("&") if part.startswith("type=")]
    for part in query.split("&")[1:]:
        name, _, value = part.partition("=")
        wanted[name] = value
    expected = [
        event
        for event in followed(world)
        if (not types or event["type"] in types)
        and (not wanted["partner"] or int(wanted["partner"]) in event["partners"])
        and (not wanted["shipment"] or wanted["shipment"] in event["shipments"])
    ]
    for limit in (1, 7, 100):
        assert followed(world, query, limit=limit) == expected


def test_an_outcome_concerns_what_its_record_concerns(world: World) -> None:
    shipment = world.id("late")
    told = [event for event in followed(world, f"&shipment={shipment}") if event["type"] == "Outcome"]
    about = {event["outcome"]["record"]: event for event in told}
    assert world.id("first leg") in about
    outcome = about[world.id("first leg")]["outcome"]
    assert (outcome["type"], outcome["items"]) == ("Handoff", ["applied", "applied"])
    leg = world.get(f"/v1/records/{world.id('parcel leg')}")
    assert about[leg["id"]]["outcome"]["items"] == [item["outcome"] for item in leg["chain"]["items"]]


def test_few_leaves_are_looked_at_for_outcomes_and_none_is_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted(partner=OCEAN)
    feed = world.stage.node.reader.feed
    expected = feed.page(wanted, limit=100).events
    monkeypatch.setattr("ledger.services.events.feed.WINDOW", 3)
    events, cursor, empty = [], -1, 0
    while True:
        page = feed.page(wanted, cursor)
        assert page.next is not None
        events += page.events
        cursor, empty = page.next, empty + (not page.events)
        if not page.more:
            break
    assert tuple(events) == expected
    assert any(event.number == Outcome.NUMBER for event in events)
    assert empty, "pages with nothing on them lead on"


def test_how_far_the_chain_has_the_log_stands_beside(world: World) -> None:
    page = world.get("/v1/events?limit=1")
    anchored = world.get("/v1/log")["anchored"]
    assert page["anchored"] == {name: anchored[name] for name in ("size", "block", "transaction")}
    assert page["size"] == world.get("/v1/log")["size"]


@pytest.mark.parametrize(
    ("query", "where"),
    [("type=Nothing", "type"), ("shipment=0x12", "shipment"), ("after=-1", "after"), ("kind=Handoff", "query")],
)
def test_what_is_no_filter_is_refused(world: World, query: str, where: str) -> None:
    answer = world.client.get(f"/v1/events?{query}")
    assert answer.status_code == 400, answer.text
    assert where in answer.json()["where"]
