"""Connections that nobody uses are closed, so that whoever opens many leaves files and connections to the others.

A service that has used up what it may open at once can neither answer nor write its log.
"""

import asyncio
import resource
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

IDLE_SECONDS = 15
"""A client has this long, and at most twice that, to send the head of a request, or to take more of an answer."""
GONE_SECONDS = 30
"""For so long a client may leave what was sent to it unacknowledged: one that vanished without a word, as a phone does,
would else keep its places for a quarter of an hour, for that is how long the kernel tries."""
MOST = 4_096
ACCEPTED_AT_ONCE = 64
"""Connections that wait for the loop to accept them."""
SOCKETS: Mapping[str, Any] = {"ws_max_size": 4096, "ws_per_message_deflate": False}
"""How uvicorn is to serve WebSockets: clients have nothing to say on them, and what who is signed in gets is not
compressed (see `ledger.api.compression`)."""
LONGEST_HEAD = 64 << 10
"""Bytes of a request's head, or of what follows its body: the parser itself keeps whatever comes."""


def most_connections() -> int:
    """A third of what this process may open at once; the rest is for database, chain and log, and for connections that
    are on their way in and out.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if allowed == resource.RLIM_INFINITY else min(MOST, allowed // 3)


def allow_more_files() -> None:
    """Let this process open as many as it needs for `MOST` connections, as far as the system allows it."""
    allowed, utmost = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * MOST if utmost == resource.RLIM_INFINITY else min(3 * MOST, utmost)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, utmost))


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it. A connection too many is closed unheard, and so is one whose head has no end."""

    idle_seconds: float = IDLE_SECONDS
    _head = 0
    """Bytes that came since there last was a head, a part of a body or an end."""
    _upgraded = False
    """Whether it is a WebSocket by now, which uvicorn asks by pings whether somebody is there."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            transport.abort()
            return
        _give_up_sooner(transport.get_extra_info("socket"))
        self._look_again(None)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._head > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has {LONGEST_HEAD} bytes at most.")

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        super().handle_websocket_upgrade()

    def on_headers_complete(self) -> None:
        self._head = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = 0
        super().on_message_complete()

    def _look(self, before: tuple[object, bool, int] | None) -> None:
        if self._upgraded or self.transport.is_closing():
            return
        cycle: Any = self.cycle  # None before the first request
        between = cycle is None or cycle.response_complete
        now = (cycle, between, self.transport.get_write_buffer_size())
        if now == before and (between or now[2]):
            self.transport.abort()
        else:
            self._look_again(now)

    def _look_again(self, before: tuple[object, bool, int] | None) -> None:
        self.loop.call_later(self.idle_seconds, self._look, before)


def _give_up_sooner(connection: Any) -> None:
    """Where the system knows how (Linux), and for TCP only."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, GONE_SECONDS * 1000)
