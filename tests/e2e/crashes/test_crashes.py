"""EIO, ENOSPC or a kill at each system call: nothing acknowledged is lost, nothing doubled, nothing unseen."""

import random
import shutil
import signal
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import pytest

from ledger.services.home.settings import read_settings
from tests.drills import SEED, amount
from tests.e2e.crashes.matrix import FAULTS, Point, Setting, points, survive
from tests.e2e.crashes.scenario import SAID_WHY, script

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
SHORT, LONG = 8, amount("CRASHES", 2000)


@pytest.fixture
def setting(founded: Path) -> Setting:
    now = int((founded / "now").read_text())
    return Setting(founded, now, script(read_settings({}, home=founded), now))


@pytest.mark.parametrize(("least", "seed"), [(SHORT, 0), pytest.param(LONG, SEED, marks=pytest.mark.drill)])
def test_any_system_call_may_fail(setting: Setting, tmp_path: Path, least: int, seed: int) -> None:
    everything = points(setting, tmp_path)
    chosen = _of_every_kind(everything, random.Random(seed))[:least]
    assert len(chosen) >= least
    assert {point.fault for point in chosen} == set(FAULTS)
    tried: Counter[tuple[str, int]] = Counter()
    wrong = {point: found for point in chosen if (found := survive(setting, tmp_path, point, tried))}
    assert wrong == {}
    assert tried["KILL", -signal.SIGKILL], "no process was killed"
    assert tried["EIO", SAID_WHY] + tried["ENOSPC", SAID_WHY], "no failing disk was noticed"


def _of_every_kind(everything: list[Point], rng: random.Random) -> list[Point]:
    """All points in a random order in which each kind of call and fault comes up again only after the others."""
    kinds: dict[tuple[str, str], list[Point]] = {}
    for point in rng.sample(everything, len(everything)):
        kinds.setdefault((point.call, point.fault), []).append(point)
    return [point for turn in zip_longest(*kinds.values()) for point in turn if point is not None]
