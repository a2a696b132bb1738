"""What a trace with shares costs in a graph of a million shipments, against a recursive statement over the same rows.

    python -m scripts.bench.provenance [SHIPMENTS]

One product is blended over `LAYERS` layers: lots are split in two, and two halves of different lots are blended into a
new one. Its records are signed and logged as ever. Around it lie rows of as many other shipments as asked for, split,
merged and transformed among themselves: as projections alone, for nothing of them is read. The answer holds who, where,
when, how much and what share, up and down; the statement gives rows and makes tuples of them. The API's answer is
signed for, noted and written out, too; the command's is that of a new process, which has read nothing yet: what it
takes to start, and to print its help, stands beside it.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from ledger.cli.demo.scribe import NO_HASH, salt
from ledger.codes import Outcome, Purpose, ShipmentState
from ledger.common.ids import RecordId
from ledger.provenance.contents import Contents, Line
from ledger.provenance.graph import Graph, Made, Node
from ledger.provenance.shares import shares_down, shares_up, whole
from ledger.records.shipment_ids import child_id
from ledger.records.types import Goods, ShipmentRef
from ledger.services.products.provenance import GoodsAsked
from ledger.services.views.records import Reader
from scripts.bench.grown_home import AUDITOR, CARRIERS, GTIN, MAKER, SHOPS, GrownHome
from scripts.bench.grown_home import _split as split
from scripts.bench.grown_home import _terms as terms
from scripts.bench.pages import Page, Visits
from scripts.bench.tracing import DOWN, UP

SHIPMENTS = 1_000_000
LAYERS, LOTS = 4, 32
"""Few enough for one answer of the API."""
BATCH = 20_000
ASKED = 5
WEB, DEEP = 2_000, 20
TARGET = 1.0
"""CPU seconds for the trace of one product."""
TABLES = {
    "shipments": "shipment, terms, parent, child_index, parents, consignor, consignee, custodian, recipient_key, "
    "purpose, mode, fulfilment, packages, sequence, state, requires, released, flags, opened_at, opened_block, "
    "opened_index, ended_at, course, due_at",
    "custody_steps": "shipment, step, record_id, item, kind, from_partner, to_partner, packages, exceptions, outcome, "
    "occurred_at, block_number, block_time, log_index",
    "goods": "gtin, lot, shipment",
}
OTHER_GTIN, END = "09506000134352", "BLEND-END"


def measure(count: int = SHIPMENTS, lots: int = LOTS) -> dict[str, Any]:
    """CPU seconds of the whole answer and of the statement, their ratio, and seconds of shares in memory alone."""
    with tempfile.TemporaryDirectory() as folder:
        home = GrownHome(Path(folder))
        try:
            made = blended(home, lots)
            before = _costs(home, made)
            for rows in _others(count):
                with home.node.home.database.write() as connection:
                    for table, entries in rows.items():
                        connection.exec_driver_sql(_insert(table), entries)
            after = _costs(home, made)
        finally:
            home.close()
    return {
        "target": TARGET,
        "among few": before,
        f"among {count:,}": after,
        "growth": round(after["seconds"] / before["seconds"], 2),
        "in memory": _in_memory(count),
    }


def _insert(table: str) -> str:
    columns = TABLES[table]
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * (columns.count(',') + 1))})"  # noqa: S608 our own


def blended(home: GrownHome, lots: int) -> int:
    """Blend over and over; how many shipments there are then, of which the last layer carries the lot `END`."""
    at = home.clock.now()
    raw = [home.signed(terms(f"RAW-{i}", CARRIERS[0], SHOPS[0], at), MAKER) for i in range(lots)]
    level, count = home.record(raw, at), lots
    for layer in range(LAYERS):
        splits = [split(shipment, 2, 5, f"HALF-{layer}-{i}", at) for i, shipment in enumerate(level)]
        home.record([home.signed(one, MAKER) for one in splits], at)
        halves = [[child_id(one.shipment, 0, i) for one in splits] for i in range(2)]
        turned = halves[1][1:] + halves[1][:1]
        lot = END if layer == LAYERS - 1 else ""
        made = [
            home.signed(
                replace(
                    terms(lot or f"BLEND-{layer}-{i}", CARRIERS[0], SHOPS[0], at),
                    purpose=int(Purpose.TRANSFORMATION),
                    parents=tuple(ShipmentRef(RecordId(one), 0) for one in sorted(pair)),
                    contents=(Goods(salt(), GTIN, lot or f"BLEND-{layer}-{i}", NO_HASH, 10, "package", "", "Blend"),),
                ),
                MAKER,
            )
            for i, pair in enumerate(zip(halves[0], turned, strict=True))
        ]
        level = home.record(made, at)
        count += 2 * len(splits) + len(level)
    return count


def _costs(home: GrownHome, made: int) -> dict[str, Any]:
    database, provenance = home.node.home.database, home.node.reader.provenance
    subject, auditor = f"01/{GTIN}/10/{END}", Reader(auditor=True)
    times: dict[str, list[float]] = {"trace": [], "statement": []}
    shown = 0
    for _ in range(ASKED):
        begun = time.process_time()
        view, _ = provenance.trace(GoodsAsked(subject), auditor)
        times["trace"].append(time.process_time() - begun)
        begun = time.process_time()
        with database.read() as connection:
            for text in (DOWN, UP):
                connection.exec_driver_sql(text, (GTIN, END)).fetchall()
        times["statement"].append(time.process_time() - begun)
        shown = len(view.shipments)
        if shown != made:
            raise SystemExit(f"{shown} shipments were traced, {made} there are")
        if any(node.share.millionths is None for node in view.shipments):
            raise SystemExit("a share is not known")
    trace, statement = min(times["trace"]), min(times["statement"])
    asked = _over_the_api(home, subject)
    commands = {name: _command(home, *words) for name, words in _COMMANDS.items()}
    return {
        "shipments": shown,
        "seconds": round(trace, 3),
        "ratio": round(trace / statement, 1),
        "API": asked,
        **{f"command, {name}": told._asdict() for name, told in commands.items()},
    }


_COMMANDS = {
    "help": ("trace", "--help"),
    "as JSON": ("trace", f"01/{GTIN}/10/{END}", "--json"),
    "as a table": ("trace", f"01/{GTIN}/10/{END}"),
}


class Taken(NamedTuple):
    """Of a new process: seconds by the clock, and of CPU."""

    wall: float
    cpu: float


def _command(home: GrownHome, *words: str) -> Taken:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    program = "import sys; from ledger.cli.main import main; sys.exit(main())"
    place = {"LADING_HOME": str(home.node.home.settings.home)}
    subprocess.run([sys.executable, "-c", program, *words], env=os.environ | place, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(round(time.monotonic() - begun, 2), round(cpu, 2))


def _over_the_api(home: GrownHome, subject: str) -> dict[str, float]:
    """CPU seconds of the first answer of a service, and of the cheapest of several."""
    visits = Visits(home)
    try:
        page = Page(f"/v1/provenance?subject={subject}", AUDITOR)
        visits.ask(Page("/healthz"))
        taken = [visits.ask(page)[0] / 1000 for _ in range(ASKED)]
    finally:
        visits.close()
    return {"first": round(taken[0], 3), "least": round(min(taken), 3)}


def _others(count: int) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """Rows of `count` shipments that have nothing to do with the product, by table, in batches: half of them split."""
    dice = random.Random(count)  # noqa: S311 the same rows each time
    for start in range(0, count, BATCH):
        names: list[bytes] = []
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        for number in range(start, min(count, start + BATCH)):
            name = dice.randbytes(32)
            parent = names[dice.randrange(len(names))] if names and number % 2 else None
            purpose = Purpose.TRANSFORMATION if number % 4 == 0 else Purpose.ORIGINAL
            rows["shipments"].append(
                (
                    name, name, parent, None if parent is None else number % 2, "[]", MAKER, SHOPS[0], MAKER, bytes(20),
                    int(purpose), 3, 1, 10, 0, int(ShipmentState.OPEN), "[]", 0, 0, number, 1, number + 1_000_000, None,
                    0, 0,
                )
            )  # fmt: skip
            if names and number % 4 == 0:
                above = names[dice.randrange(len(names))]
                rows["custody_steps"].append(
                    (
                        above, number + 10, name, 0, "continued", MAKER, MAKER, 10, 0, int(Outcome.APPLIED), number, 1,
                        1, number,
                    )
                )  # fmt: skip
            if parent is None:
                rows["goods"].append((OTHER_GTIN, f"L{number // 50}", name))
            names.append(name)
        yield rows


def _in_memory(count: int) -> dict[str, Any]:
    """Shares in a graph of `count` shipments that is in memory, each of two of the layer before it, in webs of
    `DEEP` layers: seconds up and down from one, what was reached, and what it took to index the graph.
    """
    dice = random.Random(1)  # noqa: S311 the same graph each time
    wide = WEB // DEEP
    nodes = []
    for number in range(count):
        place = number % WEB
        layer = number - place % wide - wide
        parents = tuple(_name(layer + i) for i in sorted(dice.sample(range(wide), 2))) if place >= wide else ()
        inside = Contents((Line(OTHER_GTIN, "", "KGM", Fraction(dice.randrange(1, 1000))),))
        made = Made.TRANSFORMATION if parents else Made.OPENED
        nodes.append(Node(_name(number), RecordId(_name(number)), made, parents, 10, 10, inside))
    begun = time.process_time()
    graph = Graph(nodes)
    children = len(graph.children)
    indexed = time.process_time() - begun
    last = count // WEB * WEB - 1
    begun = time.process_time()
    reached = len(shares_up(graph, whole([_name(last)]))) + len(shares_down(graph, whole([_name(last + 1 - WEB)])))
    return {
        "seconds": round(time.process_time() - begun, 3),
        "reached": reached,
        "seconds to index": round(indexed, 2),
        "with children": children,
    }


def _name(number: int) -> bytes:
    return number.to_bytes(32, "big")


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else SHIPMENTS), indent=2))
