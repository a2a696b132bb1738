"""`lading witness`: every status code over HTTP, persist before cosign, kill -9, and many at once."""

import hashlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger import merkle
from ledger.errors import DiskFailed, Misconfigured, StorageFailed
from ledger.log.contradiction import parse_contradiction
from ledger.log.cosignature import Cosignature, WitnessPolicy
from ledger.log.signed_note import TreeHead
from ledger.log.witness import MAX_REQUEST
from ledger.services.home.clock import ManualClock
from ledger.services.witness import service
from ledger.services.witness.folder import WitnessFolder
from ledger.services.witness.service import PATH, Witness, WitnessServer
from tests.e2e.witness.logs import (
    LEAVES,
    LOG,
    PASSPHRASE,
    Said,
    asking,
    checkpoint,
    cosigned_at,
    new_witness,
    post,
    serving,
)

ROOT = Path(__file__).resolve().parents[3]
NOW = 1_700_000_000
FORKED = [*LEAVES[:7], bytes(32), *LEAVES[8:]]


def test_checkpoints_are_cosigned_one_after_the_other(tmp_path: Path) -> None:
    key, clock, old = new_witness(tmp_path), ManualClock(NOW), 0
    with serving(tmp_path, clock) as server:
        for size in (0, 1, 7, 7, 8, 255, 256, 300):
            clock.advance(3)
            said = post(server.url, asking(old, size))
            assert (said.status, cosigned_at(key, size, said.body)) == (200, clock.now())
            old = size
    with serving(tmp_path, clock) as server:
        assert post(server.url, asking(0, 300)) == Said(409, b"300\n", "text/x.tlog.size")


REFUSED = {
    "400 malformed": (b"old x\n\n" + checkpoint(9), 400),
    "400 empty": (b"", 400),
    "400 old size above the checkpoint's": (asking(8, 7).replace(b"old 8", b"old 9"), 400),
    "403 not signed by the log": (asking(8, 9).replace(b"\n9\n", b"\n10\n"), 403),
    "404 unknown log": (asking(8, 9).replace(b"example.com/log", b"example.com/gol"), 404),
    "409 another old size": (asking(3, 9), 409),
    "409 rolled back": (asking(3, 5), 409),
    "409 another root": (asking(8, 8, FORKED), 409),
    "409 another root, by an old size": (asking(0, 8, FORKED), 409),
    "422 no proof": (b"old 8\n\n" + checkpoint(9), 422),
    "422 the proof of another history": (asking(8, 9, FORKED), 422),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
def test_refusals_change_nothing(tmp_path: Path, body: bytes, status: int) -> None:
    key = new_witness(tmp_path)
    with serving(tmp_path) as server:
        assert post(server.url, asking(0, 8)).status == 200
        said = post(server.url, body)
        assert said.status == status
        if status == 409:
            assert (said.body, said.media_type) == (b"8\n", "text/x.tlog.size")
        else:
            assert said.media_type.startswith("text/plain")
        assert cosigned_at(key, 9, post(server.url, asking(8, 9)).body)


def test_two_trees_of_one_size_are_kept_as_evidence(tmp_path: Path) -> None:
    new_witness(tmp_path)
    with serving(tmp_path) as server:
        post(server.url, asking(0, 8))
        assert not (tmp_path / "evidence").exists()
        for _ in range(3):
            post(server.url, asking(8, 8, FORKED))
        post(server.url, asking(0, 9, FORKED))
    (file,) = (tmp_path / "evidence").glob("*.json")
    first, second = parse_contradiction(file.read_bytes()).verify(LOG.identity)
    assert (first.size, first.root) == (8, merkle.root(LEAVES[:8]))
    assert (second.size, second.root) == (8, merkle.root(FORKED[:8]))


def exchange(server: WitnessServer, data: bytes) -> bytes:
    """What comes back for raw bytes until the connection ends or falls silent."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as plug:
        plug.sendall(data)
        plug.shutdown(socket.SHUT_WR)
        said = b""
        while more := plug.recv(65536):
            said += more
        return said


def test_requests_that_are_none_of_add_checkpoint(tmp_path: Path) -> None:
    new_witness(tmp_path)
    with serving(tmp_path) as server:
        assert post(server.url, asking(0, 8), "/other").status == 404
        assert exchange(server, f"GET {PATH} HTTP/1.1\r\nHost: w\r\n\r\n".encode()).startswith(b"HTTP/1.1 405")
        assert exchange(server, b"GET / HTTP/1.1\r\nHost: w\r\n\r\n").startswith(b"HTTP/1.1 404")
        for length, status in ((None, 411), ("-1", 411), ("x", 411), (MAX_REQUEST + 1, 413), (10**8, 413)):
            line = "" if length is None else f"Content-Length: {length}\r\n"
            said = exchange(server, f"POST {PATH} HTTP/1.1\r\nHost: w\r\n{line}\r\n".encode())
            assert said.startswith(f"HTTP/1.1 {status}".encode()), said
        # Cut short: nothing was asked.
        assert exchange(server, f"POST {PATH} HTTP/1.1\r\nHost: w\r\nContent-Length: 99\r\n\r\nold 0".encode()) == b""
        assert post(server.url, asking(0, 8)).status == 200


def test_readers_see_what_was_cosigned_last(tmp_path: Path) -> None:
    """C2SP tlog-witness, "Monitor retrieval": under the hash of the origin, signed by the log and by the witness."""
    key = new_witness(tmp_path / "w")
    name = hashlib.sha256(LOG.identity.origin.encode()).hexdigest()
    with serving(tmp_path / "w") as server:

        def got(path: str) -> bytes:
            return exchange(server, f"GET {path} HTTP/1.1\r\nHost: w\r\n\r\n".encode())

        answer = got(f"/{name}/checkpoint")
        assert answer.startswith(b"HTTP/1.1 404"), "nothing yet"
        for old, size in ((0, 3), (3, 8)):
            assert post(server.url, asking(old, size)).status == 200
            answer = got(f"/{name}/checkpoint")
            assert answer.startswith(b"HTTP/1.1 200")
            note = answer.partition(b"\r\n\r\n")[2]
            assert LOG.identity.verify_checkpoint(note).size == size
            assert WitnessPolicy(1, (key,)).verify(note) > 0
        assert post(server.url, asking(3, 20)).status == 409
        assert got(f"/{name}/checkpoint") == answer, "a refusal changes nothing"
        for path in (
            f"/{name}",
            f"/{name}/checkpoint/",
            f"/{name.upper()}/checkpoint",
            "/../state",
            f"/{'0' * 64}/checkpoint",
        ):
            assert got(path).startswith(b"HTTP/1.1 404"), path


def test_one_connection_carries_many_requests(tmp_path: Path) -> None:
    new_witness(tmp_path)
    with serving(tmp_path) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        for old, size in ((0, 3), (3, 9), (9, 9)):
            connection.request("POST", PATH, asking(old, size))
            plug = connection.sock
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, connection.sock) == (200, plug)
        connection.close()


def test_the_state_is_on_disk_before_the_cosignature_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of events: the file is in place and its folder synced, then the answer is there."""
    new_witness(tmp_path)
    folder = WitnessFolder(tmp_path, PASSPHRASE)
    events: list[str] = []
    write, sync = folder.state.write, folder.state.sync

    def noted_write(name: str, data: bytes) -> None:
        write(name, data)
        events.append("written")

    def noted_sync() -> None:
        sync()
        events.append("synced")

    monkeypatch.setattr(folder.state, "write", noted_write)
    monkeypatch.setattr(folder.state, "sync", noted_sync)
    answer = Witness(folder, lambda: NOW).add_checkpoint(asking(0, 8))
    events.append(f"answered {answer.status}")
    assert events == ["written", "synced", "answered 200"]


@pytest.mark.parametrize("broken", ["write", "sync"])
def test_no_cosignature_while_the_disk_refuses_and_again_once_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    new_witness(tmp_path)
    folder = WitnessFolder(tmp_path, PASSPHRASE)
    witness = Witness(folder, lambda: NOW)
    assert witness.add_checkpoint(asking(0, 8)).status == 200

    def refuse(*_: object) -> None:
        raise StorageFailed("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(folder.state, broken, refuse)
        for _ in range(2):
            assert witness.add_checkpoint(asking(8, 9)).status in (503, 409)
    old = 9 if broken == "sync" else 8
    assert witness.add_checkpoint(asking(old, 9)).status == 200, "and nobody had to start it again"
    assert WitnessFolder(tmp_path, PASSPHRASE).kept(LOG.identity.origin).head.size == 9


@pytest.mark.parametrize("broken", ["write", "sync"])
def test_a_witness_whose_disk_failed_ends_for_its_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The page cache may lie then: only a restart reads the disk anew."""
    new_witness(tmp_path)
    folder = WitnessFolder(tmp_path, PASSPHRASE)
    witness = Witness(folder, lambda: NOW)
    server = WitnessServer(("127.0.0.1", 0), witness)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    assert witness.add_checkpoint(asking(0, 8)).status == 200

    def fail(*_: object) -> None:
        raise DiskFailed("the disk did not confirm what was written")

    with monkeypatch.context() as patched:
        patched.setattr(folder.state, broken, fail)
        assert witness.add_checkpoint(asking(8, 9)).status == 503
    assert witness.add_checkpoint(asking(8, 9)).status == 503
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(witness.failure, DiskFailed)
    server.server_close()
    again = Witness(WitnessFolder(tmp_path, PASSPHRASE), lambda: NOW)
    assert again.add_checkpoint(asking(9 if broken == "sync" else 8, 9)).status == 200


def test_time_never_runs_back(tmp_path: Path) -> None:
    key, times = new_witness(tmp_path), iter([NOW, NOW - 500, NOW + 1])
    witness = Witness(WitnessFolder(tmp_path, PASSPHRASE), lambda: next(times))
    asked = [(0, 3), (3, 8), (8, 9)]
    found = [cosigned_at(key, size, witness.add_checkpoint(asking(old, size)).body) for old, size in asked]
    assert found == [NOW, NOW, NOW + 1]


@pytest.mark.parametrize("damage", [b"", b"x", checkpoint(8), checkpoint(3) + b"more"])
def test_a_damaged_state_is_never_taken_for_none(tmp_path: Path, damage: bytes) -> None:
    new_witness(tmp_path)
    folder = WitnessFolder(tmp_path, PASSPHRASE)
    witness = Witness(folder, lambda: NOW)
    witness.add_checkpoint(asking(0, 8))
    (file,) = [path for path in (tmp_path / "state").iterdir() if path.name != ".lock"]
    file.write_bytes(damage)
    assert witness.add_checkpoint(asking(0, 8, FORKED)).status == 503
    with pytest.raises(Misconfigured, match="cannot be read"):
        WitnessFolder(tmp_path, PASSPHRASE)


def test_many_at_once_are_cosigned_in_one_order(tmp_path: Path) -> None:
    """Every answer 200 is to a larger tree than the one before it; two processes' worth of witnesses share a folder."""
    key = new_witness(tmp_path)
    with serving(tmp_path) as one, serving(tmp_path) as other:

        def climb(number: int) -> list[tuple[int, int]]:
            done, old = [], 0
            for size in range(number % 5, 300, 5):
                for _ in range(20):
                    said = post((one, other)[number % 2].url, asking(min(old, size), size))
                    if said.status == 200:
                        done.append((cosigned_at(key, size, said.body), size))
                        break
                    assert said.status == 409
                    old = int(said.body)
                    if old > size:
                        break
            return done

        with ThreadPoolExecutor(8) as pool:
            found = sorted(pair for pairs in pool.map(climb, range(8)) for pair in pairs)
    sizes = [size for _, size in found]
    assert sizes == sorted(sizes), "as of each time, the largest tree seen"
    assert len(set(sizes)) > 10


def test_a_fork_has_no_chance_in_a_race(tmp_path: Path) -> None:
    key = new_witness(tmp_path)
    with serving(tmp_path) as server:

        def push(leaves: list[bytes]) -> list[int]:
            return [
                size
                for size in range(9, 60)
                for old in (0, size - 1)
                if (said := post(server.url, asking(old, size, leaves))).status == 200
                and cosigned_at(key, size, said.body, leaves)
            ]

        with ThreadPoolExecutor(2) as pool:
            left, right = pool.map(push, (LEAVES, FORKED))
    assert bool(left) != bool(right)


def serve_until_kept(folder: Path, size: int) -> None:
    """What the killed process does: it serves, and dies at the first answer for `size`, which is kept and not sent."""
    kept = WitnessFolder(folder, PASSPHRASE)
    keep = kept.keep

    def keep_and_die(log: Any, asked: Any, cosignature: Cosignature) -> None:
        keep(log, asked, cosignature)
        if asked.head.size == size:
            os.kill(os.getpid(), signal.SIGKILL)

    kept.keep = keep_and_die  # type: ignore[method-assign]
    server = WitnessServer(("127.0.0.1", 0), Witness(kept, lambda: NOW))
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()


def test_killed_between_keeping_and_answering(tmp_path: Path) -> None:
    key = new_witness(tmp_path)
    code = f"from tests.e2e.witness.test_witness import *; serve_until_kept(Path({str(tmp_path)!r}), 8)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert cosigned_at(key, 5, post(url, asking(0, 5)).body) == NOW
        with pytest.raises((http.client.HTTPException, OSError)):
            post(url, asking(5, 8))
        assert process.wait(timeout=20) == -signal.SIGKILL
    with serving(tmp_path) as server:
        # The state says 8 although nobody has that cosignature: a fork of it is refused, the log gets its own.
        assert post(server.url, asking(5, 8, FORKED)).status == 409
        assert post(server.url, asking(5, 8)).body == b"8\n"
        assert cosigned_at(key, 8, post(server.url, asking(8, 8)).body) > NOW


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.drill)])
def test_killed_again_and_again(tmp_path: Path, kills: int) -> None:
    """The command itself, under `kill -9` at any moment: what was cosigned is known afterwards, and never forked."""
    folder = tmp_path / "w"
    key = new_witness(folder)
    environment = {**os.environ, "LADING_PASSPHRASE": PASSPHRASE, "LADING_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "ledger.cli.main", "witness", "serve", str(folder), "--port", "0"]
    size, rng = 0, random.Random(kills)
    for _ in range(kills):
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            url = next(word for word in process.stderr.readline().split() if word.startswith("http")).split("/add")[0]
            Thread(target=_kill_soon, args=(process, 0.05 + rng.random() / 4), daemon=True).start()
            while True:
                new = min(size + 1, len(LEAVES))
                try:
                    said = post(url, asking(size, new))
                except (http.client.HTTPException, OSError):
                    break
                if said.status == 200:
                    assert cosigned_at(key, new, said.body)
                else:
                    assert (said.status, said.body) == (409, b"%d\n" % new), "kept, and killed before the answer"
                size = new
            process.kill()
            process.wait(timeout=20)
    kept = WitnessFolder(folder, PASSPHRASE).kept(LOG.identity.origin).head
    assert kept.size in (size, size + 1)
    assert kept == TreeHead(LOG.identity.origin, kept.size, merkle.root(LEAVES[: kept.size]))


def _kill_soon(process: subprocess.Popen[str], seconds: float) -> None:
    time.sleep(seconds)
    process.kill()


def test_a_full_house_turns_away_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(service._Handler, "timeout", 0.5)
    new_witness(tmp_path)
    with serving(tmp_path) as server:
        idle = [socket.create_connection(("127.0.0.1", server.server_address[1])) for _ in range(2)]
        time.sleep(0.1)
        with pytest.raises((http.client.HTTPException, OSError)):
            post(server.url, asking(0, 8))
        deadline = time.monotonic() + 10
        while True:  # the silent ones are put out after their time
            try:
                assert post(server.url, asking(0, 8)).status == 200
                break
            except (http.client.HTTPException, OSError):
                assert time.monotonic() < deadline
        for plug in idle:
            plug.close()
