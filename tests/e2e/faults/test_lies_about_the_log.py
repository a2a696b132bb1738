"""What a node says against the log: its bare word holds the log back while it says so, and what the log's own key
signed halts it for good. Neither lets it fork."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.answers import Refusal
from ledger.chain.contracts import encode_function
from ledger.chain.embedded import EmbeddedChain
from ledger.cli.demo.scribe import Deal, Scribe
from ledger.cli.sandbox import open_trial
from ledger.codes import Mode
from ledger.errors import ChainUnavailable, InconsistentLog, LadingError, Unavailable
from ledger.records.evidence import EMBEDDED_CHAIN_ID
from ledger.records.types import ShipmentTerms
from ledger.services.home.clock import ManualClock
from ledger.services.home.settings import Settings, read_settings
from ledger.services.node import node as node_module
from tests.e2e.far_chain import Network, Twist, TwistedNode
from tests.e2e.stage import CARRIER, MAKER, SHOP, Stage, parties

ANCHORED = "0x" + encode_function("CheckpointAnchor", "anchored", bytes(32))[:4].hex()


@dataclass
class Far:
    """One chain, any number of homes that are opened on it, and what their node makes of its answers."""

    chain: EmbeddedChain
    clock: ManualClock
    homes: Path
    twist: Twist | None = None
    opened: list[TwistedNode] = field(default_factory=list)

    def open(self, name: str = "home") -> Stage:
        settings = read_settings({"LADING_CHAIN": "http://far"}, home=self.homes / name)
        trial = open_trial(settings, self.clock)
        trial.parties = parties()
        return Stage(trial, self.clock, trial.parties, Scribe(trial, trial.parties))

    def tell(self, twist: Twist | None) -> None:
        self.twist = twist
        for node in self.opened:
            node.twist = twist

    def connect(self, _: Settings, __: Any, **___: Any) -> Network:
        node = TwistedNode(self.chain)
        node.twist = self.twist
        self.opened.append(node)
        return _Line(self.chain, node)

    def copy(self, name: str) -> None:
        shutil.copytree(self.homes / "home", self.homes / name)


class _Line(Network):
    def close(self) -> None:
        """The chain stays open for others."""


@pytest.fixture
def far(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    shutil.copytree(founded, tmp_path / "homes" / "home")
    clock = ManualClock(int((founded / "now").read_text()) + 120)
    file = tmp_path / "homes" / "home" / "chain.db"
    with closing(EmbeddedChain(file, chain_id=EMBEDDED_CHAIN_ID, genesis_time=0, now=clock.now)) as chain:
        far = Far(chain, clock, tmp_path / "homes")
        monkeypatch.setattr(node_module, "open_chain", far.connect)
        yield far


def anchored_as(more: int, root: str, times: int) -> Twist:
    """The anchored size is `more` than it is, its root another; `times` told, then the truth."""
    left = [times]

    def twist(method: str, parameters: Sequence[Any], truth: Any) -> Any:
        if method != "eth_call" or not parameters[0]["data"].startswith(ANCHORED) or not left[0]:
            return truth
        left[0] -= 1
        size = int(truth[2:66], 16) + more
        return f"0x{size:064x}{root}{truth[130:]}"

    return twist


def new_terms(stage: Stage) -> ShipmentTerms:
    deal = Deal(f"PO-{stage.now}", 100, 100, stage.now + 1000, 1, 100, MAKER, SHOP)
    return stage.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=3, holder=None, mode=Mode.ROAD)


def refused(stage: Stage) -> str:
    with pytest.raises(Unavailable) as error:
        stage.submit(new_terms(stage), MAKER)
    return str(error.value)


def goes_on(stage: Stage) -> None:
    stage.submit(new_terms(stage), MAKER)
    stage.audited()
    assert set(stage.node.health.readiness().checks.values()) == {"ok"}


RECEIPTS = ("eth_getBlockReceipts", "eth_getTransactionReceipt")
LIES = {"a larger size": (6, "ab" * 32), "another root": (0, "cd" * 32), "a size beyond all measure": (2**62, "0" * 64)}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_about_what_is_anchored_at_opening_holds_the_log_until_the_truth_is_told(
    far: Far, lie: tuple[int, str]
) -> None:
    far.twist = anchored_as(*lie, times=2)
    stage = far.open()
    with closing(stage.node):
        size = stage.node.reader.log_state()["records"]
        assert "the node says" in refused(stage)
        assert "contradicts the log" in stage.node.health.readiness().checks["chain"]
        with pytest.raises(ChainUnavailable, match="contradicts the log"):
            stage.node.tick()
        assert stage.node.guard.halted is None
        assert stage.node.reader.log_state()["records"] == size
        stage.node.tick()
        goes_on(stage)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_about_what_is_anchored_before_anchoring_halts_nothing(far: Far, lie: tuple[int, str]) -> None:
    stage = far.open()
    with closing(stage.node):
        stage.submit(new_terms(stage), MAKER)
        far.tell(anchored_as(*lie, times=3))
        with pytest.raises(ChainUnavailable, match="contradicts the log"):
            stage.node.tick()
        assert "the node says" in refused(stage)
        with pytest.raises(ChainUnavailable):  # the third lie
            stage.node.tick()
        stage.node.tick()
        assert stage.node.guard.halted is None
        goes_on(stage)


def test_a_contradiction_whose_node_then_falls_silent_holds_the_log_until_it_speaks(far: Far) -> None:
    stage = far.open()
    with closing(stage.node):
        stage.submit(new_terms(stage), MAKER)
        lie = anchored_as(6, "ab" * 32, times=1)
        lied: list[bool] = []

        def then_silent(method: str, parameters: Sequence[Any], truth: Any) -> Any:
            if lied:
                return Refusal("internal error", b"", False)
            told = lie(method, parameters, truth)
            lied.extend([True] * (told != truth))
            return told

        far.tell(then_silent)
        for _ in range(2):
            with pytest.raises(ChainUnavailable):
                stage.node.tick()
            assert "the node says" in refused(stage)
        far.tell(None)
        stage.node.tick()
        goes_on(stage)


def once(method: str, changed: Callable[[Any], Any]) -> Twist:
    left = [1]

    def twist(asked: str, _: Sequence[Any], truth: Any) -> Any:
        if asked != method or not left[0]:
            return truth
        left[0] = 0
        return changed(truth)

    return twist


def test_a_lie_about_the_block_that_was_followed_holds_the_log_until_the_truth_is_told(far: Far) -> None:
    far.open().node.close()
    far.twist = once("eth_getBlockByNumber", lambda block: block | {"hash": "0x" + "ee" * 32, "newField": "0x"})
    stage = far.open()
    with closing(stage.node):
        assert "not the one that was followed" in refused(stage)
        assert stage.node.guard.halted is None
        stage.node.tick()
        goes_on(stage)


def test_a_lie_about_the_relayers_nonce_makes_nobody_elses_record_a_forgotten_one(far: Far) -> None:
    stage = far.open()
    goes_on(stage)
    stage.node.close()
    far.copy("other")
    other = far.open("other")
    other.straight_to_the_contract(new_terms(other), MAKER)
    other.node.close()
    far.twist = once("eth_getTransactionCount", lambda nonce: hex(int(nonce, 16) + 1))
    stage = far.open()
    with closing(stage.node):
        assert stage.node.guard.halted is None
        goes_on(stage)


# --- real forks ------------------------------------------------------------------------------------------------------


def forked(far: Far) -> None:
    """A copy of the home, `other`, logs and anchors something of its own."""
    far.copy("other")
    far.clock.advance(120)
    other = far.open("other")
    goes_on(other)
    other.node.close()
    far.clock.advance(120)


def test_another_service_that_anchors_for_the_same_log_halts_it_for_good(far: Far) -> None:
    stage = far.open()
    with closing(stage.node):
        stage.node.settle()
        stage.node.background.leases.stop()  # given up, so that the copy need not wait
        forked(far)
        stage.submit(stage.scribe_handoff(MAKER, CARRIER, (stage.open(), 0, 10)), MAKER, CARRIER)
        with suppress(InconsistentLog):
            stage.node.settle()
        assert isinstance(stage.node.guard.halted, InconsistentLog)
        far.tell(anchored_as(-1_000_000, "00" * 32, times=10**6))
        for work in (stage.node.tick, lambda: stage.submit(new_terms(stage), MAKER)):
            with pytest.raises(Unavailable, match="signed any more"):
                work()


def test_a_home_put_back_is_halted_for_good_by_what_its_key_signed(far: Far) -> None:
    far.open().node.close()
    forked(far)
    stage = far.open()
    with closing(stage.node):
        assert isinstance(stage.node.guard.halted, InconsistentLog)
        assert "anchored on the chain" in refused(stage)


def test_a_home_put_back_is_not_let_go_by_a_node_that_falls_behind(far: Far) -> None:
    """First the node keeps from it what would prove the contradiction, then it answers as it was before."""
    far.open().node.close()
    before = far.chain.head()
    forked(far)
    far.twist = lambda method, _, truth: Refusal("internal error", b"", False) if method in RECEIPTS else truth
    stage = far.open()
    with closing(stage.node):
        size = stage.node.reader.log_state()["records"]
        assert stage.node.guard.halted is None
        refused(stage)

        def stale(method: str, parameters: Sequence[Any], _: Any) -> Any:
            return far.opened[-1].answer(method, parameters, before)

        far.tell(stale)
        for _ in range(3):
            with pytest.raises(LadingError):
                stage.node.tick()
            refused(stage)
        far.tell(None)
        with pytest.raises(LadingError):
            stage.node.tick()
        assert "signed any more" in refused(stage)
        assert stage.node.reader.log_state()["records"] == size
