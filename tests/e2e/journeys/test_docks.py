"""Offline docks: device keys that are granted and revoked, and records that come in late."""

import pytest

from ledger.cli.demo.scribe import details
from ledger.common.periods import DAY
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.signing import SigningKey
from ledger.records.types import Handoff, KeyGrant, KeyRevoke
from tests.e2e.stage import ALPHA, CARRIER, HOUR, MAKER, PROMISED, SECOND, SHOP, Stage, key_of

HANDOFFS = 1 << (Handoff.NUMBER - 1)
SCANNER = key_of("scanner at the ramp")


@pytest.fixture
def scanner(stage: Stage) -> SigningKey:
    """A device that signs handoffs for the carrier; a driver of another firm carries it."""
    grant = KeyGrant(CARRIER, SCANNER.address, SECOND, HANDOFFS, stage.now, stage.now + 30 * DAY, details())
    stage.sign(grant, CARRIER, SCANNER)
    return SCANNER


def test_a_device_signs_handoffs_for_its_partner_and_nothing_else(stage: Stage, scanner: SigningKey) -> None:
    goods = stage.open(4, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 4), by=(MAKER, scanner))
    assert stage.held_by(goods) == (CARRIER, 4, 1)
    assert stage.view(goods).steps[-1].signers[-1].id == CARRIER
    with pytest.raises(NotPermitted, match="no part"):
        stage.sign(stage.scribe_split(CARRIER, goods, 1, 2, 2), scanner)
    stage.audited()


def test_a_revoked_device_signs_nothing_from_that_block_on_whatever_time_it_claims(
    stage: Stage, scanner: SigningKey
) -> None:
    goods, other = stage.open(4, endorsed=False), stage.open(4, endorsed=False)
    before = stage.now
    stage.hand(MAKER, CARRIER, (goods, 0, 4), by=(MAKER, scanner))
    stage.pass_time(HOUR)
    stage.sign(KeyRevoke(CARRIER, scanner.address, details()), scanner)  # the device itself, before it is thrown away
    late = stage.scribe_handoff(MAKER, CARRIER, (other, 0, 4), occurred_at=before)
    with pytest.raises(NotPermitted, match="not in force"):
        stage.sign(late, MAKER, scanner)
    with pytest.raises(RuleBroken, match="CustodyNotItsKey"):
        stage.trial.submit_to_contract(stage.trial.signed(late, stage.parties[MAKER], scanner))
    assert stage.held_by(goods)[0] == CARRIER, "what it signed before stays valid"
    regrant = KeyGrant(CARRIER, scanner.address, 0, HANDOFFS, stage.now, stage.now + DAY, details())
    with pytest.raises(RuleBroken, match="known as DEVICE_KEY"):
        stage.sign(regrant, CARRIER, scanner)
    stage.audited()


def test_a_device_key_ends_by_itself_and_lasts_no_longer_than_ninety_days(stage: Stage, scanner: SigningKey) -> None:
    goods = stage.open(4, endorsed=False)
    stage.pass_time(31 * DAY)
    goods = stage.open(4, endorsed=False)
    with pytest.raises(NotPermitted, match="not in force"):
        stage.hand(MAKER, CARRIER, (goods, 0, 4), by=(MAKER, scanner))
    another = key_of("another")
    long = KeyGrant(CARRIER, another.address, 0, HANDOFFS, stage.now, stage.now + 91 * DAY, details())
    with pytest.raises(RuleBroken, match="no period"):
        stage.sign(long, CARRIER, another)


def test_what_was_accepted_before_a_revocation_but_not_recorded_gives_its_sequence_free(
    stage: Stage, scanner: SigningKey
) -> None:
    goods = stage.open(4, endorsed=False)
    stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, scanner)
    stage.straight_to_the_contract(KeyRevoke(CARRIER, scanner.address, details()), CARRIER)
    assert stage.held_by(goods)[0] == MAKER
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    assert stage.held_by(goods)[0] == CARRIER


def test_a_record_handed_in_late_is_flagged_and_counts(stage: Stage) -> None:
    opened = stage.now
    goods = stage.open(4)
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    due = opened + PROMISED + DAY // 2
    stage.clock.move_to(due + 3 * DAY)
    record = stage.scribe_handoff(CARRIER, SHOP, (goods, 1, 4), occurred_at=due)
    stage.sign(record, CARRIER, SHOP)
    step = stage.view(goods).steps[-1]
    assert "Reported 72 hours after it happened" in step.note
    # Counted no earlier than a day before it was known: back-dating gains nothing.
    assert stage.penalty(goods).late_seconds == 2 * DAY
    assert stage.penalty(goods).amount == ALPHA * 4
