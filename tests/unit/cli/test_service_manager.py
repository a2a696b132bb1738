"""What a service manager is told: by the socket that it names, and nothing anywhere else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cli.service_manager import READY, STOPPING, notify


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify") if request.param == "a path" else f"@lading-test-{tmp_path.name}-{id(request)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_each_state_is_a_datagram(manager: socket.socket) -> None:
    notify(READY)
    notify(STOPPING)
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"STOPPING=1"]


@pytest.mark.parametrize("name", ["", "vsock:2:1234", "not/absolute"])
def test_what_is_no_socket_of_a_manager_is_told_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    monkeypatch.setattr(socket, "socket", _fail)
    notify(READY)


def test_a_manager_that_went_away_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify(READY)
    assert not (tmp_path / "gone").exists()


def _fail(*_: object) -> None:
    raise AssertionError("a socket was opened")
