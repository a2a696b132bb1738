"""Services without a worker, and workers of which one works: what one takes the others show, and work goes on."""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import requests

from ledger.api.quota_exchange import EVERY
from ledger.cli.commands.serve import serve, work
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.errors import Misconfigured
from ledger.records.signing import SignedRecord
from ledger.records.types import Observation
from tests.chain.conftest import start_anvil
from tests.e2e.scale.deployment import Deployment, Running, deployed, until
from tests.e2e.scale.load import Load, differences, waiting
from tests.e2e.stage import CARRIER
from tests.postgresql import new_database

TAKEOVER = 20
"""Seconds: the lease outlives its holder by 15."""
BURST = 60
"""What a signer may spend at once; one comes back each second."""


@pytest.fixture(scope="module")
def deployment(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with (
        start_anvil("--slots-in-an-epoch", "0") as anvil,
        deployed(tmp_path_factory.mktemp("scale"), anvil.url, new_database(postgresql, "scale")) as made,
    ):
        yield made


def ready(*services: Running) -> bool:
    return all(one.readiness()["status"] == "ok" for one in services)


def recorded(service: Running, record: str) -> bool:
    answer = requests.get(f"{service.url}/v1/records/{record}", timeout=10).json()
    return bool(answer["chain"]["status"] == "recorded")


def test_two_services_and_two_workers(deployment: Deployment) -> None:
    services = [deployment.service("one"), deployment.service("two")]
    until(lambda: "no process works" in services[0].readiness()["checks"].get("worker", ""), 60, "it starts")
    refused = requests.post(
        f"{services[0].url}/v1/records", json=next(Load(deployment, [], 0).steps()).to_json(), timeout=10
    )
    assert refused.status_code == 503, refused.text
    assert "lading work" in refused.text
    first = deployment.worker("first")
    until(lambda: ready(*services), 60, deployment.said())
    second = deployment.worker("second")
    load = Load(deployment, [one.url for one in services], seed=1)
    last = load.journey().acknowledged[-1][0]
    for one in services:  # at once, whichever of them took it
        answer = requests.get(f"{one.url}/v1/records/{to_hex(last)}", timeout=10)
        assert answer.status_code == 200, answer.text
    until(lambda: recorded(services[0], to_hex(last)), 30, deployment.said())
    # The one that works is killed: its lease runs out.
    first.kill()
    last = load.journey().acknowledged[-1][0]
    took = until(lambda: recorded(services[1], to_hex(last)), TAKEOVER + 10, deployment.said())
    assert took < TAKEOVER
    # The next one is told to end, and gives its lease up.
    first.start()
    until(lambda: (deployment.folder / "first.log").read_text().count("or waits for its turn") == 2, 60, "it starts")
    assert second.end() == 0
    last = load.journey().acknowledged[-1][0]
    assert until(lambda: recorded(services[0], to_hex(last)), 10, deployment.said()) < 10
    until(lambda: ready(*services), 10, deployment.said())
    # Everything once, in order, and as it was signed.
    assert not load.refused
    until(lambda: waiting(deployment.settings.database_url) == 0, 20, "records wait")
    for one in deployment.processes:
        if one is not second:
            assert one.end() in (0, 130)
    assert differences(deployment.settings.database_url, load.journeys) == []
    audited = deployment.run("audit", "--json")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert json.loads(audited.stdout)["findings"] == []


def works(service: Running) -> bool:
    """Whether the worker of this service has the turn."""
    return "lading_lease_held 1.0" in requests.get(f"{service.url}/metrics", timeout=10).text


def test_workers_that_services_began_take_turns(deployment: Deployment) -> None:
    for one in deployment.processes:
        if one.process.poll() is None:
            one.end()
    first = deployment.alone("plain one")
    until(lambda: ready(first) and works(first), 60, deployment.said())
    second = deployment.alone("plain two")
    until(lambda: ready(second), 60, deployment.said())
    assert not works(second)
    assert first.end() == 0
    until(lambda: works(second), 15, deployment.said())
    load = Load(deployment, [second.url], seed=3)
    last = load.journey().acknowledged[-1][0]
    until(lambda: recorded(second, to_hex(last)), 30, deployment.said())
    until(lambda: ready(second), 10, deployment.said())
    assert second.end() == 0


def taken(service: Running, records: Iterable[SignedRecord]) -> tuple[int, requests.Response]:
    """How many of these the service takes before it has enough, and how it says so."""
    for i, signed in enumerate(records):
        answer = requests.post(f"{service.url}/v1/records", json=signed.to_json(), timeout=10)
        if answer.status_code != 201:
            return i, answer
    raise AssertionError("it took all")


def test_what_a_signer_spent_at_one_service_it_has_spent_at_all(deployment: Deployment) -> None:
    """Within a second of what it spends at the other one; for no other signer."""
    deployment.worker("first")
    quota = {"LADING_QUOTA_WRITES": "1", "LADING_QUOTA_WRITE_BURST": str(BURST)}
    services = [deployment.service(name, **quota) for name in ("three", "four")]
    until(lambda: ready(*services), 60, deployment.said())
    load = Load(deployment, [], 2)
    terms = (next(load.steps()) for _ in range(3 * BURST))
    begun = time.monotonic()
    first, refused = taken(services[0], terms)
    assert (first >= BURST, refused.status_code) == (True, 429)
    time.sleep(EVERY + 1)  # by then this one has told what it granted
    # The other one hears of it when it tells what it has granted itself.
    requests.post(f"{services[1].url}/v1/records", json=next(terms).to_json(), timeout=10).raise_for_status()
    time.sleep(EVERY + 1)
    second, refused = taken(services[1], terms)
    came_back = time.monotonic() - begun
    assert (refused.status_code, int(refused.headers["Retry-After"]) >= 1) == (429, True)
    assert first + 1 + second <= BURST + 1 + came_back
    seen = load.signed(Observation(CARRIER, keccak256(b"seen"), deployment.scribe.now), CARRIER)
    answer = requests.post(f"{services[1].url}/v1/records", json=seen.to_json(), timeout=10)
    assert answer.status_code == 201, f"another signer has its own: {answer.text}"


@pytest.mark.parametrize(("chain", "named"), [("embedded", "LADING_CHAIN"), ("http://127.0.0.1:9", "DATABASE_URL")])
def test_what_several_processes_cannot_share_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chain: str, named: str
) -> None:
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LADING_CHAIN", chain)
    monkeypatch.delenv("LADING_DATABASE_URL", raising=False)
    for begin in (work, lambda: serve(no_worker=True)):
        with pytest.raises(Misconfigured, match=named) as told:
            begin()
        assert "Use `lading serve`" in str(told.value)
    assert not (tmp_path / "home").exists()
