"""`lading serve` as a process of its own, and questions to it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forks import Lading

LADING = [sys.executable, "-m", "ledger.cli.main"]
ROOT = Path(__file__).resolve().parents[3]


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    return kept | {"LADING_HOME": str(home), "PYTHONPATH": str(ROOT)} | settings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(home: Path, command: str = "serve", **settings: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`settings` beside home and port; the public address follows from these."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [*LADING, command],
        env=environment(home, LADING_PORT=str(port), **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield url, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def forked(home: Path, log: Path, **settings: str) -> Iterator[tuple[str, Lading]]:
    """As `served`, for tests of what a service answers and not of how it begins: with everything imported."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = Lading(["serve"], environment(home, LADING_PORT=str(port), **settings), log)
    try:
        yield url, process
    finally:
        process.kill()
        process.wait()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 our own service
        return json.loads(answer.read())


def wait_for(url: str, condition: Any, seconds: float = 120) -> Any:
    """What the service answers once `condition` holds of it."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = get(url)
            if condition(answer):
                return answer
        except OSError:
            pass
        assert time.monotonic() < end, f"waited too long for {url}"
        time.sleep(0.2)
