"""PostgreSQL or the node beside it killed at any moment, again and again: nothing acknowledged is lost or doubled."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ledger.services.home.settings import Settings, read_settings
from tests.drills import SEED, amount
from tests.e2e.crashes.matrix import forked
from tests.e2e.crashes.scenario import ENDED_WELL, SAID_WHY, afterwards, day, script
from tests.postgresql import copy_rows, new_database, postgresql_server

LONGEST = 0.6
"""Seconds into a day, opening included, until which something is killed."""


@pytest.mark.parametrize("kills", [2, pytest.param(amount("KILLS", 60), marks=pytest.mark.drill)])
def test_killed_on_postgresql(founded: Path, tmp_path: Path, kills: int) -> None:
    home, now, rng = tmp_path / "home", int((founded / "now").read_text()), random.Random(SEED)
    shutil.copytree(founded, home)
    starting = postgresql_server()
    try:
        server = starting.__enter__()
    except Exception as error:  # noqa: BLE001 whatever keeps a server from starting
        pytest.skip(f"no PostgreSQL here: {error}")
    try:
        url = new_database(server.get_uri(), "lading")
        copy_rows(f"sqlite:///{home / 'ledger.db'}", url)
        settings = read_settings({"LADING_DATABASE_URL": url}, home=home)
        tried = _days(settings, now, server, kills, rng)
    finally:
        starting.__exit__(None, None, None)
    assert tried["node"], "no node was killed"
    assert tried["database"], "no database was killed"


def _days(settings: Settings, now: int, server: Any, kills: int, rng: random.Random) -> Counter[str]:
    tried: Counter[str] = Counter()
    for turn in range(kills):
        records, victim = script(settings, now), ("node", "database")[turn % 2]
        killer = _Killer(server, rng.random() * LONGEST, victim)
        ended = forked(lambda tell, records=records: day(settings, now, records, tell), begun=killer.begin)  # type: ignore[misc]
        killer.end()
        if ended.status == -signal.SIGKILL or (victim == "database" and killer.struck):
            tried[victim] += 1
        assert ended.status in (ENDED_WELL, SAID_WHY, -signal.SIGKILL), ended.trace
        again = forked(lambda tell, r=records, told=ended.told: _come_back(settings, now, r, told, tell))  # type: ignore[misc]
        assert (again.status, again.told) == (ENDED_WELL, []), (victim, killer.after, again)
    return tried


def _come_back(settings: Settings, now: int, records: Any, told: list[str], tell: Any) -> int:
    wrong = afterwards(settings, now, records, list(told))
    if wrong:
        tell(wrong)
    return ENDED_WELL


class _Killer:
    """Kills the node, or the database, which is started again at once, so many seconds after the day began."""

    def __init__(self, server: Any, after: float, victim: str) -> None:
        self.after = after
        self.struck = False
        self._server, self._victim = server, victim
        self._thread: Thread | None = None

    def begin(self, process: int) -> None:
        handle = os.pidfd_open(process)  # never another process that got the number after this one ended
        self._thread = Thread(target=self._strike, args=(handle,))
        self._thread.start()

    def _strike(self, handle: int) -> None:
        time.sleep(self.after)
        if self._victim == "node":
            with suppress(ProcessLookupError):  # the day was over before
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        else:
            self._kill_the_database()
        os.close(handle)

    def _kill_the_database(self) -> None:
        # An immediate shutdown: no session ends well, and the next start recovers from the write-ahead log.
        postmaster = self._server.get_pid()
        os.kill(postmaster, signal.SIGQUIT)
        while Path(f"/proc/{postmaster}").exists():
            time.sleep(0.01)
        self.struck = True
        self._server.ensure_postgres_running()

    def end(self) -> None:
        assert self._thread is not None
        self._thread.join()
