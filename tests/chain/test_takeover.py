"""One process at a time sends with a key: another takes over within seconds, and who was paused meanwhile does no harm.

The processes are real, on one database and one network.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.client import ChainClient
from ledger.chain.deploy import Deployment
from ledger.chain.rpc import RpcChain
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId
from ledger.errors import LeaseLost
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.services.home.clock import ManualClock, SystemClock
from ledger.services.relay.lease import SECONDS, Lease, LeaseTimer
from ledger.store import transactions
from tests.chain.operator import DELAY, Operator, launch

SHORT = 3
"""Seconds of a lease in these tests."""
CHILD = """
import gc
gc.disable()  # among modules there is no garbage, and the life is short
import sys
from pathlib import Path
from tests.chain.test_takeover import relay

relay(Path(sys.argv[1]), *sys.argv[2:])
"""


class StoppingChain:
    """A chain whose user is stopped by SIGSTOP, once, when it calls `method`: `before` the call or after it."""

    def __init__(self, chain: ChainClient, method: str, when: str) -> None:
        self._chain, self._method, self._when = chain, method, when

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._chain, name)
        if name != self._method:
            return found

        def stopping(*arguments: Any, **options: Any) -> Any:
            self._method = ""
            if self._when == "before":
                os.kill(os.getpid(), signal.SIGSTOP)
            answer = found(*arguments, **options)
            if self._when == "after":
                os.kill(os.getpid(), signal.SIGSTOP)
            return answer

        return stopping


Wrap = Callable[[ChainClient], Any]


def open_operator(home: Path, wrap: Wrap = lambda chain: chain, seconds: int = SHORT) -> Operator:
    kept = json.loads((home / "network.json").read_text())
    client = RpcChain(kept["url"], finality_depth=0)
    deployment, clock = Deployment.from_json(kept["deployment"]), ManualClock(kept["now"])
    return Operator(home / "one", wrap(client), deployment, clock, lease_seconds=seconds)


def relay(home: Path, method: str, when: str, seconds: str) -> None:
    """What the other process does: a step, in which it is stopped; then another, as if nothing had happened."""
    operator = open_operator(home, lambda chain: StoppingChain(chain, method, when), int(seconds))
    print("open", flush=True)
    for _ in range(2):
        try:
            print("held" if operator.relayer.step().held else "waits", flush=True)
        except LeaseLost:
            print("lost", flush=True)
    if when == "clean":
        operator.lease.release()
    print("done", flush=True)
    sys.stdin.read()


@pytest.fixture(scope="module")
def network(anvil_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A consortium on a network, with what it needs to be opened by several processes."""
    chain, clock = RpcChain(anvil_url, finality_depth=0), ManualClock(SystemClock().now())
    home = tmp_path_factory.mktemp("takeover")
    deployment = launch(chain, clock, "takeover")
    founder = Operator(home / "one", chain, deployment, clock)
    founder.accept(*founder.founding())
    founder.settle()
    newest = chain.block(chain.head())
    assert newest is not None
    later = newest.timestamp + DELAY + 5
    chain._ask("anvil_setTime", later)
    chain._ask("evm_mine")
    kept = {"url": anvil_url, "deployment": deployment.to_json(), "now": later}
    (home / "network.json").write_text(json.dumps(kept))
    founder.lease.release()
    founder.close()
    chain.close()
    return home


@pytest.fixture
def home(network: Path, tmp_path: Path) -> Path:
    """Its chain goes on from one test to the next, and has what those before recorded."""
    return Path(shutil.copytree(network, tmp_path / "home"))


@pytest.fixture
def started(home: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    processes: list[subprocess.Popen[str]] = []

    def start(method: str = "", when: str = "", seconds: int = SHORT) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", CHILD, str(home), method, when, str(seconds)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert heard(process) == "open"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def wait_until_stopped(process: "subprocess.Popen[str]") -> None:
    ends = time.monotonic() + 90
    while Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < ends
        time.sleep(0.02)


def settle(operator: Operator, ids: list[RecordId], seconds: float = 30) -> float:
    """Work until all of `ids` are recorded; how long that took."""
    begun = time.monotonic()
    while any(operator.outcomes(record_id) != [Code.APPLIED] for record_id in ids):
        operator.relayer.step()
        operator.follower.step()
        assert time.monotonic() - begun < seconds, "nobody took over"
        time.sleep(0.05)
    return time.monotonic() - begun


def accepted(operator: Operator, count: int = 3) -> list[RecordId]:
    return operator.accept(*(operator.terms() for _ in range(count)))


def each_once(operator: Operator, ids: list[RecordId]) -> None:
    """Every record was signed once, in a transaction with a nonce of its own, and is on the chain once."""
    with operator.db.read() as connection:
        sent = [transactions.of_record(connection, record_id) for record_id in ids]
    assert [len(of_record) for of_record in sent] == [1] * len(ids)
    signed = {one.hash: one.nonce for of_record in sent for one in of_record}
    assert len(set(signed.values())) == len(signed)
    custody = operator.deployment.contracts[ContractKind.CUSTODY]
    logs = operator.chain.events(1, operator.chain.head(), [custody]).logs
    recorded = [log.topics[1] for log in logs if log.topics[0] == RECORDED_TOPIC]
    assert sorted(one for one in recorded if one in ids) == sorted(ids)


@pytest.mark.parametrize(
    ("method", "when"),
    [
        ("nonce", "before"),  # before anything is stored
        pytest.param("gas_price", "after", marks=pytest.mark.drill),
        ("send", "before"),  # between the look at the lease and sending
        pytest.param("send", "after", marks=pytest.mark.drill),
        ("receipts", "after"),  # it is in a block, and that is not noted yet
    ],
)
def test_who_was_paused_for_longer_than_its_lease_sends_nothing_of_its_own(
    home: Path, started: Callable[..., "subprocess.Popen[str]"], method: str, when: str
) -> None:
    other = open_operator(home)
    ids = accepted(other)
    paused = started(method, when)
    wait_until_stopped(paused)
    begun = time.monotonic()
    settle(other, ids)  # what was sent is followed without any lease
    while not other.lease.take():
        time.sleep(0.05)
    assert 0.5 < time.monotonic() - begun < 10, "not before the lease ran out, and soon after"
    timer = LeaseTimer([other.lease], every=0.3)
    timer.start()
    more = accepted(other)
    paused.send_signal(signal.SIGCONT)
    assert heard(paused) in ("lost", "waits")
    assert [heard(paused), heard(paused)] == ["waits", "done"]
    timer.stop()
    settle(other, more)
    each_once(other, [*ids, *more])
    other.close()


def test_a_process_that_stops_in_order_gives_its_lease_up(
    home: Path, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = started("", "clean", seconds=60)
    assert [heard(process) for _ in range(3)] == ["held", "held", "done"]
    other = open_operator(home, seconds=60)
    assert settle(other, accepted(other)) < 10
    other.close()


def test_the_lease_of_a_process_that_was_killed_runs_out(
    home: Path, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = started("", "", seconds=3)
    assert [heard(process) for _ in range(3)] == ["held", "held", "done"]
    process.kill()
    process.wait()
    other = open_operator(home)
    assert not other.relayer.step().held
    assert settle(other, accepted(other)) < 15
    other.close()


def test_a_lease_takes_fifteen_seconds_to_run_out() -> None:
    assert SECONDS == 15


def test_a_timer_keeps_the_lease_while_the_work_hangs(home: Path) -> None:
    one, other = open_operator(home), open_operator(home)
    assert one.lease.take()
    timer = LeaseTimer([one.lease], every=0.3)
    timer.start()
    try:
        ends = time.monotonic() + 2 * SHORT + 1
        while time.monotonic() < ends:
            assert not other.lease.take()
            one.lease.check()
            time.sleep(0.2)
    finally:
        timer.stop()
    with pytest.raises(LeaseLost):
        one.lease.check()
    assert other.lease.take(), "given up with the timer"
    one.close()
    other.close()


def test_who_does_not_renew_does_not_send_even_if_nobody_took_over(home: Path) -> None:
    operator = open_operator(home)
    assert operator.lease.take()
    time.sleep(SHORT + 0.1)
    with pytest.raises(LeaseLost, match="paused for too long"):
        operator.lease.check()
    with operator.db.write() as connection:
        operator.lease.confirm(connection)  # nobody did, so what is stored is no harm
    assert operator.lease.take()
    operator.lease.check()
    operator.close()


def test_a_lease_that_was_lost_says_so_in_the_commit(home: Path) -> None:
    one, other = open_operator(home), open_operator(home)
    assert one.lease.take()
    stolen = Lease(other.db, "relayer one", SystemClock(), alone=True)
    assert stolen.take()
    with pytest.raises(LeaseLost), one.db.write() as connection:
        one.lease.confirm(connection)
    assert not one.lease.held
    assert not one.lease.take()
    one.close()
    other.close()
