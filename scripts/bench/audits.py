"""How fast a home is audited, against what it costs to verify the signatures of its leaves with known keys.

    python -m scripts.bench.audits [SHIPMENTS]

Each shipment is opened and handed over once: four leaves and three signatures. Both sides are CPU time of all
processes, so that their ratio is that of two processes against two. Verifying is coincurve alone: it neither reads nor
parses anything, and takes a signature's digest, its key and its form as given.
"""

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from coincurve import PublicKey
from coincurve.ecdsa import cdata_to_der, deserialize_recoverable, recoverable_convert

from ledger.cli.imports.replay import Replay, open_replay
from ledger.cli.imports.seed import Terms
from ledger.records.signing import SIGNATURE_LENGTH, SignedRecord
from ledger.services.audit.held_evidence import HeldCheckpoint
from ledger.services.audit.run import audit
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from scripts.bench.batches import SIZE, handoffs

SHIPMENTS = 500
"""In `make bench`, where one process judges all rows; from 5,000 on others help."""
NEWS = 20
"""Handoffs since the remembered checkpoint."""
TARGET = 0.5
REPEATS = 3


def measure(shipments: int = SHIPMENTS) -> dict[str, Any]:
    """Leaves a second of CPU, and the ratio; the least of some repeats on each side."""
    with tempfile.TemporaryDirectory() as folder:
        play = open_replay(read_settings({}, home=Path(folder)), SystemClock(), Terms(100, 1000))
        try:
            made = handoffs(play, shipments)
            _hand_over(play, made[:-NEWS])
            kept = HeldCheckpoint.read("remembered", audit(play.trial.node).checkpoint)
            _hand_over(play, made[-NEWS:])
            whole, size = _least(lambda: audit(play.trial.node).size)
            since, _ = _least(lambda: audit(play.trial.node, since=kept).size)
            triples = list(_signatures(Path(folder) / "ledger.db"))
            verifying, _ = _least(lambda: sum(key.verify(der, digest, hasher=None) for key, der, digest in triples))
        finally:
            play.trial.node.close()
    return {
        "leaves": size,
        "leaves a second": round(size / whole),
        "ratio": round(verifying / whole, 3),
        "target": TARGET,
        "since": round(since / whole, 2),
        "load": os.getloadavg()[0],
    }


def _hand_over(play: Replay, made: Sequence[SignedRecord]) -> None:
    for i in range(0, len(made), SIZE):
        play.trial.node.submission.replay(made[i : i + SIZE])
    play.trial.node.settle()


def _signatures(ledger: Path) -> Iterator[tuple[PublicKey, bytes, bytes]]:
    """Key, signature and digest of each signature in the log."""
    with closing(sqlite3.connect(ledger)) as db:
        for digest, signatures in db.execute("SELECT record_id, signatures FROM records"):
            for i in range(0, len(signatures), SIGNATURE_LENGTH):
                raw = signatures[i : i + SIGNATURE_LENGTH - 1] + bytes([signatures[i + SIGNATURE_LENGTH - 1] - 27])
                der = cdata_to_der(recoverable_convert(deserialize_recoverable(raw)))
                yield PublicKey.from_signature_and_message(raw, digest, hasher=None), der, digest


def _least(run: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds of this process and those that it began."""
    found = []
    for _ in range(REPEATS):
        before = time.process_time(), os.times()
        result = run()
        after = os.times()
        children = sum(after[2:4]) - sum(before[1][2:4])
        found.append((time.process_time() - before[0] + children, result))
    return min(found)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else SHIPMENTS), indent=2))
