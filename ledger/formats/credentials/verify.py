"""What a credential proves: its issuer signed it, the record under it is the ledger's, and both say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.bundle.format import Trust
from ledger.bundle.steps import PROVED, Step, failed
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.errors import LadingError, MalformedRecord, VerificationFailed
from ledger.formats.credentials import conformity, events, passport, scorecard
from ledger.formats.credentials.claims import check_end, check_numbers, check_passport, check_valid, party_of
from ledger.formats.credentials.envelope import MOST_EVIDENCE, Party, RecordEvidence, moment
from ledger.formats.credentials.jose import OpenedCredential, open_credential
from ledger.formats.log_proofs import log_of_proof
from ledger.log.leaf import Leaf
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.signers import signing_partners
from ledger.records.signing import Domain
from ledger.records.types import Attestation, Handoff, Record, ShipmentTerms

NAMES = ("format", "signature", "records", "inclusion", "issuer", "content", "validity")
SCORE_NAMES = ("format", "signature", "issuer", "validity")


def is_credential(data: bytes) -> bool:
    """Whether a file says of itself that it is a signed credential; nothing is checked."""
    head, *rest = data.strip().split(b".")
    return head.startswith(b"eyJ") and len(rest) == 2


def verify_credential(data: bytes, trust: Trust, now: int) -> list[Step]:
    """Check a file for which `is_credential` holds.

    1. format     it is a credential of a kind that is known here
    2. signature  its issuer's key signed it
    3. records    each record is of the trusted consortium, and signed
    4. inclusion  each is in a trusted log, with enough witnesses where the trust file asks for them
    5. issuer     the key that signed the credential signed the first record, for the partner that it names
    6. content    it says what the records say
    7. validity   it is valid at `now`

    Scorecards rest on a bundle, which is not here: of them format, signature, issuer and validity are checked. A
    revocation that came later is for the ledger to tell.
    """
    steps: list[Step] = []
    try:
        for name, why in _checks(data, trust, now):
            steps.append(Step(name, True, PROVED, why=why))
    except LadingError as error:
        names = SCORE_NAMES if steps and steps[0].why == scorecard.KIND else NAMES
        steps.append(failed(names[len(steps)], PROVED, error))
    return steps


def _checks(data: bytes, trust: Trust, now: int) -> Iterator[tuple[str, str]]:
    opened = open_credential(data)
    kind = _kind(opened)
    yield "format", kind
    yield "signature", f"{opened.did[:60]} signed it with the key {to_hex(opened.key)}"
    if kind != scorecard.KIND:
        found = _Records.of(opened, trust)
        yield "records", "; ".join(found.said())
        yield "inclusion", found.check_inclusion(trust)
        yield "issuer", found.check_issuer(opened, trust)
        _check_content(kind, opened.claims, found)
        check_numbers(opened.claims, trust)
        yield "content", "the subject is what the records say, with what the issuer adds"
    else:
        yield "issuer", _check_scorer(opened, trust)
    yield "validity", check_valid(opened.claims, now)


@dataclass(frozen=True, slots=True)
class _Records:
    """The evidence of a credential, signatures recovered."""

    evidence: tuple[RecordEvidence, ...]
    recovered: tuple[RecoveredRecord, ...]

    @classmethod
    def of(cls, opened: OpenedCredential, trust: Trust) -> "_Records":
        listed = opened.claims.get("evidence")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_EVIDENCE:
            raise MalformedRecord("no evidence", where="evidence", expected=f"1 to {MOST_EVIDENCE} records")
        evidence = tuple(RecordEvidence.from_json(one, f"evidence[{i}]") for i, one in enumerate(listed))
        domain = Domain(trust.genesis.consortium_id)
        for i, one in enumerate(evidence):
            if one.consortium != domain.consortium_id:
                raise VerificationFailed(
                    "a record of another consortium",
                    where=f"evidence[{i}]",
                    expected=to_hex(domain.consortium_id),
                    found=to_hex(one.consortium),
                )
            if not one.signed.signatures or one.signed.record.MONEY:
                raise MalformedRecord("not a signed record of the evidence domain", where=f"evidence[{i}]")
        return cls(evidence, tuple(recover_record(e.signed, domain.record_id(e.signed.record)) for e in evidence))

    def said(self) -> Iterator[str]:
        for one in self.recovered:
            yield f"{type(one.record).__name__} {to_hex(one.id)}"

    def check_inclusion(self, trust: Trust) -> str:
        """Each record, under exactly these signatures, is the leaf that its proof is for."""
        places = []
        for i, (one, recovered) in enumerate(zip(self.evidence, self.recovered, strict=True)):
            leaf = one.proof.leaf()
            own = Leaf.of(recovered.record.NUMBER, recovered.id, one.signed.signature_bytes(), leaf.log_time)
            if leaf != own:
                raise VerificationFailed(
                    "the proof is of another record", where=f"evidence[{i}]", found=to_hex(leaf.record_id)
                )
            head = one.proof.verify(log_of_proof(trust, one.proof), own.encode(), trust.witnesses)
            places.append(f"entry {one.proof.index} of {head.size}")
        return "; ".join(places)

    def check_issuer(self, opened: OpenedCredential, trust: Trust) -> str:
        first, key = self.recovered[0], opened.key
        if key not in first.keys:
            raise VerificationFailed(
                "the issuer's key did not sign the record",
                where="issuer",
                expected=", ".join(map(to_hex, first.keys)),
                found=to_hex(key),
                mend="Only who signed a record issues a credential of it.",
            )
        partners = signing_partners(first.record)
        if len(partners) != len(first.keys):
            raise VerificationFailed(
                "another number of signatures", where="issuer", expected=len(partners), found=len(first.keys)
            )
        partner = partners[first.keys.index(key)]
        owner = None if trust.partners is None else trust.partners.owner(key)
        if owner is not None and owner.partner != partner:
            raise VerificationFailed(
                "the key is another partner's", where="issuer", expected=partner, found=owner.partner
            )
        _check_named(opened, partner)
        return f"signed the record for partner {partner}; {_owner(key, trust)}"

    def record(self, index: int) -> Record:
        return self.recovered[index].record

    def ids(self) -> tuple[RecordId, ...]:
        return tuple(one.id for one in self.recovered)


def _check_scorer(opened: OpenedCredential, trust: Trust) -> str:
    """Nothing stands behind a scorecard but who signed it, so that one has to be known."""
    owner = None if trust.partners is None else trust.partners.owner(opened.key)
    if owner is None:
        raise VerificationFailed(
            "nobody known signed it",
            where="issuer",
            expected="a key in the partner book of the trust file",
            found=to_hex(opened.key),
        )
    _check_named(opened, owner.partner)
    return _owner(opened.key, trust)


def _check_named(opened: OpenedCredential, partner: int) -> None:
    known = opened.claims["issuer"].get("issuerAlsoKnownAs")
    listed = [party_of(one) for one in known] if isinstance(known, list) and known else [Party(0, "")]
    for named in listed:
        if named.partner != partner:
            raise VerificationFailed(
                "the issuer names another partner", where="issuer", expected=partner, found=named.partner
            )


def _owner(key: KeyAddress, trust: Trust) -> str:
    owner = None if trust.partners is None else trust.partners.owner(key)
    if owner is None:
        return f"{to_hex(key)} is in no partner book here"
    return f"{to_hex(key)} is a key of partner {owner.partner}, {owner.name}"


def _kind(opened: OpenedCredential) -> str:
    kinds = opened.claims.get("type")
    known = (conformity.KIND, events.KIND, passport.KIND, scorecard.KIND)
    for kind in kinds if isinstance(kinds, list) else ():
        if kind in known:
            return str(kind)
    raise MalformedRecord(
        "a credential of another kind", where="type", expected=", ".join(known), found=str(kinds)[:80]
    )


def _check_content(kind: str, claims: Mapping[str, Any], found: _Records) -> None:
    """Make the subject again from the records and from what the issuer adds, and compare."""
    subject = claims.get("credentialSubject")
    first = found.record(0)
    if kind == conformity.KIND and isinstance(first, Attestation) and isinstance(subject, dict):
        issued = party_of(subject.get("issuedToParty"))
        made: object = conformity.conformity_subject(first, found.ids()[0], conformity.certificate_of(subject), issued)
        times = conformity.validity_of(first)
    elif kind == events.KIND and isinstance(first, Handoff) and isinstance(subject, list) and len(subject) == 1:
        terms = found.record(1) if len(found.recovered) > 1 else None
        before = found.record(2) if len(found.recovered) > 2 else None
        if not isinstance(terms, ShipmentTerms) or not isinstance(before, Handoff | None):
            raise MalformedRecord(
                "other records", where="evidence", expected="a handoff, terms, and the handoff before"
            )
        parties = _both(subject[0], first)
        made = events.move_event(first, terms, (found.ids()[0], found.ids()[1]), parties, before)
        times = events.validity_of(first)
    elif kind == passport.KIND and isinstance(first, Attestation) and isinstance(subject, dict):
        check_passport(first, subject)
        product = {name: subject.get(name) for name in passport.FROM_RECORD}
        made, subject = passport.from_record(first, str(subject.get("name", ""))), product
        times = conformity.validity_of(first)
    else:
        raise MalformedRecord("the record is of another kind", where="evidence", found=type(first).__name__)
    if made != subject:
        raise VerificationFailed(
            "it says other than the records",
            where="credentialSubject",
            expected=str(made)[:400],
            found=str(subject)[:400],
        )
    if claims.get("validFrom") != moment(times.since):
        raise VerificationFailed(
            "another time than the record's",
            where="validFrom",
            expected=moment(times.since),
            found=str(claims.get("validFrom"))[:40],
        )
    check_end(claims.get("validUntil"), times.until)


def _both(event: object, handoff: Handoff) -> tuple[Party, Party]:
    """Releaser and receiver, as the event names them; 0 is a consumer, whom it does not name."""
    listed = event.get("relatedParty") if isinstance(event, dict) else None
    known = {0: Party(0, "")}
    for one in listed if isinstance(listed, list) else ():
        party = party_of(one.get("party") if isinstance(one, dict) else None)
        known[party.partner] = party
    try:
        return known[handoff.releaser], known[handoff.receiver]
    except KeyError:
        raise VerificationFailed("other parties than the record's", where="relatedParty") from None
