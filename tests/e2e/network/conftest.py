"""Four validators of the reference network, the real program, questions to them, and a consortium on them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from ledger.chain.deploy import TokenPlan
from ledger.chain.transactions import sign_transaction
from ledger.cli.demo.scribe import Scribe
from ledger.cli.sandbox import OPERATOR, found_trial, open_for_business, open_trial
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.records.signing import SigningKey
from ledger.services.home.clock import SystemClock
from ledger.services.home.consortium import ANCHOR as ANCHOR_FILE
from ledger.services.home.consortium import RELAYER as RELAYER_FILE
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from ledger.services.home.settings import read_settings
from ledger.services.validators import health, processes
from ledger.services.validators.folder import Network, Validator, init
from ledger.services.validators.plan import NetworkPlan
from ledger.store import outbox
from tests.e2e.stage import CARRIER, MAKER, PURSE, ROLES, SHOP, Stage, parties
from tests.ports import first_free_port

CHAIN_ID = 77_001
VALIDATORS = 4
DEMO = b"trial of the network: "


def key_of(name: str) -> SigningKey:
    return SigningKey(keccak256(DEMO + name.encode()))


OPERATORS = ("harbour", "east", "west", "replay", "stopped", "stopped-several")
"""Whose accounts the network's lists name. The chain knows an account's past, so each home of a test has its own."""


def relayer_of(operator: str) -> SigningKey:
    return key_of(f"{operator} relayer")


def anchor_of(operator: str) -> SigningKey:
    return key_of(f"{operator} anchor")


RELAYER, ANCHOR, STRANGER = relayer_of("harbour"), anchor_of("harbour"), key_of("stranger")


def put_keys(home: Path, operator: str) -> None:
    """Give a home the accounts of one of `OPERATORS`."""
    for name, key in ((RELAYER_FILE, relayer_of(operator)), (ANCHOR_FILE, anchor_of(operator))):
        write_keystore(home / "keys" / name, key, DEMO_PASSPHRASE, demo=True)


def ask(url: str, method: str, *parameters: Any) -> dict[str, Any]:
    """The whole answer to a JSON-RPC question."""
    question: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    answer: dict[str, Any] = requests.post(url, json=question, timeout=30).json()
    return answer


def comet(validator: Validator, path: str) -> Any:
    return requests.get(f"{validator.comet}/{path}", timeout=10).json()["result"]


def height(validator: Validator) -> int:
    return int(ask(validator.json_rpc, "eth_blockNumber")["result"], 16)


def until(condition: Callable[[], bool], what: str, seconds: int = 90) -> None:
    """Wait for something that must come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s: {what}"
        time.sleep(0.3)


def send(validator: Validator, key: SigningKey, to: bytes | None, data: bytes, nonce: int = 0) -> dict[str, Any]:
    """What the validator says to a transaction of `key` that costs nothing."""
    raw = sign_transaction(key, chain_id=CHAIN_ID, nonce=nonce, to=to, data=data, gas_limit=1_000_000, gas_price=0).raw
    return ask(validator.json_rpc, "eth_sendRawTransaction", to_hex(raw))


@dataclass(frozen=True)
class Running:
    """A network whose validators run."""

    network: Network

    @property
    def url(self) -> str:
        return self.network.validators[0].json_rpc

    def start(self) -> None:
        processes.start(self.network, processes.find_program(read_settings().network_program))
        health.wait_for_blocks(self.network)


def blocks_agree(running: Running) -> None:
    """All validators show the same block at a height that all have."""
    lowest = min(height(each) for each in running.network.validators)
    blocks = {
        ask(each.json_rpc, "eth_getBlockByNumber", hex(lowest), False)["result"]["hash"]
        for each in running.network.validators
    }
    assert len(blocks) == 1


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Blocks as fast as they come; relayers may create, anchors and purse may send, nobody else."""
    plan = NetworkPlan(
        CHAIN_ID,
        int(time.time()),
        creators=tuple(relayer_of(one).address for one in OPERATORS),
        senders=(PURSE.address, *(anchor_of(one).address for one in OPERATORS)),
        block_ms=300,
    )
    folder = tmp_path_factory.mktemp("network") / "net"
    network = Running(init(folder, plan, VALIDATORS, first_free_port(VALIDATORS + 1)))
    try:
        network.start()
        yield network
    finally:
        processes.stop(network.network)


class NetworkStage(Stage):
    """A stage on a network, where what was sent takes its time."""

    def settle(self) -> None:
        def done() -> bool:
            self.node.settle()
            with self.node.home.database.read() as connection:
                return outbox.left(connection) == 0

        until(done, "records wait for the chain")


@pytest.fixture(scope="package")
def consortium(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkStage]:
    """Founded from the ground up with the keys that the network's lists name, everybody admitted."""
    home = tmp_path_factory.mktemp("home")
    put_keys(home, "harbour")
    settings, cast = read_settings({"LADING_CHAIN": running.url}, home=home), parties()
    clock: Any = SystemClock()  # nothing here moves it
    found_trial(settings, clock, delay=0, token=TokenPlan("Stage Euro", "sEUR", PURSE.address, 10**10))
    trial = open_trial(settings, clock)
    open_for_business(trial, cast[OPERATOR])
    trial.admit([(cast[number], "", ROLES[number]) for number in (MAKER, CARRIER, SHOP)])
    trial.parties = cast
    try:
        yield NetworkStage(trial, clock, cast, Scribe(trial, cast))
    finally:
        trial.node.close()
