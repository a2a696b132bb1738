"""How long the traceability sheet of a lot in 10,000 shipments takes, with its bundle, from store to bytes.

    python -m scripts.bench.trace_sheet [SHIPMENTS]

Every shipment was opened, handed to a carrier and delivered, so each has a row in the sheets of initial packing,
shipping and receiving.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ledger.services.exports.bundle import Exporter
from ledger.services.exports.trace_sheet import SheetQuery, make_sheet
from ledger.services.views.records import Reader
from scripts.bench.grown_home import GTIN, GrownHome

SHIPMENTS = 10_000
TARGET = 24
LOT = "FSMA204"


def measure(shipments: int = SHIPMENTS) -> dict[str, Any]:
    """Seconds for the sheet (wall clock and CPU), its bytes, and how many shipments it tells of."""
    with tempfile.TemporaryDirectory() as folder:
        home = GrownHome(Path(folder))
        try:
            home.grow(shipments, LOT)
            home.node.reader.publisher.publish(home.clock.now())
            begun, worked = time.perf_counter(), time.process_time()
            made = make_sheet(home.node.reader, SheetQuery(f"01/{GTIN}/10/{LOT}"), Reader(auditor=True))
            sheet = time.perf_counter() - begun
            bundle = Exporter(home.node.reader).trace(made.traced)
            taken, cpu = time.perf_counter() - begun, time.process_time() - worked
        finally:
            home.close()
    if len(made.traced) != shipments:
        raise SystemExit(f"{len(made.traced)} shipments were traced, {shipments} there are")
    return {
        "target": TARGET,
        "shipments": len(made.traced),
        "seconds": round(taken, 2),
        "seconds for the sheet alone": round(sheet, 2),
        "of one core": round(cpu, 2),
        "bytes": len(made.data),
        "bytes of the bundle": len(bundle),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:2])), indent=2))
