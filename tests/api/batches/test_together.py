"""Single records that wait at the same time: taken in together, each answered as by itself, with few statements."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.api.together import Together, _PaidAhead
from ledger.cli.demo.scribe import details
from ledger.common.ids import RecordId
from ledger.errors import Busy, RuleBroken
from ledger.records.signing import SignedRecord
from ledger.records.types import Endorsement, HandoffItem, RecallAnswer
from ledger.services.intake.bulk_state import BulkState
from ledger.services.intake.submission import Accepted, Proposed
from ledger.store import records
from tests.api.batches.deck import Living
from tests.e2e.stage import CARRIER, MAKER, SECOND, SHOP, Stage, staged

MOST_STATEMENTS = 13
"""Of a handoff by itself, its two BEGINs included: one table is read in vain, seven rows or kinds of rows written."""
Result = Accepted | Proposed | Exception


class Counted:
    """The statements and commits of a home's database, but for what a process asks once."""

    def __init__(self, stage: Stage) -> None:
        with stage.node.home.database.read() as connection:
            stage.node.reader.registry.refreshed(connection)
        self.statements: list[str] = []
        self.commits = 0
        engine = stage.node.home.database.engine
        event.listen(engine, "before_cursor_execute", lambda _c, _k, sql, *_: self.statements.append(sql))
        event.listen(engine, "commit", self._committed)

    def _committed(self, _: object) -> None:
        self.commits += 1


@pytest.fixture
def stage(before: Living, tmp_path: Path) -> Iterator[Stage]:
    with staged(before.home, tmp_path / "home") as stage:
        yield stage


def free(_: Collection[int]) -> None:
    pass


def handoffs(before: Living, count: int) -> list[SignedRecord]:
    scene = before.scene
    return [
        scene.sign(scene.handoff(HandoffItem(shipment, 0, 10, 0)), MAKER, CARRIER) for shipment in before.goods[:count]
    ]


@contextmanager
def busy(stage: Stage) -> Iterator[None]:
    """While whoever takes records in has to wait for the disk."""
    with stage.node.sequencer._writing:
        yield


def at_once(stage: Stage, signed: list[SignedRecord]) -> list[Result]:
    """What becomes of the first, which is kept from its commit until all others wait, and of these."""
    together, held, waiting = Together(stage.node), threading.Event(), threading.Event()

    def hold() -> None:
        with busy(stage):
            held.set()
            waiting.wait(30)

    async def one(record: SignedRecord) -> Result:
        try:
            return await together.submit(record, free)
        except Exception as error:  # noqa: BLE001 whatever became of it
            return error

    async def all_of_them() -> list[Result]:
        tasks = [asyncio.create_task(one(signed[0]))]
        async with asyncio.timeout(30):
            while together._waiting or not together._working:  # until the first is being taken in
                await asyncio.sleep(0.001)
            tasks += [asyncio.create_task(one(record)) for record in signed[1:]]
            while len(together._waiting) < len(signed) - 1:
                await asyncio.sleep(0.001)
            waiting.set()
            return list(await asyncio.gather(*tasks))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        assert held.wait(30)
        try:
            return asyncio.run(all_of_them())
        finally:
            waiting.set()


def test_a_handoff_by_itself_takes_few_statements(before: Living, stage: Stage) -> None:
    (signed,) = handoffs(before, 1)
    counted = Counted(stage)
    result = asyncio.run(Together(stage.node).submit(signed, free))
    assert isinstance(result, Accepted)
    assert len(counted.statements) <= MOST_STATEMENTS, counted.statements


def test_records_that_wait_at_once_share_statements_and_commit(before: Living, stage: Stage) -> None:
    signed = handoffs(before, 12)
    counted = Counted(stage)
    results = at_once(stage, signed)
    assert all(isinstance(result, Accepted) and not result.again for result in results), results
    assert len(counted.statements) <= 2 * MOST_STATEMENTS + 2, counted.statements
    assert counted.commits == 4, "two snapshots and two commits"
    receipts = [result.receipt for result in results if isinstance(result, Accepted)]
    with stage.node.home.database.read() as connection:
        rows = [records.get(connection, before.scene.stage.node.home.domain.record_id(one.record)) for one in signed]
    assert [stage.node.sequencer.receipt_of(row) for row in rows if row] == receipts
    assert len({receipt.index for receipt in receipts}) == 12


def test_each_has_its_own_answer(before: Living, stage: Stage) -> None:
    """Rivals, the same twice, a half, a forgery and what is judged alone, all at once and in this order."""
    scene = before.scene
    first, second = handoffs(before, 2)
    rival = scene.sign(scene.handoff(HandoffItem(before.goods[1], 0, 10, 0), receiver=SECOND), MAKER, SECOND)
    half = scene.sign(scene.handoff(HandoffItem(before.goods[2], 0, 10, 0)), MAKER)
    forged = scene.sign(Endorsement(SHOP, bytes(32)), MAKER)
    results = at_once(stage, [first, second, rival, second, half, forged])
    assert [type(result).__name__ for result in results] == [
        "Accepted", "Accepted", "Conflict", "Accepted", "Proposed", "NotPermitted",
    ]  # fmt: skip
    assert isinstance(results[3], Accepted)
    assert results[3].again


def test_who_signed_pays_or_nothing_is_taken(before: Living, stage: Stage) -> None:
    asked: list[Collection[int]] = []

    def charge(partners: Collection[int]) -> None:
        asked.append(partners)
        raise Busy("this client asks for too much", retry_after=1)

    (signed,) = handoffs(before, 1)
    with pytest.raises(Busy):
        asyncio.run(Together(stage.node).submit(signed, charge))
    assert asked == [{MAKER, CARRIER}]
    assert isinstance(asyncio.run(Together(stage.node).submit(signed, free)), Accepted)


def test_an_unforeseen_error_reaches_all_who_wait_and_ends_nothing(
    before: Living, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, (signed,) = Together(stage.node), handoffs(before, 1)

    def broken(*_: Any) -> Any:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(stage.node.batches, "submit", broken)
        with pytest.raises(RuntimeError, match="a defect"):
            asyncio.run(together.submit(signed, free))
    assert isinstance(asyncio.run(together.submit(signed, free)), Accepted)


def test_an_unforeseen_error_about_one_reaches_nobody_else(
    before: Living, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody pays twice, though each is taken in again by itself."""
    signed, broken, read = handoffs(before, 4), [], BulkState.read
    broken.append(stage.node.home.domain.record_id(signed[2].record))

    def reading(connection: Any, state: Any, members: Any, now: int) -> BulkState:
        if any(member.id in broken for member in members):
            raise RuntimeError("a defect")
        return read(connection, state, members, now)

    monkeypatch.setattr(BulkState, "read", reading)
    results = at_once(stage, signed)
    assert [type(result).__name__ for result in results] == ["Accepted", "Accepted", "RuntimeError", "Accepted"]
    asked: list[Collection[int]] = []
    once = _PaidAhead(asked.append)
    once.charge({MAKER})
    once.charge({MAKER})
    assert asked == [{MAKER}]


def test_what_was_kept_for_a_record_keeps_nobody_else(
    before: Living, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands may be kept for one: they are completed beside the next records, and before the receipt."""
    scene = before.scene
    target = scene.sign(Endorsement(CARRIER, bytes(32)), CARRIER)
    target_id = stage.node.home.domain.record_id(target.record)
    answer = RecallAnswer(CARRIER, target_id, 1, 0, 0, stage.now, details())
    assert isinstance(stage.node.submission.submit(scene.sign(answer, CARRIER)), Proposed)
    (other,) = handoffs(before, 1)
    together, completing, free_again = Together(stage.node), threading.Event(), threading.Event()
    complete = stage.node.submission.complete_about

    def slow(*record_ids: RecordId) -> None:
        completing.set()
        assert free_again.wait(30)
        complete(*record_ids)

    monkeypatch.setattr(stage.node.submission, "complete_about", slow)

    async def both() -> Result:
        first = asyncio.create_task(together.submit(target, free))
        await asyncio.to_thread(completing.wait, 30)
        try:
            async with asyncio.timeout(20):
                assert isinstance(await together.submit(other, free), Accepted)
            assert not first.done()
        finally:
            free_again.set()
        return await first

    assert isinstance(asyncio.run(both()), Accepted)


def test_who_has_gone_keeps_nobody(before: Living, stage: Stage) -> None:
    """A client that does not wait for its answer: its record is taken in, and the next one's too."""
    first, second = handoffs(before, 2)
    together = Together(stage.node)

    async def impatient() -> Result:
        with busy(stage):
            gone = asyncio.create_task(together.submit(first, free))
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
        return await together.submit(second, free)

    assert isinstance(asyncio.run(impatient()), Accepted)
    again = asyncio.run(together.submit(first, free))
    assert isinstance(again, Accepted)
    assert again.again


def test_what_is_judged_alone_goes_its_own_way(before: Living, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.node.batches, "submit", None)
    attested = before.scene.sign(before.scene.attestation(CARRIER), CARRIER)
    with pytest.raises(RuleBroken):
        asyncio.run(Together(stage.node).submit(attested, free))
