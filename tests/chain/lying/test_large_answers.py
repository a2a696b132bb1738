"""An answer takes no more memory than is set, however large it is or unpacks to."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import jsonrpc
from ledger.chain.answers import Refusal
from ledger.chain.jsonrpc import MAX_ANSWER, HttpNode, ask
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable

ROOT = Path(__file__).resolve().parents[3]
PIECE = b"0" * (1 << 20)
Answer = Callable[[BaseHTTPRequestHandler, Any], None]


class Line:
    """A node at `url` that answers as `answer` does; `cookies`: those that it was sent."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.answer: Answer = lambda _, __: None
        self.cookies: list[str] = []


@pytest.fixture
def line() -> Iterator[Line]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            far.cookies.append(self.headers.get("Cookie", ""))
            far.answer(self, question)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    far = Line(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield far
    server.shutdown()
    server.server_close()
    thread.join()


def send(handler: BaseHTTPRequestHandler, body: bytes, *headers: tuple[str, str]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def endless(handler: BaseHTTPRequestHandler, _: Any) -> None:
    """Pieces without end, until the other side hangs up."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
    except OSError:
        handler.close_connection = True


def packed(handler: BaseHTTPRequestHandler, _: Any) -> None:
    """Few bytes that unpack to sixteen times as many as are read."""
    send(handler, gzip.compress(b"0" * (16 * MAX_ANSWER), 1), ("Content-Encoding", "gzip"))


ASKING = """
import resource, sys
from ledger.chain.jsonrpc import HttpNode, ask
from ledger.errors import ChainUnavailable
node = HttpNode(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    ask(node, "eth_blockNumber")
except ChainUnavailable as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("answer", [endless, packed])
def test_an_answer_that_is_too_large_is_refused_in_words_and_takes_little_memory(line: Line, answer: Answer) -> None:
    line.answer = answer
    done = subprocess.run(
        [sys.executable, "-c", ASKING, line.url],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said, grown = done.stdout.splitlines()
    assert f"larger than {MAX_ANSWER} bytes" in said
    assert int(grown) < 3 * MAX_ANSWER // 1024


def test_whoever_asks_for_much_at_once_asks_for_less(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of answers that is too large is asked for one by one, and events for fewer blocks."""
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER", 1000)

    def answer(handler: BaseHTTPRequestHandler, question: Any) -> None:
        many = question if isinstance(question, list) else [question]
        results = [{"jsonrpc": "2.0", "id": one["id"], "result": "0x" + "00" * 100} for one in many]
        send(handler, json.dumps(results if isinstance(question, list) else results[0]).encode())

    line.answer = answer
    node = HttpNode(line.url)
    assert node.attempt_many("eth_getCode", [()] * 20) == ["0x" + "00" * 100] * 20
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER", 100)
    assert isinstance(node.attempt("eth_getLogs"), Refusal)
    node.close()


def test_an_answer_of_just_the_size_is_read_packed_or_not(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"jsonrpc":"2.0","id":0,"result":"0x7a69"}'
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER", len(body))
    for packing in (
        lambda handler, _: send(handler, body),
        lambda handler, _: send(handler, gzip.compress(body), ("Content-Encoding", "gzip")),
    ):
        line.answer = packing
        chain = RpcChain(line.url)
        assert chain.chain_id == 31337
        chain.close()
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER", len(body) - 1)
    with pytest.raises(ChainUnavailable, match="larger"):
        _ = RpcChain(line.url).chain_id


def test_the_cookie_of_a_load_balancer_is_kept(line: Line) -> None:
    line.answer = lambda handler, _: send(handler, b'{"jsonrpc":"2.0","id":0,"result":"0x1"}', ("Set-Cookie", "at=one"))
    node = HttpNode(line.url)
    assert [ask(node, "eth_chainId") for _ in range(2)] == ["0x1"] * 2
    assert line.cookies == ["", "at=one"]
    node.close()
