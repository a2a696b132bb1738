"""Three services, two workers, four validators and PostgreSQL, all killed and stopped again and again under load.

Whatever was acknowledged is there, once, in its order, and every shipment came to what it comes to without faults.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ledger.services.home.settings import read_settings
from ledger.services.validators import health, processes
from ledger.services.validators.folder import Network, Validator, init
from ledger.services.validators.plan import NetworkPlan
from tests.drills import SEED, amount
from tests.e2e.scale.deployment import Deployment, Running, deployed, until
from tests.e2e.scale.load import Load, differences, waiting
from tests.e2e.scale.test_scale import ready
from tests.ports import first_free_port
from tests.postgresql import new_database, postgresql_server

pytestmark = pytest.mark.network
SECONDS = amount("SECONDS", 600)
CLIENTS = 3
CHAIN_ID = 77_002
PAUSED = 20
"""Seconds: longer than a lease, so that who was stopped finds another in its place."""
NODE_STOPPED = 30
"""Seconds: longer than a read of the node may take, and than a takeover."""
LONGEST_BACKLOG = 300


@contextmanager
def validators(folder: Path) -> Iterator[Network]:
    plan = NetworkPlan(CHAIN_ID, int(time.time()), anybody=True, block_ms=500)
    network = init(folder, plan, 4, first_free_port(5))
    try:
        begin(network)
        yield network
    finally:
        processes.stop(network)


def begin(network: Network) -> None:
    processes.start(network, processes.find_program(read_settings().network_program))
    health.wait_for_blocks(network)


class Faults:
    """What happens to the deployment, and ends again."""

    def __init__(self, deployment: Deployment, network: Network, server: Any, rng: random.Random) -> None:
        self._network = network
        self._server = server
        self._rng = rng
        self._services = [one for one in deployment.processes if one.url]
        self._workers = [one for one in deployment.processes if not one.url]
        self.tried: Counter[str] = Counter()

    def strike_until(self, end: float) -> None:
        """One kind after the other, in a new order each time, as long as there is time for another."""
        kinds: list[Callable[[], None]] = []
        while time.monotonic() < end:
            if not kinds:
                kinds = [
                    self.kill_a_service, self.kill_a_worker, self.kill_both_workers, self.end_a_worker,
                    self.pause_a_worker, self.kill_a_validator, self.kill_two_validators, self.stop_the_first_node,
                    self.kill_the_database,
                ]  # fmt: skip
                self._rng.shuffle(kinds)
            kind = kinds.pop()
            kind()
            self.tried[kind.__name__] += 1
            time.sleep(self._rng.uniform(1, 5))
            self.restart_what_ended()

    def restart_what_ended(self) -> None:
        """As a supervisor does: a process that finds no database when it starts says so, and ends."""
        for one in (*self._services, *self._workers):
            if (status := one.process.poll()) is not None:
                assert status > 0, f"{one.log.name} ended with {status}"
                self.tried["restarted"] += 1
                one.start()

    def kill_a_service(self) -> None:
        self._killed(self._rng.choice(self._services))

    def kill_a_worker(self) -> None:
        self._killed(self._rng.choice(self._workers))

    def kill_both_workers(self) -> None:
        for one in self._workers:
            one.kill()
        for one in self._workers:
            one.start()

    def end_a_worker(self) -> None:
        one = self._rng.choice(self._workers)
        one.end()
        one.start()

    def pause_a_worker(self) -> None:
        one = self._rng.choice(self._workers)
        one.pause()
        time.sleep(PAUSED)
        one.go_on()

    def kill_a_validator(self) -> None:
        self._down(self._rng.sample(self._network.validators, 1))

    def kill_two_validators(self) -> None:
        self._down(self._rng.sample(self._network.validators, 2))

    def stop_the_first_node(self) -> None:
        process = processes.running(self._network.validators[0])
        assert process is not None
        os.kill(process, signal.SIGSTOP)
        time.sleep(NODE_STOPPED)
        os.kill(process, signal.SIGCONT)

    def kill_the_database(self) -> None:
        # An immediate shutdown: no session ends well, and the next start recovers from the write-ahead log.
        postmaster = self._server.get_pid()
        os.kill(postmaster, signal.SIGQUIT)
        while Path(f"/proc/{postmaster}").exists():
            time.sleep(0.05)
        time.sleep(self._rng.uniform(0, 5))
        self._server.ensure_postgres_running()

    def _killed(self, one: Running) -> None:
        one.kill()
        time.sleep(self._rng.uniform(0, 8))
        one.start()

    def _down(self, victims: list[Validator]) -> None:
        for victim in victims:
            if process := processes.running(victim):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        time.sleep(self._rng.uniform(2, 10))
        begin(self._network)


def test_nothing_acknowledged_is_lost_doubled_or_reordered(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with (
        postgresql_server() as server,
        validators(tmp_path / "net") as network,
        deployed(
            tmp_path,
            ",".join(one.json_rpc for one in network.validators),
            url := new_database(server.get_uri(), "lading"),
        ) as deployment,
    ):
        workers = [deployment.worker("first"), deployment.worker("second")]
        services = [deployment.service(name) for name in ("one", "two", "three")]
        until(lambda: ready(*services), 120, deployment.said())
        loads = [Load(deployment, [one.url for one in services], SEED + i) for i in range(CLIENTS)]
        for load in loads:
            load.start()
        faults = Faults(deployment, network, server, rng)
        faults.strike_until(time.monotonic() + SECONDS)

        def all_ready() -> bool:
            faults.restart_what_ended()
            return ready(*services)

        until(all_ready, 120, deployment.said())
        for load in loads:
            load.end()
        drained = until(lambda: waiting(url) == 0, LONGEST_BACKLOG, deployment.said())
        journeys = [journey for load in loads for journey in load.journeys]
        print(
            f"{len(journeys)} shipments, {sum(len(one.acknowledged) for one in journeys)} records, sent again "
            f"{sum(load.sent_again for load in loads)} times, recorded {drained:.0f} s later; {dict(faults.tried)}"
        )
        assert [said for load in loads for said in load.refused] == []
        assert not any("Traceback" in one.log.read_text() for one in deployment.processes)
        assert [one.end() for one in (*workers, *services)] == [0] * 5
        assert differences(url, journeys) == []
        audited = deployment.run("audit", "--json")
        assert audited.returncode == 0, audited.stdout + audited.stderr
        assert json.loads(audited.stdout)["findings"] == []
