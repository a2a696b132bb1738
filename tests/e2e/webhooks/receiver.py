"""An endpoint that takes webhooks: it checks each signature, and can refuse, break off, hang or lead elsewhere."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ledger.formats import standard_webhooks

TAKE, CUT = 200, -1
"""Answers: taken; taken, and the connection is cut before that is said. Anything else is a status."""
Answer = Callable[["Message"], int]


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass
class Receiver:
    """`taken`: messages in the order in which they were taken, again and again where they came so."""

    url: str
    answer: Answer
    secrets: dict[str, bytes] = field(default_factory=dict)
    """By path; where there is one, what it has not signed is no message."""
    tolerance: int = 300
    taken: list[Message] = field(default_factory=list)
    refused: list[Message] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    """Headers of every answer."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def indexes(self, path: str) -> list[int]:
        return [message.event["index"] for message in self.taken if message.path == path]

    def firsts(self, path: str) -> list[dict[str, Any]]:
        """The events of a path, each when it was taken first."""
        seen: dict[int, dict[str, Any]] = {}
        for message in self.taken:
            if message.path == path:
                seen.setdefault(message.event["index"], message.event)
        return list(seen.values())

    def meet(self, message: Message, now: int) -> int:
        with self.lock:
            if secret := self.secrets.get(message.path):
                try:
                    name = standard_webhooks.verify(secret, message.headers, message.body, now, self.tolerance)
                except Exception as error:  # noqa: BLE001 - told to the test
                    self.wrong.append(str(error))
                    return 400
                if not name.endswith(f"_{message.event['index']}"):
                    self.wrong.append(f"{name} is not of {message.event['index']}")
            status = self.answer(message)
            (self.taken if status in (TAKE, CUT) else self.refused).append(message)
            return status


@contextmanager
def receiving(answer: Answer = lambda _: TAKE) -> Iterator[Receiver]:
    receiver = Receiver("", answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.meet(Message(self.path, headers, body), int(time.time()))
            if status == CUT:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            for name, value in {"Content-Length": "0", **receiver.replies}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the sender was killed
                super().handle()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
