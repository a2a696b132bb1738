"""Who may send on a network with lists, who may connect, and what the EVM there is."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from ledger.common.ids import to_hex
from ledger.services.home.settings import read_settings
from ledger.services.validators import processes
from ledger.services.validators.folder import make_member
from ledger.services.validators.node_files import Ports, application_settings, comet_settings
from ledger.services.validators.plan import Member, NetworkPlan
from tests.e2e.network.conftest import ANCHOR, CHAIN_ID, RELAYER, STRANGER, Running, ask, comet, height, send, until
from tests.e2e.stage import PURSE

pytestmark = pytest.mark.network
ANYWHERE = bytes(19) + b"\x99"
CODE = bytes.fromhex("600160005560006000f3")  # a constructor that leaves nothing


def log_of(folder: Path) -> str:
    return (folder / processes.LOG).read_text()


def pool(running: Running) -> int:
    """How many transactions wait at all validators together."""
    states = [ask(each.json_rpc, "txpool_status")["result"] for each in running.network.validators]
    return sum(int(state["pending"], 16) + int(state["queued"], 16) for state in states)


def test_the_chain_is_the_one_that_was_asked_for_and_gas_is_free(running: Running) -> None:
    assert int(ask(running.url, "eth_chainId")["result"], 16) == CHAIN_ID
    assert int(ask(running.url, "eth_gasPrice")["result"], 16) == 0
    block = ask(running.url, "eth_getBlockByNumber", "finalized", False)["result"]
    assert int(block["gasLimit"], 16) == 60_000_000


def test_a_stranger_is_told_so_and_takes_no_place_in_any_pool(running: Running) -> None:
    for validator in running.network.validators:
        for to in (None, ANYWHERE):
            answer = send(validator, STRANGER, to, CODE)
            assert "is not on the network's list" in answer["error"]["message"]
    assert pool(running) == 0
    assert int(ask(running.url, "eth_getTransactionCount", to_hex(STRANGER.address), "latest")["result"], 16) == 0


def test_one_who_may_send_may_not_create(running: Running) -> None:
    answer = send(running.network.validators[1], ANCHOR, None, CODE)
    assert "who may create contracts" in answer["error"]["message"]


def test_half_of_a_gas_limit_is_billed_and_nothing_is_paid(running: Running) -> None:
    address = to_hex(PURSE.address)
    nonce = int(ask(running.url, "eth_getTransactionCount", address, "latest")["result"], 16)
    sent = send(running.network.validators[2], PURSE, ANYWHERE, b"", nonce)["result"]
    until(lambda: ask(running.url, "eth_getTransactionReceipt", sent)["result"] is not None, "it is in no block")
    receipt = ask(running.url, "eth_getTransactionReceipt", sent)["result"]
    assert (int(receipt["status"], 16), int(receipt["gasUsed"], 16)) == (1, 500_000)
    assert int(receipt["effectiveGasPrice"], 16) == 0
    assert int(ask(running.url, "eth_getBalance", address, "latest")["result"], 16) == 0


def test_questions_without_a_sender_are_answered_and_a_strangers_are_not(running: Running) -> None:
    assert ask(running.url, "eth_call", {"to": to_hex(ANYWHERE), "data": "0x"}, "latest")["result"] == "0x"
    listed = {"from": to_hex(RELAYER.address), "to": to_hex(ANYWHERE), "data": "0x"}
    assert ask(running.url, "eth_call", listed, "latest")["result"] == "0x"
    refused = ask(running.url, "eth_call", listed | {"from": to_hex(STRANGER.address)}, "latest")
    assert "does not have permission" in refused["error"]["message"]


@pytest.mark.parametrize(
    ("precompile", "data", "expected"),
    [
        (2, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),  # SHA-256 of nothing
        (5, f"{1:064x}{1:064x}{1:064x}030507", "05"),  # 3 ** 5 % 7
        (11, "00" * 256, "00" * 128),  # BLS12-381 G1 addition (Prague): infinity plus infinity
    ],
)
def test_ethereums_precompiles_are_there(running: Running, precompile: int, data: str, expected: str) -> None:
    call = {"to": to_hex(precompile.to_bytes(20, "big")), "data": "0x" + data}
    assert ask(running.url, "eth_call", call, "latest")["result"] == "0x" + expected


def test_a_node_that_is_no_member_is_let_in_by_nobody(running: Running) -> None:
    """It has the genesis and every address, and knocks at all four doors."""
    network = running.network
    one = network.validators[0]
    port = one.ports.json_rpc + len(network.validators)
    intruder = make_member(network.folder, "intruder", f"127.0.0.1:{port + 300}")
    folder = network.folder / "intruder"
    members = [
        intruder,
        *(Member(each.name, bytes(32), bytes(32), f"127.0.0.1:{each.ports.peer}") for each in network.validators),
    ]
    plan = NetworkPlan(CHAIN_ID, 0, anybody=True, block_ms=300)
    ports = Ports(port, port + 100, port + 200, port + 300)
    text = comet_settings(plan, intruder, members, ports)
    for member, validator in zip(members[1:], network.validators, strict=True):
        text = text.replace(member.node_id + "@" + member.peer_address, f"{validator.node_id}@{member.peer_address}")
    (folder / "config" / "config.toml").write_text(text)
    (folder / "config" / "app.toml").write_text(application_settings(plan, ports))
    shutil.copy(one.folder / "config" / "genesis.json", folder / "config" / "genesis.json")
    program = processes.find_program(read_settings().network_program)
    with (folder / "node.log").open("wb") as log:
        process = subprocess.Popen([program, "start", "--home", folder], stdout=log, stderr=log)
    try:
        until(lambda: "Stopping peer for error err=EOF" in log_of(folder), "nobody hung up")
        for _ in range(10):
            time.sleep(0.5)
            for validator in network.validators:
                peers = {peer["node_info"]["id"] for peer in comet(validator, "net_info")["peers"]}
                assert peers == {each.node_id for each in network.validators} - {validator.node_id}
        status = requests.get(f"http://127.0.0.1:{ports.comet}/status", timeout=10).json()["result"]
        assert status["sync_info"]["latest_block_height"] == "0"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert height(one) > 0
