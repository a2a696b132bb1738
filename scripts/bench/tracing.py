"""What a trace of 1,111 shipments costs, up and down, against a recursive statement that gives the same rows.

    python -m scripts.bench.tracing [SHIPMENTS ...]

The statement is written by hand and says for each shipment where it stands and every step of its custody; tuples are
all that is made of it. A trace makes of it who had how many packages from when to when, and how sure that is. Both are
asked of a home that grows, so that the growth is that of what lies around the goods.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.products.recall_tracing import Way
from ledger.services.products.lot_tracing import trace_goods
from ledger.services.views.records import Reader
from scripts.bench.grown_home import GTIN, GrownHome

SHIPMENTS = (1_000, 10_000)
LEVELS, EACH = 3, 10
TARGET = 1.5
ASKED = 9
COLUMNS = (
    "s.shipment, s.parent, s.child_index, s.consignor, s.consignee, s.custodian, s.packages, s.state, s.opened_at, "
    "s.opened_index, s.ended_at, c.step, c.record_id, c.kind, c.from_partner, c.to_partner, c.packages, c.exceptions, "
    "c.outcome, c.occurred_at"
)
FROM = "FROM reached r JOIN shipments s ON s.shipment = r.shipment LEFT JOIN custody_steps c ON c.shipment = s.shipment"
DOWN = f"""WITH RECURSIVE reached(shipment) AS (
    SELECT shipment FROM goods WHERE gtin = ? AND lot = ?
    UNION SELECT s.shipment FROM reached r JOIN shipments s ON s.parent = r.shipment
    UNION SELECT c.record_id FROM reached r JOIN custody_steps c ON c.shipment = r.shipment AND c.kind = 'continued'
) SELECT {COLUMNS} {FROM}"""  # noqa: S608 our own words
UP = f"""WITH RECURSIVE reached(shipment) AS (
    SELECT shipment FROM goods WHERE gtin = ? AND lot = ?
    UNION SELECT s.parent FROM reached r JOIN shipments s ON s.shipment = r.shipment WHERE s.parent IS NOT NULL
    UNION SELECT c.shipment FROM reached r JOIN custody_steps c ON c.record_id = r.shipment AND c.kind = 'continued'
) SELECT {COLUMNS} {FROM}"""  # noqa: S608


def measure(sizes: tuple[int, ...] = SHIPMENTS) -> dict[str, Any]:
    """By way and size: milliseconds of the statement and of the trace, and their ratio; and of what readers get."""
    result: dict[str, Any] = {"target": TARGET}
    with tempfile.TemporaryDirectory() as folder:
        home = GrownHome(Path(folder))
        try:
            home.split(LEVELS, EACH, "TREE")
            for size in sizes:
                home.grow(max(0, size - len(home.shipments)))
                for way, text in ((Way.DOWN, DOWN), (Way.UP, UP)):
                    result.setdefault(str(way), {})[size] = _costs(home, way, text)
        finally:
            home.close()
    for way in Way:
        found = result[str(way)]
        result[f"growth, {way}"] = round(found[sizes[-1]]["trace"] / found[sizes[0]]["trace"], 2)
    return result


def _costs(home: GrownHome, way: Way, text: str) -> dict[str, float]:
    database, recalls = home.node.home.database, home.node.reader.recalls
    subject, auditor = f"01/{GTIN}/10/TREE", Reader(auditor=True)

    def peer() -> int:
        with database.read() as connection:
            return len(connection.exec_driver_sql(text, (GTIN, "TREE")).fetchall())

    def ours() -> int:
        with database.read() as connection:
            return len(trace_goods(connection, subject, "", way))

    def told() -> int:
        return len(recalls.trace(subject, "", auditor, way).shipments)

    shipments = sum(EACH**level for level in range(LEVELS + 1))
    if not ours() == told() == shipments <= peer():
        raise SystemExit(f"{ours()} shipments were traced, {shipments} there are")
    statement, trace, view = (_least(run) for run in (peer, ours, told))
    return {
        "statement": round(statement, 2),
        "trace": round(trace, 2),
        "ratio": round(trace / statement, 2),
        "as readers get it": round(view, 2),
    }


def _least(run: Callable[[], object]) -> float:
    """CPU milliseconds, the least of several."""
    taken = []
    for _ in range(ASKED):
        begun = time.process_time()
        run()
        taken.append((time.process_time() - begun) * 1000)
    return min(taken)


if __name__ == "__main__":
    print(json.dumps(measure(tuple(map(int, sys.argv[1:])) or SHIPMENTS), indent=2))
