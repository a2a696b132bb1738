"""Paying into a bonus agreement: what is still to be paid, which approvals the token needs for it, and what forbids it.

What an account is to pay is said as the total that it shall have paid in, so that saying it again pays nothing twice.
"""

from dataclasses import dataclass

from ledger.bonuses.agreement import AgreementStatus
from ledger.errors import RuleBroken

MOST = 2**128 - 1
"""The largest payment that the pool can count."""


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """What pool and token say of an agreement and of one account. Amounts in minor units of the agreement's currency,
    each of which is one base unit of its token; `paid_in`: by this account, in all.
    """

    status: AgreementStatus
    in_force: bool
    paid_in: int
    balance: int
    allowance: int


@dataclass(frozen=True, slots=True)
class Payment:
    """`amount` is what is still to be paid, 0 for nothing; `approvals` the allowances to set before, one by one."""

    amount: int
    approvals: tuple[int, ...] = ()


def payment_of(facts: PoolFacts, total: int) -> Payment:
    """What takes an account from what it has paid in to `total`; raises `RuleBroken` for what the pool would refuse.

    An allowance that is too small goes back to 0 first: some tokens refuse to change one that is not.
    """
    if not 0 < total <= MOST:
        raise RuleBroken("no amount that can be paid", where="amount", expected=f"1 to {MOST}", found=total)
    missing = total - facts.paid_in
    if missing < 0:
        raise RuleBroken(
            "this account has paid more already",
            where="amount",
            expected=f"{facts.paid_in} or more, as the total of its payments",
            found=total,
        )
    if missing == 0:
        return Payment(0)
    if facts.status is AgreementStatus.UNKNOWN:
        raise RuleBroken(
            "the chain has not recorded this agreement",
            where="agreement",
            mend="All parties have to sign it; then wait until it is recorded.",
        )
    if facts.status not in (AgreementStatus.OPEN, AgreementStatus.FUNDED):
        raise RuleBroken(
            "this agreement takes no money any more",
            where="agreement",
            expected="one without an award, before its deadline",
            found=facts.status.name.lower(),
        )
    if not facts.in_force:
        raise RuleBroken(
            "the agreement's bonus pool is closed: it takes no money any more",
            where="agreement",
            expected="an agreement in the pool that is in force",
            mend="Its parties may sign a new agreement for the pool in force (`lading contracts`).",
        )
    if facts.balance < missing:
        raise RuleBroken(
            "the account has too little of the agreement's token",
            where="balance",
            expected=f"{missing} or more, in minor units",
            found=facts.balance,
        )
    if facts.allowance >= missing:
        return Payment(missing)
    return Payment(missing, (0, missing) if facts.allowance else (missing,))
