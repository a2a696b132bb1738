"""A named query as a WebSocket, to a client of the `websockets` library over a port of its own."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ledger.api import connections
from ledger.api.routers.epcis import Places, sockets
from ledger.codes import RegistryAction
from ledger.formats.epcis.document import event_of
from ledger.formats.epcis.reading import Read
from ledger.services.epcis.service import Epcis
from tests.api.epcis.test_capture import ITEM, event
from tests.api.events.serving import served
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, DELAY, HOUR, SHOP

PATIENCE = 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LOOK_SECONDS", 0.05)


@pytest.fixture
def url(world: World) -> Iterator[str]:
    with served(world.stage.node) as (url, _):
        yield url.replace("http://", "ws://")


@contextmanager
def opened(
    url: str, token: str, parameters: str, name: str = "SimpleEventQuery", **more: str
) -> Iterator[ClientConnection]:
    headers = {**bearer(token), **more}
    address = f"{url}/epcis/queries/{name}/events?{parameters}"
    with connect(address, additional_headers=headers, open_timeout=PATIENCE, compression=None) as socket:
        yield socket


def capture(world: World, partner: int, *serials: str) -> None:
    node = world.stage.node
    epcis = Epcis.of(node.home, node.reader.registry, node.reader.views, node.reader.keys.session_secret)
    events = {number: event_of(event(serial)) for number, serial in enumerate(serials)}
    assert epcis.capturing.take(b"{}", Read(events, ()), partner, "rollback").success


def items(socket: ClientConnection) -> list[str]:
    """The serials of the next document."""
    document = json.loads(socket.recv(timeout=PATIENCE))
    assert document["type"] == "EPCISQueryDocument"
    listed = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return [one["epcList"][0].removeprefix(ITEM) for one in listed]


def refusal(url: str, token: str, parameters: str, **more: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refused, opened(url, token, parameters, **more):
        pass
    answer = refused.value.response
    return answer.status_code, str(json.loads(answer.body or b"{}").get("type", ""))


def closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as ended:
        socket.recv(timeout=PATIENCE)
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


def test_a_stream_tells_what_comes_and_nothing_of_others(world: World, url: str) -> None:
    shop = world.token(SHOP)
    capture(world, SHOP, "w0")
    with opened(url, shop, "stream=true&EQ_bizStep=receiving") as socket:
        assert socket.response is not None
        assert socket.response.headers["GS1-EPCIS-Version"] == "2.0.0"
        capture(world, CARRIER, "w1")
        capture(world, SHOP, "w2", "w3")
        assert items(socket) == ["w2", "w3"]
        capture(world, SHOP, "w4")
        assert items(socket) == ["w4"]


def test_it_begins_at_the_record_time_that_is_asked_for(world: World, url: str) -> None:
    world.stage.clock.advance(10)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(world.stage.clock.now()))
    capture(world, SHOP, "x1")
    with opened(url, world.token(SHOP), f"stream=true&initialRecordTime={since}") as socket:
        assert items(socket) == ["x1"]


def test_a_scheduled_query_tells_when_it_is_due(world: World, url: str) -> None:
    clock = world.stage.clock
    with opened(url, world.token(SHOP), "minute=0&reportIfEmpty=true") as socket:
        capture(world, SHOP, "y1")
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)
        clock.advance(HOUR - clock.now() % HOUR)
        assert items(socket) == ["y1"]
        clock.advance(HOUR)
        assert items(socket) == []


def test_what_is_no_subscription_is_refused_before_it_begins(world: World, url: str) -> None:
    shop = world.token(SHOP)
    security, controls = "epcisException:SecurityException", "epcisException:SubscriptionControlsException"
    assert refusal(url, "", "stream=true") == (401, security)
    assert refusal(url, "nonsense", "stream=true") == (401, security)
    assert refusal(url, shop, "stream=true", Origin="https://elsewhere.example") == (403, security)
    assert refusal(url, shop, "stream=true", name="none") == (404, "epcisException:NoSuchNameException")
    for wrong in ("", "stream=false", "stream=true&minute=5", "minute=61", "stream=true&initialRecordTime=x"):
        assert refusal(url, shop, wrong) == (400, controls)
    assert refusal(url, shop, "stream=true&eventCountLimit=3")[0] == 400
    assert refusal(url, shop, "stream=true&nonsense=3")[0] == 400
    assert refusal(url, shop, "stream=true&EQ_bizStep=%00")[0] == 400
    assert refusal(url, shop, "stream=true", **{"GS1-EPCIS-Min": "3.0.0"})[0] == 406
    with pytest.raises(InvalidStatus) as elsewhere, connect(f"{url}/v1/events"):
        pass
    assert elsewhere.value.response.status_code == 403


def test_places_are_counted_and_freed(world: World, url: str) -> None:
    shop = world.token(SHOP)
    with ExitStack() as many:
        for _ in range(Places().of_one):
            many.enter_context(opened(url, shop, "stream=true"))
        assert refusal(url, shop, "stream=true")[0] == 429
        with opened(url, world.token(CARRIER), "stream=true") as other:
            capture(world, CARRIER, "z1")
            assert items(other) == ["z1"]
    until = time.monotonic() + PATIENCE
    while not is_free(url, shop):
        assert time.monotonic() < until, "the places are free again"
        time.sleep(0.05)


def is_free(url: str, token: str) -> bool:
    with suppress(InvalidStatus), opened(url, token, "stream=true"):
        return True
    return False


def test_it_ends_with_its_query(world: World, url: str) -> None:
    shop = world.token(SHOP)
    world.post("/epcis/queries", {"name": "brief", "query": {}}, headers=bearer(shop))
    with opened(url, shop, "stream=true", name="brief") as socket:
        assert world.client.delete("/epcis/queries/brief", headers=bearer(shop)).status_code == 204
        assert closed(socket)[0] == sockets.POLICY


def test_it_ends_when_its_partner_is_suspended(world: World, url: str) -> None:
    carrier = world.token(CARRIER)
    with opened(url, carrier, "stream=true") as socket:
        world.stage.decide(RegistryAction.SUSPEND, partner=CARRIER)
        assert closed(socket) == (sockets.POLICY, "the partner is suspended")
    assert refusal(url, carrier, "stream=true") == (403, "epcisException:SecurityException")
    world.stage.decide(RegistryAction.REINSTATE, partner=CARRIER)
    world.stage.pass_time(DELAY + HOUR)


def test_it_outlives_what_an_idle_connection_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.PatientProtocol, "idle_seconds", 0.1)
    with (
        served(world.stage.node) as (url, _),
        opened(url.replace("http", "ws"), world.token(SHOP), "stream=true") as one,
    ):
        with pytest.raises(TimeoutError):
            one.recv(timeout=0.5)
        capture(world, SHOP, "v1")
        assert items(one) == ["v1"]


def say(socket: ClientConnection, text: str, times: int) -> None:
    """Say it so often, and wait for what comes back."""
    for _ in range(times):
        socket.send(text)
    socket.recv(timeout=PATIENCE)


@pytest.mark.parametrize(("text", "times"), [("and so on", 10_000), ("x" * 5_000, 1)])
def test_a_client_that_says_too_much_is_left(world: World, url: str, text: str, times: int) -> None:
    with opened(url, world.token(SHOP), "stream=true") as socket, pytest.raises(ConnectionClosed):
        say(socket, text, times)


def test_after_an_hour_it_ends(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LONGEST_SECONDS", 0.3)
    with opened(url, world.token(SHOP), "stream=true") as socket:
        assert closed(socket) == (sockets.AWAY, "come again")
