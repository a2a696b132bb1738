"""The client is told that it asks for too much: it comes back when it may, and gives up when that is far."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ledger.client import flows
from ledger.client.calls import PATIENCE, Call
from ledger.client.calls import Answer as Answered
from ledger.client.flows import PAGE
from ledger.client.service import Client
from ledger.client.submitting import BATCH
from ledger.errors import Unavailable
from ledger.records.signing import SignedRecord
from ledger.records.types import Endorsement

Answer = tuple[int, dict[str, Any], dict[str, str]]
BUSY: dict[str, Any] = {"type": "/problems#Busy", "status": 429, "what": "this client asks for too much"}


@contextmanager
def answering(answers: list[Answer], sent: list[Any] | None = None) -> Iterator[str]:
    """A service that gives these answers, one after another: status, body and headers; `sent`: the bodies it got."""
    bodies: list[Any] = [] if sent is None else sent

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answers.pop(0)
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

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


def test_a_worklist_is_read_to_its_end() -> None:
    pages: list[Answer] = [
        (200, {"urgent": 1, "items": [{"id": "a"}], "next": "1~2~0x~custody~"}, {}),
        (200, {"urgent": 9, "items": [{"id": "b"}], "next": None}, {}),
    ]
    with answering(pages) as url:
        found = Client(url).worklist("token")
    assert found == {"urgent": 1, "items": [{"id": "a"}, {"id": "b"}], "next": None}


def test_of_a_batch_only_what_there_was_no_quota_for_is_handed_in_again() -> None:
    batch = [SignedRecord(Endorsement(i, bytes(32)), (bytes(65),)) for i in range(1, 4)]
    taken, wrong = {"status": "accepted", "id": "0x"}, {"status": "refused", "problem": {"status": 403}}
    busy = {"status": "refused", "problem": BUSY, "retryAfter": 7}
    slept: list[float] = []
    sent: list[Any] = []
    results = [[busy, wrong, busy], [taken, busy], [taken]]
    answers: list[Answer] = [(200, {"results": some}, {}) for some in results]
    with answering(answers, sent) as url:
        assert Client(url, slept.append).submit_many(batch) == [taken, wrong, taken]
    assert slept == [7, 7]
    assert [[one["message"]["by"] for one in body["records"]] for body in sent] == [[1, 2, 3], [1, 3], [3]]


def test_a_batch_that_stays_busy_is_answered_so_in_the_end() -> None:
    busy = {"status": "refused", "problem": BUSY, "retryAfter": PATIENCE + 1}
    with answering([(200, {"results": [busy]}, {})]) as url:
        assert Client(url).submit_many([SignedRecord(Endorsement(1, bytes(32)), (bytes(65),))]) == [busy]
    with answering([(200, {"results": []}, {})]) as url, pytest.raises(Unavailable, match="no answer"):
        Client(url).submit_many([SignedRecord(Endorsement(1, bytes(32)), (bytes(65),))])


def test_many_records_go_in_batches_that_a_service_takes() -> None:
    batch = [SignedRecord(Endorsement(1, bytes(32)), (bytes(65),))] * (BATCH + 1)
    sent: list[Any] = []
    answers: list[Answer] = [(200, {"results": [{"status": "accepted"}] * count}, {}) for count in (BATCH, 1)]
    with answering(answers, sent) as url:
        assert len(Client(url).submit_many(batch)) == BATCH + 1
    assert [len(body["records"]) for body in sent] == [BATCH, 1]


def test_shipments_go_on_where_their_list_says() -> None:
    flow = flows.listed(dict[str, Any], "shipments", "/v1/shipments", partner=2)
    first = next(flow)
    pages = [{"shipments": [{"id": "a"}], "next": "a~1"}, {"shipments": [{"id": "b"}], "next": None}]
    second = flow.send(Answered(200, json.dumps(pages[0]).encode(), {}))
    assert isinstance(first, Call)
    assert isinstance(second, Call)
    assert [first.path, second.path] == [f"/v1/shipments?limit={PAGE}{more}&partner=2" for more in ("", "&cursor=a~1")]
    with pytest.raises(StopIteration) as done:
        flow.send(Answered(200, json.dumps(pages[1]).encode(), {}))
    assert done.value.value == [{"id": "a"}, {"id": "b"}]


def test_who_is_told_to_come_later_does() -> None:
    slept: list[float] = []
    away: list[Answer] = [(503, {"status": 503}, {"Retry-After": "5"}), (200, {"fine": True}, {})]
    with answering(away) as url:
        assert Client(url, slept.append).get("/v1/log") == {"fine": True}
    assert slept == [5]
