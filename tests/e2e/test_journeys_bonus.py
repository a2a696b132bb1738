"""A bonus that is disputed: ruling, a new version, silence that refunds, and a key that changes before the claim."""

import pytest

from ledger.bonus_amounts import Line, amounts_root
from ledger.bonus_words import FORMAT
from ledger.codes import ContractKind, RegistryAction
from ledger.errors import RuleBroken
from ledger.ids import PartnerId, RecordId
from ledger.penalties import DAY
from ledger.records import BonusAgreement, BonusAward, Claim, Dispute, Ruling, Share
from ledger.services import treasury
from scripts.demo.scribe import NO_HASH, details, salt
from scripts.trial import Party
from tests.e2e.stage import AUDITOR, CARRIER, DELAY, HOUR, PURSE, SHOP, WAREHOUSE, Stage, key_of

POOL = 1_000_00
REASON = b"\5" * 32


@pytest.fixture
def agreement(stage: Stage) -> RecordId:
    """A funded pool for two parties, whose period is over."""
    deployment = stage.trial.node.consortium.deployment
    token, pool = deployment.token or b"", deployment.contracts[ContractKind.BONUS]
    record = BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(WAREHOUSE, 4_000)), SHOP, SHOP, token, "EUR", NO_HASH, stage.now,
        stage.now + DAY, DAY, AUDITOR, DAY, stage.now + 10 * DAY, stage.now + 100 * DAY, details(),
    )  # fmt: skip
    found = stage.sign(record, CARRIER, WAREHOUSE)
    node = stage.trial.node
    treasury.fund(node.db, node.chain, node.clock, PURSE, token=token, pool=pool, agreement=found, amount=POOL)
    stage.pass_time(2 * DAY)
    return found


def award(stage: Stage, agreement: RecordId, version: int, carrier: int, warehouse: int) -> None:
    lines = [Line(PartnerId(CARRIER), carrier), Line(PartnerId(WAREHOUSE), warehouse)]
    log_id = stage.trial.node.consortium.log.log_id
    root = amounts_root(agreement, version, lines)
    stage.sign(BonusAward(SHOP, agreement, version, log_id, 1, POOL, root, NO_HASH), SHOP)
    file = {"format": FORMAT, "lines": [{"partner": line.partner, "amount": str(line.amount)} for line in lines]}
    stage.trial.node.bonuses.keep_file(agreement, version, file)


def status(stage: Stage, agreement: RecordId) -> str:
    return stage.trial.node.bonuses.status(agreement)


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


def test_an_arbiters_silence_refunds_the_funders(stage: Stage, agreement: RecordId) -> None:
    award(stage, agreement, 1, 600_00, 300_00)
    stage.sign(Dispute(CARRIER, agreement, 1, REASON), CARRIER)
    stage.pass_time(3 * DAY)
    assert status(stage, agreement) == "refundable"
    with pytest.raises(RuleBroken, match="contract would refuse"):
        stage.sign(Claim(CARRIER, agreement, 1, 600_00, key_of("account").address), CARRIER)
