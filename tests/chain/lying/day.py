"""A day of an operator whose node lies, and what must be the same as with an honest one."""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.chain.embedded import EmbeddedChain
from ledger.chain.rpc import RpcChain
from ledger.codes import Outcome as Code
from ledger.codes import RegistryAction, Role
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.records.eip712 import Withheld
from ledger.records.signing import SignedRecord
from ledger.records.types import Outcome, Override
from ledger.services.home.clock import ManualClock
from ledger.services.relay.chain_reader import Settling, read_ranges
from ledger.services.relay.foresight import RecordedForesight
from ledger.services.relay.relayer import Relayer, RelayOptions
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store import cursors, outbox, records
from ledger.store.projections import shipments
from tests.chain.conftest import CHAIN_ID, GENESIS, Founded
from tests.chain.lying.lies import LyingNode, Plan, honest
from tests.chain.lying.node import EmbeddedNode
from tests.chain.operator import CARRIER, COUNCIL, MAKER, SHOP, Operator, key_of

HOUR = 3_600
_MEMORY = Path("/dev/shm")  # noqa: S108
_ROUNDS = 12
_MOST_ROUNDS = 120


@dataclass(frozen=True)
class Papers:
    """What is signed that day, the same in every run."""

    now: int
    early: tuple[SignedRecord, ...]
    given_elsewhere: tuple[SignedRecord, ...]
    late: tuple[SignedRecord, ...]

    @property
    def all(self) -> tuple[SignedRecord, ...]:
        return (*self.early, *self.given_elsewhere, *self.late)


@dataclass(frozen=True)
class Day:
    """How a run ended; `asked`: by which methods the node was, in order; `told`: its lies, by method and kind."""

    outcomes: dict[RecordId, list[int]]
    custody: list[tuple[bytes, int, int, int]]
    asked: tuple[str, ...]
    open: tuple[tuple[int, str], ...]
    told: Counter[tuple[str, str]]


@contextmanager
def opened(
    founded: Founded, plan: Plan = honest, *, seed: int = 0, foreign: bool = False
) -> Iterator[tuple[Operator, LyingNode]]:
    """A copy of the home, and an operator whose node is honest until its first question of the day."""
    # In memory where that can be had: what a disk does is not the matter here.
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        home = Path(folder)
        shutil.copytree(founded.home, home, dirs_exist_ok=True)
        clock = ManualClock(founded.now)
        chain = EmbeddedChain(home / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS, now=clock.now)
        node = LyingNode(EmbeddedNode(chain, foreign=foreign), clock, honest, random.Random(seed))
        client = RpcChain(node, finality_depth=None, in_flight=4)
        client.final()
        deployment = founded.deployment
        if foreign:
            block = client.block(deployment.block)
            assert block is not None
            deployment = replace(deployment, block_hash=block.hash)
        operator = Operator(home / "one", client, deployment, clock)
        operator.changes = len(operator.founding())
        with operator.db.write() as connection:
            at = cursors.get(connection, "follower")
            assert at is not None
            followed = client.block(at.block)
            assert followed is not None
            cursors.put(connection, "follower", at.block, followed.hash)
        _wire(operator)
        node.asked.clear()
        node.open.clear()
        node.plan = plan
        try:
            yield operator, node
        finally:
            operator.close()
            chain.close()


def _wire(operator: Operator) -> None:
    """Foresight, as in a node."""
    foresee = RecordedForesight(CurrentRegistry(operator.deployment.genesis, operator.clock), operator.clock)
    options = RelayOptions(operator.follower.step, foresee=foresee)
    operator.relayer = Relayer(operator.node_home, operator.sender, operator.sequencer, options, operator.lease)


def papers(founded: Founded) -> Papers:
    """Opened, handed over, handed on before its time, forged, given to somebody else as well, announced."""
    with opened(founded) as (operator, _):
        terms = [operator.terms() for _ in range(4)]
        one, two, three, four = (operator.domain.record_id(signed.record) for signed in terms)
        soon = operator.clock.now() + 6 * HOUR
        forged = operator.handoff([(two, 1)], CARRIER, SHOP, submit_by=soon)
        hidden = Withheld(b"\x05" * 32)
        return Papers(
            operator.clock.now(),
            (
                *terms,
                operator.handoff([(one, 1)], CARRIER, SHOP, submit_by=soon),
                operator.handoff([(one, 0), (two, 0)], MAKER, CARRIER, submit_by=soon),
                operator.sign(forged.record, CARRIER, MAKER),
                operator.change(RegistryAction.GRANT_ROLE, partner=MAKER, role=int(Role.CARRIER)),
            ),
            (operator.handoff([(three, 0)], MAKER, CARRIER, submit_by=soon),),
            (operator.sign(Override(four, 0, MAKER, CARRIER, 10, 0, hidden), *COUNCIL[:2], CARRIER),),
        )


def live(founded: Founded, day: Papers, plan: Plan = honest, *, seed: int = 0, foreign: bool = False) -> Day:
    """The day, and what came of it when the node has become honest again.

    1. Records are accepted and carried; one is given to somebody else as well, who brings it to the contract first.
    2. Hours later, after their `submitBy`, others are accepted.
    3. The node tells the truth from here on, until nothing moves.
    """
    with opened(founded, plan, seed=seed, foreign=foreign) as (operator, node):
        # 1.
        operator.accept(*day.early)
        _rounds(operator, node)
        _until_taken(operator, node, day.early)
        for signed in day.given_elsewhere:
            _by_another(operator, node, signed)
            operator.accept(signed)
        _rounds(operator, node)
        # 2.
        operator.clock.move_to(day.now + 7 * HOUR)
        operator.accept(*day.late)
        _rounds(operator, node)
        # 3.
        node.plan = honest
        _until_quiet(operator, node)
        return _ended(operator, node, day)


def _round(operator: Operator, node: LyingNode) -> bool:
    """One round as the worker makes it: what the node brings to nothing is tried again in the next."""
    moved = False
    for step in (operator.relayer.step, operator.follower.step):
        try:
            report = step()
            moved |= bool(getattr(report, "submitted", 0) or getattr(report, "events", 0))
        except LadingError:
            moved = True
        node.node.chain.seal(operator.clock.now())
    return moved


def _rounds(operator: Operator, node: LyingNode) -> None:
    for _ in range(_ROUNDS):
        if not _round(operator, node) and not operator.sender.unfinished():
            break
        operator.clock.advance(5)


def _until_taken(operator: Operator, node: LyingNode, papers: Sequence[SignedRecord]) -> None:
    """Out with what the lies kept from the chain, honestly: what is late for no fault of the reader's is late."""
    plan, node.plan = node.plan, honest
    wanted = {operator.domain.record_id(signed.record) for signed in papers}
    for _ in range(_MOST_ROUNDS):
        settling = _settled_on_chain(operator, node)
        if len(wanted & settling.finished) >= len(wanted) - 1:  # all but the forged one
            break
        _round(operator, node)
        operator.clock.advance(60)
    node.plan = plan


def _until_quiet(operator: Operator, node: LyingNode) -> None:
    waiting: list[str] = []
    for _ in range(_MOST_ROUNDS):
        moved = _round(operator, node)
        waiting = _not_settled(operator)
        if not moved and not waiting:
            return
        operator.clock.advance(HOUR)
    raise AssertionError(f"something is never settled: {', '.join(waiting) or 'the node brings steps to nothing'}")


def _not_settled(operator: Operator) -> list[str]:
    """The records without a final outcome and the transactions without a block, in words."""
    with operator.db.read() as connection:
        rows = [
            row for state in outbox.STATES if state != outbox.FINAL for row in outbox.in_state(connection, state, 100)
        ]
    late = [f"record {row.log_index} is {row.state} until {row.next_try} ({row.problem})" for row in rows]
    return late + [f"{one.intent} is {one.state} ({one.problem})" for one in operator.sender.unfinished()]


def _by_another(operator: Operator, node: LyingNode, signed: SignedRecord) -> None:
    """Somebody else's honest node takes it."""
    mine, operator.chain = operator.chain, node.node.chain
    try:
        operator.submit_directly(signed, key_of("stranger"))
    finally:
        operator.chain = mine


def _ended(operator: Operator, node: LyingNode, day: Papers) -> Day:
    ids = [operator.domain.record_id(signed.record) for signed in day.all]
    logged = [record_id for _, record_id in operator.logged()]
    assert len(logged) == len(set(logged)), "a leaf came twice"
    assert set(ids) <= set(logged)
    assert _outcomes_in_log(operator) == _outcomes_of_chain(operator, node), "the log says what the chain did not"
    with operator.db.read() as connection:
        rows = shipments.get_many(connection, ids).values()
    custody = sorted((one.shipment, one.custodian, one.sequence, one.state) for one in rows)
    return Day({i: operator.outcomes(i) for i in ids}, custody, tuple(node.asked), tuple(node.open), node.told)


def _outcomes_in_log(operator: Operator) -> set[RecordId]:
    """Those that contracts gave; what the operator rejected by itself has no event."""
    rejected = bytes([Code.REJECTED])
    with operator.db.read() as connection:
        return {
            row.record_id
            for row in records.stream(connection, types=[Outcome.NUMBER])
            if isinstance(row.record, Outcome) and not set(rejected) & set(row.record.outcomes)
        }


def _outcomes_of_chain(operator: Operator, node: LyingNode) -> set[RecordId]:
    """What an honest reader of the chain's file makes of it."""
    settling, ids = Settling(operator.domain), set()
    chain = node.node.chain
    for blocks in read_ranges(chain, operator.deployment, chain.final()):
        for timed in blocks.events:
            outcome = settling.outcome(timed)
            if outcome is not None:
                ids.add(operator.domain.record_id(outcome))
    return ids


def _settled_on_chain(operator: Operator, node: LyingNode) -> Settling:
    settling, chain = Settling(operator.domain), node.node.chain
    for blocks in read_ranges(chain, operator.deployment, chain.final()):
        for timed in blocks.events:
            settling.outcome(timed)
    return settling
