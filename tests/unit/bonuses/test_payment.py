"""What is still to be paid into an agreement, and what forbids it, before anything is signed."""

from dataclasses import replace

import pytest

from ledger.bonuses.agreement import AgreementStatus
from ledger.bonuses.payment import MOST, Payment, PoolFacts, payment_of
from ledger.errors import RuleBroken

FACTS = PoolFacts(AgreementStatus.OPEN, True, 0, 1_000, 0)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FACTS, Payment(600, (600,))),
        (replace(FACTS, allowance=599), Payment(600, (0, 600))),
        (replace(FACTS, allowance=600), Payment(600)),
        (replace(FACTS, allowance=MOST), Payment(600)),
        (replace(FACTS, status=AgreementStatus.FUNDED, paid_in=599, allowance=1), Payment(1)),
        (replace(FACTS, status=AgreementStatus.FUNDED, paid_in=600), Payment(0)),
        (replace(FACTS, balance=600), Payment(600, (600,))),
    ],
)
def test_what_is_missing_is_approved_and_paid(facts: PoolFacts, expected: Payment) -> None:
    assert payment_of(facts, 600) == expected


@pytest.mark.parametrize(
    "status", [s for s in AgreementStatus if s not in (AgreementStatus.OPEN, AgreementStatus.FUNDED)]
)
def test_what_was_paid_is_no_error_whatever_became_of_the_agreement(status: AgreementStatus) -> None:
    """So a run that is repeated after everything was done ends well."""
    gone = replace(FACTS, status=status, in_force=False, paid_in=600, balance=0)
    assert payment_of(gone, 600) == Payment(0)
    with pytest.raises(RuleBroken, match="not recorded" if status is AgreementStatus.UNKNOWN else "no money any more"):
        payment_of(replace(gone, paid_in=0, balance=600), 600)


@pytest.mark.parametrize(
    ("facts", "total", "why"),
    [
        (FACTS, 0, "no amount that can be paid"),
        (FACTS, -5, "no amount that can be paid"),
        (FACTS, MOST + 1, "no amount that can be paid"),
        (replace(FACTS, paid_in=601), 600, "has paid more already"),
        (replace(FACTS, balance=599), 600, "too little"),
        (replace(FACTS, paid_in=1, balance=598), 600, "too little"),
        (replace(FACTS, in_force=False), 600, "pool is closed"),
    ],
)
def test_what_the_pool_would_refuse_is_refused_before(facts: PoolFacts, total: int, why: str) -> None:
    with pytest.raises(RuleBroken, match=why):
        payment_of(facts, total)
