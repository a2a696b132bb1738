"""Whoever looks at how the service is keeps nobody else waiting, however slow that is."""

import asyncio
import threading
from typing import Any

import httpx2
import pytest

from ledger.api.app import create_app
from ledger.api.quota import Budgets, Rate
from tests.api.world import World

FREE = Rate(0, 1)


@pytest.mark.parametrize(("path", "part"), [("/readyz", "clock_trouble"), ("/metrics", "clock_off")])
def test_a_flood_of_slow_looks_keeps_no_reader_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str, part: str
) -> None:
    app = create_app(world.stage.node, Budgets(FREE, FREE))
    asked, answers = [], threading.Event()
    look = getattr(world.stage.node.guard, part)

    def slowly() -> Any:
        asked.append(path)
        assert answers.wait(60)
        return look()

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
        patched.setattr(world.stage.node.guard, part, slowly)
        assert asyncio.run(flood()) == ([200, 200, 200], 100)
    assert len(asked) == 1, "one look for all who ask at the same time"
