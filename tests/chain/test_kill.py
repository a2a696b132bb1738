"""An operator killed at any moment, again and again: nothing accepted is lost, nothing is recorded twice."""

import json
import random
import signal
import time
from functools import partial
from pathlib import Path
from typing import TextIO

import pytest

from ledger.chain.deploy import Deployment
from ledger.chain.embedded import EmbeddedChain
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.keccak import keccak256
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.services.home.clock import ManualClock
from ledger.store import transactions
from tests.chain.conftest import CHAIN_ID, GENESIS
from tests.chain.operator import Operator, launch
from tests.drills import SEED
from tests.forks import Fork


def reopen(home: Path, now: int = GENESIS + 9_000) -> Operator:
    clock = ManualClock(now)
    chain = EmbeddedChain(home / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS, now=clock.now)
    stored = home / "deployment.json"
    if not stored.exists():
        stored.write_text(json.dumps(launch(chain, clock, "consortium").to_json()))
    return Operator(home / "one", chain, Deployment.from_json(json.loads(stored.read_text())), clock)


def terms_of(operator: Operator, number: int):  # type: ignore[no-untyped-def]
    return operator.terms(salted=keccak256(number.to_bytes(8, "big"))[:16], submit_by=GENESIS + 10**6)


def work(home: Path, records: int, told: TextIO) -> None:
    """An operator's life, until so many records are in the log and nothing moves any more."""
    operator = reopen(home)
    told.write("open\n")
    done = sum(number == 4 for number, _ in operator.logged())
    while True:
        if done < records:
            operator.accept(*(terms_of(operator, n) for n in range(done, min(done + 7, records))))
            done = min(done + 7, records)
        moved = operator.relayer.step()
        followed = operator.follower.step()
        operator.publisher.publish(operator.clock.now())
        operator.anchorer.step()
        if done == records and not moved.submitted and not followed.events:
            break
    told.write("finished\n")


def run(home: Path, records: int, kills: int, seed: int) -> None:
    source = random.Random(seed)
    operator = reopen(home, GENESIS + 2_000)
    operator.found()
    operator.close()
    operator.chain.close()
    life = partial(work, home, records)
    for _ in range(kills):
        process = Fork(life)
        assert process.told.readline() == "open\n"
        time.sleep(source.uniform(0, 0.5))
        process.end(signal.SIGKILL)
    last = Fork(life)
    assert last.told.read().endswith("finished\n")
    assert last.end() == 0

    operator = reopen(home)
    logged = operator.logged()
    ids = [operator.domain.record_id(terms_of(operator, n).record) for n in range(records)]
    assert len(logged) == len({record_id for _, record_id in logged})
    assert [record_id for number, record_id in logged if number == 4] == ids
    assert all(operator.outcomes(record_id) == [Code.APPLIED] for record_id in ids)
    custody = operator.deployment.contracts[ContractKind.CUSTODY]
    events = [
        log
        for log in operator.chain.events(1, operator.chain.head(), [custody]).logs
        if log.topics[0] == RECORDED_TOPIC
    ]
    assert [log.topics[1] for log in events] == ids
    with operator.db.read() as connection:
        assert all(len(transactions.of_record(connection, record_id)) == 1 for record_id in ids)
    current = operator.publisher.current()
    assert current is not None
    assert current.head.size == len(logged)
    assert operator.anchorer.step().anchored == len(logged)
    operator.close()
    operator.chain.close()


def test_killed_twice(tmp_path: Path) -> None:
    run(tmp_path, records=24, kills=2, seed=1)


@pytest.mark.drill
def test_killed_many_times(tmp_path: Path) -> None:
    run(tmp_path, records=600, kills=40, seed=SEED)
