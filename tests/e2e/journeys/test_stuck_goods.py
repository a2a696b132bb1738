"""Goods that are stuck: a suspended holder, a lost key, a partner that has vanished."""

import pytest

from ledger.cli.demo.scribe import details, place
from ledger.cli.sandbox import Party
from ledger.codes import ExceptionBit, RegistryAction, StatementKind
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.signing import SigningKey
from ledger.records.types import Override
from tests.e2e.stage import (
    ALPHA,
    CARRIER,
    DELAY,
    HOUR,
    MAKER,
    NONE,
    PROMISED,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    key_of,
    remainder,
)


@pytest.fixture
def held(stage: Stage) -> bytes:
    """Goods with the first carrier."""
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    return goods


def council(stage: Stage) -> tuple[SigningKey, ...]:
    return tuple(stage.trial.council[:2])


def test_a_suspended_partner_hands_on_what_it_holds_and_takes_nothing_new(stage: Stage, held: bytes) -> None:
    other = stage.open(5)
    stage.decide(RegistryAction.SUSPEND, partner=CARRIER)
    with pytest.raises(NotPermitted, match="suspended"):
        stage.hand(MAKER, CARRIER, (other, 0, 5))
    stage.state(StatementKind.TENDER, CARRIER, held, 1, SHOP)
    stage.hand(CARRIER, SHOP, (held, 1, 10))
    assert stage.status(held) == "delivered"
    stage.decide(RegistryAction.REINSTATE, partner=CARRIER)
    stage.pass_time(DELAY + HOUR)
    stage.hand(MAKER, CARRIER, (other, 0, 5))
    assert stage.held_by(other)[0] == CARRIER
    stage.audited()


def test_a_suspended_consignor_opens_nothing(stage: Stage) -> None:
    stage.decide(RegistryAction.SUSPEND, partner=MAKER)
    with pytest.raises(NotPermitted, match="suspended"):
        stage.open(5)


def test_a_lost_key_is_replaced_through_the_registry_and_the_goods_go_on(stage: Stage, held: bytes) -> None:
    lost, fresh = stage.parties[CARRIER], key_of("the carrier's new key")
    stage.decide(RegistryAction.REVOKE_KEY, partner=CARRIER, key=lost.key.address)
    with pytest.raises(NotPermitted, match="no part"):
        stage.hand(CARRIER, SHOP, (held, 1, 10))
    stage.decide(RegistryAction.ADD_KEY, partner=CARRIER, key=fresh.address)
    stage.parties[CARRIER] = Party(CARRIER, lost.name, fresh)
    with pytest.raises(NotPermitted, match="not in force"):
        stage.hand(CARRIER, SHOP, (held, 1, 10))
    stage.pass_time(DELAY + HOUR)
    stage.hand(CARRIER, SHOP, (held, 1, 10))
    assert stage.status(held) == "delivered"
    # What the lost key signed before it was revoked stays as it is.
    assert stage.view(held).steps[1].signers[1].id == CARRIER
    stage.audited()


def test_an_override_is_announced_waits_and_moves_by_itself_and_is_marked(stage: Stage, held: bytes) -> None:
    record = Override(held, 1, CARRIER, SECOND, 10, 0, details('{"reason":"vanished"}'))
    announced = stage.sign(record, *council(stage), SECOND)
    assert stage.track(announced).status == "pending"
    assert "council's delay" in stage.track(announced).problem
    assert stage.held_by(held) == (CARRIER, 10, 1)
    stage.pass_time(DELAY // 2)
    assert stage.held_by(held) == (CARRIER, 10, 1)
    stage.pass_time(DELAY)
    assert stage.outcome(announced) == ["applied"], "the relayer submits it again after the delay"
    assert stage.held_by(held) == (SECOND, 10, 2)
    view = stage.view(held)
    assert view.flags == ("overridden",)
    assert "without the releaser's signature" in view.steps[-1].text
    assert CARRIER not in {signer.id for signer in view.steps[-1].signers}
    stage.hand(SECOND, SHOP, (held, 2, 10))
    assert stage.view(held).flags == ("overridden",), "marked for ever"
    stage.audited()


def test_a_handoff_in_between_voids_the_override(stage: Stage, held: bytes) -> None:
    record = Override(held, 1, CARRIER, SECOND, 10, 0, details())
    announced = stage.sign(record, *council(stage), SECOND)
    # The vanished partner turns up and hands on; the log keeps one pending record a sequence, the contract does not.
    handoff = stage.scribe.handoff([(RecordId(held), 1, 10, NONE)], CARRIER, WAREHOUSE, place("NZ", "", ""))
    stage.straight_to_the_contract(handoff, CARRIER, WAREHOUSE)
    assert stage.held_by(held) == (WAREHOUSE, 10, 2)
    stage.pass_time(2 * DELAY)
    assert stage.outcome(announced) == ["stale"]
    assert stage.held_by(held) == (WAREHOUSE, 10, 2)
    stage.audited()


def test_an_announced_override_does_not_stop_its_holder_from_handing_on_through_the_log(
    stage: Stage, held: bytes
) -> None:
    stage.sign(Override(held, 1, CARRIER, SECOND, 10, 0, details()), *council(stage), SECOND)
    stage.hand(CARRIER, SHOP, (held, 1, 10))
    assert stage.status(held) == "delivered"


def test_an_override_counts_the_goods_and_leaves_what_is_missing_against_the_holder(stage: Stage, held: bytes) -> None:
    stage.sign(Override(held, 1, CARRIER, SECOND, 8, int(SHORT), details()), *council(stage), SECOND)
    stage.pass_time(DELAY + HOUR)
    assert stage.held_by(held) == (SECOND, 8, 2)
    assert stage.held_by(remainder(held, 1)) == (CARRIER, 2, 0)
    stage.audited()


def test_an_override_needs_the_council_and_the_receiver_and_the_true_holder(stage: Stage, held: bytes) -> None:
    with pytest.raises(RuleBroken, match="signatures are missing"):
        stage.trial.sign_and_submit(Override(held, 1, CARRIER, SECOND, 10, 0, details()), *council(stage))
    with pytest.raises(RuleBroken, match="signatures are missing"):
        stage.trial.sign_and_submit(
            Override(held, 1, CARRIER, SECOND, 10, 0, details()), stage.trial.council[0], stage.parties[SECOND]
        )
    with pytest.raises(RuleBroken, match="does not hold"):
        stage.sign(Override(held, 1, WAREHOUSE, SECOND, 10, 0, details()), *council(stage), SECOND)
    with pytest.raises(RuleBroken, match="do not add up"):
        stage.sign(Override(held, 1, CARRIER, SECOND, 9, 0, details()), *council(stage), SECOND)


def test_an_override_is_no_delivery_for_the_penalty(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(10)
    stage.hand(MAKER, CARRIER, (goods, 0, 10))
    stage.clock.move_to(opened + PROMISED + DAY // 2 + DAY - 2 * DELAY)
    record = Override(goods, 1, CARRIER, SHOP, 10, int(ExceptionBit.DAMAGED), details())
    stage.sign(record, *council(stage), SHOP)
    stage.pass_time(2 * DELAY)
    assert stage.status(goods) == "delivered"
    assert stage.penalty(goods, at=stage.now + DAY).late_seconds == 2 * DAY
    assert stage.penalty(goods, at=stage.now).amount == ALPHA
