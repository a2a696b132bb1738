"""What the signers of a record change later: corrections, new terms, relief, and signatures that come afterwards."""

from typing import Any

import pytest

from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Gate, HoldCause, Regime
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import Conflict, MalformedRecord, NotPermitted, RuleBroken
from ledger.records.signing import SigningKey
from ledger.records.types import Amendment, Require
from tests.e2e.stage import ALPHA, BROKER, CARRIER, HOUR, MAKER, NZ, PROMISED, SECOND, SHOP, Stage

EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True)


def amend(
    stage: Stage,
    target: RecordId,
    kind: AmendmentKind,
    changes: dict[str, Any],
    *signers: int | SigningKey,
    previous: bytes = NO_HASH,
) -> RecordId:
    text = canonical_json(changes).decode()
    return stage.sign(Amendment(target, previous, int(kind), details(text)), *signers)


@pytest.fixture
def late(stage: Stage) -> tuple[RecordId, RecordId, int]:
    """A shipment that arrived two days late, its delivery, and when it was due."""
    opened = stage.now
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    due = opened + PROMISED + DAY // 2
    stage.clock.move_to(due + 2 * DAY)
    delivery = stage.hand(CARRIER, SHOP, (goods, 1, 10))
    return goods, delivery, due


def test_a_corrected_time_of_delivery_counts_and_the_old_one_stays_visible(
    stage: Stage, late: tuple[RecordId, RecordId, int]
) -> None:
    goods, delivery, due = late
    stage.pass_time(HOUR)
    changes = {"occurredAt": due + 2 * DAY - 12 * HOUR}
    correction = amend(stage, delivery, AmendmentKind.CORRECTION, changes, CARRIER, SHOP)
    penalty = stage.penalty(goods)
    assert penalty.late_seconds == DAY + 12 * HOUR
    assert {delivery, correction} <= set(penalty.evidence)
    view = stage.trial.node.reader.views.record(delivery)
    assert view.message["occurredAt"] == due + 2 * DAY
    alone = Amendment(delivery, correction, int(AmendmentKind.CORRECTION), details(f'{{"occurredAt":{due}}}'))
    with pytest.raises(RuleBroken, match="signatures are missing"):
        stage.trial.sign_and_submit(alone, stage.parties[CARRIER])


def test_a_correction_claims_nothing_that_is_still_to_come(stage: Stage, late: tuple[RecordId, RecordId, int]) -> None:
    _, delivery, _ = late
    with pytest.raises(RuleBroken, match="in the future") as caught:
        amend(stage, delivery, AmendmentKind.CORRECTION, {"occurredAt": stage.now + HOUR}, CARRIER, SHOP)
    assert caught.value.where == "changes.occurredAt"


def test_new_terms_and_relief_need_who_owes_and_who_is_owed(stage: Stage, late: tuple[RecordId, RecordId, int]) -> None:
    goods, _, due = late
    assert stage.penalty(goods).amount == ALPHA * 4
    terms = {"commercial": {"promisedAt": due - DAY // 2 + DAY}}
    with pytest.raises(NotPermitted, match="no part"):
        amend(stage, goods, AmendmentKind.TERMS, terms, MAKER, CARRIER, SECOND)
    first = amend(stage, goods, AmendmentKind.TERMS, terms, MAKER, CARRIER, SHOP)
    assert stage.penalty(goods).amount == ALPHA
    relief = {"reason": "a storm", "seconds": 12 * HOUR}
    amend(stage, goods, AmendmentKind.RELIEF, relief, MAKER, CARRIER, SHOP, previous=first)
    assert stage.penalty(goods).amount == ALPHA // 4
    assert stage.penalty(goods).late_seconds == 12 * HOUR
    stage.audited()


def test_an_amendment_that_could_change_nothing_is_refused(stage: Stage, late: tuple[RecordId, RecordId, int]) -> None:
    goods, delivery, due = late
    first = amend(stage, delivery, AmendmentKind.CORRECTION, {"dueAt": due}, CARRIER, SHOP)
    with pytest.raises(Conflict, match="another amendment"):
        amend(stage, delivery, AmendmentKind.CORRECTION, {"dueAt": due + 1}, CARRIER, SHOP)
    with pytest.raises(MalformedRecord, match="not corrected"):
        amend(stage, delivery, AmendmentKind.CORRECTION, {"receiver": MAKER}, CARRIER, SHOP, previous=first)
    with pytest.raises(MalformedRecord, match="not new terms"):
        amend(stage, goods, AmendmentKind.TERMS, {"commercial": {"liable": MAKER}}, MAKER, CARRIER, SHOP)


def test_a_penalty_is_indicative_until_the_liable_partner_has_endorsed_the_terms(stage: Stage) -> None:
    goods = stage.open(10, endorsed=False)
    assert stage.penalty(goods).indicative
    stage.endorse(goods, SHOP)
    assert stage.penalty(goods).indicative
    stage.endorse(goods, CARRIER)
    assert not stage.penalty(goods).indicative


def test_a_hold_on_the_brokers_word_counts_once_the_beneficiary_has_endorsed_it(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10, requires=(EXPORT,))
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    held = stage.clear(BROKER, ClearanceStatus.HELD, (goods, 0), cause=HoldCause.RANDOM)
    stage.pass_time(DAY)
    stage.clear(NZ, ClearanceStatus.RELEASED, (goods, 1), assurance=Assurance.AUTHORITY_SIGNED)
    stage.clock.move_to(opened + PROMISED + DAY // 2 + 2 * DAY)
    stage.hand(CARRIER, SHOP, (goods, 1, 10))
    assert stage.penalty(goods).customs_seconds == 0
    assert stage.penalty(goods).late_seconds == 2 * DAY
    stage.endorse(held, SHOP)
    assert stage.penalty(goods).customs_seconds == DAY
    assert stage.penalty(goods).late_seconds == DAY
    stage.audited()
