"""Bonus agreements at the seconds at which the pool changes its mind."""

import pytest

from ledger.bonuses.agreement import AgreementStatus
from ledger.common.periods import FOREVER
from ledger.records.types import BonusAgreement, Share
from ledger.worklist.awards import LastAward, items_of, status_of
from ledger.worklist.items import Action, Kind
from tests.samples import changed, sample
from tests.store.entries import rng

AWARDER, PARTY, OTHER, ARBITER, RESIDUAL, STRANGER = 2, 3, 4, 5, 6, 7
END, DEADLINE, DISPUTES, RULES, CLAIMS = 1_000, 2_000, 100, 50, 3_000
AWARDED = 1_500
TERMS = changed(
    sample(BonusAgreement, rng(1)),
    parties=(Share(PARTY, 6000), Share(OTHER, 4000)), awarder=AWARDER, arbiter=ARBITER, residual=RESIDUAL,
    periodEnd=END, deadline=DEADLINE, disputeWindow=DISPUTES, arbiterWindow=RULES, claimUntil=CLAIMS, currency="EUR",
)  # fmt: skip
FRESH = LastAward(1, 1_000, AWARDED)
DISPUTED = LastAward(1, 1_000, AWARDED, disputed_at=1_550)
UPHELD = LastAward(1, 1_000, AWARDED, disputed_at=1_550, ruled_at=1_580, upheld=True)
REJECTED = LastAward(1, 1_000, AWARDED, disputed_at=1_550, ruled_at=1_580)
FINAL = AWARDED + DISPUTES
S = AgreementStatus


@pytest.mark.parametrize(
    ("award", "now", "status", "until"),
    [
        (None, DEADLINE, S.OPEN, DEADLINE),
        (None, DEADLINE + 1, S.REFUNDABLE, FOREVER),
        (FRESH, FINAL, S.AWARDED, FINAL),
        (FRESH, FINAL + 1, S.CLAIMABLE, CLAIMS),
        (FRESH, CLAIMS, S.CLAIMABLE, CLAIMS),
        (FRESH, CLAIMS + 1, S.LAPSED, FOREVER),
        (DISPUTED, 1_550 + RULES, S.DISPUTED, 1_550 + RULES),
        (DISPUTED, 1_550 + RULES + 1, S.REFUNDABLE, FOREVER),
        (UPHELD, 1_580 + RULES, S.VOIDED, 1_580 + RULES),
        (UPHELD, 1_580 + RULES + 1, S.REFUNDABLE, FOREVER),
        (REJECTED, 1_581, S.CLAIMABLE, CLAIMS),
        (LastAward(2, 1_000, CLAIMS), CLAIMS + 2 * DISPUTES, S.CLAIMABLE, CLAIMS + 2 * DISPUTES),
        (LastAward(2, 1_000, CLAIMS), CLAIMS + 2 * DISPUTES + 1, S.LAPSED, FOREVER),
    ],
)
def test_the_status_is_the_pools(award: LastAward | None, now: int, status: AgreementStatus, until: int) -> None:
    assert status_of(TERMS, award, now) == (status, until)


def found(reader: int, now: int, award: LastAward | None = None) -> list[tuple[Kind, Action, int]]:
    return [(i.kind, i.action, i.until) for i in items_of(b"\1" * 32, TERMS, award, 1, reader, now)]


def test_the_awarder_awards_from_after_the_period_to_the_deadline() -> None:
    due = [(Kind.AWARD, Action.AWARD, DEADLINE)]
    assert found(AWARDER, END) == []
    assert found(AWARDER, END + 1) == found(AWARDER, DEADLINE) == due
    assert found(AWARDER, DEADLINE + 1) == []
    assert found(PARTY, END + 1) == []
    assert found(AWARDER, 1_580 + RULES, UPHELD) == [(Kind.AWARD, Action.AWARD, 1_580 + RULES)]
    (item,) = items_of(b"\1" * 32, TERMS, UPHELD, 1, AWARDER, 1_581)
    assert item.draft["version"] == 2


def test_a_party_checks_an_award_while_it_can_dispute_it() -> None:
    assert found(PARTY, FINAL, FRESH) == [(Kind.AWARD_CHECK, Action.DISPUTE, FINAL)]
    assert found(AWARDER, FINAL, FRESH) == found(ARBITER, FINAL, FRESH) == found(STRANGER, FINAL, FRESH) == []


def test_an_award_in_dispute_waits_for_the_arbiter_and_is_shown_to_those_it_is_about() -> None:
    last = 1_550 + RULES
    assert found(ARBITER, last, DISPUTED) == [(Kind.AWARD_DISPUTE, Action.RULE, last)]
    for reader in (AWARDER, PARTY, OTHER):
        assert found(reader, last, DISPUTED) == [(Kind.AWARD_DISPUTE, Action.LOOK, last)]
    assert found(ARBITER, last + 1, DISPUTED) == found(STRANGER, last, DISPUTED) == []


def claims(
    reader: int, now: int, *, amounts: dict[int, int] | None, claimed: dict[int, int] | None = None
) -> list[str]:
    award = LastAward(1, 1_000, AWARDED, amounts=amounts, claimed=claimed or {})
    items = items_of(b"\1" * 32, TERMS, award, 1, reader, now)
    return [str(i.facts.get("amount", "?")) for i in items if i.kind is Kind.CLAIM]


def test_shares_are_claimed_while_they_can_be() -> None:
    amounts = {PARTY: 600, OTHER: 0}
    assert claims(PARTY, FINAL, amounts=amounts) == []
    assert claims(PARTY, FINAL + 1, amounts=amounts) == claims(PARTY, CLAIMS, amounts=amounts) == ["600"]
    assert claims(OTHER, FINAL + 1, amounts=amounts) == []
    assert claims(RESIDUAL, FINAL + 1, amounts=amounts) == ["400"]
    assert claims(PARTY, FINAL + 1, amounts=amounts, claimed={PARTY: 600}) == []
    assert claims(RESIDUAL, FINAL + 1, amounts=amounts, claimed={RESIDUAL: 400}) == []
    assert claims(STRANGER, FINAL + 1, amounts=amounts) == []


def test_a_share_that_is_not_known_here_is_told_all_the_same() -> None:
    assert claims(PARTY, FINAL + 1, amounts=None) == ["?"]
    assert claims(PARTY, FINAL + 1, amounts=None, claimed={PARTY: 1}) == []


def test_what_nobody_claimed_in_time_is_the_residual_partners() -> None:
    amounts = {PARTY: 600, OTHER: 0}
    assert claims(PARTY, CLAIMS + 1, amounts=amounts) == []
    assert claims(RESIDUAL, CLAIMS + 1, amounts=None, claimed={RESIDUAL: 400}) == ["600"]
    assert claims(RESIDUAL, CLAIMS + 1, amounts=amounts, claimed={RESIDUAL: 400, PARTY: 600}) == []
