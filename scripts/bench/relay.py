"""How fast accepted records are recorded: from a backlog, and one after the other at a steady rate.

    python -m scripts.bench.relay [RECORDS [RATE SECONDS [ITEMS]]]

Half of the RECORDS (2,000) are terms, half handoffs; afterwards RATE records a second are accepted for SECONDS seconds,
and then manifests of 200 items each, ITEMS in all, from a backlog. The chain is what LADING_CHAIN names, with a new
consortium on it; without, the embedded one. Prints one JSON object.
"""

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.cli.imports.replay import BATCH, MANIFEST, Replay, open_replay
from ledger.cli.imports.seed import Terms
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from scripts.bench.lines import bench_line

RECORDS = 2_000
WATCHED_A_SECOND = 5
"""Records whose way is timed: looking at all of them would take the time that is measured."""
_POLL_SECONDS = 0.1
_PATIENCE = 1_800


def main() -> None:
    arguments = [int(argument) for argument in sys.argv[1:]]
    records, rate, seconds, items = [*arguments, *(RECORDS, 0, 0, 0)[len(arguments) :]]
    with tempfile.TemporaryDirectory() as folder:
        play = open_replay(read_settings(home=Path(folder)), SystemClock(), Terms(100, 1000))
        try:
            found = {"backlog": _backlog(play, records)}
            if rate:
                found["steady"] = _steady(play, records, rate, seconds)
            if items:
                found["manifests"] = _manifests(play, records + rate * seconds, items)
        finally:
            play.trial.node.close()
    print(json.dumps(found))


def _backlog(play: Replay, records: int) -> dict[str, Any]:
    """Accept everything while nothing is relayed, then see how long it takes, and how old the tree gets meanwhile."""
    lines = [bench_line(i, 10**9) for i in range(records // 2)]
    play.admit(lines)
    before, size = time.monotonic(), _kept(play)
    for batch in play.records(lines):
        _accept(play, batch)
    accepting, computing = time.monotonic() - before, time.process_time()
    took, left, behind = _recording(play)
    return {
        "records": records,
        "left": left,
        "accepting": round(accepting, 1),
        "seconds": round(took, 1),
        "recorded a second": round((records - left) / took, 1),
        "computing, ms a record": round(1_000 * (time.process_time() - computing) / records, 2),
        "tree behind for at most": round(behind, 1),
        "bytes kept a record": {name: (now - size[name]) // records for name, now in _kept(play).items()},
    }


def _kept(play: Replay) -> dict[str, int]:
    """Bytes of the database and the embedded chain, as far as they are in files and in use."""
    sizes = {}
    for name in ("ledger.db", "chain.db"):
        path = play.trial.node.home.settings.home / name
        if path.exists():
            with closing(sqlite3.connect(path)) as db:
                pages, free, size = (
                    db.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
                )
            sizes[name] = (pages - free) * size
    return sizes


def _manifests(play: Replay, first: int, items: int) -> dict[str, Any]:
    """Open what the manifests carry, accept them while nothing is relayed, and see how long they take."""
    lines = [bench_line(first + i, 10**9) for i in range(items)]
    opened = [(line, play.signed_terms(line)) for line in lines]
    for start in range(0, items, BATCH):
        _accept(play, [signed for _, signed in opened[start : start + BATCH]])
    _recording(play)
    domain = play.trial.node.home.domain
    pairs = [(line, domain.record_id(signed.record)) for line, signed in opened]
    manifests = [play.signed_manifest(pairs[start : start + MANIFEST]) for start in range(0, items, MANIFEST)]
    _accept(play, manifests)
    computing = time.process_time()
    took, left, _ = _recording(play)
    return {
        "items": items,
        "manifests left": left,
        "seconds": round(took, 1),
        "items a second": round(items / took, 1),
        "computing, ms an item": round(1_000 * (time.process_time() - computing) / items, 2),
    }


def _recording(play: Replay) -> tuple[float, int, float]:
    """Work until nothing waits: seconds, records left, and for how many seconds the tree was behind at most."""
    node, begun = play.trial.node, time.monotonic()
    since: float | None = begun
    longest = 0.0
    node.start()
    while (waiting := _gauge(play, "outbox_waiting")) and time.monotonic() - begun < _PATIENCE:
        now = time.monotonic()
        complete = _gauge(play, "log_size") == _gauge(play, "published_size")
        since = None if complete else since or now
        longest = max(longest, 0.0 if since is None else now - since)
        time.sleep(5 * _POLL_SECONDS)
    took = time.monotonic() - begun
    node.stop()
    return took, int(waiting), longest


def _steady(play: Replay, first: int, rate: int, seconds: int) -> dict[str, Any]:
    """Accept `rate` records a second, and time some of them from the receipt to the outcome in the log."""
    node = play.trial.node
    batches = [list(_terms(play, range(first + i * rate, first + (i + 1) * rate))) for i in range(seconds)]
    node.start()
    watched: dict[RecordId, float] = {}
    took: list[float] = []
    begun = time.monotonic()
    for number, batch in enumerate(batches):
        _accept(play, batch)
        ids = [node.home.domain.record_id(signed.record) for signed in batch[:: max(rate // WATCHED_A_SECOND, 1)]]
        watched |= dict.fromkeys(ids, time.monotonic())
        while time.monotonic() < begun + number + 1:
            took += _recorded(play, watched)
            time.sleep(_POLL_SECONDS)
    ends = time.monotonic() + _PATIENCE
    while watched and time.monotonic() < ends:
        took += _recorded(play, watched)
        time.sleep(_POLL_SECONDS)
    node.stop()
    took.sort()
    places = {"p50": len(took) // 2, "p99": len(took) * 99 // 100, "most": len(took) - 1}
    return {"a second": rate, "timed": len(took)} | {name: round(took[place], 2) for name, place in places.items()}


def _recorded(play: Replay, watched: dict[RecordId, float]) -> Iterator[float]:
    for record_id in list(watched):
        track = play.trial.node.reader.views.record(record_id).chain
        if track.status == "recorded":
            yield time.monotonic() - watched.pop(record_id)


def _accept(play: Replay, batch: Sequence[SignedRecord]) -> None:
    for result in play.trial.node.submission.replay(batch):
        if isinstance(result, LadingError):
            raise result


def _terms(play: Replay, numbers: range) -> Iterator[SignedRecord]:
    return (play.signed_terms(bench_line(number, 10**9)) for number in numbers)


def _gauge(play: Replay, name: str) -> float:
    health = play.trial.node.health
    health.measure()
    return health.metrics.get_sample_value(f"lading_{name}") or 0.0


if __name__ == "__main__":
    main()
