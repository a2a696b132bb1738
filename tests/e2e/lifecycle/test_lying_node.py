"""A node on a network whose RPC lies for a while: its log, tables and anchor are then what an audit wants."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.embedded import EmbeddedChain
from ledger.codes import Outcome as Code
from ledger.errors import LadingError
from ledger.records.evidence import EMBEDDED_CHAIN_ID
from ledger.services.home.settings import Settings
from ledger.services.node import node as node_module
from ledger.store.projections import outcomes
from tests.chain.lying.lies import LyingNode, at_random, honest
from tests.chain.lying.node import EmbeddedNode
from tests.drills import SEED, amount
from tests.e2e.far_chain import Network
from tests.e2e.stage import CARRIER, MAKER, SECOND, SHOP, Stage, staged

ROUNDS = 25
SEEDS = range(SEED * 1_000, SEED * 1_000 + amount("LIED_TO_HOMES", 100))


@pytest.fixture
def far(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stage, its chain at the other end of a line."""

    def opened(settings: Settings, clock: Any, **_: Any) -> Network:
        chain = EmbeddedChain(settings.home / "chain.db", chain_id=EMBEDDED_CHAIN_ID, genesis_time=0, now=clock.now)
        return Network(chain, LyingNode(EmbeddedNode(chain), clock, honest, random.Random(0)))

    monkeypatch.setattr(node_module, "open_chain", opened)
    with staged(founded, tmp_path / "home") as running:
        yield running


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.drill) for seed in SEEDS)])
def test_a_home_whose_node_lied_audits_clean(far: Stage, seed: int) -> None:
    liar = far.node.chain._node
    shipments = [far.open() for _ in range(2)]
    liar.plan, liar.random = at_random(seed, most=120, everywhere=True), random.Random(seed)
    first = far.submit(far.scribe_handoff(MAKER, CARRIER, *((one, 0, 10) for one in shipments)), MAKER, CARRIER)
    then = [
        far.submit(far.scribe_handoff(CARRIER, SECOND, (shipments[0], 1, 10)), CARRIER, SECOND),
        far.submit(far.scribe_handoff(SECOND, SHOP, (shipments[0], 2, 10)), SECOND, SHOP),
        far.submit(far.scribe_handoff(CARRIER, SHOP, (shipments[1], 1, 10)), CARRIER, SHOP),
    ]
    for _ in range(ROUNDS):
        with contextlib.suppress(LadingError):  # as the worker does: the next round goes on
            far.node.tick()
        far.clock.advance(30)
    told = sum(liar.told.values())
    liar.plan = honest
    for _ in range(ROUNDS):
        far.pass_time(60)
    assert told, "lies were told"
    with far.node.home.database.read() as connection:
        assert [one.outcome for one in outcomes.of(connection, first)] == [Code.APPLIED] * 2
        assert [[one.outcome for one in outcomes.of(connection, i)] for i in then] == [[Code.APPLIED]] * 3
    far.audited()
    assert far.node.health.readiness().checks["chain"] == "ok"
