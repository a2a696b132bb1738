"""A delivery history replayed on the network: nothing is pending in the end, and totals are the embedded chain's.

`DRILL_LINES` says how many lines; 2,000 are the long form.
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ledger.store import outbox
from ledger.store.database import Database
from tests.drills import amount
from tests.e2e.cli.processes import LADING, environment
from tests.e2e.network.conftest import Running, put_keys
from tests.e2e.oracle import DATA

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not DATA.exists(), reason="the SCMS history does not lie beside the repository"),
]
LINES = amount("LINES", 200)
TERMS = ("--alpha", "2500", "--cap-bps", "800")


def replayed(home: Path, **settings: str) -> tuple[dict[str, Any], float]:
    """What the command prints at its end, but for the checkpoint, which is each log's own; and the seconds it took."""
    begun = time.monotonic()
    command = [*LADING, "replay", str(DATA), *TERMS, "--limit", str(LINES), "--wait", "3600", "--json"]
    done = subprocess.run(command, env=environment(home, **settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed.pop("checkpoint")["size"] > printed["shipments"]
    return printed, time.monotonic() - begun


def test_totals_on_the_network_are_those_of_the_embedded_chain(running: Running, tmp_path: Path) -> None:
    network, embedded = tmp_path / "network", tmp_path / "embedded"
    put_keys(network, "replay")
    found, took = replayed(network, LADING_CHAIN=running.url)
    expected, shortest = replayed(embedded)
    print(f"{LINES} lines: {took:.0f} s on the network, {shortest:.0f} s on the embedded chain")
    assert found == expected
    assert found["shipments"] == LINES - len(found["unusable"])
    database = Database.existing(f"sqlite:///{network / 'ledger.db'}")
    try:
        with database.read() as connection:
            assert outbox.left(connection) == 0
    finally:
        database.close()
    audited = subprocess.run(
        [*LADING, "audit", "--json"], env=environment(network, LADING_CHAIN=running.url), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert json.loads(audited.stdout)["findings"] == []
