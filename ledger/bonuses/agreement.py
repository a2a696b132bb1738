"""A bonus agreement: where it stands, and what a party should know of it before it signs.

The pool itself decides (`contracts/src/BonusPool.sol`); here are the names of what it answers.
"""

from enum import IntEnum, StrEnum

from ledger.records.types import BonusAgreement, Record


class AgreementStatus(IntEnum):
    """The numbers are those of `IBonusPool.Status`."""

    UNKNOWN = 0
    OPEN = 1
    FUNDED = 2
    AWARDED = 3
    DISPUTED = 4
    VOIDED = 5
    CLAIMABLE = 6
    LAPSED = 7
    REFUNDABLE = 8
    CLOSED = 9


class AgreementWarning(StrEnum):
    """What the rules allow although somebody judges his own cause (that the arbiter does, they refuse); and that claims
    tell everybody what an award paid, penalties too where the rule takes them off.
    """

    AWARDER_IS_RESIDUAL = "awarder-is-residual"
    CLAIMS_ARE_PUBLIC = "claims-are-public"


def warnings_of(terms: BonusAgreement) -> tuple[AgreementWarning, ...]:
    """What a party should know before it signs `terms`."""
    result = {
        AgreementWarning.AWARDER_IS_RESIDUAL: terms.awarder == terms.residual,
        AgreementWarning.CLAIMS_ARE_PUBLIC: True,  # the record does not tell what its rule file takes off
    }
    return tuple(warning for warning, holds in result.items() if holds)


def warning_codes(record: Record) -> list[str]:
    """The warnings of any record that somebody is to sign; only agreements have some."""
    return [str(code) for code in warnings_of(record)] if isinstance(record, BonusAgreement) else []
