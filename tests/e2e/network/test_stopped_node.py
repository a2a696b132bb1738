"""The node that Lading asks is stopped for half a minute under load: answers come at once, and nothing is lost.

With one URL readiness says since when the chain is away; with several another node is asked, and work goes on.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from ledger.common.ids import RecordId, to_hex
from ledger.services.validators import processes
from ledger.services.validators.folder import Validator
from tests.e2e.network.conftest import VALIDATORS, Running, blocks_agree, put_keys, until
from tests.e2e.scale.deployment import Deployment, deployed
from tests.e2e.scale.deployment import Running as Service
from tests.e2e.scale.load import Load, differences, waiting
from tests.e2e.scale.test_scale import ready, recorded

pytestmark = pytest.mark.network
STOPPED = 30
"""Seconds."""
PROMPT = 3
"""Seconds within which every answer has to come, on a machine that does other things as well; a read of the node
ends after ten.
"""
LEAST_TAKEN = 10
"""Records that one client has to get rid of meanwhile."""
LONGEST_BACKLOG = 120
CLIENTS = 2
PATHS = ("/healthz", "/readyz", "/metrics", "/v1/shipments", "/v1/log/checkpoint", "/v1/bonuses")


@contextmanager
def stopped(validator: Validator) -> Iterator[None]:
    process = processes.running(validator)
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@contextmanager
def loaded(deployment: Deployment, service: Service) -> Iterator[list[Load]]:
    """Clients at work, who finish what is under way in the end."""
    loads = [Load(deployment, [service.url], seed) for seed in range(CLIENTS)]
    for load in loads:
        load.start()
    try:
        yield loads
    finally:
        for load in loads:
            load.end()


def acknowledged(load: Load) -> list[RecordId]:
    return [record_id for journey in load.journeys for record_id, _ in journey.acknowledged]


def asked(service: Service) -> dict[str, Any]:
    """What readiness says, once everything was asked, each answer in time; not ready would be a 503."""
    for path in PATHS:
        begun = time.monotonic()
        answer = requests.get(service.url + path, timeout=60)
        took = time.monotonic() - begun
        assert (answer.status_code, took < PROMPT) == (200, True), (path, answer.status_code, took)
    return service.readiness()


@pytest.mark.parametrize(("operator", "nodes"), [("stopped", 1), ("stopped-several", VALIDATORS)])
def test_a_stopped_node_keeps_nobody_waiting(running: Running, tmp_path: Path, operator: str, nodes: int) -> None:
    first = running.network.validators[0]
    chain = ",".join(one.json_rpc for one in running.network.validators[:nodes])
    home = tmp_path / "first"
    put_keys(home, operator)
    with deployed(tmp_path, chain, url := f"sqlite:///{home / 'ledger.db'}") as deployment:
        service = deployment.alone()
        until(lambda: ready(service), deployment.said())
        with loaded(deployment, service) as loads:
            until(lambda: all(acknowledged(load) for load in loads), deployment.said())
            with stopped(first):
                ends, before = time.monotonic() + STOPPED, len(acknowledged(loads[0]))
                said: dict[str, Any] = {}
                while time.monotonic() < ends:
                    said = asked(service)
                    time.sleep(0.3)
                taken = acknowledged(loads[0])[before + 1 :]  # the first may have been under way
                assert len(taken) > LEAST_TAKEN
                assert recorded(service, to_hex(taken[0])) is (nodes > 1)
            until(lambda: ready(service), deployment.said())
        if nodes == 1:
            assert said["status"].startswith("accepting, chain away since 20")
            assert said["checks"]["chain"].startswith(said["status"])
        else:
            assert said["status"] == "ok", said
        assert max(load.slowest for load in loads) < PROMPT
        assert [refused for load in loads for refused in load.refused] == []
        until(lambda: waiting(url) == 0, deployment.said(), LONGEST_BACKLOG)
        assert service.end() == 0
        assert differences(url, [journey for load in loads for journey in load.journeys]) == []
        audited = deployment.run("audit", "--json")
        assert audited.returncode == 0, audited.stdout + audited.stderr
        assert json.loads(audited.stdout)["findings"] == []
    blocks_agree(running)
