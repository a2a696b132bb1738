"""BonusPool on a chain: roles, windows to the second, every revert, and the money. Exact sums under random amounts, and
hostile tokens, are in contracts/test/BonusPool.t.sol."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.bonuses.agreement import AgreementStatus as Status
from ledger.bonuses.amounts import amount_proof
from ledger.codes import ContractKind, RegistryAction
from ledger.common.keccak import keccak256
from ledger.records.signing import Domain
from ledger.records.types import BonusAgreement, Share
from tests.chain.contracts.consortium import CONSORTIUM, DELAY, key_of, partner_key
from tests.chain.contracts.harness import CHAIN_ID, Reverted, error_names
from tests.chain.contracts.pool import (
    ARBITER,
    ARBITER_WINDOW,
    AWARDER,
    DAY,
    DISPUTE_WINDOW,
    FUNDER,
    FUNDER_2,
    OUTSIDER,
    RESIDUAL,
    RICH,
    A,
    B,
    C,
    Pool,
    bonus_pool,
    lines_of,
    purse,
)

LINES = lines_of(300, 0, 200)
TOTAL = 1_000


def refused(name: str, call: Any, *arguments: Any, **more: Any) -> Reverted:
    """The call reverts with this error."""
    with pytest.raises(Reverted) as caught:
        call(*arguments, **more)
    assert caught.value.name == name, caught.value
    return caught.value


@pytest.fixture
def pool() -> Pool:
    return bonus_pool()


@pytest.fixture
def funded(pool: Pool) -> tuple[Pool, Any]:
    agreement = pool.agree()
    pool.fund(agreement, 600)
    pool.fund(agreement, 400, FUNDER_2)
    return pool, agreement


@pytest.fixture
def awarded(funded: tuple[Pool, Any]) -> tuple[Pool, Any, int]:
    pool, agreement = funded
    at = pool.evm.now
    pool.award(agreement, LINES, TOTAL)
    return pool, agreement, at


@pytest.fixture
def final(awarded: tuple[Pool, Any, int]) -> tuple[Pool, Any]:
    pool, agreement, at = awarded
    pool.at(at + DISPUTE_WINDOW + 1)
    return pool, agreement


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_from_signature_to_the_last_unit(pool: Pool) -> None:
    assert pool.status(keccak256(b"none")) is Status.UNKNOWN
    agreement = pool.agree()
    assert pool.status(agreement) is Status.OPEN
    pool.fund(agreement, 600)
    pool.fund(agreement, 400, FUNDER_2)
    assert pool.status(agreement) is Status.FUNDED
    at = pool.evm.now
    pool.award(agreement, LINES, TOTAL)
    assert pool.status(agreement) is Status.AWARDED
    pool.at(at + DISPUTE_WINDOW + 1)
    assert pool.status(agreement) is Status.CLAIMABLE
    pool.claim(agreement, LINES, A)
    pool.claim_residual(agreement, LINES, 500)
    pool.claim(agreement, LINES, C)
    assert [pool.balance(purse(p)) for p in (A, B, C, RESIDUAL)] == [300, 0, 200, 500]
    assert pool.balance(pool.contract.address) == 0
    assert pool.status(agreement) is Status.CLOSED


def test_ids_and_domain_are_those_of_the_money_domain(pool: Pool) -> None:
    assert pool.contract.read("domainSeparator") == pool.domain.money_separator
    terms = pool.terms()
    recorded = pool.contract.record("agree", terms, pool.sign(terms, B, A, C))
    assert recorded.id == pool.domain.record_id(terms)
    assert recorded.outcomes == b"\x01"


def test_terms_are_kept(pool: Pool) -> None:
    agreement = pool.agree()
    state = pool.state(agreement)
    assert (state["awarder"], state["residual"], state["arbiter"], state["parties"]) == (AWARDER, RESIDUAL, ARBITER, 3)
    assert (state["deadline"], state["claimUntil"]) == (pool.deadline, pool.claim_until)
    assert (state["disputeWindow"], state["arbiterWindow"]) == (DISPUTE_WINDOW, ARBITER_WINDOW)
    assert state["token"] == "0x" + pool.token.address.hex()
    assert pool.contract.read("seatOf", agreement, A) == (True, False, 3_333)
    assert pool.contract.read("seatOf", agreement, RESIDUAL) == (False, False, 0)


def test_money_events(pool: Pool) -> None:
    agreement = pool.agree()
    events, _ = pool.contract.send("fund", agreement, 25, sender=FUNDER_2)
    topic = keccak256(b"Funded(bytes32,uint256,address,uint128)")
    (funding,) = [e for e in events if e.address == pool.contract.address]
    assert funding.topics == (topic, agreement, bytes(32), FUNDER_2.address.rjust(32, b"\0"))
    assert int.from_bytes(funding.data, "big") == 25
    assert pool.contract.read("depositsOf", agreement) == 1
    assert pool.contract.read("depositOf", agreement, 0) == ("0x" + FUNDER_2.address.hex(), False, 25, 0)


# --- agree -----------------------------------------------------------------------------------------------------------


def test_all_parties_sign_in_list_order(pool: Pool) -> None:
    terms = pool.terms()
    refused("BonusPoolNotItsKey", pool.contract.record, "agree", terms, pool.sign(terms, A, B, C))
    refused("EvidenceSignatureLength", pool.contract.record, "agree", terms, pool.sign(terms, B, A))
    refused("EvidenceSignatureLength", pool.contract.record, "agree", terms, pool.sign(terms, B, A, C, AWARDER))
    refused("BonusPoolNotItsKey", pool.contract.record, "agree", terms, pool.sign(terms, B, A, key_of("stranger")))
    refused("BonusPoolNotItsKey", pool.contract.record, "agree", terms, pool.sign(terms, B, A, A))
    pool.agree(terms)
    refused("BonusPoolAgreementExists", pool.agree, terms)


def bad_terms(pool: Pool) -> dict[str, tuple[str, BonusAgreement]]:
    t = pool.terms
    two = (Share(A, 10_000), Share(B, 1))
    return {
        "no parties": ("BonusPoolPartyCount", t(parties=())),
        "too many parties": ("BonusPoolPartyCount", t(parties=(Share(A, 1),) * 201)),
        "party 0": ("BonusPoolPartyZero", t(parties=(Share(0, 1),))),
        "party twice": ("BonusPoolPartyTwice", t(parties=(Share(A, 1), Share(B, 1), Share(A, 1)))),
        "more than the whole": ("BonusPoolSharesExceedWhole", t(parties=two)),
        "no awarder": ("BonusPoolNobodyNamed", t(awarder=0)),
        "no arbiter": ("BonusPoolNobodyNamed", t(arbiter=0)),
        "no residual": ("BonusPoolNobodyNamed", t(residual=0)),
        "unknown residual": ("BonusPoolUnknownPartner", t(residual=99)),
        "unknown awarder": ("BonusPoolUnknownPartner", t(awarder=99)),
        "unknown arbiter": ("BonusPoolUnknownPartner", t(arbiter=99)),
        "the arbiter awards": ("BonusPoolPartialArbiter", t(arbiter=AWARDER)),
        "the arbiter gets what is left": ("BonusPoolPartialArbiter", t(arbiter=RESIDUAL)),
        "the arbiter is the first party": ("BonusPoolPartialArbiter", t(arbiter=B)),
        "the arbiter is the last party": ("BonusPoolPartialArbiter", t(arbiter=C)),
        "no currency": ("BonusPoolCurrencyLength", t(currency="")),
        "long currency": ("BonusPoolCurrencyLength", t(currency="E" * 513)),
        "no text": ("BonusPoolCurrencyNotText", t(currency="E\0")),
        "token without code": ("BonusPoolNotAToken", t(token=purse(A))),
        "no period": ("BonusPoolBadPeriod", t(periodEnd=pool.start - 20 * DAY)),
        "period up to the deadline": ("BonusPoolBadPeriod", t(periodEnd=pool.deadline)),
        "deadline over": ("BonusPoolDeadlinePassed", t(periodStart=1, periodEnd=2, deadline=pool.evm.now - 1)),
        "no dispute window": ("BonusPoolNoWindow", t(disputeWindow=0)),
        "no arbiter window": ("BonusPoolNoWindow", t(arbiterWindow=0)),
        "no time to claim": (
            "BonusPoolClaimsTooShort",
            t(claimUntil=pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW - 1),
        ),
        "windows beyond all time": ("BonusPoolClaimsTooShort", t(disputeWindow=2**40 - 1, arbiterWindow=2**40 - 1)),
    }


@pytest.mark.parametrize("case", bad_terms(bonus_pool()).keys())
def test_terms_that_make_no_sense_are_refused(pool: Pool, case: str) -> None:
    error, terms = bad_terms(pool)[case]
    refused(error, pool.agree, terms)


def test_the_last_moment_of_everything_is_still_in_time(pool: Pool) -> None:
    pool.at(pool.deadline)
    least = pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW
    agreement = pool.agree(pool.terms(periodEnd=pool.deadline - 1, claimUntil=least))
    assert pool.status(agreement) is not Status.OPEN, "the next block is past the deadline"


def test_two_hundred_parties_can_agree(pool: Pool) -> None:
    partners = list(range(1_000, 1_200))
    for partner in partners:
        pool.consortium.admit(partner, ())
    pool.consortium.wait()
    agreement = pool.agree(pool.terms(parties=tuple(Share(p, 50) for p in partners)))
    assert pool.state(agreement)["parties"] == 200


def test_a_suspended_partner_starts_nothing_but_keeps_its_rights(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, at = awarded
    pool.consortium.suspend(A)
    refused("BonusPoolSuspended", pool.agree, pool.terms(salt=b"\1" * 16))
    pool.at(at + DISPUTE_WINDOW + 1)
    pool.claim(agreement, LINES, A)
    assert pool.balance(purse(A)) == 300


def test_a_suspended_party_may_dispute_and_a_suspended_arbiter_decide(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, _ = awarded
    pool.consortium.suspend(A)
    pool.consortium.suspend(ARBITER)
    pool.dispute(agreement, A)
    pool.rule(agreement, upheld=False)
    assert pool.status(agreement) is Status.CLAIMABLE


# --- fund ------------------------------------------------------------------------------------------------------------


def test_anyone_funds_until_the_deadline(pool: Pool) -> None:
    agreement = pool.agree()
    refused("BonusPoolNothingFunded", pool.fund, agreement, 0)
    refused("BonusPoolNotNow", pool.fund, keccak256(b"none"), 1)
    refused("ERC20InsufficientAllowance", pool.fund, agreement, 1, key_of("poor"))
    pool.at(pool.deadline)
    pool.fund(agreement, 5)
    assert refused("BonusPoolNotNow", pool.fund, agreement, 5).arguments["status"] == Status.REFUNDABLE


def test_no_funding_after_an_award_not_even_a_voided_one(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, _ = awarded
    refused("BonusPoolNotNow", pool.fund, agreement, 5)
    pool.dispute(agreement)
    pool.rule(agreement, upheld=True)
    assert refused("BonusPoolNotNow", pool.fund, agreement, 5).arguments["status"] == Status.VOIDED


# --- award -----------------------------------------------------------------------------------------------------------


def test_only_the_awarder_awards_what_there_is(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    refused("BonusPoolNotYours", pool.award, agreement, LINES, TOTAL, by=A)
    refused("BonusPoolExceedsFunded", pool.award, agreement, LINES, TOTAL + 1)
    refused("BonusPoolWrongVersion", pool.award, agreement, LINES, TOTAL, version=0)
    refused("BonusPoolWrongVersion", pool.award, agreement, LINES, TOTAL, version=2)
    refused("BonusPoolNoAmounts", pool.award, agreement, LINES, TOTAL, amounts=bytes(32))
    record = pool.award_record(agreement, LINES, TOTAL)
    refused("BonusPoolNotItsKey", pool.contract.record, "award", record, pool.sign(record, A))
    refused("EvidenceSignatureLength", pool.contract.record, "award", record, b"")
    refused("EvidenceSignatureLength", pool.contract.record, "award", record, pool.sign(record, AWARDER)[:64])
    elsewhere = Domain(CONSORTIUM, CHAIN_ID + 1, pool.contract.address)
    refused("BonusPoolNotItsKey", pool.contract.record, "award", record, partner_key(AWARDER).sign(elsewhere, record))
    refused("BonusPoolNotNow", pool.award, keccak256(b"none"), LINES, 0)
    pool.award(agreement, LINES, TOTAL)
    refused("BonusPoolNotNow", pool.award, agreement, LINES, TOTAL, version=2)


def test_nothing_is_awarded_before_the_period_is_over(pool: Pool) -> None:
    """Nor in its last second: an award before it would be for what nobody has done yet, and disputed in vain."""
    end = pool.start + 20 * DAY
    agreement = pool.agree(pool.terms(periodEnd=end))
    pool.fund(agreement, TOTAL)
    for time in (pool.start + DAY, end):
        pool.at(time)
        refused("BonusPoolPeriodNotOver", pool.award, agreement, LINES, TOTAL)
    assert pool.status(agreement) is Status.FUNDED
    pool.at(end + 1)
    pool.award(agreement, LINES, TOTAL)
    assert pool.status(agreement) is Status.AWARDED


def test_a_period_may_end_just_before_the_deadline(pool: Pool) -> None:
    agreement = pool.agree(pool.terms(periodEnd=pool.deadline - 1))
    pool.fund(agreement, TOTAL)
    pool.at(pool.deadline - 1)
    refused("BonusPoolPeriodNotOver", pool.award, agreement, LINES, TOTAL)
    pool.at(pool.deadline)
    pool.award(agreement, LINES, TOTAL)
    assert pool.status(agreement) is Status.AWARDED


def test_a_high_s_is_no_signature(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    record = pool.award_record(agreement, LINES, TOTAL)
    good = pool.sign(record, AWARDER)
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    high = (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    refused("ECDSAInvalidSignatureS", pool.contract.record, "award", record, good[:32] + high + bytes([55 - good[64]]))
    refused("ECDSAInvalidSignature", pool.contract.record, "award", record, good[:64] + b"\x01")


@pytest.mark.parametrize(("late", "works"), [(0, True), (1, False)])
def test_the_first_award_is_due_by_the_deadline(funded: tuple[Pool, Any], late: int, works: bool) -> None:
    pool, agreement = funded
    pool.at(pool.deadline + late)
    if works:
        pool.award(agreement, LINES, TOTAL)
        assert pool.status(agreement) is Status.AWARDED
    else:
        refused("BonusPoolNotNow", pool.award, agreement, LINES, TOTAL)
        assert pool.status(agreement) is Status.REFUNDABLE


# --- dispute and ruling ----------------------------------------------------------------------------------------------


def test_only_a_party_disputes_and_once(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, _ = awarded
    refused("BonusPoolNotAParty", pool.dispute, agreement, AWARDER)
    refused("BonusPoolNotAParty", pool.dispute, agreement, RESIDUAL)
    refused("BonusPoolWrongVersion", pool.dispute, agreement, A, 2)
    refused("BonusPoolNotNow", pool.rule, agreement, True)
    pool.dispute(agreement, A)
    assert pool.status(agreement) is Status.DISPUTED
    refused("BonusPoolNotNow", pool.dispute, agreement, A)
    refused("BonusPoolNotNow", pool.dispute, agreement, B)
    pool.rule(agreement, upheld=False)
    refused("BonusPoolNotNow", pool.dispute, agreement, B)


def test_a_dispute_in_the_last_second_counts(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, at = awarded
    pool.at(at + DISPUTE_WINDOW)
    pool.dispute(agreement)
    assert pool.status(agreement) is Status.DISPUTED


def test_one_second_later_the_award_is_final(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, at = awarded
    pool.at(at + DISPUTE_WINDOW)
    refused("BonusPoolNotNow", pool.claim, agreement, LINES, A)
    assert pool.evm.now == at + DISPUTE_WINDOW + 1
    refused("BonusPoolNotNow", pool.dispute, agreement)
    pool.claim(agreement, LINES, A)


def test_only_the_arbiter_decides(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, _ = awarded
    pool.dispute(agreement)
    refused("BonusPoolNotYours", pool.rule, agreement, True, by=AWARDER)
    refused("BonusPoolNotYours", pool.rule, agreement, True, by=A)
    refused("BonusPoolWrongVersion", pool.rule, agreement, True, version=2)
    pool.rule(agreement, upheld=True)
    assert pool.status(agreement) is Status.VOIDED
    refused("BonusPoolNotNow", pool.rule, agreement, False)


@pytest.mark.parametrize(("late", "works"), [(0, True), (1, False)])
def test_a_ruling_is_due_within_its_window_then_funders_have_their_money_back(
    awarded: tuple[Pool, Any, int], late: int, works: bool
) -> None:
    pool, agreement, _ = awarded
    disputed = pool.evm.now
    pool.dispute(agreement)
    refused("BonusPoolNotNow", pool.refund, agreement)
    pool.at(disputed + ARBITER_WINDOW + late)
    if works:
        pool.rule(agreement, upheld=False)
        assert pool.status(agreement) is Status.CLAIMABLE
    else:
        refused("BonusPoolNotNow", pool.rule, agreement, False)
        pool.refund(agreement, 1)
        pool.refund(agreement, 0)
        assert (pool.balance(FUNDER.address), pool.balance(FUNDER_2.address)) == (RICH, RICH)
        assert pool.status(agreement) is Status.CLOSED


def test_a_rejected_dispute_makes_the_award_final_at_once(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, _ = awarded
    pool.dispute(agreement)
    pool.rule(agreement, upheld=False)
    pool.claim(agreement, LINES, C)
    assert pool.balance(purse(C)) == 200


# --- the next version ------------------------------------------------------------------------------------------------


def test_an_upheld_dispute_brings_the_next_version(awarded: tuple[Pool, Any, int]) -> None:
    pool, agreement, at = awarded
    pool.dispute(agreement)
    pool.rule(agreement, upheld=True)
    pool.at(at + DISPUTE_WINDOW + 1)
    refused("BonusPoolNotNow", pool.claim, agreement, LINES, A)
    better = lines_of(310, 50, 200)
    refused("BonusPoolWrongVersion", pool.award, agreement, better, TOTAL, version=1)
    refused("BonusPoolWrongVersion", pool.award, agreement, better, TOTAL, version=3)
    again = pool.evm.now
    pool.award(agreement, better, TOTAL, version=2)
    refused("BonusPoolWrongVersion", pool.dispute, agreement, B, 1)
    pool.dispute(agreement, B, version=2)
    refused("BonusPoolWrongVersion", pool.rule, agreement, False, version=1)
    pool.rule(agreement, upheld=False, version=2)
    assert pool.evm.now < again + DISPUTE_WINDOW
    refused("BonusPoolWrongVersion", pool.claim, agreement, LINES, A)
    refused("Rfc9162WrongRoot", pool.claim, agreement, LINES, A, version=2)
    for party in (A, B, C):
        pool.claim(agreement, better, party, version=2)
    pool.claim_residual(agreement, better, 440, version=2)
    assert [pool.balance(purse(p)) for p in (A, B, C, RESIDUAL)] == [310, 50, 200, 440]


@pytest.mark.parametrize(("late", "works"), [(0, True), (1, False)])
def test_the_next_version_is_due_within_the_arbiters_window(
    awarded: tuple[Pool, Any, int], late: int, works: bool
) -> None:
    pool, agreement, _ = awarded
    pool.dispute(agreement)
    ruled = pool.evm.now
    pool.rule(agreement, upheld=True)
    refused("BonusPoolNotNow", pool.refund, agreement)
    pool.at(ruled + ARBITER_WINDOW + late)
    if works:
        pool.award(agreement, LINES, TOTAL, version=2)
        assert pool.status(agreement) is Status.AWARDED
    else:
        refused("BonusPoolNotNow", pool.award, agreement, LINES, TOTAL, version=2)
        pool.refund(agreement, 0)
        assert pool.balance(FUNDER.address) == RICH


def test_a_late_version_can_be_claimed_for_as_long_as_it_could_be_disputed(pool: Pool) -> None:
    least = pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW
    agreement = pool.agree(pool.terms(claimUntil=least))
    pool.fund(agreement, TOTAL)
    pool.at(pool.deadline)
    pool.award(agreement, LINES, TOTAL)
    pool.at(pool.deadline + DISPUTE_WINDOW)
    pool.dispute(agreement)
    pool.at(pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW)
    pool.rule(agreement, upheld=True)
    at = least + 5 * DAY
    pool.at(at)
    pool.award(agreement, LINES, TOTAL, version=2)
    end = at + 2 * DISPUTE_WINDOW
    pool.at(end)
    pool.claim(agreement, LINES, A, version=2)
    refused("BonusPoolNotNow", pool.claim, agreement, LINES, C, version=2)
    assert pool.status(agreement) is Status.LAPSED


def test_a_late_ruling_leaves_time_to_claim_too(pool: Pool) -> None:
    least = pool.deadline + DISPUTE_WINDOW + ARBITER_WINDOW
    agreement = pool.agree(pool.terms(claimUntil=least))
    pool.fund(agreement, TOTAL)
    pool.at(pool.deadline)
    pool.award(agreement, LINES, TOTAL)
    pool.at(pool.deadline + DISPUTE_WINDOW)
    pool.dispute(agreement)
    pool.at(least)
    pool.rule(agreement, upheld=False)
    pool.at(least + DISPUTE_WINDOW)
    pool.claim(agreement, LINES, A)
    refused("BonusPoolNotNow", pool.claim, agreement, LINES, C)


# --- claims ----------------------------------------------------------------------------------------------------------


def test_a_party_claims_once_with_its_own_key_and_its_own_amount(final: tuple[Pool, Any]) -> None:
    pool, agreement = final
    record = pool.claim_record(agreement, A, 300)
    proof = amount_proof(agreement, 1, LINES, A)
    extras = (proof.index, proof.size, list(proof.path))
    claim = pool.contract.record
    refused("BonusPoolNotItsKey", claim, "claim", record, *extras, pool.sign(record, B))
    greedy = replace(record, amount=301)
    refused("Rfc9162WrongRoot", claim, "claim", greedy, *extras, pool.sign(greedy, A))
    other = replace(record, by=C)
    refused("Rfc9162WrongRoot", claim, "claim", other, *extras, pool.sign(other, C))
    outsider = replace(record, by=OUTSIDER)
    refused("BonusPoolNotAParty", claim, "claim", outsider, *extras, pool.sign(outsider, OUTSIDER))
    refused("Rfc9162WrongRoot", claim, "claim", record, 1, 3, list(proof.path), pool.sign(record, A))
    refused("Rfc9162ProofLength", claim, "claim", record, 0, 3, list(proof.path[:1]), pool.sign(record, A))
    refused("Rfc9162ProofLength", claim, "claim", record, 0, 3, [*proof.path, bytes(32)], pool.sign(record, A))
    refused("Rfc9162NotInTree", claim, "claim", record, 3, 3, list(proof.path), pool.sign(record, A))
    refused("BonusPoolWrongSize", claim, "claim", record, 0, 4, list(proof.path), pool.sign(record, A))
    nobody = replace(record, payTo=bytes(20))
    refused("BonusPoolBadPayee", claim, "claim", nobody, *extras, pool.sign(nobody, A))
    itself = replace(record, payTo=pool.contract.address)
    refused("BonusPoolBadPayee", claim, "claim", itself, *extras, pool.sign(itself, A))
    refused("BonusPoolNothingClaimed", pool.claim, agreement, LINES, B)
    pool.claim(agreement, LINES, A)
    refused("BonusPoolAlreadyClaimed", pool.claim, agreement, LINES, A)
    refused("BonusPoolAlreadyClaimed", pool.claim, agreement, LINES, A, payTo=purse(B))
    assert pool.balance(purse(A)) == 300


def test_a_key_replaced_since_the_award_claims_and_the_old_one_does_not(final: tuple[Pool, Any]) -> None:
    pool, agreement = final
    old, new = partner_key(A), key_of("new key of A")
    pool.change(RegistryAction.ADD_KEY, partner=A, key=new.address)
    pool.change(RegistryAction.REVOKE_KEY, partner=A, key=old.address)
    pool.consortium.wait()
    refused("BonusPoolNotItsKey", pool.claim, agreement, LINES, A)
    record = pool.claim_record(agreement, A, 300)
    proof = amount_proof(agreement, 1, LINES, A)
    pool.contract.record("claim", record, proof.index, proof.size, list(proof.path), pool.sign(record, new))
    assert pool.balance(purse(A)) == 300


def test_claims_end_with_claim_until_and_the_rest_is_residual(final: tuple[Pool, Any]) -> None:
    pool, agreement = final
    pool.claim_residual(agreement, LINES, 500)
    pool.at(pool.claim_until)
    pool.claim(agreement, LINES, C)
    refused("BonusPoolNotNow", pool.claim, agreement, LINES, A)
    assert pool.status(agreement) is Status.LAPSED
    refused("BonusPoolAlreadyClaimed", pool.claim_residual, agreement, (), 500)
    refused("BonusPoolExceedsDue", pool.claim_residual, agreement, (), 801)
    pool.claim_residual(agreement, (), 800)
    assert [pool.balance(purse(p)) for p in (A, C, RESIDUAL)] == [0, 200, 800]
    refused("BonusPoolNotNow", pool.claim_residual, agreement, (), 801)
    assert pool.status(agreement) is Status.CLOSED


def test_the_residual_partner_shows_all_amounts_before_claims_are_over(final: tuple[Pool, Any]) -> None:
    pool, agreement = final
    residual = pool.claim_residual
    refused("BonusPoolNotYours", residual, agreement, LINES, 500, by=AWARDER)
    refused("BonusPoolWrongSize", residual, agreement, (), 500)
    refused("BonusPoolNotTheAmounts", residual, agreement, lines_of(0, 0, 0), 1_000)
    refused("BonusPoolNotAscending", residual, agreement, lines_of(300, 0, 200, partners=(A, A, C)), 500)
    refused("BonusPoolNotAParty", residual, agreement, lines_of(300, 0, 200, partners=(A, B, OUTSIDER)), 500)
    refused("BonusPoolExceedsDue", residual, agreement, LINES, 501)
    refused("BonusPoolNothingClaimed", residual, agreement, LINES, 0)
    refused("BonusPoolWrongVersion", residual, agreement, LINES, 500, version=2)
    refused("BonusPoolBadPayee", residual, agreement, LINES, 500, payTo=bytes(20))
    record = pool.claim_record(agreement, RESIDUAL, 500)
    lines = [(line.partner, line.amount) for line in LINES]
    refused("BonusPoolNotItsKey", pool.contract.record, "claimResidual", record, lines, pool.sign(record, A))
    residual(agreement, LINES, 100)
    refused("BonusPoolAlreadyClaimed", residual, agreement, LINES, 100)
    residual(agreement, LINES, 500)
    assert pool.balance(purse(RESIDUAL)) == 500


def test_a_residual_claim_is_never_paid_twice_wherever_it_is_sent(pool: Pool) -> None:
    """A residual partner that is a party signs claims that fit both functions: together they pay what is due, once."""
    agreement = pool.agree(pool.terms(residual=A))
    pool.fund(agreement, TOTAL)
    at = pool.evm.now
    pool.award(agreement, LINES, TOTAL)
    pool.at(at + DISPUTE_WINDOW + 1)
    pool.claim(agreement, LINES, A)
    refused("BonusPoolAlreadyClaimed", pool.claim_residual, agreement, LINES, 300, by=A)
    pool.claim_residual(agreement, LINES, 800, by=A)
    refused("BonusPoolAlreadyClaimed", pool.claim, agreement, LINES, A)
    pool.claim(agreement, LINES, C)
    assert (pool.balance(purse(A)), pool.balance(purse(C))) == (800, 200)
    assert pool.status(agreement) is Status.CLOSED


def test_an_overcommitted_award_pays_no_more_than_its_total(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    greedy = lines_of(600, 0, 500)
    at = pool.evm.now
    pool.award(agreement, greedy, 1_000)
    pool.at(at + DISPUTE_WINDOW + 1)
    pool.claim(agreement, greedy, A)
    refused("BonusPoolExceedsTotal", pool.claim, agreement, greedy, C)
    refused("BonusPoolExceedsDue", pool.claim_residual, agreement, greedy, 1)


# --- refunds ---------------------------------------------------------------------------------------------------------


def test_without_an_award_every_funder_has_everything_back(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    refused("BonusPoolNotNow", pool.refund, agreement)
    pool.at(pool.deadline)
    refused("BonusPoolNotNow", pool.refund, agreement)
    pool.at(pool.deadline + 1)
    refused("BonusPoolNoDeposit", pool.refund, agreement, 2)
    refused("BonusPoolNoDeposit", pool.contract.read, "depositOf", agreement, 2)
    events, _ = pool.contract.send("refund", agreement, 0)
    topic = keccak256(b"Refunded(bytes32,uint256,address,uint128)")
    (event,) = [e for e in events if e.address == pool.contract.address]
    assert event.topics == (topic, agreement, bytes(32), FUNDER.address.rjust(32, b"\0"))
    refused("BonusPoolAlreadyRefunded", pool.refund, agreement, 0)
    pool.refund(agreement, 1)
    assert (pool.balance(FUNDER.address), pool.balance(FUNDER_2.address)) == (RICH, RICH)
    refused("BonusPoolNotNow", pool.refund, agreement, 1)


def test_what_an_award_leaves_goes_back_in_proportion(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    at = pool.evm.now
    pool.award(agreement, LINES, 899)
    refused("BonusPoolNotNow", pool.refund, agreement)
    pool.at(at + DISPUTE_WINDOW + 1)
    pool.refund(agreement, 0)
    pool.refund(agreement, 1)
    assert pool.balance(FUNDER.address) == RICH - 600 + 60
    assert pool.balance(FUNDER_2.address) == RICH - 400 + 41
    pool.claim(agreement, LINES, A)
    pool.at(pool.claim_until + 1)
    pool.claim_residual(agreement, (), 599)
    assert pool.balance(pool.contract.address) == 0


def test_nothing_falls_to_a_deposit_when_everything_is_awarded(final: tuple[Pool, Any]) -> None:
    pool, agreement = final
    refused("BonusPoolNothingToRefund", pool.refund, agreement, 0)


# --- closing ---------------------------------------------------------------------------------------------------------


def test_a_closed_pool_refuses_new_agreements_and_funding_only(funded: tuple[Pool, Any]) -> None:
    pool, agreement = funded
    pool.change(RegistryAction.CLOSE_CONTRACT, key=pool.contract.address, number=ContractKind.BONUS)
    pool.consortium.wait(DELAY + 1)
    refused("PartnerRegistryNotOpen", pool.agree, pool.terms(salt=b"\2" * 16))
    refused("PartnerRegistryNotOpen", pool.fund, agreement, 1)
    pool.award(agreement, LINES, TOTAL)
    pool.dispute(agreement)
    pool.rule(agreement, upheld=False)
    pool.claim(agreement, LINES, A)
    pool.claim_residual(agreement, LINES, 500)
    assert pool.balance(purse(A)) == 300


def test_a_pool_that_was_never_opened_takes_no_money(pool: Pool) -> None:
    other = pool.evm.deploy("BonusPool", pool.consortium.registry.address, bytes(20))
    stranger = Pool(pool.consortium, other, pool.token, pool.start)
    refused("PartnerRegistryNotOpen", stranger.agree)


def test_records_of_one_pool_are_nothing_to_another(pool: Pool) -> None:
    terms = pool.terms()
    elsewhere = Domain(CONSORTIUM, CHAIN_ID, keccak256(b"another pool")[12:])
    signatures = b"".join(partner_key(p).sign(elsewhere, terms) for p in (B, A, C))
    refused("BonusPoolNotItsKey", pool.contract.record, "agree", terms, signatures)


def test_the_demo_token_counts_minor_units(pool: Pool) -> None:
    assert pool.token.read("decimals") == 2
    assert pool.token.read("totalSupply") == 2 * RICH


def test_every_error_of_the_pool_has_a_test() -> None:
    """But one, which needs the hostile tokens of the forge tests."""
    text = Path(__file__).read_text(encoding="utf-8")
    errors = {name for name in error_names("BonusPool") if name.startswith("BonusPool")}
    assert {name.removeprefix("BonusPool") for name in errors if f'"{name}"' not in text} == {"TokenMoved"}
