"""C2SP tlog-witness over HTTP: `add-checkpoint`, whose new state is on disk before a cosignature leaves, and what was
cosigned last of each log, for readers.
"""

import base64
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ledger.errors import DiskFailed, LadingError, MalformedRecord, Misconfigured, StorageFailed
from ledger.log.contradiction import same_size
from ledger.log.signed_note import SignedCheckpoint, parse_checkpoint
from ledger.log.witness import (
    LATEST,
    MAX_REQUEST,
    SIZE_TYPE,
    Refusal,
    WitnessedLog,
    decide,
    latest_path,
    parse_add_checkpoint,
)
from ledger.services.witness.folder import Kept, WitnessFolder

PATH = "/add-checkpoint"
MOST_CONNECTIONS = 64
"""Connections served at once; further ones are closed unheard."""
PATIENCE = 10
"""Seconds that a client may be silent."""
TEXT = "text/plain; charset=utf-8"
events = logging.getLogger("lading.witness")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    media_type: str = TEXT
    latest: bytes = b""
    """With a refusal, the checkpoint on which it rests, as the log signed it."""


class Witness:
    """Answers requests one after the other; safe to share between threads, and between processes on one folder."""

    def __init__(self, folder: WitnessFolder, now: Callable[[], int]) -> None:
        self._folder = folder
        self._now = now
        self._turn = threading.Lock()
        self.failure: LadingError | None = None
        self.on_failure: Callable[[], None] = lambda: None
        """Called when this process must end, because nobody knows what the disk holds."""

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to one request, by C2SP tlog-witness.

        1. Read the request.
        2. Read the latest head cosigned, and decide. Nobody else does meanwhile.
        3. Cosign, and make the new head durable.
        4. Answer with the cosignature.

        While the disk refuses, as a full one does, the answer is 503. Where nobody knows what it holds, or the state is
        damaged, it is from then on.
        """
        # 1.
        try:
            asked = parse_add_checkpoint(body)
        except MalformedRecord as error:
            return Answer(400, f"{error}\n".encode())
        try:
            with self._turn, self._folder.state.locked():
                if self.failure is not None:
                    raise self.failure
                # 2.
                origin = asked.checkpoint.head.origin
                kept = self._folder.kept(origin)
                decided = decide(self._folder.logs.get(origin), kept.head, asked)
                if isinstance(decided, Refusal):
                    return self._refuse(decided, kept, asked.checkpoint)
                # 3. A crash here leaves the head as it was, or a newer one whose cosignature nobody has: asked again,
                # it is given. Time never runs back: a witness that saw more leaves saw them later.
                cosignature = self._folder.cosigner.cosign(decided, max(self._now(), kept.time))
                self._folder.keep(self._folder.logs[origin], asked.checkpoint, cosignature)
        except (StorageFailed, Misconfigured) as error:
            self._note(error)
            return Answer(503, b"the state of this witness cannot be read or written\n")
        # 4.
        events.info("cosigned origin=%s size=%d", origin, decided.size)
        return Answer(200, cosignature.note_signature().line().encode())

    def latest(self, path: str) -> Answer:
        """The latest checkpoint cosigned of the log that a path names by the SHA-256 of its origin, with the signatures
        of the log and of this witness; 404 where there is none (tlog-witness, "Monitor retrieval").
        """
        for origin in self._folder.logs:
            if path == latest_path(origin):
                try:
                    kept = self._folder.kept(origin)
                except (StorageFailed, Misconfigured) as error:
                    self._note(error)
                    return Answer(503, b"the state of this witness cannot be read or written\n")
                if kept.note:
                    return Answer(200, kept.note)
        return Answer(404, b"nothing was cosigned of such a log here\n")

    def _note(self, error: LadingError) -> None:
        with self._turn:
            if self.failure is not None:
                return
            events.error("%s", error)
            if isinstance(error, DiskFailed | Misconfigured):
                self.failure = error
                self.on_failure()

    def _refuse(self, why: Refusal, kept: Kept, asked: SignedCheckpoint) -> Answer:
        if asked.head.size == why.size and asked.head.root != kept.head.root and kept.note:
            name = self._folder.accuse(
                same_size(kept.note, _own_line(asked, self._folder.logs[kept.head.origin]).encode())
            )
            events.error("the log shows two trees: origin=%s evidence=%s", kept.head.origin, name)
        latest = b""
        if kept.note and why.status in (409, 422):
            latest = _own_line(parse_checkpoint(kept.note, foreign=True), self._folder.logs[kept.head.origin]).encode()
        if why.size is not None:
            return Answer(why.status, f"{why.size}\n".encode(), SIZE_TYPE, latest)
        return Answer(why.status, f"{why.why}\n".encode(), latest=latest)


def _own_line(asked: SignedCheckpoint, log: WitnessedLog) -> SignedCheckpoint:
    """The checkpoint with the log's own signature alone, which `decide` has checked: what else stands there proves
    nothing against the log.
    """
    own = tuple(s for s in asked.signatures if (s.name, s.key_id) == (log.key.origin, log.key.key_id))
    return SignedCheckpoint(asked.head, own[:1])


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness at ``PATH``; listens once it is made, and ends when the witness must."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        witness.on_failure = threading.Thread(target=self.shutdown, daemon=True).start  # what is under way is answered
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: Any) -> None:
        events.info("a connection broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "lading-witness", ""
    timeout = PATIENCE
    disable_nagle_algorithm = True
    server: WitnessServer

    def do_POST(self) -> None:
        if self.path != PATH:
            self._end(Answer(404, b"there is only add-checkpoint here\n"))
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 9:
            self._end(Answer(411, b"a request needs its length\n"))
        elif int(length) > MAX_REQUEST:
            self._end(Answer(413, b"too large\n"))
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                self._answer(self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        if self.path == PATH:
            self._end(Answer(405, b"there is only POST add-checkpoint here\n"))
        else:
            self._end(self.server.witness.latest(self.path))

    def _end(self, answer: Answer) -> None:
        """Answer without having read the body: the connection cannot go on."""
        self.close_connection = True
        self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.latest:
            self.send_header(LATEST, base64.b64encode(answer.latest).decode())
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so named by the base class
        events.debug(format, *args)
