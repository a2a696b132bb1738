"""What a party should know before it signs a bonus agreement, as codes and in words."""

import random
from dataclasses import replace
from typing import Any

import pytest

from ledger.bonuses.agreement import AgreementStatus, AgreementWarning, warning_codes, warnings_of
from ledger.cli.templates import in_words
from ledger.errors import RuleBroken
from ledger.explain.agreement import MEANING, WARNINGS, warnings_before_signing
from ledger.records.content_checks import check_content
from ledger.records.types import BonusAgreement, Details, Handoff, Share
from tests.samples import sample

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
    disputeWindow=10,
    arbiter=6,
    arbiterWindow=20,
    deadline=100,
    claimUntil=200,
    details=Details(bytes(16), ""),
)


def test_every_code_has_its_words() -> None:
    assert set(MEANING) == set(AgreementStatus)
    assert set(WARNINGS) == set(AgreementWarning)


def test_a_party_is_warned_of_whoever_judges_his_own_cause() -> None:
    assert AgreementWarning.AWARDER_IS_RESIDUAL not in warnings_of(TERMS)
    assert AgreementWarning.AWARDER_IS_RESIDUAL in warnings_of(replace(TERMS, awarder=5))


def test_signing_says_that_claims_make_penalties_public() -> None:
    assert warnings_of(TERMS) == (AgreementWarning.CLAIMS_ARE_PUBLIC,)
    assert "Every claim and its amount is public on the chain" in list(in_words(TERMS))[-1]


@pytest.mark.parametrize("arbiter", [4, 5, 1, 2, 3])
def test_an_arbiter_that_judges_its_own_cause_is_refused_before_anybody_signs(arbiter: int) -> None:
    with pytest.raises(RuleBroken, match="judges its own cause"):
        check_content(replace(TERMS, arbiter=arbiter), 1)
    check_content(TERMS, 1)


def test_a_period_ends_before_the_deadline() -> None:
    check_content(replace(TERMS, periodEnd=TERMS.deadline - 1), 1)
    wrong: list[dict[str, Any]] = [{"periodEnd": TERMS.deadline}, {"periodStart": 50}]
    for fields in wrong:
        with pytest.raises(RuleBroken, match="do not follow one another"):
            check_content(replace(TERMS, **fields), 1)


def test_the_words_before_signing_end_with_the_warnings() -> None:
    told = [line for line in in_words(replace(TERMS, awarder=5)) if line.startswith("Beware")]
    assert told == list(in_words(replace(TERMS, awarder=5)))[-2:]
    assert told[0].startswith("Beware: The awarder is the residual partner")


def test_other_records_have_no_warnings() -> None:
    handoff = sample(Handoff, random.Random(1))
    assert (warning_codes(handoff), warnings_before_signing(handoff)) == ([], ())
    assert warning_codes(replace(TERMS, awarder=5)) == ["awarder-is-residual", "claims-are-public"]
