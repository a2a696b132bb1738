"""The parts of the work run beside each other: what keeps one waiting stops no other, and each nonce is signed once."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from ledger.cli.demo.scribe import Deal
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import ChainUnavailable, StorageFailed
from ledger.records.types import Observation
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.services.node import background
from ledger.services.publish import durable_files
from ledger.services.relay.anchorer import lease_name
from ledger.services.relay.lease import Lease
from ledger.services.relay.relayer import LEASE
from ledger.store import cursors, transactions
from ledger.store.projections import outcomes
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage

LOOPS = {"anchoring", "asking about bonuses", "following", "keeping", "leases", "publishing", "relaying"}


class Between:
    """A chain with something before one of its calls."""

    def __init__(self, chain: Any, method: str, before: Callable[[], object]) -> None:
        self._chain, self._method, self._before = chain, method, before

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._before()
        return getattr(self._chain, name)


class Gate:
    """Whoever comes here waits until it is opened, and then gets no answer."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.open.wait(60)
        raise ChainUnavailable("it never answered")


@pytest.fixture
def gate(stage: Stage) -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()
    stage.node.stop()


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


def accepted(stage: Stage, count: int = 1) -> list[RecordId]:
    deal = Deal("PO-1", 10_000_00, 5_000_00, stage.now + 10 * DAY, 100_00, 5_000_00, CARRIER, SHOP)
    terms = (stage.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=4) for _ in range(count))
    return [stage.submit(one, MAKER) for one in terms]


def signed(stage: Stage, record_id: RecordId) -> list[transactions.StoredTransaction]:
    with stage.node.home.database.read() as connection:
        return transactions.of_record(connection, record_id)


def applied(stage: Stage, ids: list[RecordId]) -> bool:
    with stage.node.home.database.read() as connection:
        return all([row.outcome for row in outcomes.of(connection, one)] == [Code.APPLIED] for one in ids)


def followed(stage: Stage) -> int:
    with stage.node.home.database.read() as connection:
        cursor = cursors.get(connection, cursors.FOLLOWER)
    assert cursor is not None
    return cursor.block


def published(stage: Stage) -> bool:
    state = stage.node.reader.log_state()
    return bool(state["published"]["size"] == state["size"])


def recorded_once(stage: Stage, ids: list[RecordId]) -> bool:
    node = stage.node
    custody = node.home.deployment.contracts[ContractKind.CUSTODY]
    logs = node.chain.events(1, node.chain.head(), [custody]).logs
    topics = [log.topics[1] for log in logs if log.topics[0] == RECORDED_TOPIC]
    return sorted(topic for topic in topics if topic in ids) == sorted(ids)


def test_while_following_hangs_it_is_published_and_relayed(stage: Stage, gate: Gate) -> None:
    node = stage.node
    node.work.follower._chain = Between(node.chain, "final", gate)
    before = followed(stage)
    node.start()
    assert gate.reached.wait(30)
    ids = accepted(stage)
    until(lambda: signed(stage, ids[0]), "it is relayed")
    until(lambda: recorded_once(stage, ids), "it is in a block")
    until(lambda: published(stage), "it is published")
    more = accepted(stage)
    until(lambda: recorded_once(stage, [*ids, *more]), "relaying goes on")
    assert followed(stage) == before
    node.work.follower._chain = node.chain
    gate.open.set()
    until(lambda: applied(stage, [*ids, *more]), "nothing was lost")


def test_while_relaying_hangs_it_is_published_followed_and_anchored(stage: Stage, gate: Gate) -> None:
    node = stage.node
    sender = node.work.relayer._sender
    sender._chain = Between(node.chain, "gas_price", gate)
    ids = accepted(stage)
    node.start()
    assert gate.reached.wait(30)
    until(lambda: published(stage), "it is published")
    until(lambda: node.reader.anchors(1)[0].size >= node.reader.log_state()["size"], "it is anchored")
    until(lambda: not node.work.behind(), "what anchoring brought is followed")
    assert signed(stage, ids[0]) == []
    sender._chain = node.chain
    gate.open.set()
    until(lambda: applied(stage, ids), "nothing was lost")


def test_a_commit_wakes_publishing_and_relaying_and_relaying_wakes_following(stage: Stage) -> None:
    node = stage.node
    for loop in node.background.loops[1:]:
        loop._pause = 600
    node.start()
    try:
        until(lambda: node.work.turn.held, "it works")
        time.sleep(1)  # nothing rings any more
        begun = time.monotonic()
        ids = accepted(stage)
        until(lambda: applied(stage, ids) and published(stage), "nothing was rung")
        assert time.monotonic() - begun < 30
    finally:
        node.stop()


def anchors(stage: Stage) -> int:
    with stage.node.home.database.read() as connection:
        sent = "SELECT count(*) FROM transactions WHERE intent LIKE 'anchor:%'"
        return int(connection.exec_driver_sql(sent).scalar_one())


def test_checkpoints_are_anchored_now_and_then_and_once_there_is_much_to_anchor(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with each record: what is published in between is under the next anchor."""
    node = stage.node
    looked = threading.Event()
    anchor = node.work.anchor

    def look() -> bool:
        anchored = bool(anchor())
        looked.set()
        return anchored

    node.work.anchor = look
    node.background._anchoring._pause = 600
    node.start()
    try:
        assert looked.wait(30)
        before = anchors(stage)
        for _ in range(3):
            ids = accepted(stage)
            until(lambda ids=ids: applied(stage, ids) and published(stage), "it is recorded")  # type: ignore[misc]
        assert anchors(stage) == before
        monkeypatch.setattr(background, "ANCHOR_LEAVES", 1)
        accepted(stage)
        until(lambda: anchors(stage) > before, "much is anchored at once")
    finally:
        node.stop()


def test_an_idle_home_writes_nothing_but_its_leases_and_news(stage: Stage) -> None:
    node = stage.node
    written: list[str] = []

    def heard(_c: Any, _k: Any, sql: str, *_: Any) -> None:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(sql)

    node.start()
    try:
        ids = accepted(stage)
        until(lambda: applied(stage, ids), "it works")
        until(lambda: published(stage) and not node.work.behind(), "it is idle")
        for loop in node.background.loops:
            loop.ring()
        time.sleep(background.RELAY_SECONDS_HERE + 2)  # what followed from that is done
        event.listen(node.home.database.engine, "before_cursor_execute", heard)
        for _ in range(12):
            for loop in node.background.loops:
                loop.ring()
            time.sleep(0.15)
    finally:
        node.stop()
    assert [sql for sql in written if "leases" not in sql and "news" not in sql] == []
    renewed = sum("leases" in sql for sql in written)
    assert renewed <= 6, "two leases are given up, and may have been renewed once or twice"


def test_stopping_ends_every_loop_and_gives_the_turn_up(stage: Stage) -> None:
    node = stage.node
    for turn in range(2):
        node.start()
        ids = accepted(stage)
        until(lambda ids=ids: applied(stage, ids), "it works")  # type: ignore[misc]
        names = {thread.name for thread in threading.enumerate()}
        assert names >= LOOPS
        node.stop()
        assert not LOOPS & {thread.name for thread in threading.enumerate()}
        other = Lease(node.home.database, LEASE, stage.clock)
        assert other.take(), "another process can have it at once"
        other.release()
        late = stage.submit(Observation(MAKER, bytes([turn]) * 32, stage.now), MAKER)
        time.sleep(1)
        assert node.reader.views.record(late).log.index >= node.reader.log_state()["published"]["size"]


def test_a_turn_that_is_lost_in_the_middle_leaves_nothing_signed_and_work_goes_on_with_the_next(stage: Stage) -> None:
    node = stage.node
    thief = Lease(node.home.database, LEASE, stage.clock, alone=True)
    stolen = threading.Event()

    def steal() -> None:
        if not stolen.is_set():
            assert thief.take()
            stolen.set()

    node.work.relayer._sender._chain = Between(node.chain, "gas_price", steal)
    node.work.turn._alone = False
    ids = accepted(stage)
    node.start()
    try:
        assert stolen.wait(30)
        until(lambda: not node.work.turn.held, "it finds out")
        more = accepted(stage)
        time.sleep(1.5)
        assert [signed(stage, one) for one in (*ids, *more)] == [[], []]
        assert not published(stage), "that is the other's work now"
        assert node.health.readiness().checks["worker"] == "ok"
        thief.release()
        until(lambda: applied(stage, [*ids, *more]), "it works again")
        until(lambda: published(stage), "it publishes again")
    finally:
        node.stop()


def test_who_lost_its_turn_gives_up_anchoring_too(stage: Stage) -> None:
    """Its timer would renew that lease for ever, and nobody would anchor."""
    node, home = stage.node, stage.node.home
    turn, anchors = node.work.leases
    assert turn.take()
    assert anchors.take()
    thief = Lease(home.database, LEASE, stage.clock, alone=True)
    assert thief.take()
    turn._tenure = None
    turn._alone = False
    node.background._keep()
    anchors.renew()
    assert Lease(home.database, lease_name(home.log_id), stage.clock).take(), "the next one can anchor"
    thief.release()


def test_rounds_beside_the_loops_sign_no_nonce_twice(stage: Stage) -> None:
    node = stage.node
    done = threading.Event()
    failures: list[Exception] = []

    def rounds() -> None:
        while not done.is_set():
            try:
                node.tick()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
                failures.append(error)

    threads = [threading.Thread(target=rounds) for _ in range(2)]
    node.start()
    try:
        for thread in threads:
            thread.start()
        ids = [one for _ in range(8) for one in accepted(stage, 3)]
        until(lambda: applied(stage, ids), "all are recorded", 120)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        node.stop()
    assert failures == []
    assert recorded_once(stage, ids)
    with node.home.database.read() as connection:
        places = connection.exec_driver_sql("SELECT sender, nonce, count(*) FROM transactions GROUP BY 1, 2").all()
    assert {count for *_, count in places} == {1}
    for sender in {place[0] for place in places}:
        nonces = sorted(nonce for of, nonce, _ in places if of == sender)
        assert nonces == list(range(nonces[0], nonces[0] + len(nonces))), "no gap either"
        assert node.chain.nonce(sender) == nonces[-1] + 1


def test_a_part_that_hangs_is_told_and_keeps_nobody_from_accepting(
    stage: Stage, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "HANGS_SECONDS", 0.2)
    node = stage.node
    node.work.follower._chain = Between(node.chain, "final", gate)
    node.start()
    assert gate.reached.wait(30)
    until(lambda: "following has been at one step" in node.health.readiness().checks["worker"], "it is told")
    said = node.health.readiness()
    assert (said.accepting, said.status) == (True, "accepting, a part of the work does not get on")
    assert node.health.readiness().checks["log"] == "ok"
    gate.open.set()
    until(lambda: "one step" not in node.health.readiness().checks["worker"], "it is over")


def test_a_folder_that_another_process_keeps_locked_holds_the_log_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable_files, "LOCK_SECONDS", 0.2)
    folder = durable_files.LogFolder(stage.node.home.settings.home / "log")
    accepted(stage)
    with folder.locked(), pytest.raises(StorageFailed, match="keeps the folder of the log locked"):
        stage.node.tick()
    said = stage.node.health.readiness()
    assert (said.accepting, "locked" in said.checks["log"]) == (False, True)
    stage.node.tick()
    assert stage.node.health.readiness().accepting
    stage.audited()
