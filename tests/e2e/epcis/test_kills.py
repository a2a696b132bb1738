"""A sender that is killed at any moment: every event of a subscription is delivered, in order."""

import os
import random
import signal
import time

import pytest

from tests.drills import SEED, amount
from tests.e2e.epcis.desk import Desk, serials
from tests.e2e.stage import Stage
from tests.e2e.webhooks.receiver import CUT, TAKE, Message, receiving
from tests.e2e.webhooks.test_kills import LONGEST, PATIENCE, lives


@pytest.mark.parametrize("kills", [8, pytest.param(amount("WEBHOOK_KILLS", 1000), marks=pytest.mark.drill)])
def test_nothing_is_lost_when_the_sender_is_killed(stage: Stage, kills: int) -> None:
    rng = random.Random(SEED)
    desk = Desk(stage)
    captured: list[str] = []
    with receiving(lambda _: rng.choices((TAKE, CUT, 503, 400), (80, 8, 6, 6))[0]) as receiver:
        desk.subscribe(receiver)
        with lives(stage.node.home) as begin:
            until, killed = time.monotonic() + PATIENCE, 0
            longest = LONGEST
            while killed < kills or len(firsts(receiver.taken)) < len(captured):
                assert time.monotonic() < until, f"seed {SEED}, {killed} kills, {len(captured)} events"
                if killed < kills:
                    new = [f"{killed}-{number}" for number in range(rng.randint(1, 5))]
                    desk.capture(*new)
                    captured += new
                before = len(receiver.taken)
                process = begin()
                time.sleep(rng.random() * longest)
                os.kill(process, signal.SIGKILL)
                killed += 1
                longest *= 1.2 if len(receiver.taken) == before else 0.9
    assert firsts(receiver.taken) == captured


def firsts(taken: list[Message]) -> list[str]:
    """Each event when it was taken first; a message comes again whole, and what it tells of in the same order."""
    return list(dict.fromkeys(serial for message in taken for serial in serials(message)))
