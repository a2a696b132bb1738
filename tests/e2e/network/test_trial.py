"""`make network` as its user has it: a consortium that serves, ends with Ctrl-C, and goes on when begun again."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from ledger.services.home.settings import read_settings
from ledger.services.validators import processes
from ledger.services.validators.folder import NETWORK, read_network
from scripts.network import PLACE, VALIDATORS
from tests.e2e.cli.processes import environment, free_port
from tests.e2e.network.conftest import until
from tests.ports import first_free_port

pytestmark = pytest.mark.network
ENDS = 60
"""Seconds."""


@dataclass(frozen=True)
class Trial:
    """The script that `make network` runs, in a folder of its own."""

    folder: Path
    port: int
    served_at: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.served_at}"

    def begin(self) -> "subprocess.Popen[str]":
        program = processes.find_program(read_settings().network_program)
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.network", "--port", str(self.port)],
            cwd=self.folder,
            env=environment(self.folder, LADING_PORT=str(self.served_at), LADING_NETWORK_PROGRAM=str(program)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def running(self) -> int:
        """How many validators run."""
        folder = self.folder / PLACE / "validators"
        if not (folder / NETWORK).exists():
            return 0
        return sum(processes.running(one) is not None for one in read_network(folder).validators)

    def ready(self) -> bool:
        try:
            return bool(requests.get(f"{self.url}/readyz", timeout=5).json()["status"] == "ok")
        except requests.RequestException:
            return False

    def leaves(self) -> int:
        return int(requests.get(f"{self.url}/v1/log/checkpoint", timeout=5).text.splitlines()[1])


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    # In the background of a shell, where this may run, Ctrl-C is ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    made = Trial(tmp_path, first_free_port(VALIDATORS), free_port())
    yield made
    if made.running():
        processes.stop(read_network(tmp_path / PLACE / "validators"))


@contextmanager
def ended(process: "subprocess.Popen[str]", status: int, *words: str) -> Iterator[None]:
    """Whatever is done with it meanwhile, it ends with this status, in words."""
    try:
        yield
        out, _ = process.communicate(timeout=ENDS)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == status, out
    assert "Traceback" not in out
    assert all(word in out for word in words), out


def test_it_serves_ends_in_order_and_goes_on(trial: Trial) -> None:
    with ended(process := trial.begin(), 0, "4 validators make blocks", f"Lading serves {trial.url}"):
        until(trial.ready, "it founds and serves", 180)
        assert "Lading" in requests.get(trial.url, timeout=10).text
        leaves = trial.leaves()
        process.send_signal(signal.SIGINT)
    assert trial.running() == 0
    with ended(process := trial.begin(), 130):  # told to end before it serves
        until(lambda: trial.running() == VALIDATORS, "they start")
        process.send_signal(signal.SIGINT)
    assert trial.running() == 0
    with ended(process := trial.begin(), 0):
        until(trial.ready, "it goes on", 180)
        assert trial.leaves() >= leaves > 0
        process.send_signal(signal.SIGINT)
    assert trial.running() == 0


def test_a_port_that_is_taken_is_named(trial: Trial) -> None:
    with (
        socket.create_server(("127.0.0.1", trial.port)),
        ended(trial.begin(), 2, f"port {trial.port}: another program listens there"),
    ):
        pass
    assert trial.running() == 0
