"""The council closes a contract and opens its successor while goods are under way: nothing that was signed is lost."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.sandbox import open_trial
from ledger.codes import ClearanceStatus, ContractKind, Gate, Regime, RegistryAction
from ledger.common.ids import RecordId
from ledger.errors import LadingError, RuleBroken
from ledger.records.types import Outcome, RegistryChange, Require
from ledger.services.audit.run import audit
from ledger.services.lifecycle.contract_succession import Succession, replace_contract
from ledger.services.lifecycle.rebuild import restore_from_chain
from ledger.store import checkpoints, log, records
from ledger.store.projections import outcomes
from tests.e2e.stage import (
    BROKER,
    CARRIER,
    DELAY,
    HOUR,
    LOT,
    MAKER,
    NZ,
    SHOP,
    WAREHOUSE,
    Stage,
    staged,
)

EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True)


def prepare(stage: Stage, kind: ContractKind) -> Succession:
    node = stage.node
    with node.home.database.read() as connection:
        history = node.reader.registry.refreshed(connection).history
    return replace_contract(node.home.settings, node.chain, node.home.consortium, history, kind, node.home.clock)


def decide(stage: Stage, change: RegistryChange) -> None:
    stage.trial.change(replace(change, sequence=stage.trial.next_sequence()))
    stage.settle()


def targets(stage: Stage, record_id: RecordId) -> list[bytes]:
    """The contracts that gave this record's outcomes."""
    with stage.node.home.database.read() as connection:
        found: list[Any] = [records.get(connection, one.outcome_record) for one in outcomes.of(connection, record_id)]
    return [row.record.target for row in found if isinstance(row.record, Outcome)]


def test_a_handoff_signed_under_the_old_custody_contract_applies_in_the_new_one(stage: Stage) -> None:
    goods = stage.open(10, requires=[EXPORT])
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    found = prepare(stage, ContractKind.CUSTODY)
    close, open_ = found.changes
    decide(stage, close)
    stage.pass_time(DELAY + HOUR)
    # Between the two no contract takes records: what is signed meanwhile is accepted and waits.
    onward = stage.submit(stage.scribe_handoff(CARRIER, WAREHOUSE, (goods, 1, 10)), CARRIER, WAREHOUSE)
    stage.settle()
    assert stage.track(onward).status == "pending"
    assert "no contract of its kind is in force" in stage.track(onward).problem
    for _ in range(10):
        stage.pass_time(60)  # it is looked after again and again meanwhile
    decide(stage, open_)
    stage.pass_time(DELAY - 60)
    assert stage.track(onward).status == "pending"
    stage.pass_time(120)
    assert stage.outcome(onward) == ["applied"], "no later than half a minute after the successor is in force"
    assert targets(stage, onward) == [found.successor]
    assert stage.held_by(goods) == (WAREHOUSE, 10, 2)
    # The clearance contract has not changed: it asks the registry where custody is, and opens the gate there.
    stage.clear(NZ, ClearanceStatus.RELEASED, (goods, 0))
    split = stage.split(WAREHOUSE, goods, 2, 4, 6)
    stage.hand(WAREHOUSE, SHOP, (split[0], 0, 4), (split[1], 0, 6))
    assert {stage.status(child) for child in split} == {"delivered"}
    stage.audited()


def test_nothing_is_opened_handed_on_or_ended_twice_under_a_successor(stage: Stage) -> None:
    goods, lost = stage.open(2), stage.open(3)
    first = stage.hand(MAKER, CARRIER, (goods, 0, 2), (lost, 0, 3))
    found = prepare(stage, ContractKind.CUSTODY)
    for change in found.changes:
        decide(stage, change)
    stage.pass_time(DELAY + HOUR)
    node = stage.node
    with node.home.database.read() as connection:
        terms = records.get(connection, goods)
    assert terms is not None
    assert "CustodyAlreadyOpen" in node.preflight(terms.signed, goods)
    with pytest.raises(LadingError, match="used this sequence"):
        stage.hand(MAKER, CARRIER, (goods, 0, 2))
    assert stage.outcome(first) == ["applied", "applied"]
    stage.hand(CARRIER, SHOP, (goods, 1, 2))
    assert stage.status(goods) == "delivered"
    stage.audited()


@pytest.mark.parametrize("kind", [ContractKind.CLEARANCE, ContractKind.ATTESTATION, ContractKind.ANCHOR])
def test_every_other_kind_is_replaced_under_way(stage: Stage, kind: ContractKind) -> None:
    goods = stage.open(4, requires=[EXPORT])
    stage.clear(BROKER, ClearanceStatus.LODGED, (goods, 0))
    stage.audited()  # which anchors
    found = prepare(stage, kind)
    for change in found.changes:
        decide(stage, change)
    stage.pass_time(DELAY + HOUR)
    after = {
        ContractKind.CLEARANCE: stage.clear(NZ, ClearanceStatus.RELEASED, (goods, 0)),
        ContractKind.ATTESTATION: stage.attest(LOT),
    }
    assert [stage.outcome(record_id) for record_id in after.values()] == [["applied"]] * 2
    assert {one for one, record_id in after.items() if targets(stage, record_id) == [found.successor]} == {kind} & set(
        after
    )
    stage.hand(MAKER, SHOP, (goods, 0, 4))
    assert stage.status(goods) == "delivered"
    stage.audited()
    node = stage.node
    with node.home.database.read() as connection:
        anchored = checkpoints.latest_anchored(connection)
        size = log.head(connection).size
    assert anchored is not None
    assert anchored.size == size, "the log goes on to be anchored"


def test_what_a_successor_took_comes_back_when_the_database_is_lost(founded: Path, tmp_path: Path) -> None:
    with staged(founded, tmp_path / "home") as stage:
        goods = stage.open(4, endorsed=False)
        for change in prepare(stage, ContractKind.CUSTODY).changes:
            decide(stage, change)
        stage.pass_time(DELAY + HOUR)
        handoff = stage.hand(MAKER, CARRIER, (goods, 0, 4))
        stage.audited()
        settings, clock = stage.node.home.settings, stage.clock
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (settings.home / name).unlink(missing_ok=True)
    assert restore_from_chain(settings, given=[], clock=clock).done
    assert audit(settings).ok
    with closing(open_trial(settings, clock).node) as node:
        assert [item.outcome for item in node.reader.views.record(handoff).chain.items] == ["applied"]


def test_the_same_successor_is_prepared_again_until_the_council_has_decided(stage: Stage) -> None:
    first, again = (prepare(stage, ContractKind.CUSTODY) for _ in range(2))
    assert first == again
    decide(stage, first.changes[0])
    (left,) = prepare(stage, ContractKind.CUSTODY).changes
    assert (left.action, left.key) == (RegistryAction.OPEN_CONTRACT, first.successor)
    decide(stage, left)
    with pytest.raises(RuleBroken, match="successor is to take over already"):
        prepare(stage, ContractKind.CUSTODY)
