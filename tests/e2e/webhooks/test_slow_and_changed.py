"""Deliveries while something goes on: an endpoint that is slow, a webhook that changes, a clock that is put right."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.common.periods import DAY
from ledger.formats.standard_webhooks import secret_of
from ledger.services.events import schedule
from ledger.services.events.event import Wanted
from ledger.services.events.sending import WebhookSender
from ledger.services.events.webhooks import Webhooks
from ledger.services.home.clock import ManualClock
from ledger.services.views.records import Reader
from tests.e2e.stage import CARRIER, Stage
from tests.e2e.webhooks.receiver import TAKE, receiving
from tests.e2e.webhooks.test_sending import ME, Desk

PATIENCE = 30


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def until(holds: Callable[[], bool], sender: WebhookSender) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        sender.step()
        time.sleep(0.01)


def test_one_that_is_slow_keeps_no_other_waiting_and_no_service_from_ending(desk: Desk) -> None:
    """Neither of its own partner nor of another, however many are slow."""
    size, _ = desk.stage.node.reader.feed.extent()
    asked, released = threading.Semaphore(0), threading.Event()

    def hang(_: object) -> int:
        asked.release()
        released.wait(PATIENCE)
        return 503

    with receiving(hang) as slow, receiving() as fast:
        for number in range(9):  # the first is asked for first, turn for turn
            desk.webhooks.register(ME, f"{slow.url}/{number}", Wanted(), after=-1)
        desk.webhooks.register(ME, fast.url + "/mine", Wanted(), after=-1)
        desk.webhooks.register(Reader(CARRIER), fast.url + "/others", Wanted(), after=-1)
        until(lambda: len(fast.taken) == 2 * size, desk.sender)
        assert fast.indexes("/mine") == fast.indexes("/others") == list(range(size))
        assert asked.acquire(timeout=PATIENCE)
        since = time.monotonic()
        desk.sender.close()
        assert time.monotonic() - since < 5, "a post has ten seconds, and is not waited for"
        released.set()
        views = desk.webhooks.of(ME)
        assert sorted(one.waiting for one in views) == [0] + [size] * 9
        assert {one.problem for one in views} == {""}, "who was broken off did nothing wrong"
        slow.answer = lambda _: TAKE
        slow.taken.clear()
        desk.sender.work_through()
        assert [event["index"] for event in slow.firsts("/8")] == list(range(size)), (
            "and what was broken off comes again"
        )


@pytest.mark.parametrize("act", [Webhooks.remove, Webhooks.pause])
def test_nothing_comes_after_the_answer_that_it_was_removed_or_paused(desk: Desk, act: Callable[..., object]) -> None:
    with receiving() as receiver:
        made = desk.register(receiver)

        def answer(_: object) -> int:
            if len(receiver.taken) == 2:
                act(desk.webhooks, ME, made.webhook.id)
            return TAKE

        receiver.answer = answer
        desk.sender.work_through()
        assert receiver.indexes("/hook") == [0, 1, 2], "that one was on its way"


def test_a_secret_that_is_asked_for_in_the_middle_signs_at_once(desk: Desk) -> None:
    with receiving() as receiver:
        made = desk.register(receiver)

        def answer(_: object) -> int:
            if len(receiver.taken) == 2:
                renewed = desk.webhooks.new_secret(ME, made.webhook.id)
                receiver.secrets["/hook"] = secret_of(renewed.secret)
            return TAKE

        receiver.answer = answer
        desk.sender.work_through()
        desk.sender.work_through()
        size, _ = desk.stage.node.reader.feed.extent()
        assert (receiver.indexes("/hook"), receiver.wrong) == (list(range(size)), [])
        assert [m.headers["webhook-signature"].count("v1,") for m in receiver.taken[2:4]] == [1, 2]


def test_a_clock_that_is_put_back_keeps_nothing_waiting_for_days(desk: Desk) -> None:
    """What was planned, and what was put off, while it was ahead."""
    size, _ = desk.stage.node.reader.feed.extent()
    clock = ManualClock(desk.clock.now() + 10 * DAY)
    home = replace(desk.home, clock=clock)
    with receiving(lambda message: 503 if message.path == "/hook" else 400) as receiver:
        desk.register(receiver)
        desk.register(receiver, path="/picky")
        WebhookSender(home, desk.key).work_through()
        assert len(receiver.refused) > 1
        receiver.answer = lambda _: TAKE
        desk.sender.work_through()
        assert receiver.indexes("/hook") == receiver.indexes("/picky") == list(range(size))


def test_what_was_hardly_tried_in_three_days_is_not_given_up(desk: Desk) -> None:
    """The service was away, or its clock leapt: that is not the endpoint's fault."""
    with receiving(lambda _: 400) as receiver:
        made = desk.register(receiver)
        desk.sender.work_through()
        first = len(receiver.refused)
        desk.clock.advance(4 * DAY)
        desk.sender.work_through()
        assert len(receiver.refused) == 2 * first
        assert desk.webhooks.dead(ME, made.webhook.id) == []
        for pause in schedule.PAUSES[1:]:
            desk.clock.advance(pause)
            desk.sender.work_through()
        letters = desk.webhooks.dead(ME, made.webhook.id)
        assert len(letters) == first
        assert {one.attempts for one in letters} == {schedule.LEAST_ATTEMPTS}


def test_an_endpoint_that_is_gone_is_left_alone_at_once(desk: Desk) -> None:
    with receiving(lambda _: 410) as receiver:
        made = desk.register(receiver)
        desk.sender.work_through()
        assert (len(receiver.refused), desk.webhooks.one(ME, made.webhook.id).state) == (1, "paused")
