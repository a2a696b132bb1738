"""Bonus agreements in sentences: where one stands, and what a party should know before it signs."""

from collections.abc import Mapping

from ledger.bonuses.agreement import AgreementStatus, AgreementWarning, warnings_of
from ledger.records.types import BonusAgreement, Record

MEANING: Mapping[AgreementStatus, str] = {
    AgreementStatus.UNKNOWN: "no such agreement",
    AgreementStatus.OPEN: "signed by all parties, nothing paid in yet",
    AgreementStatus.FUNDED: "paid in, waiting for the award",
    AgreementStatus.AWARDED: "awarded, any party may dispute it",
    AgreementStatus.DISPUTED: "disputed, waiting for the arbiter",
    AgreementStatus.VOIDED: "the award is void, waiting for its next version",
    AgreementStatus.CLAIMABLE: "the award is final, each party may claim its amount",
    AgreementStatus.LAPSED: "claims are over, what is left is the residual partner's",
    AgreementStatus.REFUNDABLE: "somebody kept silent, the funders may have their money back",
    AgreementStatus.CLOSED: "nothing is left in it",
}
WARNINGS: Mapping[AgreementWarning, str] = {
    AgreementWarning.AWARDER_IS_RESIDUAL: (
        "The awarder is the residual partner: whatever it does not award to others is its own."
    ),
    AgreementWarning.CLAIMS_ARE_PUBLIC: (
        "Every claim and its amount is public on the chain: where the rule file takes penalties off, whoever knows the "
        "shares reads from a claim what was taken."
    ),
}


def warnings_before_signing(record: Record) -> tuple[str, ...]:
    """What whoever signs `record` should know beyond what it says; only agreements have such warnings."""
    return tuple(WARNINGS[code] for code in warnings_of(record)) if isinstance(record, BonusAgreement) else ()
