"""What the API answers about bonus agreements, typed."""

from typing import Any

from pydantic import Field

from ledger.api.schemas.answers import Answer, Page


class PartyShare(Answer):
    partner: int
    name: str
    basisPoints: int


class AgreementSummary(Answer):
    """Amounts are decimal strings in minor units of `currency`; `pool` is the contract that holds the money and to
    which signatures about it are bound; `meaning` is the status in words; `cursor` pages the list."""

    id: str
    status: str
    meaning: str
    currency: str
    pool: str
    token: str
    funded: str
    periodStart: int
    periodEnd: int
    awarder: str
    arbiter: str
    residual: str
    parties: list[PartyShare]
    cursor: int


class AwardView(Answer):
    """`upheld`: whether the ruling voided the award. `file`: the lines, for parties and auditors;
    `explanation` says in sentences what stands in it."""

    record: str
    version: int
    total: str
    logSize: str
    disputedBy: str | None
    ruledBy: str | None
    upheld: bool | None
    file: dict[str, Any] | None
    explanation: list[str]


class ClaimView(Answer):
    record: str
    partner: str
    version: int
    amount: str
    claimedAt: int | None


class AgreementDates(Answer):
    """Times in UTC seconds, windows in seconds from what they follow: an award, a dispute or a ruling."""

    awardBy: int
    disputeWindow: int
    arbiterWindow: int
    claimUntil: int


class DepositView(Answer):
    """A payment into the pool, by the account that it goes back to."""

    funder: str
    amount: str
    refunded: bool


class AgreementView(AgreementSummary):
    dates: AgreementDates
    deposits: list[DepositView]
    awards: list[AwardView]
    claims: list[ClaimView]


class AgreementPage(Page):
    agreements: list[AgreementSummary]


class AwardKept(Answer):
    kept: int = Field(description="Version of the award whose lines are kept")
