"""What became known of a credential after it was issued: a revocation in a bundle, or in its issuer's status list.

A bundle shows a Revocation with its author's signature and its place in the log, and has the log's signed word that it
shows them all: whoever holds a receipt for one that is missing convicts the log. A status list is its issuer's word.
The operator's word alone counts for nothing: it signs neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.bundle.format import Bundle, Trust, parse_bundle
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import ATTESTED, PROVED, Said
from ledger.bundle.verify import verify_bundle
from ledger.codes import APPLIED, NOT_FINAL
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials import scorecard
from ledger.formats.credentials.envelope import Party, moment
from ledger.formats.credentials.status import Entry, check_listed
from ledger.records.recovered import RecoveredRecord
from ledger.records.signing import Domain
from ledger.records.types import Attestation, Outcome, Revocation


@dataclass(frozen=True, slots=True)
class Later:
    """What a verifier has beside a credential; empty for what it has not. `held`: receipts, for the bundle."""

    bundle: bytes = b""
    status_list: bytes = b""
    held: tuple[HeldReceipt, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.bundle or self.status_list)


@dataclass(frozen=True, slots=True)
class Issued:
    """What a revocation is about: a credential's first record, the partner that issued it, its place in a list."""

    record: RecoveredRecord
    partner: int
    entry: Entry | None


def check_revocation(issued: Issued, trust: Trust, now: int, later: Later) -> Said:
    """Raise `VerificationFailed` where the record was revoked, or what `later` has does not hold."""
    told = []
    if later.status_list:
        if issued.entry is None:
            raise MalformedRecord(
                "the credential names no status list", where="credentialStatus", mend="Verify it with a bundle."
            )
        told.append(check_listed(issued.entry, later.status_list, issued.partner, trust, now))
    if later.bundle:
        told.append(_not_revoked(issued.record, _bundle(later, trust), trust, now))
    return Said("; ".join(told), ATTESTED if later.bundle else PROVED)


def check_scores(claims: Mapping[str, Any], about: Party, trust: Trust, later: Later | None) -> Said:
    """That scores are those of the bundle they rest on, where that is at hand."""
    if later is None or not later.bundle:
        return Said("its issuer's word: name the bundle that it rests on to hold the scores against it", ATTESTED)
    bundle = _bundle(later, trust)
    scorecard.check_bundle(claims, about, later.bundle, bundle)
    return Said(f"the scores are those of {bundle.subject}, made again from {len(bundle.records)} records", PROVED)


def _bundle(later: Later, trust: Trust) -> Bundle:
    for step in verify_bundle(later.bundle, trust, later.held):
        if not step.ok:
            raise VerificationFailed(
                f"the bundle does not hold: {step.why}",
                where=f"bundle, {step.name}",
                expected=step.expected,
                found=step.found,
            )
    return parse_bundle(later.bundle)


def _not_revoked(record: RecoveredRecord, bundle: Bundle, trust: Trust, now: int) -> str:
    domain = Domain(trust.genesis.consortium_id)
    inside = [one for one in bundle.records if domain.record_id(one.signed.record) == record.id]
    if not inside:
        raise VerificationFailed(
            "the bundle is not about the credential's record",
            where="bundle",
            expected=to_hex(record.id),
            found=bundle.subject,
            mend="Name a bundle of the goods that the credential is about.",
        )
    author = record.record.by if isinstance(record.record, Attestation) else None
    soon = ""
    for one in bundle.records:
        said = one.signed.record
        if isinstance(said, Outcome) and said.record == record.id and author is not None:
            _check_taken(said)
        if not isinstance(said, Revocation) or said.target != record.id or said.by != author:
            continue  # only its author revokes an attestation
        if said.effectiveFrom <= now:
            raise VerificationFailed(
                "its record was revoked",
                where=f"bundle, {one.where}",
                expected="no revocation by its author",
                found=f"from {moment(said.effectiveFrom)}, reason {said.reason}",
            )
        soon = f"; it will be from {moment(said.effectiveFrom)}"
    return f"nothing in {bundle.subject} revokes its record, which the log says is complete{soon}"


def _check_taken(outcome: Outcome) -> None:
    """An attestation that the registry refused, by who lacked the role or was suspended, is in the log all the same."""
    codes = set(outcome.outcomes)
    if codes - set(NOT_FINAL) and not codes & set(APPLIED):
        raise VerificationFailed(
            "the registry did not take the record", where="bundle", expected="applied", found=f"outcome {max(codes)}"
        )
