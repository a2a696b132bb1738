"""What a CometBFT node answers is read as it is, and what makes no sense is no answer."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle
from ledger.chain import cometbft
from ledger.chain.cometbft import CometNode
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import ChainUnavailable, NotSealed
from ledger.seals.block import SealedBlock
from ledger.seals.header import Moment
from ledger.seals.validators import COSMOS_EVM_0_7, Network, ValidatorSet
from tests.chain.comet.node import CapturedNode

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE / "captured.json").read_text())
VECTORS = json.loads((HERE.parents[1] / "vectors" / "captured_seals.json").read_text())["good"]
HEIGHT = 411


@pytest.fixture
def node() -> CometNode:
    return CometNode(CapturedNode(ANSWERS))


def test_a_real_nodes_answers_prove_a_block(node: CometNode) -> None:
    serving = ValidatorSet(1, tuple(node.validators(HEIGHT)))
    sealed, results = node.sealed_header(HEIGHT + 1), node.results(HEIGHT)
    network = Network(sealed.header.chainId, COSMOS_EVM_0_7, (serving,))
    sealed.verify(network)
    assert merkle.root(merkle.leaf_hash(one.encode()) for one in results) == sealed.header.lastResultsHash
    block = SealedBlock.from_json(VECTORS[0]["block"], "block")
    assert (node.sealed_header(HEIGHT).header, sealed) == (block.header, block.following)
    assert [results[i] for i in (0, 4)] == list(block.results)
    assert node.latest() > HEIGHT


def test_a_real_nodes_answers_prove_a_slot(node: CometNode) -> None:
    vector = VECTORS[2]
    contract, slot = bytes_from_hex(vector["contract"], 20, "contract"), bytes_from_hex(vector["slot"], 32, "slot")
    proof, word = node.storage(contract, slot, HEIGHT + 1)
    assert to_hex(word) == vector["value"]
    assert proof.value(node.sealed_header(HEIGHT + 2).header.appHash, contract, slot, "slot") == word
    with pytest.raises(NotSealed):
        proof.value(node.sealed_header(HEIGHT + 1).header.appHash, contract, slot, "slot")


def test_a_block_that_does_not_come_is_waited_for_a_while(node: CometNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cometbft, "_PATIENCE", 0.3)
    with pytest.raises(ChainUnavailable, match="not got that block yet"):
        node.sealed_header(HEIGHT + 50)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-29T05:02:16.79140942Z", Moment(1_795_928_536, 791_409_420)),
        ("1970-01-01T00:00:01Z", Moment(1, 0)),
    ],
)
def test_times_have_nanoseconds(node: CometNode, text: str, moment: Moment) -> None:
    ours = altered(lambda answers: answers["commit"]["411"]["signed_header"]["header"].update(time=text))
    assert ours.sealed_header(HEIGHT).header.time == moment
    assert node.sealed_header(HEIGHT).header.time.seconds == 1_795_928_536


def altered(change: Callable[[dict[str, Any]], Any]) -> CometNode:
    answers = copy.deepcopy(ANSWERS)
    change(answers)
    return CometNode(CapturedNode(answers))


def header_of(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answers["commit"]["411"]["signed_header"]["header"]
    return found


COMMITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no application hash": lambda answers: header_of(answers).pop("app_hash"),
    "half a height": lambda answers: header_of(answers).update(height="411.5"),
    "another height": lambda answers: header_of(answers).update(height="410"),
    "no time": lambda answers: header_of(answers).update(time="yesterday"),
    "a number for a time": lambda answers: header_of(answers).update(time=5),
    "no hex": lambda answers: header_of(answers).update(data_hash="xyz"),
    "no block before": lambda answers: header_of(answers).update(last_block_id=None),
    "a list": lambda answers: answers["commit"]["411"].update(signed_header=[]),
    "no votes": lambda answers: answers["commit"]["411"]["signed_header"]["commit"].update(signatures=[{}]),
    "no signature": lambda answers: answers["commit"]["411"]["signed_header"]["commit"]["signatures"][0].update(
        signature="!"
    ),
    "nothing": lambda answers: answers["commit"].update({"411": None}),
}


@pytest.mark.parametrize("name", COMMITS)
def test_a_commit_that_makes_no_sense_is_no_answer(name: str) -> None:
    with pytest.raises(ChainUnavailable):
        altered(COMMITS[name]).sealed_header(HEIGHT)


def first_result(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answers["block_results"]["411"]["txs_results"][0]
    return found


def first_validator(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answers["validators"]["411"]["validators"][0]
    return found


OTHERS: dict[str, tuple[Callable[[dict[str, Any]], Any], Callable[[CometNode], Any]]] = {
    "no base64": (lambda answers: first_result(answers).update(data="!"), lambda node: node.results(HEIGHT)),
    "no gas": (lambda answers: first_result(answers).update(gas_used="x"), lambda node: node.results(HEIGHT)),
    "no results": (
        lambda answers: answers["block_results"].update({"411": "none"}), lambda node: node.results(HEIGHT),
    ),
    "no key": (lambda answers: first_validator(answers).pop("pub_key"), lambda node: node.validators(HEIGHT)),
    "another kind of key": (
        lambda answers: first_validator(answers)["pub_key"].update(type="tendermint/PubKeySecp256k1"),
        lambda node: node.validators(HEIGHT),
    ),
    "no newest block": (
        lambda answers: answers["status"]["sync_info"].pop("latest_block_height"), lambda node: node.latest(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_answers_that_make_no_sense(name: str) -> None:
    change, ask = OTHERS[name]
    with pytest.raises(ChainUnavailable):
        ask(altered(change))


@pytest.mark.parametrize(
    "response",
    [
        {"code": 7, "log": "the height has been pruned"},
        {"code": 0, "proofOps": None},
        {"code": 0, "proofOps": {"ops": []}},
        {"code": 0, "proofOps": {"ops": [{"data": ""}]}},
    ],
    ids=["pruned", "no proof", "no steps", "one step"],
)
def test_a_state_that_the_node_does_not_prove(response: dict[str, Any]) -> None:
    (key,) = ANSWERS["abci_query"]
    node = altered(lambda answers: answers["abci_query"].update({key: {"response": response}}))
    contract, slot = bytes.fromhex(key[2:42]), bytes.fromhex(key[42:])
    with pytest.raises(ChainUnavailable):
        node.storage(contract, slot, HEIGHT + 1)
