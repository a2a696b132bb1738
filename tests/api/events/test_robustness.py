"""What followers outlive: a defect in the look that is made for all, and connections to the database that are short."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from ledger.api import connections, live
from ledger.api.connections import GONE_SECONDS, PatientProtocol
from ledger.api.live import LiveFeed, Told
from ledger.common.keccak import keccak256
from ledger.errors import Busy
from ledger.records.types import Observation
from ledger.services.events.event import Event, Wanted
from tests.api.events.serving import served
from tests.api.world import World
from tests.e2e.stage import CARRIER

PATIENCE = 30


def test_a_defect_in_one_look_silences_nobody_for_good(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    feed = world.stage.node.reader.feed
    size, _ = feed.extent()
    extent, broken = feed.extent, threading.Event()

    def failing() -> object:
        if broken.is_set():
            broken.clear()
            raise RuntimeError("as a defect would")
        return extent()

    monkeypatch.setattr(feed, "extent", failing)
    index = keccak256(b"after a defect")

    async def follow() -> Event:
        followers = LiveFeed(lambda: feed)
        with followers.place("me"):
            told = followers.follow(Wanted(), size - 1)
            waiting = asyncio.ensure_future(anext(events_of(told)))
            await asyncio.sleep(0.3)  # it has caught up, and is told from memory
            broken.set()
            while broken.is_set():
                await asyncio.sleep(0.01)
            await asyncio.to_thread(world.stage.submit, Observation(CARRIER, index, world.stage.now), CARRIER)
            async with asyncio.timeout(PATIENCE):
                return await waiting

    assert asyncio.run(follow()).index == size


async def events_of(told: AsyncIterator[Told]) -> AsyncIterator[Event]:
    async for one in told:
        if isinstance(one, Event):
            yield one


def test_where_all_connections_are_in_use_who_asks_is_told_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = world.stage.node.home.database
    pool = database.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with ExitStack() as held:
        for _ in range(30):  # a pool's ten, and twenty more
            held.enter_context(database.engine.connect())
        for use in (database.read, database.write):
            with pytest.raises(Busy, match="in use"), use():
                pass
        answer = world.client.get("/v1/events")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert world.client.get("/v1/events").status_code == 200


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each connection's patience was when it had been made."""
    found: list[int] = []
    give_up = connections._give_up_sooner

    def seen(connection: socket.socket) -> None:
        give_up(connection)
        found.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))

    monkeypatch.setattr(connections, "_give_up_sooner", seen)
    return found


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux knows how")
def test_who_vanished_without_a_word_is_given_up_in_half_a_minute(world: World, accepted: list[int]) -> None:
    with served(world.stage.node) as (url, server):
        assert server.config.http is PatientProtocol
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert accepted == [GONE_SECONDS * 1000]
