"""A fair queue: who has spent the least is served next, nobody's turn is lost, and no more wait than may."""

import asyncio

import pytest

from ledger.api.fair_queue import FairQueue
from ledger.errors import Busy


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_who_has_spent_the_least_is_served_next_and_who_came_first_among_equals() -> None:
    async def play() -> list[str]:
        queue, served = FairQueue(1), list[str]()

        async def ask(name: str, spent: float) -> None:
            await queue.take(name, spent)
            served.append(name)
            queue.done(name)

        await queue.take("first", 0)
        asking = [
            asyncio.create_task(ask(name, spent))
            for name, spent in (("flood 1", 0.9), ("flood 2", 0.9), ("honest", 0.1), ("newcomer", 0.0))
        ]
        await settle()
        assert served == []
        queue.done("first")
        await asyncio.gather(*asking)
        return served

    assert asyncio.run(play()) == ["newcomer", "honest", "flood 1", "flood 2"]


def test_so_many_are_worked_on_at_once_and_no_more() -> None:
    async def play() -> None:
        queue, working = FairQueue(3), set[int]()

        async def work(number: int) -> None:
            await queue.take(str(number), 0)
            working.add(number)
            assert len(working) <= 3
            await asyncio.sleep(0)
            working.discard(number)
            queue.done(str(number))

        await asyncio.gather(*(work(number) for number in range(50)))
        assert not queue._working

    asyncio.run(play())


def test_when_too_many_wait_who_has_spent_the_most_is_sent_away() -> None:
    async def play() -> list[str]:
        queue, refused = FairQueue(1, most_waiting=2), list[str]()

        async def ask(name: str, spent: float) -> None:
            try:
                await queue.take(name, spent)
            except Busy:
                refused.append(name)
            else:
                queue.done(name)

        await queue.take("first", 0)
        asking = [asyncio.create_task(ask(f"flood {i}", 0.5 + i / 10)) for i in range(3)]
        await settle()
        asking.append(asyncio.create_task(ask("honest", 0.0)))
        await settle()
        queue.done("first")
        await asyncio.gather(*asking)
        assert not queue._working
        return refused

    assert asyncio.run(play()) == ["flood 2", "flood 1"]


@pytest.mark.parametrize("granted", [False, True])
def test_who_goes_away_while_waiting_takes_no_turn_along(granted: bool) -> None:
    async def play() -> None:
        queue = FairQueue(1)
        await queue.take("first", 0)
        gone = asyncio.create_task(queue.take("gone", 0))
        await settle()
        if granted:
            queue.done("first")
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        if not granted:
            queue.done("first")
        await asyncio.wait_for(queue.take("next", 0), 1)

    asyncio.run(play())


def test_a_client_that_has_spent_much_has_few_turns_and_leaves_the_others_free() -> None:
    async def play() -> None:
        queue = FairQueue(8)
        flood = [asyncio.create_task(queue.take("flood", 0.5)) for _ in range(20)]
        await settle()
        assert sum(task.done() for task in flood) == 1
        for _ in range(7):
            await asyncio.wait_for(queue.take("honest", 0.0), 1)
        queue.done("honest")
        await settle()
        assert sum(task.done() for task in flood) == 1, "a free turn is not for who has one already"
        queue.done("flood")
        await settle()
        assert sum(task.done() for task in flood) == 2
        for task in flood:
            task.cancel()

    asyncio.run(play())
