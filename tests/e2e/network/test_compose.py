"""compose.yaml, founded and run as docs/packaging.md says, in namespaces instead of containers."""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from ledger.services.home.settings import read_settings
from ledger.services.validators.processes import find_program
from tests.e2e.cli.test_guides import run
from tests.e2e.network.conftest import until
from tests.e2e.network.project import Compose, may_make_containers, script

pytestmark = pytest.mark.network
PATIENCE = 1800
"""Seconds: the guide has fifty commands, each in a container of its own."""
SERVICES = ("postgres", *(f"validator-{n}" for n in range(1, 5)), "witness-1", "witness-2", "worker", "api-1", "api-2")


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Everything that the guide says, done."""
    if not may_make_containers():
        pytest.skip("no namespaces here: it wants root, iproute2, util-linux and a clone that every user may read")
    program = find_program(read_settings().network_program)
    project = Compose(tmp_path_factory.mktemp("compose"), LADING_NETWORK_PROGRAM=str(program))
    try:
        told, _ = run(script(), project.folder, project.env, PATIENCE)
        (project.folder / "told").write_text(told)
        yield project
    finally:
        project("down")


def test_everything_that_the_guide_begins_runs(compose: Compose) -> None:
    for service in SERVICES:
        done = compose.inside(service, "true")
        assert done.returncode == 0, f"{service}: {done.stderr}"
    assert compose.ask("api-1", "/readyz")["status"] == "ok"
    assert compose.ask("api-2", "/readyz")["status"] == "ok"


def recorded(compose: Compose, service: str, record: str) -> bool:
    return bool(compose.ask(service, f"/v1/records/{record}")["chain"]["status"] == "recorded")


def test_what_an_api_process_took_is_recorded_and_cosigned_by_both_witnesses(compose: Compose) -> None:
    accepted = re.findall(r"accepted as (0x[0-9a-f]{64})", (compose.folder / "told").read_text())
    assert len(accepted) == 8, "five contracts, two changes for the operator by api-2, its log by api-1"
    for record in accepted:
        for service in ("api-1", "api-2"):
            until(partial(recorded, compose, service, record), record)

    def cosigned() -> bool:
        lines = compose.get("api-2", "/v1/log/checkpoint").splitlines()
        assert lines[0] == "ledger.example.org/log"
        return all(any(line.startswith(f"— example.org/w{n} ") for line in lines) for n in (1, 2))

    until(cosigned, "cosignatures")


def test_a_container_writes_its_volumes_alone_and_is_nobody(compose: Compose) -> None:
    for service in SERVICES:
        compose.check_confined(service)


def test_a_container_reaches_its_own_networks_alone(compose: Compose) -> None:
    reach = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
    for service, other, port, reached in (
        ("worker", "validator-3", 8545, True),
        ("worker", "witness-2", 8010, True),
        ("api-1", "postgres", 5432, True),
        ("api-1", "validator-1", 8545, False),
        ("api-2", "witness-1", 8010, False),
        ("witness-1", "postgres", 5432, False),
        ("validator-1", "postgres", 5432, False),
        ("validator-1", "validator-2", 26656, True),
    ):
        tried = compose.inside(service, "python", "-c", reach, other, str(port))
        assert (tried.returncode == 0) is reached, f"{service} to {other}: {tried.stderr}"


def test_backup_and_audit_stand(compose: Compose) -> None:
    told = (compose.folder / "told").read_text()
    assert told.count("ok: the ledger is as it was signed, published and recorded") == 2, told[-3000:]


def test_a_worker_that_begins_again_is_heard(compose: Compose) -> None:
    assert compose("restart", "worker").returncode == 0
    until(lambda: compose.ask("api-1", "/readyz")["status"] == "ok", "it is ready")
