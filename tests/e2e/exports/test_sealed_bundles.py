"""Bundles that are exported with seals hold, and say what they prove; where the log hides something, they do not."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.bundle.format import parse_bundle, parse_trust
from ledger.bundle.outcome_checks import check_outcomes, events_of
from ledger.bundle.sealed.events import SealedEvents, check_sealed_outcomes
from ledger.bundle.sealed.replayed_custody import ReplayedCustody, replayed
from ledger.bundle.sealed.state import BEHIND_SECONDS, COUNCIL_SLOT, cell_of
from ledger.bundle.steps import ATTESTED, PROVED, Step
from ledger.bundle.subject import parse_subject
from ledger.bundle.verify import verify_bundle
from ledger.chain.cometbft import CometNode
from ledger.cli.main import app
from ledger.codes import ClearanceStatus, ContractKind, HoldCause, Purpose, Regime, RegistryAction, StatementKind
from ledger.codes import Outcome as Code
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.errors import ChainUnavailable, NotSealed, VerificationFailed
from ledger.records.index_keys import concerns
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.types import Handoff, Outcome, Require, ShipmentRef
from ledger.records.verification import Facts
from ledger.registry.changes import change
from ledger.services.exports.bundle import Exporter
from ledger.services.exports.seals import SealSource, _state
from ledger.services.home.consortium import CONSORTIUM, read_consortium
from ledger.services.intake.sequencer import Entry
from scripts.vectors.paper_network import PaperNetwork
from tests.chain.comet.node import SealingNode, serving
from tests.e2e.lifecycle.test_contract_succession import decide, prepare
from tests.e2e.stage import CARRIER, CN, DELAY, HOUR, MAKER, SECOND, SHOP, SHORT, WAREHOUSE, Stage

PAPER = PaperNetwork()
FOREVER = 2**40 - 1


@dataclass
class Sealed:
    """A stage whose chain validators on paper seal."""

    stage: Stage

    def node(self, *shipments: bytes) -> SealingNode:
        """A node whose state has the registry and these shipments."""
        names = self.stage.node.home.deployment.names() | self._opened()
        custody = [address for address, name in names.items() if name == "CustodyLedger"]
        registry = self.stage.node.home.deployment.registry
        slots = [(registry, COUNCIL_SLOT), *((one, cell_of(shipment)) for one in custody for shipment in shipments)]
        return SealingNode(self.stage.node.home.chain, list(names), slots, PAPER)

    def source(self, *shipments: bytes) -> SealSource:
        return SealSource(CometNode(self.node(*shipments)), PAPER.network, self.stage.node.home.deployment.registry)

    def exporter(self, *shipments: bytes) -> Exporter:
        self.stage.node.settle()
        return Exporter(self.stage.node.reader, self.source(*shipments))

    def trust(self) -> bytes:
        made = read_consortium(self.stage.node.home.settings.home).trust_file()
        return canonical_json(made | {"cometbft": PAPER.network.to_json()})

    def steps(self, data: bytes) -> dict[str, Step]:
        return {step.name: step for step in verify_bundle(data, parse_trust(self.trust()))}

    def _opened(self) -> dict[bytes, str]:
        with self.stage.node.home.database.read() as connection:
            return dict(self.stage.node.reader.book.known(connection))


@pytest.fixture
def sealed(stage: Stage) -> Sealed:
    return Sealed(stage)


def holds(steps: dict[str, Step]) -> bool:
    assert [step for step in steps.values() if not step.ok] == []
    proved = {name for name, step in steps.items() if step.basis == PROVED}
    return {"seals", "outcomes", "anchors", "state"} <= proved and "proved below" in steps["registry"].why


def test_a_delivered_shipment_is_proved_down_to_the_seals(sealed: Sealed) -> None:
    stage = sealed.stage
    shipment = stage.open(requires=(Require(b"CN", int(Regime.IMPORT), 2, False),))
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.clear(
        CN, ClearanceStatus.HELD, (shipment, 0), cause=HoldCause.RANDOM, jurisdiction="CN", regime=Regime.IMPORT
    )
    stage.clear(CN, ClearanceStatus.RELEASED, (shipment, 1), jurisdiction="CN", regime=Regime.IMPORT)
    stage.state(StatementKind.TENDER, CARRIER, shipment, 1, SHOP)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    steps = sealed.steps(sealed.exporter(shipment).shipment(shipment))
    assert holds(steps)
    assert steps["state"].why.endswith("nothing moved the shipment that is not here")
    assert {name for name, step in steps.items() if step.basis == ATTESTED} == {"times", "complete"}


def test_parts_of_a_shipment_are_proved_too(sealed: Sealed) -> None:
    """A short item's rest, children of a split, one that went on under new terms, and a manifest with another's."""
    stage = sealed.stage
    shipment, other = stage.open(), stage.open()
    stage.hand(MAKER, CARRIER, *sorted([(shipment, 0, 10), (other, 0, 10)]))
    stage.hand(CARRIER, SECOND, (shipment, 1, 8, SHORT))
    first, second = stage.split(SECOND, shipment, 2, 3, 5)
    stage.hand(SECOND, SHOP, (first, 0, 3))
    onward = stage.open(
        5, consignor=SHOP, consignee=WAREHOUSE, holder=SECOND, parents=(ShipmentRef(second, 0),), purpose=Purpose.ONWARD
    )
    for one in (shipment, first, second):
        steps = sealed.steps(sealed.exporter(one).shipment(one))
        assert holds(steps)
        assert steps["state"].why.endswith("nothing moved the shipment that is not here")
    steps = sealed.steps(sealed.exporter(onward).shipment(onward))
    assert {name for name, step in steps.items() if step.ok} == set(steps)
    assert steps["state"].why.endswith("cannot be compared")
    assert steps["state"].basis == ATTESTED


def test_partners_are_proved_without_a_shipments_state(sealed: Sealed) -> None:
    stage = sealed.stage
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    data = sealed.exporter().partner(CARRIER, Period(0, FOREVER, stage.now), stage.now)
    assert holds(sealed.steps(data))
    assert json.loads(data)["seals"]["state"]["custody"] == []


def test_what_came_after_the_checkpoint_is_not_in_its_state(sealed: Sealed) -> None:
    """The state is that of the last block before the first outcome that the checkpoint does not cover."""
    stage = sealed.stage
    shipment = stage.open()
    exporter = sealed.exporter(shipment)
    stage.pass_time(60)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    assert holds(sealed.steps(exporter.shipment(shipment)))
    assert holds(sealed.steps(sealed.exporter(shipment).shipment(shipment)))


def test_a_state_that_is_older_than_the_checkpoint_proves_nothing(sealed: Sealed) -> None:
    """Whoever exports may choose one from before what it leaves out."""
    stage = sealed.stage
    shipment = stage.open()
    older = parse_bundle(sealed.exporter(shipment).shipment(shipment)).seals
    stage.pass_time(BEHIND_SECONDS + 60)
    stage.open()
    stage.pass_time(60)
    newer = parse_bundle(sealed.exporter(shipment).shipment(shipment))
    assert holds(sealed.steps(newer.to_bytes()))
    assert older is not None
    assert newer.seals is not None
    seals = replace(newer.seals, state=older.state)
    step = sealed.steps(replace(newer, seals=seals).to_bytes())["state"]
    assert (step.ok, step.basis) == (True, ATTESTED)
    assert "may be left out" in step.why


def test_a_successor_takes_the_shipments_slot_over(sealed: Sealed) -> None:
    stage = sealed.stage
    moved, left = stage.open(), stage.open()
    for one in prepare(stage, ContractKind.CUSTODY).changes:
        decide(stage, one)
        stage.pass_time(DELAY + 60)
    stage.hand(MAKER, CARRIER, (moved, 0, 10))
    for shipment, count in ((moved, 1), (left, 2)):
        data = sealed.exporter(shipment).shipment(shipment)
        assert holds(sealed.steps(data))
        assert len(json.loads(data)["seals"]["state"]["custody"]) == count


def test_a_record_of_which_the_log_gave_up_a_part_is_proved_by_what_the_chain_took_of_it(sealed: Sealed) -> None:
    """One item of a manifest applied, the other waited in vain until `submitBy` was over."""
    stage = sealed.stage
    first, second = stage.open(), stage.open()
    record = stage.scribe_handoff(MAKER, CARRIER, *sorted([(first, 0, 10), (second, 5, 10)]))
    mixed = stage.sign(replace(record, submitBy=stage.now + HOUR), MAKER, CARRIER)
    stage.pass_time(HOUR + 2)
    assert sorted(stage.outcome(mixed)) == ["applied", "rejected"]
    for shipment in (first, second):
        steps = sealed.steps(sealed.exporter(shipment).shipment(shipment))
        assert holds(steps)
        assert "1 by which the log gave a record up" in steps["outcomes"].why
    bundle = parse_bundle(sealed.exporter(first).shipment(first))
    assert bundle.seals is not None
    one = {mixed: next(r for r in bundle.records if stage.node.home.domain.record_id(r.signed.record) == mixed)}
    told, events = events_of(bundle.records)[mixed], SealedEvents(bundle.seals, PAPER.network)
    assert check_sealed_outcomes({mixed: told}, one, events).startswith("1 outcomes")
    with pytest.raises(NotSealed, match="along with what it gave up"):
        check_sealed_outcomes({mixed: told[1:]}, one, events)


# --- what a lying log would have to hide ------------------------------------------------------------------------------


@dataclass
class Told:
    """The outcomes of a bundle with their records, in the chain's order."""

    entries: list[tuple[Outcome, RecoveredRecord]]
    replay: Callable[[list[tuple[Outcome, RecoveredRecord]]], ReplayedCustody]

    def word(self, entries: list[tuple[Outcome, RecoveredRecord]], shipment: bytes) -> int | str:
        """What these make of the shipment's slot, or the code with which the rules refuse them."""
        try:
            return self.replay(entries).holdings[shipment].slot.pack()
        except NotSealed as error:
            return error.code


@pytest.fixture
def told(sealed: Sealed) -> tuple[RecordId, Told]:
    """A shipment's outcomes: opened, handed on twice and delivered, with a stale manifest in between."""
    stage = sealed.stage
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.straight_to_the_contract(stage.scribe_handoff(MAKER, SECOND, (shipment, 0, 10)), MAKER, SECOND)
    stage.hand(CARRIER, SECOND, (shipment, 1, 10))
    stage.hand(SECOND, SHOP, (shipment, 2, 10))
    bundle = parse_bundle(sealed.exporter(shipment).shipment(shipment))
    domain = stage.node.home.domain
    events = events_of(bundle.records)
    history = stage.node.reader.registry.history
    entries = [
        (outcome, recover_record(one.signed, domain.record_id(one.signed.record)))
        for one in bundle.records
        for _, outcome in events.get(domain.record_id(one.signed.record), ())
    ]
    return shipment, Told(entries, lambda some: replayed(some, history))


def test_a_hidden_event_shows_in_outcomes_or_state(told: tuple[RecordId, Told]) -> None:
    """Whichever of the shipment's movements is left out: the rules refuse a later one, or give another word."""
    shipment, all_of = told
    whole = all_of.word(all_of.entries, shipment)
    assert isinstance(whole, int)
    moves = [entry for entry in all_of.entries if isinstance(entry[1].record, Handoff) and entry[0].outcomes == b"\x01"]
    assert len(moves) == 3
    for move in moves:
        assert all_of.word([entry for entry in all_of.entries if entry != move], shipment) != whole


class OneMoreContract:
    """A chain that has `word` in whatever slot of `contract` is asked for."""

    def __init__(self, chain: Any, contract: bytes, word: bytes) -> None:
        self._chain, self._contract, self._word = chain, contract, word

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    def storage(self, contract: bytes, slot: int, block: int | None = None) -> bytes:
        return self._word if contract == self._contract else bytes(self._chain.storage(contract, slot, block=block))


def test_a_contract_whose_opening_the_chain_never_took_proves_no_state(sealed: Sealed) -> None:
    """A council signs one more custody contract, for the log alone; in it the goods still are on their way."""
    stage, another = sealed.stage, b"\xee" * 20
    node, shipment = stage.node, stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    chain, custody = node.home.chain, node.home.deployment.contracts[ContractKind.CUSTODY]
    word = chain.storage(custody, int.from_bytes(cell_of(shipment)), block=chain.head())
    opening = change(
        stage.trial.next_sequence() + 3, RegistryAction.OPEN_CONTRACT, key=another, number=ContractKind.CUSTODY
    )
    council = stage.trial.council[: node.home.consortium.genesis.threshold]
    record_id = node.home.domain.record_id(opening)
    entry = Entry(stage.trial.signed(opening, *council), record_id, concerns=concerns(record_id, opening))
    node.sequencer.append([entry])
    honest = sealed.exporter(shipment).shipment(shipment)
    assert sealed.steps(honest)["state"].ok, "a change that waits is no harm"
    stage.pass_time(60)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    stage.pass_time(60)
    stage.open()
    node.settle()
    lying = sealed.node(shipment)
    lying._slots = [*lying._slots, (another, cell_of(shipment))]
    lying._chain = OneMoreContract(chain, another, word)
    source = SealSource(CometNode(lying), PAPER.network, node.home.deployment.registry)
    bundle = parse_bundle(honest)
    subject, opened = parse_subject(bundle.subject), [one.signed.record for one in bundle.records]
    assert opening in opened
    state = _state(source, subject, opened, chain.head())
    assert bundle.seals is not None
    lie = sealed.steps(replace(bundle, seals=replace(bundle.seals, state=state)).to_bytes())
    assert not lie["state"].ok


def test_an_outcome_that_the_rules_do_not_give_is_refused(told: tuple[RecordId, Told]) -> None:
    _, all_of = told
    for place, (outcome, record) in enumerate(all_of.entries):
        if isinstance(record.record, Handoff):
            other = b"\x03" if outcome.outcomes != b"\x03" else b"\x01"
            altered = [*all_of.entries]
            altered[place] = (replace(outcome, outcomes=other), record)
            with pytest.raises(NotSealed, match="another outcome"):
                all_of.replay(altered)


def test_each_outcome_of_a_record_is_of_the_contract_in_force(sealed: Sealed) -> None:
    """The second one of a manifest, in a later block, by a contract that nobody opened."""
    stage = sealed.stage
    first, second = stage.open(), stage.open()
    record = stage.scribe_handoff(MAKER, CARRIER, *sorted([(first, 0, 10), (second, 5, 10)]))
    mixed = stage.sign(replace(record, submitBy=stage.now + HOUR), MAKER, CARRIER)
    stage.pass_time(HOUR + 2)
    bundle = parse_bundle(sealed.exporter(first).shipment(first))
    one = next(r for r in bundle.records if stage.node.home.domain.record_id(r.signed.record) == mixed)
    (_, taken), (later, given_up) = events_of(bundle.records)[mixed]
    facts = Facts(one.index, one.log_time, taken.blockNumber, taken.blockTime, taken.eventIndex, (Code.APPLIED,) * 2)
    history = stage.node.reader.registry.history
    for target, holds in ((taken.target, True), (b"\x5a" * 20, False)):
        events = {mixed: [(one.index + 1, taken), (later, replace(given_up, outcomes=b"\1\1", target=target))]}
        with nullcontext() if holds else pytest.raises(VerificationFailed, match="not one of the custody contract"):
            check_outcomes({mixed: one}, {one.index: facts}, events, history, {})


# --- what export refuses ---------------------------------------------------------------------------------------------


def test_no_seals_of_strangers_are_handed_out(sealed: Sealed) -> None:
    shipment = sealed.stage.open()
    sealed.stage.node.settle()
    stranger = PaperNetwork(PAPER.pairs[::-1]).network
    source = replace(sealed.source(shipment), network=stranger)
    with pytest.raises(NotSealed, match="other validators"):
        Exporter(sealed.stage.node.reader, source).shipment(shipment)


def test_a_node_without_a_transaction_is_named(sealed: Sealed) -> None:
    shipment = sealed.stage.open()
    sealed.stage.node.settle()
    home = sealed.stage.node.home
    blind = SealingNode(home.chain, [home.deployment.registry], [(home.deployment.registry, COUNCIL_SLOT)], PAPER)
    source = replace(sealed.source(shipment), node=CometNode(blind))
    with pytest.raises(ChainUnavailable, match="lack a transaction"):
        Exporter(sealed.stage.node.reader, source).shipment(shipment)


# --- by commands -----------------------------------------------------------------------------------------------------


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, (arguments, result.output, result.exception)
    return result.output


def test_validators_are_proposed_signed_and_adopted_by_commands(
    sealed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = sealed.stage.open()
    sealed.stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    sealed.stage.node.settle()
    home = sealed.stage.node.home.settings.home
    keys = home / "keys"
    first, second, trust, bundle = (str(tmp_path / name) for name in ("1.json", "2.json", "trust.json", "s.json"))
    with serving(sealed.node(shipment)) as url:
        monkeypatch.setenv("LADING_HOME", str(home))
        monkeypatch.setenv("LADING_COMETBFT", url)
        export = ("export", "--shipment", f"0x{shipment.hex()}", "--out", bundle)
        failed = CliRunner().invoke(app, list(export))
        assert "does not know the network's validators" in str(failed.exception)

        assert "4 validators" in run("validators", "propose", "--out", first)
        run("validators", "adopt", first)
        run("trust", "--out", trust)
        run(*export)
        told = json.loads(run("verify", bundle, "--trust", trust, "--json"))
        assert {step["name"]: step["basis"] for step in told["steps"]}["outcomes"] == PROVED

        # A second set takes over once two of three council members have signed it.
        run("validators", "propose", "--start", "3", "--out", second)
        run("validators", "approve", second, "--key", str(keys / "council-1.json"), "--trust", trust)
        failed = CliRunner().invoke(app, ["validators", "adopt", second])
        assert "the council has not signed" in str(failed.exception)
        run("validators", "approve", second, "--key", str(keys / "council-2.json"), "--trust", trust)
        run("validators", "adopt", second)
        failed = CliRunner().invoke(app, ["validators", "adopt", first])
        assert "do not follow on those that this home has" in str(failed.exception)
        failed = CliRunner().invoke(app, ["validators", "propose", "--start", "2", "--out", first])
        assert "does not follow on those before" in str(failed.exception)
        failed = CliRunner().invoke(
            app, ["validators", "approve", second, "--key", str(keys / "operator.json"), "--trust", trust]
        )
        assert failed.exception is not None

        run("trust", "--out", trust)
        assert [one["start"] for one in json.loads(Path(trust).read_text())["cometbft"]["sets"]] == [1, 3]
        run(*export)
        assert json.loads(run("verify", bundle, "--trust", trust, "--json"))["ok"]
    assert (home / CONSORTIUM).exists()
