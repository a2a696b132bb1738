"""What permissioned networks do that public ones do not, played by a proxy in front of anvil."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from ledger.chain import rpc
from ledger.chain.client import Sent
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable, Misconfigured
from ledger.records.signing import SigningKey
from tests.chain.conftest import CHAIN_ID, Rig, hash_of
from tests.chain.lying.node import rehashed
from tests.chain.probe import Sender, count

Twist = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | bytes | None]
"""From request and anvil's answer to what the client gets: JSON, bytes, or None for a connection cut without a word."""


class Proxy:
    def __init__(self, url: str) -> None:
        self.url_of_node = url
        self.twist: Twist = lambda _, answer: answer
        self.takes_lists = True
        self.asked: list[dict[str, Any]] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = requests.post(proxy.url_of_node, json=request, timeout=10).json()
                twisted: Any
                if isinstance(request, list) and not proxy.takes_lists:
                    twisted = error("batches are not supported")
                elif isinstance(request, list):
                    proxy.asked += request
                    twisted = [proxy.twist(*pair) for pair in zip(request, answer, strict=True)]
                else:
                    proxy.asked.append(request)
                    twisted = proxy.twist(request, answer)
                if twisted is None:
                    self.close_connection = True
                    return
                body = twisted if isinstance(twisted, bytes) else json.dumps(twisted).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def proxy(anvil_url: str) -> Iterator[Proxy]:
    made = Proxy(anvil_url)
    yield made
    made.close()


@pytest.fixture
def rig(proxy: Proxy, request: pytest.FixtureRequest) -> Iterator[Rig]:
    client = RpcChain(proxy.url, finality_depth=0)
    yield Rig(client, Sender(SigningKey(hash_of(request.node.nodeid)), CHAIN_ID))
    client.close()


def error(message: str, code: int = -32000, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message, **more}}


def only(method: str, twist: Twist) -> Twist:
    return lambda request, answer: twist(request, answer) if request["method"] == method else answer


def foreign(twist: Twist = lambda _, answer: answer) -> Twist:
    """The node of a network that hashes something else than Ethereum headers: then `eth_getLogs` is asked, too."""

    def twisted(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | bytes | None:
        hashed = ("eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getTransactionReceipt", "eth_getLogs")
        if request["method"] in hashed and "result" in answer:
            answer = answer | {"result": rehashed(answer["result"])}
        return twist(request, answer)

    return twisted


def on_foreign(proxy: Proxy) -> RpcChain:
    proxy.twist = foreign()
    return RpcChain(proxy.url, finality_depth=0)


def test_events_that_come_twice_or_uninvited_are_dropped(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    receipts = rig.run(*(rig.sender.sign(address, count(bytes([n]))) for n in range(3)))
    client = on_foreign(proxy)
    plain = client.events(receipts[0].block, receipts[-1].block, [address]).logs

    def twist(_: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        logs = answer["result"]
        stranger = logs[0] | {"address": "0x" + "99" * 20}
        elsewhere = logs[0] | {"blockNumber": hex(receipts[-1].block + 50)}
        undone = logs[0] | {"removed": True, "logIndex": "0x7"}
        return answer | {"result": [*reversed(logs), *logs, stranger, elsewhere, undone]}

    proxy.twist = foreign(only("eth_getLogs", twist))
    assert client.events(receipts[0].block, receipts[-1].block, [address]).logs == plain
    assert len(plain) == 3
    client.close()


def test_two_events_in_one_place_are_not_believed(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))

    def twist(_: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        logs = answer["result"]
        return answer | {"result": [*logs, *(log | {"data": "0x" + "00" * 32} for log in logs)]}

    client = on_foreign(proxy)
    proxy.twist = foreign(only("eth_getLogs", twist))
    with pytest.raises(ChainUnavailable, match="claim one place"):
        client.events(1, client.head(), [address])
    client.close()


def test_a_node_that_limits_ranges_is_asked_for_less(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    for number in range(5):
        rig.run(rig.sender.sign(address, count(bytes([number]))))

    def twist(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        asked = request["params"][0]
        wide = int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= 3
        return error("block range too wide", -32005) if wide else answer

    client = on_foreign(proxy)
    proxy.twist = foreign(only("eth_getLogs", twist))
    assert len(client.events(1, client.head(), [address]).logs) == 5
    proxy.twist = foreign(only("eth_getLogs", lambda *_: error("gone mad")))
    with pytest.raises(ChainUnavailable, match="gone mad"):
        client.events(1, 3, [address])
    client.close()


def test_a_node_that_is_asked_too_often_is_not_asked_for_less(proxy: Proxy, rig: Rig) -> None:
    """A limit of how often it is asked comes with the same code as one of what is asked for, in a 200 answer."""
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))
    client = on_foreign(proxy)
    proxy.twist = foreign(only("eth_getLogs", lambda *_: error("request rate limited", -32005)))
    proxy.asked.clear()
    with pytest.raises(ChainUnavailable, match="asked too often"):
        client.events(1, client.head(), [address])
    assert [request["method"] for request in proxy.asked].count("eth_getLogs") == 1
    proxy.twist = lambda *_: error("Too many requests", 429)
    with pytest.raises(ChainUnavailable, match="asked too often"):
        client.head()
    proxy.asked.clear()
    with pytest.raises(ChainUnavailable, match="asked too often"):
        client.receipts([bytes(32)] * 3)
    assert len(proxy.asked) == 3  # in one list
    client.close()


def test_a_node_that_takes_no_lists_of_questions_is_asked_one_by_one(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    (receipt,) = rig.run(rig.sender.sign(address, count(b"x")))
    plain = rig.client.events(1, receipt.block, [address])
    proxy.takes_lists = False
    assert rig.client.events(1, receipt.block, [address]) == plain
    assert len(plain.logs) == 1


def test_a_node_that_does_not_know_the_receipts_of_a_block_is_asked_for_each(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    (receipt,) = rig.run(rig.sender.sign(address, count(b"x")))
    plain = rig.client.events(1, receipt.block, [address])
    proxy.twist = only("eth_getBlockReceipts", lambda *_: error("the method does not exist", -32601))
    assert rig.client.events(1, receipt.block, [address]) == plain
    assert len(plain.logs) == 1


def test_block_0_is_never_asked_for(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    client = on_foreign(proxy)
    client.events(0, client.head(), [address])
    asked = [request["params"][0] for request in proxy.asked if request["method"] == "eth_getLogs"]
    assert asked
    assert all(int(one["fromBlock"], 16) >= 1 for one in asked)
    client.close()
    with pytest.raises(ChainUnavailable):
        rig.client.block(0)


def test_a_node_that_answers_with_another_block_is_not_believed(proxy: Proxy, rig: Rig) -> None:
    rig.deploy()
    latest = requests.post(
        proxy.url_of_node,
        json={"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]},
        timeout=10,
    ).json()
    proxy.twist = only("eth_getBlockByNumber", lambda *_: latest)
    with pytest.raises(ChainUnavailable, match="another block"):
        rig.client.block(int(latest["result"]["number"], 16) - 1)


def test_finality_by_tag_by_depth_and_not_at_all(proxy: Proxy, rig: Rig) -> None:
    rig.deploy()
    rig.run(rig.sender.sign(None, b""), rig.sender.sign(None, b""))
    head = rig.client.head()
    deep = RpcChain(proxy.url, finality_depth=2)
    assert (rig.client.final(), deep.final()) == (head, head - 2)
    assert RpcChain(proxy.url, finality_depth=10**6).final() == 0
    tagged = RpcChain(proxy.url)
    assert 0 <= tagged.final() <= head

    def answers(twisted: Any) -> None:
        proxy.twist = only("eth_getBlockByNumber", lambda *_: twisted)

    answers({"jsonrpc": "2.0", "id": 1, "result": None})
    assert tagged.final() == 0
    answers(error("finalized block not found"))
    assert tagged.final() == 0
    answers(error("invalid argument 0: hex string without 0x prefix", -32602))
    with pytest.raises(ChainUnavailable, match="without 0x"):
        tagged.final()  # it knew the tag before
    stranger = RpcChain(proxy.url)
    with pytest.raises(Misconfigured, match="finalized"):
        stranger.final()
    for client in (deep, tagged, stranger):
        client.close()


def test_gas_that_costs_something_is_paid_with_a_margin(
    proxy: Proxy, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "_GAS_PRICE_SECONDS", 0)
    proxy.twist = only("eth_gasPrice", lambda _, answer: answer | {"result": "0x3b9aca00"})
    assert rig.client.gas_price() == 2 * 10**9
    proxy.twist = only("eth_gasPrice", lambda *_: error("the method eth_gasPrice does not exist", -32601))
    assert rig.client.gas_price() == 0


def test_the_price_of_gas_is_asked_once_for_what_is_sent_together(proxy: Proxy, rig: Rig) -> None:
    answers = iter(range(1, 100))
    proxy.twist = only("eth_gasPrice", lambda _, answer: answer | {"result": hex(next(answers))})
    assert len({rig.client.gas_price() for _ in range(20)}) < 5


def test_a_small_block_gas_limit_bounds_the_estimate(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()

    def twist(_: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"result": answer["result"] | {"gasLimit": hex(50_000)}}

    proxy.twist = only("eth_getBlockByNumber", twist)
    assert rig.client.gas_limit(rig.sender.key.address, address, count(b"x")) == 50_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"[]",
        b"{}",
        b'{"result":7}',
        b'{"result":"0x"}',
        b'{"error":"overloaded"}',
    ],
)
def test_answers_that_make_no_sense_are_chain_unavailable(proxy: Proxy, rig: Rig, body: bytes) -> None:
    proxy.twist = lambda *_: body
    for ask in (
        rig.client.head,
        lambda: rig.client.nonce(bytes(20)),
        lambda: rig.client.code(b"\x01" * 20) if body != b'{"result":"0x"}' else rig.client.head(),
        lambda: rig.client.block(1),
        lambda: rig.client.receipt(bytes(32)),
        lambda: rig.client.events(1, 1, [bytes(20)]).logs,
        lambda: rig.client.send(b"\x01"),
    ):
        with pytest.raises(ChainUnavailable):
            ask()


def test_a_line_that_breaks_after_sending_leaves_unknown_and_the_receipt_tells(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    transaction = rig.sender.sign(address, count(b"x"))
    proxy.twist = only("eth_sendRawTransaction", lambda *_: None)
    with pytest.raises(ChainUnavailable):
        rig.client.send(transaction.raw)
    assert rig.wait(transaction.hash).succeeded
    proxy.twist = lambda _, answer: answer
    assert rig.client.send(transaction.raw).sent in (Sent.KNOWN, Sent.NONCE_USED)


def test_another_hash_than_ours_is_not_believed(proxy: Proxy, rig: Rig) -> None:
    proxy.twist = only("eth_sendRawTransaction", lambda _, answer: answer | {"result": "0x" + "11" * 32})
    with pytest.raises(ChainUnavailable, match="another transaction"):
        rig.client.send(rig.sender.sign(None, b"\x00").raw)


def test_headers_with_fields_of_their_own_are_read(proxy: Proxy, rig: Rig) -> None:
    rig.deploy()

    def twist(_: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        block = answer["result"] | {"extraData": "0x" + "ab" * 500, "proposer": "x", "baseFeePerGas": None}
        return answer | {"result": {key: value for key, value in block.items() if key != "difficulty"}}

    head = rig.client.head()
    plain = rig.client.block(head)
    client = on_foreign(proxy)
    proxy.twist = only("eth_getBlockByNumber", twist)
    assert client.block(head) == plain
    client.close()


def test_a_header_that_stops_proving_itself_is_not_believed(proxy: Proxy, rig: Rig) -> None:
    rig.deploy()
    head = rig.client.head()
    plain = rig.client.block(head)
    bent = {"gasUsed": "0x0", "transactions": []}
    proxy.twist = only("eth_getBlockByNumber", lambda _, answer: answer | {"result": answer["result"] | bent})
    with pytest.raises(ChainUnavailable, match="its hash"):
        rig.client.block(head)
    proxy.twist = lambda _, answer: answer
    assert rig.client.block(head) == plain


def test_a_fork_that_adds_fields_to_headers_does_not_stop_the_reading(proxy: Proxy, rig: Rig) -> None:
    """This version cannot hash them, so receipts and events have to agree from then on."""
    address = rig.deploy()
    (receipt,) = rig.run(rig.sender.sign(address, count(b"x")))
    plain = rig.client.events(1, receipt.block, [address])
    assert (plain.proved, len(plain.logs)) == (True, 1)

    def forked(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        result = rehashed(answer["result"])
        if request["method"] == "eth_getBlockByNumber":
            result |= {"newRoot": "0x" + "07" * 32, "receiptsRoot": answer["result"]["receiptsRoot"]}
        return answer | {"result": result}

    hashed = ("eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getTransactionReceipt", "eth_getLogs")
    proxy.twist = lambda request, answer: forked(request, answer) if request["method"] in hashed else answer
    read = rig.client.events(1, receipt.block, [address])
    assert (read.logs, read.proved) == (plain.logs, False)


def test_no_method_beyond_the_common_ones_is_used(proxy: Proxy, rig: Rig) -> None:
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))
    rig.client.gas_limit(rig.sender.key.address, address, count(b"x"))
    rig.client.events(1, rig.client.head(), [address])
    client = on_foreign(proxy)
    client.events(1, client.head(), [address])
    client.close()
    rig.client.gas_price()
    assert {request["method"] for request in proxy.asked} <= {
        "eth_blockNumber", "eth_call", "eth_chainId", "eth_estimateGas", "eth_gasPrice", "eth_getBlockByNumber",
        "eth_getBlockReceipts", "eth_getCode", "eth_getLogs", "eth_getTransactionByHash", "eth_getTransactionCount",
        "eth_getTransactionReceipt", "eth_sendRawTransaction",
    }  # fmt: skip
