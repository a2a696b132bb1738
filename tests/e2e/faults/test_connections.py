"""Connections that say nothing use nobody's files up: the log goes on, and others are heard again."""

import errno
import os
import resource
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ledger.errors import DiskFailed, StorageFailed
from ledger.services.publish.durable_files import LogFolder
from tests.e2e.cli.processes import forked, get, wait_for
from tests.e2e.stage import Stage
from tests.forks import Lading

FEW = 512
"""Files that the service may have open."""


@pytest.fixture
def home(stage: Stage) -> Path:
    """A home that no process has open."""
    stage.trial.node.close()
    return Path(stage.node.home.settings.home)


@pytest.fixture
def flood() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_silent_connections_halt_no_log_and_make_room_for_others(home: Path, flood: ExitStack, tmp_path: Path) -> None:
    with forked(home, tmp_path / "log") as (url, process):
        wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for number in range(3 * FEW):
            connection = flood.enter_context(socket.create_connection(address, 10))
            with suppress(OSError):  # it is closed already
                connection.sendall((b"", b"GET /v1/log HTTP/1.1\r\nHost: x\r\nX-")[number % 2])
        (home / "log" / "checkpoint").unlink()
        end = time.monotonic() + 20
        while not (home / "log" / "checkpoint").exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, "the log is not written any more"
            time.sleep(0.1)
        assert wait_for(f"{url}/readyz", lambda answer: answer["status"] == "ok")["checks"]["log"] == "ok"
        assert get(f"{url}/v1/log")["size"] > 0


HEAD = b"GET /v1/log HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def service(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Lading]]:
    """One for all that is refused: after each it answers as before."""
    folder = tmp_path_factory.mktemp("service")
    with forked(Path(shutil.copytree(founded, folder / "home")), folder / "log") as (url, process):
        wait_for(f"{url}/healthz", bool)
        yield url, process


@pytest.mark.parametrize(
    "begin", [HEAD + b"X-Long: ", HEAD, CHUNKED + b"2\r\n{}\r\n0\r\nX-Long: "], ids=["a field", "fields", "a trailer"]
)
def test_a_head_without_end_is_refused(service: tuple[str, Lading], begin: bytes) -> None:
    """Whatever is kept of it would be taken from everybody's memory."""
    more = b"X-Y: " + b"z" * 1_000 + b"\r\n" if begin == HEAD else b"z" * 1_000
    url, process = service
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10) as connection:
        connection.sendall(begin)
        sent, answer = 0, b""
        with suppress(OSError):  # it is closed before all has come
            while sent < 64 << 20 and not answer:
                sent += connection.send(more)
                with suppress(BlockingIOError):
                    answer = connection.recv(4096, socket.MSG_DONTWAIT)
    assert sent < 4 << 20
    assert process.poll() is None
    assert get(f"{url}/v1/log")["size"] > 0


def test_a_folder_that_cannot_be_opened_now_is_synced_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many open files say nothing of the disk, so nobody has to end; what was not synced is not forgotten."""
    files, synced = LogFolder(tmp_path / "log"), []
    opening, syncing = os.open, os.fsync

    def refuse(path: object, flags: int, *more: int) -> int:
        if flags & os.O_DIRECTORY:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return opening(path, flags, *more)  # type: ignore[arg-type]

    def sync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        syncing(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        files.write("tile/0/000", b"x")
        with pytest.raises(StorageFailed) as refused:
            files.sync()
        assert not isinstance(refused.value, DiskFailed)
        with pytest.raises(StorageFailed) as refused:
            files.append("cosignatures", b"y")
        assert not isinstance(refused.value, DiskFailed)
    monkeypatch.setattr(os, "fsync", sync)
    files.sync()
    assert {str(tmp_path / "log" / "tile" / "0"), str(tmp_path / "log" / "tile"), str(tmp_path / "log")} <= set(synced)
