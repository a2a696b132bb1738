"""Several nodes of one network: one that hangs, dies, lags, errs or belongs elsewhere is passed over, and no other."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Timer
from typing import Any

import pytest
import requests

from ledger.chain import jsonrpc
from ledger.chain.jsonrpc import HttpNode
from ledger.chain.nodes import Nodes, Place
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable
from tests.chain.conftest import CHAIN_ID, Anvil, start_anvil
from tests.chain.hanging import HangingNode, hanging_node

DEAD = "http://127.0.0.1:9"


def rpc(url: str, method: str, *parameters: Any) -> Any:
    question: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    return requests.post(url, json=question, timeout=10).json()["result"]


def place(url: str, number: int = 1) -> Place:
    block = rpc(url, "eth_getBlockByNumber", hex(number), False)
    return Place(CHAIN_ID, number, bytes.fromhex(block["hash"][2:]))


@pytest.fixture(scope="module")
def good() -> Iterator[Anvil]:
    """A node with five blocks."""
    with start_anvil() as anvil:
        rpc(anvil.url, "anvil_mine", "0x5")
        yield anvil


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingNode]:
    monkeypatch.setattr(jsonrpc, "_ANSWER_SECONDS", 0.5)
    with hanging_node() as node:
        yield node


def chain(*urls: str, at: Place | None = None, patience: float = 0) -> RpcChain:
    return RpcChain(Nodes([HttpNode(url) for url in urls], lambda: at, patience=patience), finality_depth=0)


def test_a_read_that_hangs_ends_after_ten_seconds() -> None:
    with hanging_node() as node, closing(chain(node.url)) as client:
        begun = time.monotonic()
        with pytest.raises(ChainUnavailable, match="timed out"):
            client.head()
        assert 9 < time.monotonic() - begun < 12


def test_another_node_is_asked_when_one_hangs_and_is_kept(hanging: HangingNode, good: Anvil) -> None:
    with closing(chain(hanging.url, DEAD, good.url, at=place(good.url))) as client:
        assert client.head() == 5
        asked, begun = hanging.asked, time.monotonic()
        assert [client.head() for _ in range(5)] == [5] * 5
        assert time.monotonic() - begun < 0.5, "the one that answers is asked first from then on"
        assert hanging.asked == asked


def test_a_node_that_dies_is_replaced_and_taken_again_when_it_is_back(good: Anvil) -> None:
    with start_anvil() as first, closing(chain(first.url, good.url)) as client:
        rpc(first.url, "anvil_mine", "0x9")
        assert client.head() == 9
        first.process.kill()
        first.process.wait(10)
        assert client.head() == 5
        client.doubt()
        assert client.head() == 5, "the dead one is passed over once more"


def test_a_node_of_another_chain_is_never_used(good: Anvil) -> None:
    with start_anvil(chain_id=7) as stranger:
        known = place(good.url)
        with closing(chain(stranger.url, good.url, at=known)) as client:
            assert client.chain_id == CHAIN_ID
        with closing(chain(good.url, stranger.url)) as client:
            assert client.chain_id == CHAIN_ID
            client.doubt()
            assert client.head() == 5, "without a place, the chain that was seen first is meant"
        with closing(chain(stranger.url, good.url, at=Place(CHAIN_ID))) as client:
            assert client.chain_id == CHAIN_ID, "its id alone tells which is meant"
        with (
            closing(chain(stranger.url, DEAD, at=known)) as client,
            pytest.raises(
                ChainUnavailable, match=rf"node 1: .*another chain \(expected {CHAIN_ID}, found 7\).*node 2: "
            ),
        ):
            client.head()


@pytest.mark.parametrize("number", [1, 3])
def test_a_node_with_another_block_at_the_cursor_is_never_used(good: Anvil, number: int) -> None:
    with start_anvil("--timestamp", "1700000000") as forked:
        rpc(forked.url, "anvil_mine", "0x9")
        with closing(chain(forked.url, good.url, at=place(good.url, number))) as client:
            assert client.head() == 5
        with (
            closing(chain(forked.url, DEAD, at=place(good.url, number))) as client,
            pytest.raises(ChainUnavailable, match="not the one that was followed before"),
        ):
            client.head()


def test_a_node_that_lacks_the_block_at_the_cursor_is_not_used(good: Anvil) -> None:
    with start_anvil() as behind, closing(chain(behind.url, good.url, at=place(good.url, 3))) as client:
        assert client.head() >= 5


def test_a_node_that_two_threads_doubt_is_passed_over_once(good: Anvil) -> None:
    with start_anvil() as other, closing(chain(other.url, good.url)) as client:
        rpc(other.url, "anvil_mine", "0x9")
        together = threading.Barrier(2)

        def doubting() -> None:
            assert client.head() == 9
            together.wait(10)
            client.doubt()

        threads = [threading.Thread(target=doubting) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.head() == 5


def test_what_a_doubted_node_says_is_not_asked_for_again(good: Anvil) -> None:
    """Its place is looked at anew: what it has now may be another chain than it had."""
    with start_anvil() as other:
        known = place(good.url)
        with closing(chain(good.url, other.url, at=known)) as client:
            assert client.head() == 5
            client.doubt()
            assert client.head() == 5, "the other one lacks the block"
            rpc(good.url, "anvil_mine", "0x1")
            assert client.head() == 6


def test_a_question_waits_for_a_node_that_is_away_for_a_while(good: Anvil) -> None:
    with ExitStack() as stack:
        started = hanging_node()
        port = int(stack.enter_context(started).url.rsplit(":", 1)[1])
        stack.close()
        with closing(chain(f"http://127.0.0.1:{port}", patience=30)) as client:
            back = start_later(port, stack)
            assert client.head() == 0
            back.join()


def start_later(port: int, stack: ExitStack) -> Timer:
    timer = Timer(1, lambda: stack.enter_context(start_anvil(port=port)))
    timer.start()
    return timer


def test_one_alone_is_asked_nothing_about_its_chain(good: Anvil) -> None:
    """What is wrong with it is said by whoever reads it, in words of its own."""
    with closing(chain(good.url, at=Place(7, 1, bytes(32)))) as client:
        assert client.head() >= 5


def test_no_url_is_told(good: Anvil) -> None:
    secret = "http://user:secret@127.0.0.1:9/v3/secret?key=secret"
    with (
        closing(chain(secret, DEAD, at=place(good.url))) as client,
        pytest.raises(ChainUnavailable) as told,
    ):
        client.head()
    assert "secret" not in str(told.value)
