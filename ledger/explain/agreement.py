"""Bonus agreements in sentences: where one stands, and what a party should know before it signs."""

from collections.abc import Mapping

from ledger.bonuses.agreement import AgreementStatus, AgreementWarning, warnings_of
from ledger.explain.text import Text, say
from ledger.records.types import BonusAgreement, Record

MEANING: Mapping[AgreementStatus, Text] = {
    AgreementStatus.UNKNOWN: say("no such agreement"),
    AgreementStatus.OPEN: say("signed by all parties, nothing paid in yet"),
    AgreementStatus.FUNDED: say("paid in, waiting for the award"),
    AgreementStatus.AWARDED: say("awarded, any party may dispute it"),
    AgreementStatus.DISPUTED: say("disputed, waiting for the arbiter"),
    AgreementStatus.VOIDED: say("the award is void, waiting for its next version"),
    AgreementStatus.CLAIMABLE: say("the award is final, each party may claim its amount"),
    AgreementStatus.LAPSED: say("claims are over, what is left is the residual partner's"),
    AgreementStatus.REFUNDABLE: say("somebody kept silent, the funders may have their money back"),
    AgreementStatus.CLOSED: say("nothing is left in it"),
}
WARNINGS: Mapping[AgreementWarning, Text] = {
    AgreementWarning.AWARDER_IS_RESIDUAL: say(
        "The awarder is the residual partner: whatever it does not award to others is its own."
    ),
    AgreementWarning.CLAIMS_ARE_PUBLIC: say(
        "Every claim and its amount is public on the chain: where the rule file takes penalties off, whoever knows the "
        "shares reads from a claim what was taken."
    ),
}


def warnings_before_signing(record: Record) -> tuple[Text, ...]:
    """What whoever signs `record` should know beyond what it says; only agreements have such warnings."""
    return tuple(WARNINGS[code] for code in warnings_of(record)) if isinstance(record, BonusAgreement) else ()
