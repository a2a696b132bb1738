"""The client is told that it asks for too much: it comes back when it may, and gives up when that is far."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ledger.client.service import PATIENCE, Client
from ledger.errors import Unavailable

Answer = tuple[int, dict[str, Any], dict[str, str]]
BUSY: dict[str, Any] = {"type": "/problems#Busy", "status": 429, "what": "this client asks for too much"}


@contextmanager
def answering(answers: list[Answer]) -> Iterator[str]:
    """A service that gives these answers, one after another: status, body and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answers.pop(0)
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_who_asks_for_too_much_comes_back_when_told() -> None:
    slept: list[float] = []
    again: list[Answer] = [
        (429, BUSY, {"Retry-After": "3"}),
        (429, BUSY, {"Retry-After": "0"}),
        (200, {"fine": True}, {}),
    ]
    with answering(again) as url:
        assert Client(url, slept.append).get("/v1/log") == {"fine": True}
    assert slept == [3, 1]


@pytest.mark.parametrize(
    "headers", [{}, {"Retry-After": str(PATIENCE + 1)}, {"Retry-After": "Sun, 06 Nov 1994"}], ids=str
)
def test_who_would_wait_long_is_told_so_instead(headers: dict[str, str]) -> None:
    slept: list[float] = []
    with answering([(429, BUSY, headers)]) as url, pytest.raises(Unavailable, match="too much"):
        Client(url, slept.append).get("/v1/log")
    assert slept == []


def test_who_is_sent_away_again_and_again_gives_up() -> None:
    slept: list[float] = []
    with answering([(429, BUSY, {"Retry-After": "20"})] * 4) as url, pytest.raises(Unavailable, match="too much"):
        Client(url, slept.append).get("/v1/log")
    assert sum(slept) <= PATIENCE
