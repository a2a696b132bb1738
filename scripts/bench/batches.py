"""How fast a batch of handoffs is taken in, against what one core recovers of signatures in the same run.

    python -m scripts.bench.batches [BATCHES]

Each handoff moves a shipment of its own and bears two signatures. Batches of 200 go through the whole service but for
the socket: routes, quotas, JSON, checks, one durable commit, receipts. The worker rests, for what the chain costs is
another matter. Recovering is measured before and after, for a machine that does other work slows both.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ledger.api.app import create_app
from ledger.cli.imports.replay import Replay, open_replay
from ledger.cli.imports.seed import Terms
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.formats.tabular.lines import Line
from ledger.records.signing import SignedRecord, recover
from ledger.records.types import Handoff
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from scripts.bench.lines import bench_line

BATCHES = 5
SIZE = 200
TARGET = 0.35
HEADERS = [(b"content-type", b"application/json"), (b"host", b"localhost")]


def measure(batches: int = BATCHES) -> dict[str, Any]:
    """Signatures a second by the clock on the wall and by CPU, in batches and one by one, each against recovering."""
    with tempfile.TemporaryDirectory() as folder:
        play = open_replay(read_settings({}, home=Path(folder)), SystemClock(), Terms(100, 1000))
        try:
            made = handoffs(play, SIZE * (batches + 1) + SIZE // 4)
            app = create_app(play.trial.node)
            singles, grouped = made[: SIZE // 4], made[SIZE // 4 :]
            parts = [grouped[i : i + SIZE] for i in range(0, len(grouped), SIZE)]
            _send(app, "/v1/records/batch", [{"records": [one.to_json() for one in parts[0]]}])  # what starts up
            before = _recovering(play, grouped)
            together = _send(
                app, "/v1/records/batch", [{"records": [one.to_json() for one in part]} for part in parts[1:]]
            )
            alone = _send(app, "/v1/records", [one.to_json() for one in singles])
            core = (before + _recovering(play, grouped)) / 2
        finally:
            play.trial.node.close()
    rates = {"batches": _rates(together, batches * SIZE, core), "one by one": _rates(alone, len(singles), core)}
    return {"recovered a second": round(core), **rates, "target": TARGET, "load": os.getloadavg()[0]}


def _rates(seconds: tuple[float, float], handoffs: int, core: float) -> dict[str, float]:
    wall, cpu = (2 * handoffs / one for one in seconds)
    return {"signatures a second": round(wall), "ratio": round(wall / core, 3), "ratio by CPU": round(cpu / core, 3)}


def handoffs(play: Replay, count: int) -> list[SignedRecord]:
    """Of shipments that the chain has recorded, signed by both sides."""
    now = int(time.time())
    lines = [bench_line(i, now) for i in range(count)]
    play.admit(lines)
    domain = play.trial.node.home.domain
    opened = [play.signed_terms(line) for line in lines]
    for i in range(0, count, SIZE):
        play.trial.node.submission.replay(opened[i : i + SIZE])
    play.trial.node.settle()
    return [_handoff(play, line, domain.record_id(terms.record)) for line, terms in zip(lines, opened, strict=True)]


def _handoff(play: Replay, line: Line, shipment: RecordId) -> SignedRecord:
    record = play.signed_manifest([(line, shipment)]).record
    if not isinstance(record, Handoff):
        raise TypeError(type(record))
    now = int(time.time())
    fresh = replace(record, occurredAt=now, submitBy=now + DAY)
    return play.trial.signed(fresh, play.trial.parties[fresh.releaser], play.trial.parties[fresh.receiver])


def _recovering(play: Replay, made: list[SignedRecord]) -> float:
    """Keys a second that one core recovers."""
    domain = play.trial.node.home.domain
    pairs = [(domain.record_id(one.record), signature) for one in made[:SIZE] for signature in one.signatures]
    begun = time.process_time()
    for digest, signature in pairs:
        recover(digest, signature)
    return len(pairs) / (time.process_time() - begun)


def _send(app: Any, path: str, bodies: list[Any]) -> tuple[float, float]:
    """Seconds on the wall and of CPU until all are answered, one after the other; everything must be accepted."""
    texts = [json.dumps(body).encode() for body in bodies]

    async def send_all() -> list[bytes]:
        return [await _answered(app, path, text) for text in texts]

    wall, cpu = time.perf_counter(), time.process_time()
    answers = asyncio.run(send_all())
    taken = time.perf_counter() - wall, time.process_time() - cpu
    for text in answers:
        results = json.loads(text)
        for one in results.get("results", [results]):
            if one.get("status") != "accepted":
                raise SystemExit(f"{path} was answered with {one}")
    return taken


async def _answered(app: Any, path: str, body: bytes) -> bytes:
    """The body of the answer to a POST, as a server would ask the application for it."""
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": HEADERS, "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    parts: list[bytes] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(parts)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else BATCHES), indent=2))
