"""Customs in full: the status graph, several jurisdictions, gates and breaches, lists, brokers and authorities."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.cli.demo.scribe import place
from ledger.codes import Assurance, ClearanceStatus, Gate, HoldCause, Regime, StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import MalformedRecord, NotPermitted, RuleBroken
from ledger.penalties.lateness import HoldReason
from ledger.records.types import Clearance, Require
from ledger.services.intake.submission import Proposed
from ledger.services.views.records import Reader
from tests.e2e.stage import (
    ALPHA,
    BROKER,
    CARRIER,
    CN,
    HOUR,
    MAKER,
    NONE,
    NZ,
    OCEAN,
    PROMISED,
    SECOND,
    SHOP,
    WAREHOUSE,
    Stage,
)

EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), False)
IMPORT = Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY | Gate.SALE), True)
HELD, RELEASED, LODGED = ClearanceStatus.HELD, ClearanceStatus.RELEASED, ClearanceStatus.LODGED


def china(stage: Stage, by: int, status: ClearanceStatus, *items: tuple[bytes, int], **more: Any) -> RecordId:
    """The import clearance of China."""
    return stage.clear(by, status, *items, jurisdiction="CN", regime=Regime.IMPORT, **more)


@pytest.fixture
def goods(stage: Stage) -> RecordId:
    """Goods that need a release in two countries, with the carrier."""
    shipment = stage.open(10, requires=(EXPORT, IMPORT))
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    return shipment


def clearance_of(stage: Stage, shipment: bytes, jurisdiction: str) -> tuple[str, int, bool, str]:
    (found,) = [c for c in stage.view(shipment).clearances if c.jurisdiction == jurisdiction]
    return found.status, found.sequence, found.released, found.assurance


def propose(stage: Stage, shipment: RecordId, sequence: int, releaser: int, receiver: int) -> None:
    record = stage.scribe.handoff([(shipment, sequence, 10, NONE)], releaser, receiver, place("NZ", "", ""))
    stage.trial.node.submission.submit(stage.trial.signed(record, stage.parties[releaser]))


def test_each_gate_of_each_country_is_proposed_only_when_released(stage: Stage, goods: RecordId) -> None:
    with pytest.raises(RuleBroken, match="NZ regime 2"):
        propose(stage, goods, 1, CARRIER, OCEAN)
    stage.clear(BROKER, LODGED, (goods, 0))
    stage.clear(NZ, RELEASED, (goods, 0))
    stage.hand(CARRIER, OCEAN, (goods, 1, 10))
    stage.hand(OCEAN, WAREHOUSE, (goods, 2, 10))
    with pytest.raises(RuleBroken, match="CN regime 1"):
        propose(stage, goods, 3, WAREHOUSE, SHOP)
    china(stage, CN, RELEASED, (goods, 0))
    stage.hand(WAREHOUSE, SHOP, (goods, 3, 10))
    assert {step.outcome for step in stage.view(goods).steps} == {"applied"}
    stage.audited()


def test_a_hold_or_recall_after_release_closes_the_gate_again(stage: Stage, goods: RecordId) -> None:
    stage.clear(NZ, RELEASED, (goods, 0))
    assert clearance_of(stage, goods, "NZ") == ("released", 1, True, "authority signed")
    stage.clear(NZ, HELD, (goods, 1), cause=HoldCause.RISK)
    assert clearance_of(stage, goods, "NZ")[:3] == ("held", 2, False)
    stage.clear(NZ, RELEASED, (goods, 2))
    stage.clear(NZ, ClearanceStatus.RECALLED, (goods, 3))
    assert clearance_of(stage, goods, "NZ")[:3] == ("recalled", 4, False)
    with pytest.raises(RuleBroken, match="NZ regime 2"):
        propose(stage, goods, 1, CARRIER, OCEAN)
    # Both sign all the same: it happened, so it is recorded, and marked.
    stage.hand(CARRIER, OCEAN, (goods, 1, 10))
    assert stage.view(goods).steps[-1].outcome == "applied in breach"
    stage.audited()


def test_statuses_follow_the_graph(stage: Stage, goods: RecordId) -> None:
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.clear(NZ, ClearanceStatus.RECALLED, (goods, 0))
    steps = (
        ClearanceStatus.INSPECTED,
        ClearanceStatus.PRESENTED,
        ClearanceStatus.REFUSED,
        ClearanceStatus.AMENDED,
        RELEASED,
    )
    for sequence, status in enumerate(steps):
        stage.clear(NZ, status, (goods, sequence))
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.clear(NZ, ClearanceStatus.REFUSED, (goods, 5))
    stage.clear(BROKER, LODGED, (goods, 5))
    stage.clear(NZ, LODGED, (goods, 0))  # recorded at any sequence, and no step of the graph
    assert clearance_of(stage, goods, "NZ")[:2] == ("released", 5)
    assert [step.outcome for step in stage.view(goods).steps if step.kind == "clearance"] == ["applied"] * 7
    stage.audited()


def test_a_broker_clears_nothing_without_its_declarant(stage: Stage, goods: RecordId) -> None:
    word: dict[str, Any] = {"declarant": MAKER, "assurance": Assurance.BROKER_WORD}
    record = stage.scribe.clearance(BROKER, [(goods, 0)], "CN", Regime.IMPORT, RELEASED, **word)
    result = stage.trial.node.submission.submit(stage.trial.signed(record, stage.parties[BROKER]))
    assert isinstance(result, Proposed)
    assert result.missing == (f"partner {MAKER} as declarant",)
    with pytest.raises(MalformedRecord, match="nobody declares it"):
        stage.sign(replace(record, declarant=0), BROKER)
    with pytest.raises(RuleBroken, match="declarant is no party"):
        china(stage, BROKER, RELEASED, (goods, 0), declarant=SECOND)
    stage.sign(record, BROKER, MAKER)
    assert clearance_of(stage, goods, "CN")[0] == "released"


def test_a_brokers_seizure_ends_nothing(stage: Stage, goods: RecordId) -> None:
    china(stage, BROKER, ClearanceStatus.SEIZED, (goods, 0))
    assert stage.status(goods) == "in transit"
    stage.clear(NZ, ClearanceStatus.SEIZED, (goods, 0), regime=Regime.TRANSIT)
    assert stage.status(goods) == "in transit", "the terms require no such clearance"
    stage.hand(CARRIER, WAREHOUSE, (goods, 1, 10))
    stage.audited()


def test_seized_goods_end_and_can_only_be_destroyed(stage: Stage, goods: RecordId) -> None:
    stage.clear(NZ, ClearanceStatus.SEIZED, (goods, 0))
    assert stage.status(goods) == "seized"
    with pytest.raises(RuleBroken, match="ended"):
        stage.hand(CARRIER, SHOP, (goods, 1, 10))
    with pytest.raises(RuleBroken, match="may not follow"):
        stage.clear(NZ, RELEASED, (goods, 1))
    stage.clear(NZ, ClearanceStatus.DESTROYED, (goods, 1))
    assert stage.status(goods) == "destroyed"
    stage.audited()


def test_roles_of_customs(stage: Stage, goods: RecordId) -> None:
    with pytest.raises(NotPermitted, match="customs of"):
        stage.clear(CN, RELEASED, (goods, 0), assurance=Assurance.AUTHORITY_SIGNED)
    with pytest.raises(NotPermitted, match="authority"):
        china(stage, BROKER, RELEASED, (goods, 0), assurance=Assurance.AUTHORITY_SIGNED)
    with pytest.raises(NotPermitted, match="broker"):
        stage.clear(CARRIER, LODGED, (goods, 0), assurance=Assurance.BROKER_WORD)
    with pytest.raises(RuleBroken, match="no broker relay"):
        stage.clear(BROKER, RELEASED, (goods, 0))
    china(stage, BROKER, RELEASED, (goods, 0))
    assert clearance_of(stage, goods, "CN") == ("released", 1, True, "broker word")
    assert "On the broker's word only." in stage.view(goods).steps[-1].note
    china(stage, CN, ClearanceStatus.AMENDED, (goods, 1))
    assert clearance_of(stage, goods, "CN") == ("amended", 2, True, "authority signed")


def test_a_list_is_cleared_by_one_record_and_each_item_has_its_outcome(stage: Stage) -> None:
    parcels = [stage.open(1, requires=(EXPORT,), endorsed=False) for _ in range(4)]
    stage.clear(NZ, HELD, (parcels[0], 0), cause=HoldCause.RANDOM)
    record = stage.clear(NZ, RELEASED, *((parcel, 0) for parcel in parcels))
    outcomes = dict(zip(sorted(parcels), stage.outcome(record), strict=True))
    assert outcomes == {parcels[0]: "stale"} | dict.fromkeys(parcels[1:], "applied")
    assert clearance_of(stage, parcels[0], "NZ")[:3] == ("held", 1, False)
    stage.audited()


def test_the_sale_of_uncleared_goods_is_marked(stage: Stage, goods: RecordId) -> None:
    stage.clear(NZ, RELEASED, (goods, 0))
    stage.state(StatementKind.SOLD, CARRIER, goods, 1)
    assert stage.view(goods).steps[-1].outcome == "applied in breach"


def test_duty_lines_are_opened_to_parties_alone(stage: Stage, goods: RecordId) -> None:
    duty = stage.scribe.import_duty("MRN-1", 1_000_00)
    record = china(stage, CN, RELEASED, (goods, 0), duty=duty)
    reading = stage.trial.node.reader.views
    opened = {"mrn", "lines"}

    def sees(reader: Reader) -> bool:
        shown = reading.record(record, reader).message["duty"]
        return isinstance(shown, dict) and opened <= set(shown)

    assert not sees(Reader())
    assert not sees(Reader(SECOND))
    assert all(sees(Reader(partner)) for partner in (CN, BROKER))
    assert all(sees(Reader(partner)) for partner in (MAKER, SHOP)), "it was levied on their goods"
    assert sees(Reader(99, auditor=True))


def test_holds_of_several_countries_count_once_and_not_if_the_liable_partner_caused_them(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10, requires=(EXPORT, IMPORT))
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.clear(NZ, HELD, (goods, 0), cause=HoldCause.RANDOM)
    stage.pass_time(DAY)
    china(stage, CN, HELD, (goods, 0), cause=HoldCause.RISK)
    stage.pass_time(DAY)
    stage.clear(NZ, RELEASED, (goods, 1))
    stage.pass_time(DAY)
    china(stage, CN, RELEASED, (goods, 1))
    china(stage, CN, HELD, (goods, 2), cause=HoldCause.DOCUMENTS, caused_by=CARRIER)
    stage.pass_time(2 * DAY)
    china(stage, CN, HELD, (goods, 3), cause=HoldCause.DOCUMENTS, caused_by=BROKER)
    stage.pass_time(DAY)
    china(stage, CN, RELEASED, (goods, 4))
    stage.clock.move_to(opened + PROMISED + DAY // 2 + 6 * DAY)
    stage.hand(CARRIER, SHOP, (goods, 1, 10))
    penalty = stage.penalty(goods)
    # Held: NZ day 0-2, CN day 1-3, CN by the carrier day 3-5, CN by the broker day 5-6: three and one are not its own.
    assert penalty.customs_seconds == 4 * DAY
    assert (penalty.late_seconds, penalty.amount) == (2 * DAY, 4 * ALPHA)
    reasons = {line.reason for portion in penalty.portions for line in portion.holds}
    assert HoldReason.CAUSED_BY_LIABLE in reasons
    stage.audited()


def test_a_split_child_takes_the_parents_open_hold_along_and_needs_its_own_release(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10, requires=(EXPORT,))
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.clear(NZ, HELD, (goods, 0), cause=HoldCause.RANDOM)
    stage.pass_time(DAY)
    first, second = stage.split(CARRIER, goods, 1, 4, 6)
    assert stage.view(first).clearances[0].status == "none yet"
    stage.pass_time(DAY)
    stage.clear(NZ, RELEASED, (first, 0))
    stage.clock.move_to(opened + PROMISED + DAY // 2 + 3 * DAY)
    stage.hand(CARRIER, SHOP, (first, 0, 4), (second, 0, 6))
    assert stage.penalty(first).customs_seconds == 2 * DAY
    assert stage.penalty(first).amount == ALPHA * 4 // 10
    assert stage.penalty(second).amount == 0, "its hold was never lifted: all the time is customs'"


def test_a_clearance_of_unknown_goods_waits_for_them(stage: Stage) -> None:
    record = stage.scribe.clearance(NZ, [(RecordId(b"\7" * 32), 0)], "NZ", Regime.EXPORT, RELEASED, declarant=BROKER)
    assert isinstance(record, Clearance)
    waiting = stage.sign(record, NZ)
    stage.pass_time(HOUR)
    assert stage.track(waiting).status == "pending"
    assert "waits for its predecessor" in stage.track(waiting).problem
