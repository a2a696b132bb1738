"""A bonus that is disputed: ruling, a new version, silence that refunds, and a key that changes before the claim."""

import pytest

from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.award_file import FORMAT
from ledger.chain.contracts import TOKEN, decode_result, encode_function
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.sandbox import Party
from ledger.codes import RegistryAction
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY
from ledger.errors import RuleBroken
from ledger.records.types import BonusAgreement, BonusAward, Claim, Dispute, Ruling, Share
from ledger.services.relay import pool_payments
from tests.e2e.stage import AUDITOR, CARRIER, DELAY, HOUR, MAKER, PURSE, SHOP, WAREHOUSE, Stage, key_of

POOL = 1_000_00
REASON = b"\5" * 32


@pytest.fixture
def agreement(stage: Stage) -> RecordId:
    """A funded pool for two parties, whose period is over."""
    token = stage.node.home.deployment.token or b""
    record = BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(WAREHOUSE, 4_000)), SHOP, SHOP, token, "EUR", NO_HASH, stage.now,
        stage.now + DAY, DAY, AUDITOR, DAY, stage.now + 10 * DAY, stage.now + 100 * DAY, details(),
    )  # fmt: skip
    found = stage.sign(record, CARRIER, WAREHOUSE)
    pool_payments.fund(stage.node.home, stage.node.chain, PURSE, found, POOL)
    stage.pass_time(2 * DAY)
    return found


def award(stage: Stage, agreement: RecordId, version: int, carrier: int, warehouse: int) -> None:
    lines = [Line(PartnerId(CARRIER), carrier), Line(PartnerId(WAREHOUSE), warehouse)]
    log_id = stage.trial.node.home.consortium.log.log_id
    root = amounts_root(agreement, version, lines)
    size = stage.award_size(agreement)
    stage.sign(BonusAward(SHOP, agreement, version, log_id, size, POOL, root, NO_HASH), SHOP)
    file = {"format": FORMAT, "lines": [{"partner": line.partner, "amount": str(line.amount)} for line in lines]}
    stage.trial.node.reader.bonuses.keep_file(agreement, version, file)


def status(stage: Stage, agreement: RecordId) -> str:
    return stage.trial.node.reader.bonuses.status(agreement)


def test_an_upheld_dispute_voids_the_award_and_the_next_version_pays(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    stage.sign(Dispute(WAREHOUSE, agreement, 1, REASON), WAREHOUSE)
    stage.sign(Ruling(AUDITOR, agreement, 1, True, REASON), AUDITOR)
    award(stage, agreement, 2, 500_00, 400_00)
    stage.pass_time(2 * DAY)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
    for partner, amount in ((CARRIER, 500_00), (WAREHOUSE, 400_00)):
        claim = stage.sign(Claim(partner, agreement, 2, amount, key_of(f"account {partner}").address), partner)
        assert stage.outcome(claim) == ["applied"]
    rest = stage.sign(Claim(SHOP, agreement, 2, 100_00, key_of("rest").address), SHOP)
    assert stage.outcome(rest) == ["applied"]
    stage.audited()


def test_an_award_is_claimed_with_the_key_of_today(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    old, fresh = stage.parties[CARRIER], key_of("the carrier's new key")
    stage.decide(RegistryAction.ADD_KEY, partner=CARRIER, key=fresh.address)
    stage.pass_time(2 * DAY + DELAY + HOUR)
    stage.decide(RegistryAction.REVOKE_KEY, partner=CARRIER, key=old.key.address)
    stage.parties[CARRIER] = Party(CARRIER, old.name, fresh)
    claim = stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
    assert stage.outcome(claim) == ["applied"]


def send_back(stage: Stage, agreement: RecordId) -> int:
    """Anybody sends the money back; the sender is nobody's key."""
    return pool_payments.refund(stage.node.home, stage.node.chain, key_of("passer-by"), agreement)


def balance(stage: Stage, account: bytes) -> int:
    token = stage.node.home.consortium.deployment.token
    result = stage.node.chain.call(token, encode_function(TOKEN, "balanceOf", account))
    return int(decode_result(TOKEN, "balanceOf", result.output)[0])


def refunded(stage: Stage, agreement: RecordId) -> None:
    """All that was paid in goes back to where it came from, once."""
    before = balance(stage, PURSE.address)
    assert status(stage, agreement) == "refundable"
    assert send_back(stage, agreement) == 1
    assert balance(stage, PURSE.address) - before == POOL
    assert send_back(stage, agreement) == 0
    stage.settle()
    assert [deposit["refunded"] for deposit in stage.node.reader.bonuses.agreement(agreement)["deposits"]] == [True]
    assert status(stage, agreement) == "closed"


def test_an_arbiters_silence_refunds_the_funders(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    stage.sign(Dispute(CARRIER, agreement, 1, REASON), CARRIER)
    with pytest.raises(RuleBroken, match="nothing to send back"):
        send_back(stage, agreement)
    stage.pass_time(3 * DAY)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
    refunded(stage, agreement)


def test_an_awarders_silence_refunds_the_funders(stage: Stage, agreement: RecordId) -> None:
    assert status(stage, agreement) == "funded"
    stage.pass_time(10 * DAY)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        award(stage, agreement, 1, 600_00, 300_00)
    refunded(stage, agreement)


def test_no_new_version_after_an_upheld_dispute_refunds_the_funders(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    stage.sign(Dispute(CARRIER, agreement, 1, REASON), CARRIER)
    stage.sign(Ruling(AUDITOR, agreement, 1, True, REASON), AUDITOR)
    assert status(stage, agreement) == "voided"
    stage.pass_time(2 * DAY)
    refunded(stage, agreement)


def test_a_dismissed_dispute_leaves_the_award_and_there_is_no_second_one(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Dispute(MAKER, agreement, 1, REASON), MAKER)  # no party
    stage.sign(Dispute(CARRIER, agreement, 1, REASON), CARRIER)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Dispute(WAREHOUSE, agreement, 1, REASON), WAREHOUSE)
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Ruling(SHOP, agreement, 1, False, REASON), SHOP)  # not the arbiter
    stage.sign(Ruling(AUDITOR, agreement, 1, False, REASON), AUDITOR)
    stage.pass_time(2 * DAY)
    claim = stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
    assert stage.outcome(claim) == ["applied"]
    assert balance(stage, key_of("account").address) == 600_00
    stage.audited()


def test_what_nobody_claims_is_the_residual_partners_in_the_end(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    stage.pass_time(2 * DAY)
    stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
    stage.pass_time(100 * DAY)
    assert status(stage, agreement) == "lapsed"
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Claim(WAREHOUSE, agreement, 1, 300_00, key_of("late").address), WAREHOUSE)
    rest = key_of("rest").address
    assert stage.outcome(stage.sign(Claim(SHOP, agreement, 1, 400_00, rest), SHOP)) == ["applied"]
    assert (balance(stage, rest), status(stage, agreement)) == (400_00, "closed")
    stage.audited()
