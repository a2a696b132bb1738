"""What is posted to addresses of others: one resolution, checked, and the connection goes where that led."""

import asyncio
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger.client import outbound
from ledger.client.outbound import Outbound, Reply
from ledger.common.web_addresses import networks_of

LOCAL = networks_of("127.0.0.0/8", "test")


def posted(url: str, allowed: Any = LOCAL, seconds: float = 5) -> Reply:
    async def post() -> Reply:
        async with Outbound(allowed, seconds=seconds) as out:
            return await out.post(url, b"{}", {"webhook-id": "1"})

    return asyncio.run(post())


def whole_request(connection: socket.socket) -> bytes:
    """Head and body: a connection that is closed before all was read is reset, and its answer with it."""
    data = b""
    while more := connection.recv(65536):
        data += more
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *([0-9]+)", head.lower())
        if end and len(body) >= int(length[1] if length else 0):
            break
    return data


@contextmanager
def answering(
    answer: bytes, *, pause: float = 0, context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """A port that says this to whoever connects, and what it was told; a byte at a time with `pause` between."""
    told: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def meet() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                connection = context.wrap_socket(raw, server_side=True) if context else raw
                with connection:
                    told.append(whole_request(connection))
                    for i in range(0, len(answer), 1 if pause else len(answer)):
                        connection.sendall(answer[i : i + (1 if pause else len(answer))])
                        time.sleep(pause)
            except OSError:
                raw.close()

    thread = threading.Thread(target=meet, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Names that are asked for; each answer is one resolution, the last stands for all after it."""
    asked: list[str] = []

    async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found.split()]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", getaddrinfo)
    return asked


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_the_name_is_resolved_once_and_stays_in_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(OK) as (port, told):
        asked = resolving(monkeypatch, "127.0.0.1", "10.0.0.1")
        assert posted(f"http://erp.example.org:{port}/in?x=1") == Reply(200)
    assert asked == ["erp.example.org"]
    assert told[0].startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert f"host: erp.example.org:{port}\r\n".encode() in told[0].lower()


@pytest.mark.parametrize(
    "addresses", ["10.0.0.1", "127.0.0.1 10.0.0.1", "169.254.169.254", "93.184.216.34 127.0.0.1", "::ffff:10.0.0.1"]
)
def test_a_name_that_leads_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch, addresses: str) -> None:
    asked = resolving(monkeypatch, addresses)
    connected: list[Any] = []
    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.create_connection", lambda *a, **_: connected.append(a))
    reply = posted("https://erp.example.org/", allowed=networks_of("127.0.0.0/8", "x") if "10." in addresses else ())
    assert reply == Reply(0, "not an address that may be delivered to")
    assert (len(asked), connected) == (1, [])


def test_the_certificate_is_checked_against_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path, "erp.example.org")
    monkeypatch.setattr(outbound, "trust", lambda: trusted)
    resolving(monkeypatch, "127.0.0.1")
    with answering(OK, context=context) as (port, told):
        first = posted(f"https://erp.example.org:{port}/")
        assert first == Reply(200), first.problem
        reply = posted(f"https://other.example.org:{port}/")
        assert (reply.status, reply.problem.partition(":")[0]) == (0, "no connection")
    assert len([one for one in told if one]) == 1


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 4000, OK])
def test_one_that_drips_is_given_up_in_time(answer: bytes) -> None:
    with answering(answer, pause=0.1) as (port, _):
        since = time.monotonic()
        assert posted(f"http://127.0.0.1:{port}/", seconds=0.8) == Reply(0, "no answer within 0.8 s")
        assert time.monotonic() - since < 4


def test_a_long_answer_is_not_read() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 100_000) as (port, _):
        assert posted(f"http://127.0.0.1:{port}/") == Reply(200)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 X\r\n\r\n", b"\x00" * 100])
def test_what_is_no_answer_is_no_delivery(answer: bytes) -> None:
    with answering(answer or b"\r\n") as (port, _):
        reply = posted(f"http://127.0.0.1:{port}/")
    assert reply.status == 0
    assert reply.problem


def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    with answering(OK) as (inside, seen):
        location = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside}/\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(location) as (port, _):
            assert posted(f"http://127.0.0.1:{port}/") == Reply(302, "status 302")
    assert seen == []


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(OK) as (proxy, seen):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        with answering(OK) as (port, told):
            assert posted(f"http://127.0.0.1:{port}/") == Reply(200)
        assert told
    assert seen == []


def test_how_long_to_wait_is_read_as_a_number_and_nothing_else() -> None:
    for value, seconds in (("120", 120), ("-5", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("9999999", 0)):
        answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(answer) as (port, _):
            assert posted(f"http://127.0.0.1:{port}/") == Reply(503, "status 503", seconds)


def test_a_name_inside_and_a_name_of_nobody_are_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who registers addresses learns from it which names there are inside."""
    told: list[Reply] = []
    for found in ([], [ip_address("10.0.0.7")]):

        async def addresses(*_: object, found: list[Any] = found) -> list[Any]:
            return found

        monkeypatch.setattr(Outbound, "_addresses", addresses)
        told.append(asyncio.run(Outbound().post("https://database.internal/", b"{}", {})))
    assert told[0] == told[1] == Reply(0, "not an address that may be delivered to")


def test_what_has_answered_has_taken_it_whatever_more_it_drips() -> None:
    with answering(OK, pause=0.001) as (port, _):
        assert posted(f"http://127.0.0.1:{port}/") == Reply(200)
    drip = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"
    listener = socket.create_server(("127.0.0.1", 0))

    def meet() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(drip)
            with suppress(OSError):
                while True:
                    connection.sendall(b".")
                    time.sleep(0.05)

    thread = threading.Thread(target=meet, daemon=True)
    thread.start()
    since = time.monotonic()
    assert posted(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=20) == Reply(200)
    assert time.monotonic() - since < 8
    thread.join(10)
    listener.close()
    assert not thread.is_alive(), "and the connection is closed"
