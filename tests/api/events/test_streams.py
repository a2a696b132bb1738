"""`GET /v1/events/stream`: what comes is told as it comes, a lost stream goes on, and followers cost little."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import httpx2
import pytest

from ledger.api.live import MOST_OF_ONE
from ledger.common.keccak import keccak256
from ledger.records.types import Observation
from tests.api.events.serving import served
from tests.api.events.test_listing import followed
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, MAKER

PATIENCE = 30


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with served(world.stage.node) as (url, _):
        yield url


@contextmanager
def streaming(url: str, query: str = "", **headers: str) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """Kind, id and data of what a stream tells."""
    with httpx2.stream("GET", f"{url}/v1/events/stream{query}", headers=headers, timeout=PATIENCE) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield ((event.event, event.id, json.loads(event.data)) for event in httpx2.EventSource(answer) if event.data)


def test_all_there_is_and_then_what_comes(world: World, url: str) -> None:
    expected = followed(world)
    with streaming(url) as told:
        records = (one for one in told if one[0] == "record")
        first = list(islice(records, len(expected)))
        assert [one[2] for one in first] == expected
        assert [one[1] for one in first] == [str(event["index"]) for event in expected]
        index = world.stage.sign(Observation(CARRIER, keccak256(b"streamed"), world.stage.now), CARRIER)
        kind, place, event = next(records)
    assert (kind, event["id"], place) == ("record", "0x" + index.hex(), str(len(expected)))
    assert event["logSize"] == len(expected) + 1


def test_a_lost_stream_goes_on_behind_its_last_event(world: World, url: str) -> None:
    events = world.get("/v1/events?limit=100")["events"]
    with streaming(url, "?after=0", **{"Last-Event-ID": "6"}) as told:
        records = (one[2] for one in told if one[0] == "record")
        assert list(islice(records, 5)) == events[7:12]
    refused = httpx2.get(f"{url}/v1/events/stream", headers={"Last-Event-ID": "x7"})
    assert refused.status_code == 400
    assert refused.json()["where"] == "Last-Event-ID"
    for absurd in ("9" * 16, "9" * 400, "-1", "1e3", "٣", "7\t8"):
        refused = httpx2.get(f"{url}/v1/events/stream", headers=[(b"Last-Event-ID", absurd.encode())])
        assert (refused.status_code, refused.json()["where"]) == (400, "Last-Event-ID"), absurd


def test_filters_and_how_far_the_chain_is(world: World, url: str) -> None:
    query = f"?type=Handoff&shipment={world.id('breach')}"
    expected = world.get(f"/v1/events{query}&limit=100")["events"]
    with streaming(url, query) as told:
        seen: list[Any] = []
        anchored = None
        for kind, _, data in told:
            if kind == "record":
                seen.append(data)
            elif kind == "anchored":
                anchored = data
            if len(seen) == len(expected) and anchored:
                break
    assert seen == expected
    assert anchored == world.get("/v1/events")["anchored"]


def test_one_reader_has_so_many_places_and_others_have_theirs(world: World, url: str) -> None:
    with ExitStack() as open_streams:
        kept = [open_streams.enter_context(streaming(url, "?after=5")) for _ in range(MOST_OF_ONE)]
        assert [next(told)[0] for told in kept] == ["record"] * MOST_OF_ONE
        refused = httpx2.get(f"{url}/v1/events/stream")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "30"
        with streaming(url, "?after=5", **bearer(world.token(MAKER))) as told:
            assert next(told)[0] == "record", "a partner has places of its own"
    end = time.monotonic() + PATIENCE
    while httpx2.head(f"{url}/v1/events/stream").status_code == 429:
        assert time.monotonic() < end, "who left gives the place back"
        time.sleep(0.1)


def test_followers_hold_no_connection_to_the_database_and_keep_nobody_waiting(
    world: World, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    extent = world.stage.node.reader.feed.extent

    def counted() -> Any:
        asked.append(time.monotonic())
        return extent()

    end = world.get("/v1/log")["size"] - 1
    tokens = [world.token(who) for who in (MAKER, CARRIER)]
    with ExitStack() as open_streams:
        kept = [
            open_streams.enter_context(streaming(url, f"?after={end - 1}", **bearer(token)))
            for token in tokens
            for _ in range(MOST_OF_ONE)
        ]
        assert [next(told)[0] for told in kept] == ["record"] * 2 * MOST_OF_ONE
        time.sleep(1)
        pool = world.stage.node.home.database.engine.pool
        monkeypatch.setattr(world.stage.node.reader.feed, "extent", counted)
        since = time.monotonic()
        held = []
        while time.monotonic() < since + 3:
            held.append(pool.checkedout())
            assert httpx2.get(f"{url}/healthz").status_code == 200
            time.sleep(0.05)
    assert len(asked) <= 8, "one look for all, twice a second"
    assert sorted(held)[len(held) // 2] == 0


def test_who_asks_for_the_head_alone_gets_it_and_no_more(url: str) -> None:
    since = time.monotonic()
    answer = httpx2.head(f"{url}/v1/events/stream", timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert time.monotonic() - since < 5


def test_a_service_that_ends_lets_its_followers_go(world: World) -> None:
    ended = threading.Event()
    with served(world.stage.node) as (url, _):
        begun = threading.Event()

        def follow() -> None:
            with streaming(url, "?after=3") as told:
                for _ in told:
                    begun.set()
            ended.set()

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        assert begun.wait(PATIENCE)
        since = time.monotonic()
    assert ended.wait(PATIENCE)
    assert time.monotonic() - since < 4, "not only when it is cut off"


def test_in_between_there_are_signs_of_life(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.api.live.ALIVE_SECONDS", 0.2)
    end = world.get("/v1/log")["size"] - 1
    with httpx2.stream("GET", f"{url}/v1/events/stream?after={end}", timeout=PATIENCE) as answer:
        lines = (line for line in answer.iter_lines() if line and "anchored" not in line and "data" not in line)
        assert next(lines) == ": follow"
        assert next(lines) == "retry: 3000"
        assert next(lines) == ": ping"
