"""No bytes that a node answers end the process, however they are nested, nor what they spell."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ledger.chain.jsonrpc import HttpNode
from ledger.chain.rpc import RpcChain
from ledger.errors import ChainUnavailable

ROOT = Path(__file__).resolve().parents[3]
DEEP = 100_000
ANSWERS = {
    "lists": b"[" * DEEP,
    "objects": b'{"a":' * DEEP,
    "a deep result": b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a number without end": b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 6_000 + b"}",
    "no UTF-8": b'{"id":1,"result":"\xff\xfe"}',
    "brackets in a text": b'{"jsonrpc":"2.0","id":1,"error":"' + b"[" * DEEP + b'"}',
}
ASKING = """
import sys
import ledger.chain.embedded  # the EVM library lets Python nest deeper than the stack is
from ledger.chain.jsonrpc import HttpNode, ask, ask_many
from ledger.errors import ChainUnavailable
for number in range(int(sys.argv[2])):
    node = HttpNode(f"{sys.argv[1]}/{number}")
    for question in (lambda: ask(node, "eth_blockNumber"), lambda: ask_many(node, "eth_blockNumber", [(), ()])):
        try:
            question()
        except ChainUnavailable:
            print(number, flush=True)
"""


@pytest.fixture
def answering() -> Iterator[tuple[str, list[bytes]]]:
    """A node, and its answers: `/1` has the second, and every other path the first."""
    body = [b""]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = body[int(self.path.strip("/") or 0)]
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", body
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_node_that_nests_its_answer_ends_no_process(answering: tuple[str, list[bytes]]) -> None:
    url, body = answering
    body[:] = ANSWERS.values()
    done = subprocess.run(
        [sys.executable, "-c", ASKING, url, str(len(body))],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    refused = [list(ANSWERS)[int(number)] for number in done.stdout.split()]
    assert (done.returncode, refused) == (0, [name for name in ANSWERS for _ in range(2)]), done.stderr


@pytest.mark.parametrize(
    "answer", ["[5, 5]", "[null, null]", "[[], []]", '[{"id": 1}, {"id": "a"}]', '[{"id": {}}, {"id": {}}]']
)
def test_a_list_of_what_are_no_answers_is_refused_in_words(answering: tuple[str, list[bytes]], answer: str) -> None:
    """Whoever asks goes on to another node then, as after any answer that makes no sense."""
    url, body = answering
    body[0] = answer.encode()
    with closing(HttpNode(url)) as node, pytest.raises(ChainUnavailable):
        node.attempt_many("eth_getTransactionReceipt", [["0x01"], ["0x02"]])


@pytest.mark.parametrize(
    "answer",
    [
        r'{"id": 1, "result": "\ud800"}',
        r'{"id": 1, "error": {"code": 1, "message": "\ud800 and \u0000"}}',
        r'{"id": 1, "error": "\udfff"}',
    ],
)
def test_what_a_node_says_can_be_kept_and_shown(answering: tuple[str, list[bytes]], answer: str) -> None:
    """JSON spells what is no text: no answer of ours could say it, and no database keep it."""
    url, body = answering
    body[0] = answer.encode()
    with closing(RpcChain(url, finality_depth=0)) as chain, pytest.raises(ChainUnavailable) as caught:
        chain.head()
    words = str(caught.value)
    assert words.encode()
    assert words.isprintable()


PARSING = """
import gc, json, threading
gc.disable()  # among modules there is no garbage, and the life is short
import ledger.services.node.node
def parse():
    for text in ("[" * 200_000, '{"a":' * 200_000):
        try:
            json.loads(text)
        except RecursionError:
            print("refused")
thread = threading.Thread(target=parse)
thread.start()
thread.join()
parse()
"""


def test_json_that_is_nested_without_end_raises_whoever_reads_it() -> None:
    """In a row that somebody edited, a file or an answer: an audit goes on with the next row."""
    done = subprocess.run(
        [sys.executable, "-c", PARSING],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 4), done.stderr
