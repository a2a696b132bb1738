"""What the work behind `lading serve` costs: of records that trickle in, of nothing at all, and until a proof is there.

    python -m scripts.bench.trickle [SECONDS]

The demo consortium is served on the embedded chain, its worker running; quotas are off. CPU is that of the service and
of all processes that it began. Latencies are from the answer to a POST until the checkpoint that covers the record is
among the published files, where a proof is made from.
"""

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from scripts.bench.flood import Honest, served
from scripts.bench.service import post_all, request_of

SECONDS = 20
TRICKLE = 8
"""Records a second, one by one."""
TARGETS = {"milliseconds a trickled record": 15, "idle, per cent of a core": 1, "milliseconds until a proof": 250}
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_SECONDS = 0.002


def measure(seconds: int = SECONDS) -> dict[str, Any]:
    unlimited = {"LADING_QUOTA_READS": "0", "LADING_QUOTA_WRITES": "0"}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        with served(home, unlimited) as (port, products):
            honest = Honest(port, home, products)
            service = _Service(home, port)
            service.settle()
            return {
                "trickled": _trickled(service, honest, seconds),
                "idle": _idle(service, seconds),
                "half load": _half_load(service, honest, seconds),
                "idle, with what was handed in behind it": _idle(service, seconds),
                "targets": TARGETS,
            }


class _Service:
    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port

    def cpu(self) -> float:
        """Seconds of CPU that the bench's service has used, with every process that it began."""
        return sum(_cpu(pid) for pid in _below(os.getpid()))

    def worker_cpu(self) -> float:
        """Of it, that of the process that works."""
        return sum(_cpu(pid) for service in _below(os.getpid()) for pid in _below(service))

    def asked(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self.home / 'ledger.db'}?mode=ro", uri=True)) as database:
            return int(database.execute(query).fetchone()[0])

    def waiting(self) -> int:
        return self.asked("SELECT count(*) FROM outbox WHERE state <> 'final'")

    def anchors(self) -> int:
        return self.asked("SELECT count(*) FROM checkpoints WHERE anchored_block IS NOT NULL")

    def settle(self, patience: float = 600) -> None:
        """Until nothing waits for the chain; what follows on that is given some seconds."""
        ends = time.monotonic() + patience
        while self.waiting() and time.monotonic() < ends:
            time.sleep(0.2)
        time.sleep(5)

    def published(self) -> int:
        """Leaves under the checkpoint that is shown."""
        return int((self.home / "log" / "checkpoint").read_bytes().split(b"\n", 2)[1])


def _trickled(service: _Service, honest: Honest, seconds: int) -> dict[str, Any]:
    requests = [request_of("POST", "/v1/records", honest.terms().to_json()) for _ in range(TRICKLE * seconds)]
    cpu, worker, anchors, begun = service.cpu(), service.worker_cpu(), service.anchors(), time.monotonic()
    acknowledged = _paced(service.port, requests, TRICKLE)
    service.settle()
    spent, working = service.cpu() - cpu, service.worker_cpu() - worker
    took = time.monotonic() - begun
    return {
        "a second": TRICKLE,
        "milliseconds of CPU a record": round(1000 * spent / len(acknowledged), 1),
        "of it in the process that works": round(1000 * working / len(acknowledged), 1),
        "records an anchor": round(len(acknowledged) / max(1, service.anchors() - anchors), 1),
        "seconds": round(took),
    }


def _idle(service: _Service, seconds: int) -> dict[str, Any]:
    cpu = service.cpu()
    time.sleep(seconds)
    return {
        "records": service.asked("SELECT count(*) FROM records"),
        "per cent of a core": round(100 * (service.cpu() - cpu) / seconds, 2),
    }


def _half_load(service: _Service, honest: Honest, seconds: int) -> dict[str, Any]:
    """Half of what the service takes at most, one by one, and how long each waits for its checkpoint."""
    most = [request_of("POST", "/v1/records", honest.terms().to_json()) for _ in range(1000)]
    begun = time.perf_counter()
    post_all(service.port, most, 201)
    rate = len(most) / (time.perf_counter() - begun)
    service.settle()
    requests = [request_of("POST", "/v1/records", honest.terms().to_json()) for _ in range(int(rate / 2 * seconds))]
    with _Watch(service) as watch:
        acknowledged = _paced(service.port, requests, rate / 2)
        watch.until(max(index for index, _ in acknowledged))
    waits = sorted(watch.shown_after(index) - at for index, at in acknowledged)
    places = {"p50": len(waits) // 2, "p99": len(waits) * 99 // 100, "most": len(waits) - 1}
    milliseconds = {name: round(1000 * waits[place]) for name, place in places.items()}
    service.settle()
    return {"handed in a second at most": round(rate), "milliseconds until a proof": milliseconds}


class _Watch:
    """When the published checkpoint grew, and to what size; seen from outside."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._seen: list[tuple[int, float]] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _look(self) -> None:
        size = 0
        while not self._ending.wait(_LOOK_SECONDS):
            now = self._service.published()
            if now != size:
                size = now
                self._seen.append((size, time.perf_counter()))

    def until(self, index: int, patience: float = 120) -> None:
        ends = time.monotonic() + patience
        while not self._seen or self._seen[-1][0] <= index:
            if time.monotonic() > ends:
                raise SystemExit("what was handed in is not published")
            time.sleep(0.05)

    def shown_after(self, index: int) -> float:
        return next(at for size, at in self._seen if size > index)


def _paced(port: int, requests: Sequence[bytes], rate: float) -> list[tuple[int, float]]:
    """Hand in `rate` a second on several connections: the index of each in the log, and when it was acknowledged."""
    return asyncio.run(_pace(port, requests, rate))


async def _pace(port: int, requests: Sequence[bytes], rate: float) -> list[tuple[int, float]]:
    begun, answers = time.perf_counter(), []
    turns = iter(enumerate(requests))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, request in turns:
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            (length,) = (int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
            body = await reader.readexactly(length)
            if int(head.split(b" ", 2)[1]) != 201:
                raise SystemExit(f"a record was answered with {head!r} {body[:300]!r}")
            answers.append((int(json.loads(body)["receipt"]["index"]), time.perf_counter()))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(16)))
    return answers


def _below(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        for number in child.read_text().split():
            yield int(number)
            yield from _below(int(number))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS), indent=2))
