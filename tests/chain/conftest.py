"""Both kinds of chain for the same tests: the embedded one, and anvil over HTTP."""

import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, NamedTuple

import pytest

from ledger.chain.client import Block, ChainClient, Receipt
from ledger.chain.deploy import Deployment
from ledger.chain.embedded import EmbeddedChain
from ledger.chain.rpc import RpcChain
from ledger.chain.transactions import SignedTransaction
from ledger.common.keccak import keccak256
from ledger.records.signing import SigningKey
from ledger.services.home.clock import ManualClock
from tests.chain.operator import Operator, launch
from tests.chain.probe import DEPLOY, Sender

CHAIN_ID = 31_415
GENESIS = 1_760_000_000
ANVIL = Path(__file__).parents[2] / "contracts/node_modules/.bin/anvil"


@dataclass
class Rig:
    """A chain, a sender, and a clock that the test moves."""

    client: ChainClient
    sender: Sender
    now: int = GENESIS

    def run(self, *transactions: SignedTransaction) -> list[Receipt]:
        """Send, make a block, and wait until all are in blocks."""
        for transaction in transactions:
            self.client.send(transaction.raw)
        self.seal()
        return [self.wait(transaction.hash) for transaction in transactions]

    def seal(self) -> Block | None:
        self.now += 10
        return self.client.seal(self.now)

    def wait(self, transaction: bytes) -> Receipt:
        for _ in range(200):
            if receipt := self.client.receipt(transaction):
                return receipt
            time.sleep(0.05)
        raise AssertionError("the transaction is in no block")

    def deploy(self) -> bytes:
        (receipt,) = self.run(self.sender.sign(None, DEPLOY))
        assert receipt.contract is not None
        return receipt.contract


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(b"\x07" * 32)


@pytest.fixture(scope="session")
def anvil_url() -> Iterator[str]:
    """One anvil for the session: free gas, cancun, a block for every transaction."""
    with start_anvil() as node:
        yield node.url


@dataclass
class Anvil:
    process: subprocess.Popen[str]
    drain: Thread
    url: str

    def __enter__(self) -> "Anvil":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        self.drain.join(timeout=10)


def start_anvil(*options: str, port: int = 0, chain_id: int = CHAIN_ID) -> Anvil:
    process = subprocess.Popen(
        [
            str(ANVIL), "--port", str(port), "--chain-id", str(chain_id), "--hardfork", "cancun", "--gas-limit",
            "60000000", "--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee", "--accounts",
            "1", "--order", "fifo", *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Listening on "):
            # It goes on printing every request, and would stand still once the pipe is full.
            drain = Thread(target=_drain, args=(process.stdout,), daemon=True)
            drain.start()
            return Anvil(process, drain, "http://" + line.split()[-1])
    raise AssertionError("anvil did not start")


def _drain(stream: IO[str]) -> None:
    with stream:
        deque(stream, 0)


OpenChain = Callable[..., EmbeddedChain]


@pytest.fixture
def open_embedded(tmp_path: Path) -> Iterator[OpenChain]:
    """Opens the test's embedded chain, again and again; the one before must have been closed."""
    opened: list[EmbeddedChain] = []

    def open_chain(now: Callable[[], int] | None = None) -> EmbeddedChain:
        opened.append(EmbeddedChain(tmp_path / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS, now=now))
        return opened[-1]

    yield open_chain
    for chain in opened:
        chain.close()


@pytest.fixture(params=["embedded", "anvil"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    client: ChainClient
    if request.param == "embedded":
        client = request.getfixturevalue("open_embedded")()
    else:
        client = RpcChain(request.getfixturevalue("anvil_url"), finality_depth=0)
    key = SigningKey(hash_of(request.node.name))
    sender = Sender(key, CHAIN_ID)
    yield Rig(client, sender)
    client.close()


class Founded(NamedTuple):
    """A home with a consortium, for copying: founding one takes seconds. `now` is the clock's time."""

    home: Path
    deployment: Deployment
    now: int


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    home, clock = tmp_path_factory.mktemp("founded"), ManualClock(GENESIS + 1_000)
    chain = EmbeddedChain(home / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS, now=clock.now)
    operator = Operator(home / "one", chain, launch(chain, clock, "consortium"), clock)
    operator.found()
    operator.close()
    chain.close()
    return Founded(home, operator.deployment, clock.now())


def hash_of(text: str) -> bytes:
    return keccak256(text.encode())
