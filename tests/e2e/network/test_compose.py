"""compose.yaml, founded and run as docs/packaging.md says, in namespaces instead of containers."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.services.home.settings import read_settings
from ledger.services.validators.processes import find_program
from tests.e2e.cli.processes import ROOT
from tests.e2e.cli.test_guides import BLOCK, run

pytestmark = pytest.mark.network
GUIDE = ROOT / "docs" / "packaging.md"
SERVICES = ("postgres", *(f"validator-{n}" for n in range(1, 5)), "witness-1", "witness-2", "worker", "api-1", "api-2")
ASK = (
    "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=10); "
    "c.request('GET', sys.argv[1]); print(c.getresponse().read().decode())"
)


def until(condition: Callable[[], bool], seconds: int = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s"
        time.sleep(0.5)


def may_make_containers() -> bool:
    """Whether this process may make namespaces, mounts and bridges, and PostgreSQL's programs are there."""
    if shutil.which("ip") is None or shutil.which("setpriv") is None or sys.version_info >= (3, 13):
        return False
    tried = ["unshare", "--mount", "--net", "sh", "-c", "mount -t tmpfs tmpfs /opt && ip link add b0 type bridge"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


class Compose:
    """The project in a folder that looks like a clone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "engine"
        shutil.copytree(ROOT / "packaging", folder / "packaging", ignore=shutil.ignore_patterns("secrets", "office"))
        docker = folder / "bin" / "docker"
        docker.parent.mkdir()
        docker.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.e2e.network.engine "$@"\n')
        docker.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
        self.env = kept | {
            "PATH": f"{docker.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ENGINE_STATE": str(self.state),
            "LADING_NETWORK_PROGRAM": str(find_program(read_settings().network_program)),
            "LADING_ORIGIN": "ledger.example.org/log",
            "LADING_PUBLIC_URL": "https://ledger.example.org",
        }

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = ["docker", "compose", "--file", "packaging/compose.yaml", *words]
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)

    def inside(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return self("exec", "-T", service, *words)

    def get(self, service: str, path: str) -> str:
        answer = self.inside(service, "python", "-c", ASK, path)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def ask(self, service: str, path: str) -> Any:
        return json.loads(self.get(service, path))


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Everything that the guide says, done."""
    if not may_make_containers():
        pytest.skip("no namespaces here: it wants root, iproute2 and util-linux")
    section = GUIDE.read_text(encoding="utf-8").split("## A network in containers")[1].split("\n## ")[0]
    script = "\n".join(match["code"] for match in BLOCK.finditer(section))
    project = Compose(tmp_path_factory.mktemp("compose"))
    try:
        told, _ = run(script, project.folder, project.env)
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
            until(partial(recorded, compose, service, record))

    def cosigned() -> bool:
        lines = compose.get("api-2", "/v1/log/checkpoint").splitlines()
        assert lines[0] == "ledger.example.org/log"
        return all(any(line.startswith(f"— example.org/w{n} ") for line in lines) for n in (1, 2))

    until(cosigned)


def test_a_container_writes_its_volumes_alone_and_is_nobody(compose: Compose) -> None:
    for service in SERVICES:
        known = compose.inside(service, "sh", "-c", "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status")
        user, *rights = known.stdout.split("\n", 1)
        assert int(user) == (999 if service == "postgres" else 10001)
        assert re.findall(r"Cap\w+:\s+(\w+)", rights[0]) == ["0" * 16] * 2
        assert "NoNewPrivs:\t1" in rights[0]
        for folder in ("/", "/opt", "/etc", "/var/lib", "/run"):
            tried = compose.inside(service, "sh", "-c", f"touch {folder}/x 2>&1")
            assert tried.returncode != 0, f"{service} writes {folder}"
        assert compose.inside(service, "sh", "-c", 'touch "$(mktemp)"').returncode == 0


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
    until(lambda: compose.ask("api-1", "/readyz")["status"] == "ok")
