"""Whoever looks at what the chain's node has to say keeps nobody else waiting, however slow that is."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import httpx2
import pytest

from ledger.api.app import create_app
from ledger.api.middleware import READS_AT_ONCE
from ledger.api.quota import Budgets, Rate
from ledger.errors import ChainUnavailable
from ledger.services.figures.bonuses import ASKING_AT_ONCE
from tests.api.world import World
from tests.e2e.lifecycle.test_pool_succession import terms
from tests.e2e.stage import CARRIER, SECOND

FREE = Rate(0, 1)


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_a_flood_of_looks_at_a_service_whose_node_is_slow_keeps_no_reader_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    app = create_app(world.stage.node, Budgets(FREE, FREE))
    asked, answers = [], threading.Event()
    final = world.stage.node.chain.final

    def slowly() -> int:
        asked.append(path)
        assert answers.wait(60)
        number: int = final()
        return number

    async def flood() -> tuple[list[int], int]:
        async def look(number: int) -> int:
            transport = httpx2.ASGITransport(app, client=(f"192.0.2.{number}", 50_000))
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=90) as client:
                return int((await client.get(path)).status_code)

        try:
            looks = [asyncio.create_task(look(number)) for number in range(100)]
            while not asked:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            transport = httpx2.ASGITransport(app, client=("198.51.100.1", 50_000))
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                honest = [await asyncio.wait_for(client.get(p), 20) for p in ("/healthz", "/v1/log", "/v1/network")]
        finally:
            answers.set()
        return [one.status_code for one in honest], sum(status == 200 for status in await asyncio.gather(*looks))

    with monkeypatch.context() as patched:
        patched.setattr(world.stage.node.chain, "final", slowly)
        assert asyncio.run(flood()) == ([200, 200, 200], 100)
    assert len(asked) == 1, "one look for all who ask at the same time"


def test_few_readers_at_a_time_wait_for_a_slow_node_and_the_others_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks at bonuses ask the pool on the chain, each in one of the turns that readers have."""
    answers, call = threading.Event(), world.stage.node.chain.call
    agreement = world.stage.sign(terms(world.stage), CARRIER, SECOND)

    def slowly(*arguments: Any, **options: Any) -> Any:
        assert answers.wait(60)
        return call(*arguments, **options)

    monkeypatch.setattr(world.stage.node.chain, "call", slowly)
    with ThreadPoolExecutor(READS_AT_ONCE) as readers:
        looks = [readers.submit(world.stage.node.reader.bonuses.status, agreement) for _ in range(4 * READS_AT_ONCE)]
        try:
            told = 4 * READS_AT_ONCE - ASKING_AT_ONCE
            refused = [look.exception(20) for look in islice(as_completed(looks, 20), told)]
        finally:
            answers.set()
        assert all(isinstance(error, ChainUnavailable) for error in refused)
        assert len({look.result() for look in looks if look.exception() is None}) == 1
    assert ASKING_AT_ONCE < READS_AT_ONCE
