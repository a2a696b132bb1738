"""What the bonus pool and the attestation registry refuse of a record, whoever signs it and whatever stands there.

Only what is seen in the record itself: who has which role, and what was recorded before, the contracts alone know.
"""

from ledger.errors import MalformedRecord, RuleBroken
from ledger.records.types import (
    NOBODY,
    Attestation,
    BonusAgreement,
    BonusAward,
    Claim,
    Dispute,
    Recall,
    Record,
    Revocation,
    Ruling,
)

FULL_BASIS_POINTS = 10_000
MOST_PARTIES = 200


def check_contract_rules(record: Record, now: int) -> None:
    """Raise `MalformedRecord` or `RuleBroken` for what the record's contract would refuse at `now` of anybody."""
    match record:
        case BonusAgreement():
            _check_shares(record)
            _check_offices(record)
            _check_order(record, now)
            if not record.currency:
                raise MalformedRecord("no currency", where="currency", expected="a code of ISO 4217, such as EUR")
            if not any(record.token):
                raise MalformedRecord("no token", where="token", expected="the address of a token contract")
        case BonusAward(amounts=amounts, version=version):
            _check_version(version)
            if not any(amounts):
                raise MalformedRecord(
                    "no amounts", where="amounts", expected="the RFC 9162 root over the parties' amounts"
                )
        case Dispute(version=version) | Ruling(version=version):
            _check_version(version)
        case Claim(version=version, amount=amount, payTo=address):
            _check_version(version)
            if amount == 0:
                raise MalformedRecord("nothing is claimed", where="amount", expected="1 or more", found=amount)
            if not any(address):
                raise MalformedRecord("nobody is paid", where="payTo", expected="an address that can receive the token")
        case Attestation():
            _check_subject(record.subject)
            if not any(record.schema):
                raise MalformedRecord("no schema", where="schema", expected="the SHA-256 of a schema's name")
            if record.validUntil != 0 and record.validUntil <= record.validFrom:
                raise MalformedRecord(
                    "it ends before it begins",
                    where="validUntil",
                    expected=f"later than {record.validFrom}, or 0 for no end",
                    found=record.validUntil,
                )
        case Recall():
            _check_subject(record.subject)
        case Revocation(target=target) if not any(target):
            raise MalformedRecord("nothing is revoked", where="target", expected="the id of an attestation or a recall")
        case _:
            pass


def _check_shares(terms: BonusAgreement) -> None:
    if len(terms.parties) > MOST_PARTIES:
        raise MalformedRecord(
            "too many parties", where="parties", expected=f"at most {MOST_PARTIES}", found=len(terms.parties)
        )
    seen: set[int] = set()
    for i, share in enumerate(terms.parties):
        if share.partner == NOBODY or share.partner in seen:
            raise MalformedRecord(
                "not a party, or one twice",
                where=f"parties[{i}].partner",
                expected="partners by their ids, each once",
                found=share.partner,
            )
        seen.add(share.partner)
    total = sum(share.basisPoints for share in terms.parties)
    if total > FULL_BASIS_POINTS:
        raise RuleBroken(
            "the shares are more than the whole",
            where="parties",
            expected=f"at most {FULL_BASIS_POINTS} basis points together",
            found=total,
        )


def _check_offices(terms: BonusAgreement) -> None:
    for name in ("awarder", "arbiter", "residual"):
        if getattr(terms, name) == NOBODY:
            raise MalformedRecord("nobody is named", where=name, expected="a partner's id", found=NOBODY)
    if terms.arbiter in (terms.awarder, terms.residual, *(share.partner for share in terms.parties)):
        raise RuleBroken(
            "the arbiter judges its own cause",
            where="arbiter",
            expected="neither awarder, residual partner nor a party",
            found=f"partner {terms.arbiter}",
        )


def _check_order(terms: BonusAgreement, now: int) -> None:
    if not terms.periodStart < terms.periodEnd < terms.deadline:
        raise RuleBroken(
            "the times do not follow one another",
            where="periodStart, periodEnd, deadline",
            expected="periodStart < periodEnd < deadline",
            found=f"{terms.periodStart}, {terms.periodEnd}, {terms.deadline}",
        )
    if terms.deadline < now:
        raise RuleBroken("the deadline has passed", where="deadline", expected=f"{now} or later", found=terms.deadline)
    for name in ("disputeWindow", "arbiterWindow"):
        if getattr(terms, name) == 0:
            raise RuleBroken("no time is left to object", where=name, expected="seconds, 1 or more", found=0)
    earliest = terms.deadline + terms.disputeWindow + terms.arbiterWindow
    if terms.claimUntil < earliest:
        raise RuleBroken(
            "claims could end before a dispute is decided",
            where="claimUntil",
            expected=f"{earliest} or later: deadline + disputeWindow + arbiterWindow",
            found=terms.claimUntil,
        )


def _check_version(version: int) -> None:
    if version == 0:
        raise MalformedRecord("no version", where="version", expected="1 or more", found=version)


def _check_subject(subject: str) -> None:
    if not subject or not all("!" <= letter <= "~" for letter in subject):
        raise MalformedRecord(
            "not a subject", where="subject", expected="printable ASCII without spaces", found=subject[:100]
        )
