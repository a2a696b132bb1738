"""How many requests a second `lading serve` answers, against one that does nothing on the same server.

    python -m scripts.bench.service [REQUESTS]

64 connections at once, client and service each a process, the service's worker running: what is handed in is relayed
meanwhile, on the embedded chain. Quotas are off.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from scripts.bench.flood import Honest, free_port, served, wait_for

REQUESTS = 1_000
CONNECTIONS = 64
TARGETS = {"handing in": 0.30, "a proof": 0.50}


def measure(requests: int = REQUESTS) -> dict[str, dict[str, float]]:
    """Requests a second by what was asked: `ours`, `nothing`, and their ratio."""
    unlimited = {"LADING_QUOTA_READS": "0", "LADING_QUOTA_WRITES": "0"}
    with tempfile.TemporaryDirectory() as folder, _nothing() as idle:
        home = Path(folder) / "demo"
        with served(home, unlimited) as (port, products):
            honest = Honest(port, home, products)
            signed = [request_of("POST", "/v1/records", honest.terms().to_json()) for _ in range(requests)]
            empty = [request_of("POST", "/", {"x": "y" * 1_500})] * requests
            proofs = [request_of("GET", f"/v1/log/proof/inclusion?index={i}") for i in range(100)]
            asked = {  # proofs first: they are asked while nothing is relayed
                "a proof": (list(islice(cycle(proofs), requests)), [request_of("GET", "/")] * requests, 200),
                "handing in": (signed, empty, 201),
            }
            rates = {}
            for name, (ours, theirs, status) in asked.items():
                before = _rate(idle, theirs, 200)
                rate = _rate(port, ours, status)
                nothing = (before + _rate(idle, theirs, 200)) / 2
                rates[name] = {"ours": round(rate), "nothing": round(nothing), "ratio": round(rate / nothing, 3)}
            return rates


def request_of(method: str, path: str, body: object = None) -> bytes:
    text = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


def _rate(port: int, requests: Sequence[bytes], status: int) -> float:
    begun = time.perf_counter()
    post_all(port, requests, status)
    return len(requests) / (time.perf_counter() - begun)


def post_all(port: int, requests: Sequence[bytes], status: int) -> None:
    """Send all, `CONNECTIONS` at once; ends where one is answered with another `status`."""
    asyncio.run(_all(port, requests, status))


async def _all(port: int, requests: Sequence[bytes], status: int) -> None:
    left = iter(requests)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            (length,) = (int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
            body = await reader.readexactly(length)
            if int(head.split(b" ", 2)[1]) != status:
                raise SystemExit(f"{request.split(b' HTTP', 1)[0]!r} was answered with {head!r} {body[:300]!r}")
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))


@contextmanager
def _nothing() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "scripts.bench.noop", str(port)])
    try:
        wait_for(port, "/")
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS), indent=2))
