"""`kill -9` in the middle of writing and publishing, again and again: nothing acknowledged is lost, nothing doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.services.home.clock import SystemClock
from ledger.services.intake.sequencer import Entry, Sequencer
from ledger.services.publish.publisher import Publisher
from ledger.store import log, outbox, records
from ledger.store.database import Database
from ledger.store.pending import Slot
from tests.store.entries import SIGNER, endorsement

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = 400


def entry(number: int) -> Entry:
    return endorsement(number, slots=(Slot(number.to_bytes(32, "big"), 0),), relay=True)


def work(home: Path) -> None:
    """What the killed process does: submit everything from the start, publish, and say what is acknowledged."""
    database = Database.open(f"sqlite:///{home / 'ledger.db'}")
    sequencer = Sequencer(database, SIGNER, SystemClock())
    publisher = Publisher(database, SIGNER, home / "log", home / "keys" / "highest")
    done = 0
    while done < ENTRIES:
        step = random.Random(done).randint(1, 40)
        receipts = sequencer.append([entry(number) for number in range(done, min(ENTRIES, done + step))])
        for receipt in receipts:
            sys.stdout.write(f"receipt {receipt.index} {to_hex(receipt.leaf_hash)}\n")
        sys.stdout.flush()
        done += len(receipts)
        head = publisher.publish(done).head
        sys.stdout.write(f"checkpoint {head.size} {to_hex(head.root)}\n")
        sys.stdout.flush()


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.drill)])
def test_killed_again_and_again(tmp_path: Path, kills: int) -> None:
    rng = random.Random(kills)
    acknowledged: dict[int, str] = {}
    checkpoints: dict[int, str] = {}
    for run in range(kills + 1):
        with (tmp_path / "out").open("w+b") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", f"from tests.store.test_kill import *; work(Path({str(tmp_path)!r}))"],
                cwd=ROOT,
                stdout=out,
            )
            if run < kills:
                deadline = time.monotonic() + 20
                while out.seek(0, os.SEEK_END) == 0 and process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(rng.random() * 0.3)
                process.send_signal(signal.SIGKILL)
            status = process.wait(timeout=120)
            assert status in ((0, -signal.SIGKILL) if run < kills else (0,))
            out.seek(0)
            said = out.read().decode().split("\n")[:-1]
        for line in said:
            kind, number, value = line.split()
            known = acknowledged if kind == "receipt" else checkpoints
            assert known.setdefault(int(number), value) == value, f"another {line} was said before"
    assert sorted(acknowledged) == list(range(ENTRIES))
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    with database.read() as connection:
        leaves = list(records.leaves(connection))
        assert log.head(connection).size == len(leaves) == ENTRIES
        assert outbox.left(connection) == ENTRIES
    assert [to_hex(leaf.leaf_hash) for leaf in leaves] == [acknowledged[i] for i in range(ENTRIES)]
    for leaf in leaves:
        SIGNER.identity.verify_receipt(Sequencer(database, SIGNER, SystemClock()).receipt_of(leaf))
    for size, root in checkpoints.items():
        assert to_hex(merkle.root([leaf.leaf_hash for leaf in leaves[:size]])) == root
    database.close()
