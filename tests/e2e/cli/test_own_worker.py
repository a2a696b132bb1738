"""`lading serve` and the process that works for it: each is gone when the other is, and nothing is lost or doubled."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from ledger.cli.commands.serve import WORKER
from ledger.common.ids import RecordId
from ledger.errors import DiskFailed
from ledger.records.signing import SignedRecord
from ledger.services.audit.run import audit
from ledger.services.home.consortium import ANCHOR, LOG, RELAYER, read_consortium
from ledger.services.home.keystores import DEMO_PASSPHRASE, read_keystore, read_log_key, write_keystore, write_log_key
from ledger.services.home.settings import Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.node import own_worker
from ledger.services.node.news import WORKER as HELD
from ledger.services.node.node import Node
from ledger.services.node.own_worker import OwnWorker
from ledger.services.node.reader import open_ledger
from ledger.services.node.service_channel import END_SECONDS
from tests.e2e.cli.processes import LADING, environment, free_port, wait_for
from tests.e2e.crashes.scenario import terms
from tests.e2e.stage import MAKER, parties
from tests.forks import Lading

TELLS_OF_BELLS = """
import socket, threading
from ledger.services.node.service_channel import ServiceChannel, WorkerState

channel = ServiceChannel(socket.socket(fileno=0))
passphrase, ended = channel.settings().passphrase, threading.Event()
channel.on_commit = lambda: channel.tell(WorkerState(True, f"rung, {passphrase}"))
channel.on_end = ended.set
channel.start()
channel.tell(WorkerState())
ended.wait()
"""
HANGS = """
import socket, time
from ledger.services.node import service_channel

service_channel.END_SECONDS = 0.2
channel = service_channel.ServiceChannel(socket.socket(fileno=0))
channel.settings()
channel.start()
channel.tell(service_channel.WorkerState())
time.sleep(600)
"""
SECRET = "a passphrase that nobody else may see"


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "home")
    return tmp_path / "home"


class Service:
    """`lading serve`, in a process group of its own as in a terminal. `forked`: with everything imported."""

    def __init__(self, home: Path, log: Path, *, forked: bool, **settings: str) -> None:
        port = free_port()
        self.url, self.log, self.home = f"http://127.0.0.1:{port}", log, home
        env = environment(home, LADING_PORT=str(port), **settings)
        self.process: Lading | subprocess.Popen[bytes]
        if forked:
            self.process = Lading(["serve"], env, log, group=True)
        else:
            with log.open("ab") as said:
                self.process = subprocess.Popen([*LADING, "serve"], env=env, stderr=said, start_new_session=True)

    def ready(self) -> None:
        wait_for(f"{self.url}/readyz", lambda answer: answer["status"] == "ok")

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        return False

    def worker(self) -> int:
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(child)

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture
def serve(home: Path, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    begun: list[Service] = []

    def began(*, forked: bool = True, **settings: str) -> Service:
        begun.append(Service(home, tmp_path / f"{len(begun)}.log", forked=forked, **settings))
        return begun[-1]

    yield began
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def gone(pid: int) -> bool:
    """Whether the process is no more, or at least has let go of all that it had: a dead one whose other threads are
    still ending has its files yet.
    """
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        return state == "Z" and len(list((process / "task").iterdir())) <= 1
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def signed(home: Path, number: int) -> SignedRecord:
    record = terms(number, int(time.time()))
    return SignedRecord(record, (parties()[MAKER].key.sign(read_consortium(home).deployment.domain(), record),))


@contextmanager
def handing_in(service: Service) -> Iterator[list[str]]:
    """Records one after the other from two clients, until the service answers no more: ids of what it has accepted."""
    accepted: list[str] = []
    ended = threading.Event()

    def client(number: int) -> None:
        while not ended.is_set():
            try:
                answer = requests.post(
                    f"{service.url}/v1/records", json=signed(service.home, number).to_json(), timeout=10
                )
            except requests.RequestException:
                return
            if answer.status_code == 201:
                accepted.append(answer.json()["id"])
            number += 2

    clients = [threading.Thread(target=client, args=(number,)) for number in (1, 2)]
    for one in clients:
        one.start()
    try:
        yield accepted
    finally:
        ended.set()
        for one in clients:
            one.join()


def nothing_lost_or_doubled(home: Path, accepted: list[str]) -> None:
    """The lock of the embedded chain was the worker's: the home opens at once, for that is gone as well."""
    settings = read_settings({}, home=home)
    node = Node(settings)
    try:
        node.settle()
        with open_ledger(settings) as ledger:
            for record in accepted:
                assert ledger.views.record(RecordId(bytes.fromhex(record[2:]))).chain.status == "recorded"
        with node.home.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT record_id FROM records").scalars()
            assert max(Counter(rows).values()) == 1
        assert audit(node).findings == ()
    finally:
        node.close()


@pytest.mark.parametrize("killed", ["the service", "the worker"])
def test_whichever_is_killed_the_other_ends_and_nothing_is_lost_or_doubled(
    home: Path, serve: Callable[..., Service], killed: str
) -> None:
    service = serve()
    service.ready()
    worker = service.worker()
    with handing_in(service) as accepted:
        until(lambda: len(accepted) >= 5, "some are accepted")
        os.kill(service.process.pid if killed == "the service" else worker, signal.SIGKILL)
        status = service.process.wait(30)
    until(lambda: gone(worker), "the worker goes on without its service", 5)
    if killed == "the worker":
        assert status == 1
        assert "the process that works for this service was killed" in service.said()
    assert "Traceback" not in service.said()
    nothing_lost_or_doubled(home, accepted)


def test_a_service_manager_ends_both_in_order(serve: Callable[..., Service]) -> None:
    """Its SIGTERM reaches all processes. A second service of the same home is refused meanwhile."""
    service = serve()
    service.ready()
    worker = service.worker()
    second = serve()
    assert second.process.wait(60) == 2
    assert second.said().count("another process writes this chain") == 1, "its worker says so, and it ends with it"
    assert "Traceback" not in second.said()
    os.kill(worker, signal.SIGTERM)
    time.sleep(0.5)
    assert not gone(worker), "its service tells it when"
    service.process.terminate()
    ended_in_order(service, worker)


def ended_in_order(service: Service, worker: int) -> None:
    assert service.process.wait(30) == 0
    assert gone(worker)
    assert "Traceback" not in service.said()


def test_the_passphrase_is_read_once_and_shown_to_nobody_and_ctrl_c_ends_both_in_order(
    home: Path, serve: Callable[..., Service], tmp_path: Path
) -> None:
    """From a pipe it could not be read twice; arguments and the log are everybody's. Ctrl-C in a terminal reaches a
    process group.
    """
    for name in (RELAYER, ANCHOR):
        key = read_keystore(home / "keys" / name, DEMO_PASSPHRASE)
        (home / "keys" / name).unlink()
        write_keystore(home / "keys" / name, key, SECRET)
    log = read_log_key(home / "keys" / LOG, DEMO_PASSPHRASE)
    (home / "keys" / LOG).unlink()
    write_log_key(home / "keys" / LOG, log, SECRET)
    pipe = tmp_path / "passphrase"
    os.mkfifo(pipe)
    service = serve(forked=False, LADING_PASSPHRASE_FILE=str(pipe))
    pipe.write_text(SECRET)
    service.ready()
    for process in (service.process.pid, service.worker()):
        for shown in ("cmdline", "environ"):
            assert SECRET.encode() not in Path(f"/proc/{process}/{shown}").read_bytes()
    worker = service.worker()
    assert b"LADING_" not in Path(f"/proc/{worker}/environ").read_bytes()
    os.killpg(service.process.pid, signal.SIGINT)
    ended_in_order(service, worker)
    assert SECRET not in service.said()


def test_what_the_worker_refuses_the_service_refuses(home: Path, serve: Callable[..., Service]) -> None:
    (home / "keys" / "highest-checkpoint").write_bytes(b"damaged")
    service = serve()
    until(service.answers, "it answers")
    answer = requests.get(f"{service.url}/readyz", timeout=10)
    assert answer.status_code == 503
    assert "highest-checkpoint" in answer.json()["checks"]["worker"]
    refused = requests.post(f"{service.url}/v1/records", json=signed(home, 1).to_json(), timeout=10)
    assert refused.status_code == 503
    assert "highest-checkpoint" in refused.text


def begun(settings: Settings) -> OwnWorker:
    worker = OwnWorker(WORKER, settings)
    assert worker.begun()
    return worker


def test_a_disk_that_fails_under_the_service_ends_the_worker_at_once(home: Path) -> None:
    """What a failed sync left is read by both; neither may write on."""
    settings = read_settings({}, home=home)
    worker = begun(settings)
    node = Node(settings, worker=worker)
    failed = threading.Event()

    def fail() -> None:
        worker.end(at_once=True)
        failed.set()

    node.on_failure = fail
    try:
        node.start()
        node.home.database.failure = DiskFailed("a commit failed")
        assert failed.wait(30)
        assert gone(worker._process.pid)
        assert worker.status is None, "it was told to"
    finally:
        node.close()
        worker.end()


def test_each_commit_rings_in_the_other_process_and_its_word_counts(home: Path) -> None:
    settings = replace(read_settings({}, home=home), passphrase=SECRET)
    worker = OwnWorker((sys.executable, "-c", TELLS_OF_BELLS), settings)
    assert worker.begun()
    node = Node(settings, worker=worker)
    try:
        node.start()
        node.sequencer.on_commit()
        until(lambda: node.guard.held(HELD) and SECRET in str(node.guard.held(HELD)), "it was rung, and refuses")
    finally:
        node.close()
        worker.end()
    assert worker.status is None


def test_a_worker_that_hangs_breaks_off_and_one_that_was_stopped_is_killed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings({}, home=home)
    hangs, stopped = (OwnWorker((sys.executable, "-c", HANGS), settings) for _ in range(2))
    assert hangs.begun()
    assert stopped.begun()
    begun_at = time.monotonic()
    hangs.end()
    assert hangs._process.returncode == 1, "by itself"
    monkeypatch.setattr(own_worker, "_PATIENCE", 0.5)
    os.kill(stopped._process.pid, signal.SIGSTOP)
    stopped.end()
    assert stopped._process.returncode == -signal.SIGKILL
    assert time.monotonic() - begun_at < END_SECONDS


def test_a_commit_wakes_the_worker_and_what_it_publishes_is_seen(home: Path) -> None:
    settings = read_settings({}, home=home)
    worker = begun(settings)
    node = Node(settings, worker=worker)
    try:
        node.start()
        accepted = node.submission.submit(signed(home, 1))
        assert isinstance(accepted, Accepted)
        index = accepted.receipt.index

        def shown() -> bool:
            published = node.reader.publisher.current()
            return published is not None and published.head.size > index

        until(shown, "it is published by the other process")
        until(lambda: node.reader.views.record(accepted.record_id).chain.status == "recorded", "it is relayed")
        assert node.health.readiness().status == "ok"
        node.health.measure()
        assert node.health.metrics.get_sample_value("lading_lease_held") == 1
    finally:
        node.close()
        worker.end()
