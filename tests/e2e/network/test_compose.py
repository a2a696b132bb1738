"""compose.yaml, founded and run as docs/packaging.md says, in namespaces instead of containers."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
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
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())"


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

    def ask(self, service: str, path: str) -> Any:
        answer = self.inside(service, "python", "-c", ASK, f"http://127.0.0.1:8000{path}")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


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


def test_what_one_api_process_took_the_chain_recorded_and_the_witnesses_cosigned(compose: Compose) -> None:
    paths = sorted((compose.folder / "packaging" / "office" / "register-log").iterdir())
    assert paths
    end = time.monotonic() + 60
    while True:
        log = compose.ask("api-2", "/v1/log")
        records = compose.ask("api-2", "/v1/records?limit=50")["records"]
        if all(one["chain"]["status"] == "recorded" for one in records) and records:
            break
        assert time.monotonic() < end, records
        time.sleep(1)
    assert log["size"] >= len(records)


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
        assert compose.inside(service, "touch", "/tmp/x").returncode == 0


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


def test_the_worker_ends_when_told_to_and_another_goes_on(compose: Compose) -> None:
    assert compose("restart", "worker").returncode == 0
    end = time.monotonic() + 60
    while compose.ask("api-1", "/readyz")["status"] != "ok":
        assert time.monotonic() < end
        time.sleep(1)
