"""The oracle of the bonus pool by itself: where an agreement stands, what is due, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.bonuses.agreement import AgreementStatus as Status
from ledger.bonuses.amounts import Line, amount_proof, amounts_root
from ledger.common.ids import PartnerId, RecordId
from ledger.errors import NotPermitted, RuleBroken, VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward, Claim, Details, Dispute, Ruling, Share
from tests.chain.contracts.bonus import pool_rules as pool
from tests.chain.contracts.bonus.pool_rules import Agreement

ID = RecordId(b"\xaa" * 32)
FUNDER, OTHER = b"\x01" * 20, b"\x02" * 20
DEADLINE, DISPUTE, ARBITER, CLAIM_UNTIL = 100, 10, 20, 200
LINES = (Line(PartnerId(1), 300), Line(PartnerId(2), 0), Line(PartnerId(3), 200))
TERMS = BonusAgreement(
    salt=bytes(16),
    parties=(Share(2, 3_000), Share(1, 3_000), Share(3, 2_000)),
    awarder=4,
    residual=5,
    token=b"\x22" * 20,
    currency="EUR",
    rule=bytes(32),
    periodStart=1,
    periodEnd=50,
    disputeWindow=DISPUTE,
    arbiter=6,
    arbiterWindow=ARBITER,
    deadline=DEADLINE,
    claimUntil=CLAIM_UNTIL,
    details=Details(bytes(16), ""),
)


def funded() -> Agreement:
    agreement = pool.fund(pool.agree(ID, TERMS, 10), FUNDER, 600, 20)
    return pool.fund(agreement, OTHER, 400, 21)


def award(version: int = 1, total: int = 1_000) -> BonusAward:
    root = amounts_root(ID, version, LINES)
    return BonusAward(
        by=4, agreement=ID, version=version, logId=bytes(32), logSize=1, total=total, amounts=root, evidence=bytes(32)
    )


def dispute(version: int = 1) -> Dispute:
    return Dispute(by=1, agreement=ID, version=version, reason=bytes(32))


def ruling(upheld: bool, version: int = 1) -> Ruling:
    return Ruling(by=6, agreement=ID, version=version, upheld=upheld, reason=bytes(32))


def claim(by: int, amount: int, version: int = 1) -> Claim:
    return Claim(by=by, agreement=ID, version=version, amount=amount, payTo=FUNDER)


def at_every(agreement: Agreement, *times: int) -> list[Status]:
    return [pool.status(agreement, time) for time in times]


def test_the_status_follows_the_clock() -> None:
    assert pool.status(None, 5) is Status.UNKNOWN
    fresh = pool.agree(ID, TERMS, 10)
    assert at_every(fresh, 10, DEADLINE, DEADLINE + 1) == [Status.OPEN, Status.OPEN, Status.CLOSED]
    assert at_every(funded(), DEADLINE, DEADLINE + 1) == [Status.FUNDED, Status.REFUNDABLE]
    awarded = pool.award(funded(), award(), 60)
    assert at_every(awarded, 70, 71, CLAIM_UNTIL, CLAIM_UNTIL + 1) == [
        Status.AWARDED,
        Status.CLAIMABLE,
        Status.CLAIMABLE,
        Status.LAPSED,
    ]
    disputed = pool.dispute(awarded, dispute(), 70)
    assert at_every(disputed, 90, 91) == [Status.DISPUTED, Status.REFUNDABLE]
    assert at_every(pool.rule(disputed, ruling(False), 90), 90) == [Status.CLAIMABLE]
    assert at_every(pool.rule(disputed, ruling(True), 90), 110, 111) == [Status.VOIDED, Status.REFUNDABLE]


def test_claims_end_is_known_once_an_award_is_final() -> None:
    assert pool.claims_end(funded()) is None
    awarded = pool.award(funded(), award(), 60)
    assert pool.claims_end(awarded) == CLAIM_UNTIL
    disputed = pool.dispute(awarded, dispute(), 61)
    assert pool.claims_end(disputed) is None
    voided = pool.rule(disputed, ruling(True), 62)
    assert pool.claims_end(voided) is None
    tight = replace(voided, terms=replace(TERMS, claimUntil=65))
    assert pool.claims_end(pool.award(tight, award(version=2), 80)) == 80 + 2 * DISPUTE


def test_what_is_due_to_whom() -> None:
    agreement = pool.award(funded(), award(), 60)
    with pytest.raises(RuleBroken, match="not possible now"):
        pool.residual_due(agreement, LINES, 70)
    assert pool.residual_due(agreement, LINES, 71) == 500
    with pytest.raises(VerificationFailed):
        pool.residual_due(agreement, LINES[:2], 71)
    agreement, paid = pool.claim(agreement, claim(1, 300), amount_proof(ID, 1, LINES, 1), 71)
    assert paid == 300
    agreement, paid = pool.claim_residual(agreement, claim(5, 500), LINES, 72)
    assert paid == 500
    assert pool.residual_due(agreement, (), CLAIM_UNTIL + 1) == 700, "the third party never claimed its 200"
    agreement, paid = pool.claim_residual(agreement, claim(5, 700), (), CLAIM_UNTIL + 1)
    assert (paid, agreement.remaining) == (200, 0)


def test_what_an_award_leaves_is_due_in_proportion() -> None:
    agreement = pool.award(funded(), award(total=899), 60)
    assert [pool.refund_due(agreement, i, 71) for i in (0, 1)] == [60, 41]
    agreement, _ = pool.refund(agreement, 1, 71)
    assert [pool.refund_due(agreement, i, 71) for i in (0, 1)] == [60, 0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda a: pool.award(a, replace(award(), by=1), 60), NotPermitted, "only the awarder may do this"),
        (lambda a: pool.award(a, award(total=1_001), 60), RuleBroken, "more is awarded than is funded"),
        (lambda a: pool.award(a, award(version=2), 60), RuleBroken, "another version is due"),
        (lambda a: pool.award(a, award(), 101), RuleBroken, "found REFUNDABLE"),
        (lambda a: pool.award(a, award(), 50), RuleBroken, "the period is not over"),
        (lambda a: pool.dispute(a, dispute(), 60), RuleBroken, "found FUNDED"),
    ],
    ids=["not the awarder", "too much", "version", "too late", "too early", "nothing to dispute"],
)
def test_a_refusal_says_why(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(funded())
