"""What a party should know before it signs a bonus agreement, as codes and in words."""

import random
from dataclasses import replace

from ledger.bonuses.agreement import AgreementStatus, AgreementWarning, warning_codes, warnings_of
from ledger.cli.templates import in_words
from ledger.explain.agreement import MEANING, WARNINGS, warnings_before_signing
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
    assert warnings_of(TERMS) == ()
    assert warnings_of(replace(TERMS, arbiter=4)) == (AgreementWarning.ARBITER_IS_AWARDER,)
    assert warnings_of(replace(TERMS, arbiter=1)) == (AgreementWarning.ARBITER_IS_PARTY,)
    assert warnings_of(replace(TERMS, awarder=5, arbiter=5)) == (
        AgreementWarning.ARBITER_IS_AWARDER,
        AgreementWarning.ARBITER_IS_RESIDUAL,
        AgreementWarning.AWARDER_IS_RESIDUAL,
    )


def test_the_words_before_signing_end_with_the_warnings() -> None:
    assert list(in_words(replace(TERMS, arbiter=1)))[-1] == "Beware: The arbiter is one of the parties."
    assert not any(line.startswith("Beware") for line in in_words(TERMS))


def test_other_records_have_no_warnings() -> None:
    handoff = sample(Handoff, random.Random(1))
    assert (warning_codes(handoff), warnings_before_signing(handoff)) == ([], ())
    assert warning_codes(replace(TERMS, arbiter=4)) == ["arbiter-is-awarder"]
