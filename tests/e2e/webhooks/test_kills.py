"""A sender that is killed at any moment, a thousand times: every event is delivered, in order per shipment."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.common.keccak import keccak256
from ledger.formats.standard_webhooks import secret_of
from ledger.records.types import Observation
from ledger.services.events.event import Wanted
from ledger.services.events.feed import Feed
from ledger.services.events.webhooks import Webhooks
from ledger.services.home.home import Home
from ledger.services.views.records import Reader
from tests.api.world import play
from tests.drills import SEED, amount
from tests.e2e.stage import CARRIER, MAKER, OCEAN, Stage
from tests.e2e.webhooks.lives import ENVIRONMENT
from tests.e2e.webhooks.receiver import CUT, TAKE, Receiver, receiving

ROOT = Path(__file__).resolve().parents[3]
LONGEST = 0.3
"""Seconds of a life, its beginning included; more where little is delivered in so much, and less where much is."""
LITTLE, MUCH = 5, 30
TIMES = 50
"""So much faster than the machine's is the sender's clock."""
PARTNERS = (MAKER, CARRIER, OCEAN)
PATIENCE = 900


@pytest.mark.parametrize("kills", [6, pytest.param(amount("WEBHOOK_KILLS", 1000), marks=pytest.mark.drill)])
def test_nothing_is_lost_when_the_sender_is_killed(stage: Stage, kills: int) -> None:
    rng = random.Random(SEED)
    play(stage)
    home = stage.node.home
    webhooks = Webhooks(replace(home, settings=replace(home.settings, webhook_networks="127.0.0.0/8")), _secret(stage))
    killed = rounds = 0
    longest = LONGEST
    with receiving(lambda _: rng.choices((TAKE, CUT, 503, 400), (80, 8, 6, 6))[0]) as receiver:
        receiver.tolerance = 10**9  # the sender's clock runs away
        with lives(home) as begin:
            while killed < kills:
                rounds += 1
                paths = _register(webhooks, receiver, rounds)
                expected = _size(home)
                since = time.monotonic()
                while not _all_delivered(receiver, paths, expected):
                    assert time.monotonic() < since + PATIENCE, (
                        f"seed {SEED}, {killed} kills: {_left(receiver, paths, expected)}"
                    )
                    before = len(receiver.taken)
                    process = begin()
                    time.sleep(rng.random() * longest)
                    os.kill(process, signal.SIGKILL)
                    killed += 1
                    done = len(receiver.taken) - before
                    longest *= 1.2 if done < LITTLE else 0.7 if done > MUCH else 1
                    if rng.random() < 0.3:
                        stage.clock.advance(1)
                        stage.submit(Observation(CARRIER, keccak256(b"%d" % killed), stage.now), CARRIER)
                        expected = _size(home)
                _judge(receiver, paths, expected)
                print(f"{killed} kills, {rounds} rounds of {expected} events, {len(receiver.taken)} deliveries")
                _forget(webhooks, receiver)
    assert receiver.wrong == []
    assert killed >= kills


@contextmanager
def lives(home: Home) -> Iterator[Any]:
    """What begins the sender's next life, and gives its process id."""
    command = [sys.executable, "-m", "tests.e2e.webhooks.lives", str(home.settings.home), str(time.time()), str(TIMES)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=kept | ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told, heard = process.stdin, process.stdout

    def begin() -> int:
        told.write("live\n")
        told.flush()
        return int(heard.readline())

    try:
        yield begin
        told.close()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        heard.close()


def _register(webhooks: Webhooks, receiver: Receiver, turn: int) -> list[str]:
    """For each partner one that has all events from the first on; the paths that they go to."""
    paths = []
    for partner in PARTNERS:
        path = f"/{turn}/{partner}"
        made = webhooks.register(Reader(partner), receiver.url + path, Wanted(), after=-1)
        receiver.secrets[path] = secret_of(made.secret)
        paths.append(path)
    return paths


def _all_delivered(receiver: Receiver, paths: list[str], size: int) -> bool:
    return all(len(set(receiver.indexes(path))) >= size for path in paths)


def _left(receiver: Receiver, paths: list[str], size: int) -> dict[str, list[int]]:
    return {path: sorted(set(range(size)) - set(receiver.indexes(path))) for path in paths}


def _judge(receiver: Receiver, paths: list[str], size: int) -> None:
    for path in paths:
        firsts = receiver.firsts(path)
        assert sorted(event["index"] for event in firsts) == list(range(size))
        places: dict[str, list[int]] = {}
        for event in firsts:
            for shipment in event["shipments"] or ["none"]:
                places.setdefault(shipment, []).append(event["index"])
        assert len(places) > 4
        for indexes in places.values():
            assert indexes == sorted(indexes), "in the log's order"


def _forget(webhooks: Webhooks, receiver: Receiver) -> None:
    for partner in PARTNERS:
        for one in webhooks.of(Reader(partner)):
            assert one.dead == 0
            webhooks.remove(Reader(partner), one.id)
    receiver.taken.clear()
    receiver.refused.clear()


def _size(home: Home) -> int:
    return Feed(home).extent()[0]


def _secret(stage: Stage) -> bytes:
    secret = stage.node.reader.keys.session_secret
    assert isinstance(secret, bytes)
    return secret
