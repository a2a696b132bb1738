"""Memory under steady writes has a plateau: what a node keeps is bounded, however much it has written."""

import gc
from pathlib import Path

import pytest

from ledger.chain import keyvalue
from ledger.cli.demo.scribe import Deal
from ledger.common.keccak import keccak256
from ledger.records.types import Observation
from ledger.services.state import signer_keys
from tests.drills import amount
from tests.e2e.stage import ALPHA, CAP, CARRIER, LOT, MAKER, PROMISED, SHOP, Stage

RECORDS = amount("RECORDS", 4_000)
MOST_GROWTH = 4
"""MiB in the second half: what allocator and SQLite's page caches still take once everything of ours is full."""


def resident() -> int:
    """MiB that this process has in memory."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def write(stage: Stage, first: int, count: int) -> None:
    """So many records, each tenth for the chain too, with a round of the worker after every fifth."""
    for number in range(first, first + count):
        if number % 10:
            stage.submit(Observation(CARRIER, keccak256(b"%d" % number), stage.now), CARRIER)
        else:
            deal = Deal(f"PO-{number}", 10_000_00, CAP, stage.now + PROMISED, ALPHA, CAP, CARRIER, SHOP)
            terms = stage.scribe.terms(deal, LOT, consignor=MAKER, consignee=SHOP, packages=10)
            stage.submit(terms, MAKER)
        if number % 5 == 0:
            stage.node.tick()
            stage.clock.advance(30)
    gc.collect()


@pytest.mark.drill
def test_memory_has_a_plateau_under_steady_writes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """With small limits, so that what is bounded is full before the second half begins."""
    monkeypatch.setattr(keyvalue, "CACHED_BYTES", 1 << 20)
    monkeypatch.setattr(signer_keys, "MOST_REMEMBERED", 200)
    write(stage, 0, RECORDS // 2)
    before = resident()
    write(stage, RECORDS // 2, RECORDS // 2)
    assert resident() - before <= MOST_GROWTH
