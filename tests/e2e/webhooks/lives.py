"""Lives of a sender: `python -m tests.e2e.webhooks.lives HOME`, killed by whoever reads its standard output.

Everything is imported once; each line that comes begins a life in a child of its own, whose process id is written, and
which plans and sends until it is killed. Its clock runs so much faster that days of back-off pass in minutes.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, cast

from ledger.client.outbound import trust
from ledger.services.epcis.service import Epcis
from ledger.services.events.sending import WebhookSender
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import OperatorKeys, open_keys, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import read_settings
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.records import RecordViews
from ledger.store.database import Database

ENVIRONMENT = {"LADING_WEBHOOK_NETWORKS": "127.0.0.0/8"}


class Fast(SystemClock):
    """From `start`, `times` as fast as the machine's."""

    def __init__(self, start: float, times: int) -> None:
        self._start = start
        self._times = times

    def now(self) -> int:
        return int(self._start + (time.time() - self._start) * self._times)


def opened(home: Path, clock: Clock) -> Home:
    """A home without a chain: what sends webhooks asks none."""
    settings = read_settings(ENVIRONMENT, home=home)
    consortium = read_consortium(home)
    return Home(settings, consortium, Database.open(settings.database_url, begin=False), cast(Any, None), clock)


def live(path: Path, clock: Clock, keys: OperatorKeys) -> None:
    home = opened(path, clock)
    registry = CurrentRegistry(home.consortium.genesis, clock)
    epcis = Epcis.of(home, registry, RecordViews(home, registry, keys.log), keys.session_secret)
    sender = WebhookSender(home, keys.session_secret, results=epcis.results, rights=epcis.rights)
    while True:
        sender.step()
        time.sleep(0.005)


def main() -> None:
    home, start, times = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    settings = read_settings(ENVIRONMENT, home=home)
    keys = open_keys(settings, read_consortium(home).log.origin)
    trust()  # read once, as all that is imported
    child = 0
    for _ in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if not child:
            live(home, Fast(start, times), keys)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:  # nobody else would end it, if whoever kills is gone
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
