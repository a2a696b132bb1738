"""Figures over many handoffs in parts, on a dask cluster of this machine, and on a process pool, beside one process.

    python -m scripts.bench.cluster [HANDOFFS] [WORKERS]

Each part makes up its records where it is counted, as a worker of a real cluster reads its own from the ledger's
database. What comes back is compared to the last unit. Seconds are of the clock: processes beyond the machine's idle
cores cannot be faster. dask comes with `lading[cluster]`.
"""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any

from ledger.columns.families import FamilyRecords
from ledger.columns.parts import Asked, Source, tally
from ledger.columns.tallies import ColumnTallies
from ledger.common.periods import Period
from ledger.records.types import ShipmentTerms
from ledger.scores.card import parse_card
from ledger.scores.composite import Scorecard
from ledger.services.home.score_cards import default_card_text
from scripts.bench.numbers import records

HANDOFFS = 100_000
WORKERS = 4
ROOM = 10
"""Log indexes of a part, for each of its handoffs: more than there are records."""


def main() -> None:
    handoffs = int(sys.argv[1]) if len(sys.argv) > 1 else HANDOFFS
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else WORKERS
    found = {"one process": compare(handoffs, workers, None)}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        found["process pool"] = compare(handoffs, workers, pool)
    with on_dask(workers) as executor:
        found["dask"] = compare(handoffs, workers, executor)
    print(json.dumps({"handoffs": handoffs, "workers": workers} | found, indent=2))


def compare(handoffs: int, parts: int, executor: Executor | None) -> dict[str, Any]:
    """Seconds in parts on `executor`, and whether all scorecards and penalties are those of one part in here."""
    sources: list[Source] = [partial(made_up, handoffs // parts, i) for i in range(parts)]
    asked = Asked(Period(1_690_000_000, 1_800_000_000, 1_800_000_000))
    if executor is not None:
        list(executor.map(made_up, [10] * parts, range(parts)))  # workers that have started and imported
    start = time.perf_counter()
    tallies = tally(sources, asked, executor)
    read = time.perf_counter()
    told = _told(tallies)
    done = time.perf_counter()
    return {
        "parts": parts,
        "seconds to read and put into columns": round(read - start, 2),
        "seconds for scores and penalties": round(done - read, 2),
        "equal": told == _told(tally([partial(_together, tuple(sources))], asked)),
    }


def made_up(handoffs: int, part: int) -> FamilyRecords:
    """The records of one part of the ledger."""
    own = tuple(records(handoffs, seed=part, start=part * handoffs * ROOM))
    return FamilyRecords(own, frozenset(one.id for one in own if isinstance(one.record, ShipmentTerms)))


def _together(sources: tuple[Source, ...]) -> FamilyRecords:
    shares = [source() for source in sources]
    opened = frozenset[bytes]().union(*(share.opened for share in shares))
    return FamilyRecords(tuple(one for share in shares for one in share.records), opened)


def _told(tallies: ColumnTallies) -> list[Any]:
    card = parse_card(default_card_text())
    cards = (tallies.score(who, role, card) for role in card.roles for who in tallies.partners(role))
    return [tallies.owed, [_figures(one) for one in cards]]


def _figures(card: Scorecard) -> list[Any]:
    """Everything but what each sample did, which takes longer than all the rest."""
    counted = [(entry.good, entry.due, entry.samples, entry.value, entry.low, entry.high) for entry in card.indicators]
    return [card.partner, card.role, card.score, card.low, card.high, card.samples, card.shipments, card.flags, counted]


@contextmanager
def on_dask(workers: int) -> Iterator[Executor]:
    """An executor on so many processes of a dask cluster on this machine."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)  # type: ignore[no-untyped-call]
    with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor()


if __name__ == "__main__":
    main()
