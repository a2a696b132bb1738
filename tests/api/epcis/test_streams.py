"""A query that is followed over a real connection: it ends with the session, the key and the service."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from ledger.api.routers.epcis import streams
from ledger.codes import RegistryAction
from tests.api.events.serving import served
from tests.api.world import World, bearer
from tests.e2e.stage import SECOND, SHOP

PATH = "/epcis/queries/SimpleEventQuery/events"
PATIENCE = 30


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)


@contextmanager
def followed(url: str, token: str) -> Iterator[threading.Event]:
    """Set once the stream has ended."""
    begun, ended = threading.Event(), threading.Event()

    def follow() -> None:
        headers = {**bearer(token), "Accept": "text/event-stream"}
        with httpx2.stream("GET", url + PATH, headers=headers, timeout=PATIENCE) as answer:
            assert answer.status_code == 200, answer.read()
            for _ in answer.iter_lines():
                begun.set()
        ended.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    assert begun.wait(PATIENCE)
    assert not ended.wait(0.3)
    yield ended
    thread.join(PATIENCE)


def test_it_ends_when_its_reader_signs_out_or_its_partner_is_suspended(world: World) -> None:
    """Not an hour later: who takes a session over, or off, means it."""
    with served(world.stage.node) as (url, _):
        token, other, gone = world.token(SHOP), world.token(SHOP), world.token(SECOND)
        with followed(url, other) as still, followed(url, gone) as suspended, followed(url, token) as signed_out:
            answer = httpx2.delete(url + "/v1/session", headers=bearer(token))
            assert answer.status_code == 200, answer.text
            assert signed_out.wait(PATIENCE)
            world.stage.decide(RegistryAction.SUSPEND, partner=SECOND)
            assert suspended.wait(PATIENCE)
            assert not still.is_set()
            refused = httpx2.get(url + PATH, headers={**bearer(gone), "Accept": "text/event-stream"})
            assert refused.status_code == 403, "nor does it begin again"
            assert httpx2.get(url + PATH, headers=bearer(gone)).status_code == 200, "it reads as everywhere"
            world.stage.decide(RegistryAction.REINSTATE, partner=SECOND)
            httpx2.delete(url + "/v1/session", headers=bearer(other))


def test_a_service_that_ends_lets_its_followers_go(world: World) -> None:
    with served(world.stage.node) as (url, server), followed(url, world.token(SHOP)) as ended:
        since = time.monotonic()
        server.config.app.state.epcis_places.end()  # type: ignore[union-attr]
        assert ended.wait(PATIENCE)
        assert time.monotonic() - since < 5, "not only when it is cut off"


def test_who_asks_for_the_head_alone_gets_it_and_no_more(world: World) -> None:
    with served(world.stage.node) as (url, server):
        headers = {**bearer(world.token(SHOP)), "Accept": "text/event-stream"}
        answer = httpx2.head(url + PATH, headers=headers, timeout=PATIENCE)
        assert (answer.status_code, answer.content) == (200, b"")
        assert server.config.app.state.epcis_places.taken.total() == 0  # type: ignore[union-attr]
