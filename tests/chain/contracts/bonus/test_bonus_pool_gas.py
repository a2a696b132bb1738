"""What a bonus costs: whole transactions on cold storage, at 200 optimizer runs.

Ceilings lie two to three per cent above the figures measured when they were set; the largest agreement must fit one
transaction.
"""

from ledger.bonuses.amounts import Line
from ledger.common.ids import PartnerId
from ledger.records.types import Share
from tests.chain.contracts.harness import GAS
from tests.chain.contracts.pool import DISPUTE_WINDOW, FUNDER_2, A, B, C, bonus_pool, lines_of

CEILINGS = {
    "agree, 3 parties": 252_000,
    "fund, first": 169_000,
    "fund, next": 117_000,
    "award": 86_000,
    "dispute": 57_000,
    "rule": 56_000,
    "claim, first": 133_000,
    "claim, next": 116_000,
    "claim of the residual partner": 127_000,
    "refund": 72_000,
    "agree, 200 parties": 7_700_000,
    "claim, 200 parties": 141_000,
    "claim of the residual partner, 200 parties": 1_500_000,
}


def figures() -> dict[str, int]:
    found = {}
    pool = bonus_pool()
    terms = pool.terms()
    found["agree, 3 parties"] = pool.contract.record("agree", terms, pool.sign(terms, B, A, C)).gas
    agreement = pool.domain.record_id(terms)
    found["fund, first"] = pool.fund(agreement, 600)
    found["fund, next"] = pool.fund(agreement, 400, FUNDER_2)
    lines = lines_of(300, 100, 200)
    found["award"] = pool.award(agreement, lines, 900).gas
    found["dispute"] = pool.dispute(agreement).gas
    found["rule"] = pool.rule(agreement, upheld=False).gas
    found["claim, first"] = pool.claim(agreement, lines, A).gas
    found["claim, next"] = pool.claim(agreement, lines, B).gas
    found["claim of the residual partner"] = pool.claim_residual(agreement, lines, 300).gas
    found["refund"] = pool.refund(agreement, 0)

    partners = [PartnerId(partner) for partner in range(1_000, 1_200)]
    for partner in partners:
        pool.consortium.admit(partner, ())
    pool.consortium.wait()
    large = pool.terms(parties=tuple(Share(partner, 50) for partner in partners))
    found["agree, 200 parties"] = pool.contract.record("agree", large, pool.sign(large, *partners)).gas
    agreement = pool.domain.record_id(large)
    pool.fund(agreement, 10_000)
    lines = [Line(partner, 7) for partner in partners]
    pool.award(agreement, lines, 10_000)
    pool.evm.now += DISPUTE_WINDOW
    found["claim, 200 parties"] = pool.claim(agreement, lines, partners[0]).gas
    found["claim of the residual partner, 200 parties"] = pool.claim_residual(agreement, lines, 8_600).gas
    return found


def test_gas_stays_below_its_ceilings() -> None:
    found = figures()
    assert found.keys() == CEILINGS.keys()
    assert {name: gas for name, gas in found.items() if gas > CEILINGS[name]} == {}
    assert max(found.values()) < GAS
