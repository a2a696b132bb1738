"""Whether a credential says what its records say: each kind's subject is made again from them, and compared.

Nothing stands beside what is compared. Contexts, types and members are those that we print: a member that nobody
checked, a context that redefines a term or a second kind would be read by others' software as if it had been proved.
"""

from collections.abc import Mapping
from typing import Any

from ledger.common.json_fields import fields_of
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials import conformity, events, passport, scorecard
from ledger.formats.credentials.claims import check_end
from ledger.formats.credentials.envelope import UNTP, VCDM, Issuer, Party, Validity, credential_id, moment
from ledger.formats.credentials.evidence import Records
from ledger.formats.credentials.jose import OpenedCredential
from ledger.formats.credentials.parties import party_of
from ledger.records.types import Attestation, Handoff, ShipmentTerms

KINDS = (conformity.KIND, events.KIND, passport.KIND, scorecard.KIND)
_MEMBERS = ("@context", "type", "id", "issuer", "validFrom", "name", "credentialSubject", "evidence")
_MORE = ("validUntil", "credentialStatus")


def kind_of(claims: Mapping[str, Any]) -> str:
    """The kind of a credential that has our members, contexts and types, and no others; raises `MalformedRecord`."""
    fields_of(claims, "", _MEMBERS, more=_MORE)
    kinds = claims["type"]
    for kind in KINDS:
        if kinds == [kind, "VerifiableCredential"]:
            contexts = scorecard.CONTEXTS if kind == scorecard.KIND else [VCDM, UNTP]
            if claims["@context"] != contexts:
                raise MalformedRecord(
                    "other contexts",
                    where="@context",
                    expected=", ".join(contexts),
                    found=str(claims["@context"])[:120],
                    mend="Another context could give its terms another meaning.",
                )
            return kind
    expected = "VerifiableCredential, with one before it of " + ", ".join(KINDS)
    raise MalformedRecord("a credential of another kind", where="type", expected=expected, found=str(kinds)[:80])


def issuer_party(opened: OpenedCredential) -> Party:
    """The one partner that the issuer says to be; raises `MalformedRecord`."""
    known = opened.claims["issuer"].get("issuerAlsoKnownAs")
    party = party_of(known[0] if isinstance(known, list) and known else None)
    if opened.claims["issuer"] != Issuer(opened.did, party).to_json():
        raise MalformedRecord("not an issuer", where="issuer", expected="type, id, name and issuerAlsoKnownAs of one")
    return party


def check_content(kind: str, claims: Mapping[str, Any], issuer: Party, found: Records) -> tuple[Party, ...]:
    """Raise `VerificationFailed` where the subject, the times, the name or the id are not the records'. Returns the
    parties that the subject names."""
    subject, first = claims["credentialSubject"], found.record(0)
    if kind == conformity.KIND and isinstance(first, Attestation) and isinstance(subject, dict):
        made, parties, times = _conformity(subject, first, found)
        title = subject.get("name")
    elif kind == events.KIND and isinstance(first, Handoff) and isinstance(subject, list) and len(subject) == 1:
        made, parties, times = _event(subject[0], first, found)
        title = events.TITLE
    elif kind == passport.KIND and isinstance(first, Attestation) and isinstance(subject, dict):
        passport.check_schema(first)
        made, times = passport.made_again(first, subject, issuer), conformity.validity_of(first)
        parties, title = (issuer,), passport.title(str(subject.get("name")))
    else:
        raise MalformedRecord("the record is of another kind", where="evidence", found=type(first).__name__)
    _same("credentialSubject", made, subject)
    _same("id", credential_id(kind, found.ids()[0], issuer), claims["id"])
    _same("name", title, claims["name"])
    _same("validFrom", moment(times.since), claims["validFrom"])
    check_end(claims.get("validUntil"), times.until)
    return parties


Made = tuple[object, tuple[Party, ...], Validity]


def _conformity(subject: Mapping[str, Any], first: Attestation, found: Records) -> Made:
    _only(found, 1)
    issued = party_of(subject.get("issuedToParty"))
    certificate = conformity.certificate_of(subject)
    made = conformity.conformity_subject(first, found.ids()[0], certificate, issued)
    return made, (issued,), conformity.validity_of(first)


def _event(event: object, handoff: Handoff, found: Records) -> Made:
    terms = found.record(1) if len(found.recovered) > 1 else None
    before = found.record(2) if len(found.recovered) > 2 else None
    _only(found, 3)
    if not isinstance(terms, ShipmentTerms) or not isinstance(before, Handoff | None):
        raise MalformedRecord("other records", where="evidence", expected="a handoff, terms, and the handoff before")
    parties = _both(event, handoff)
    made = events.move_event(handoff, terms, (found.ids()[0], found.ids()[1]), parties, before)
    return made, tuple(one for one in parties if one.partner), events.validity_of(handoff)


def _only(found: Records, most: int) -> None:
    if len(found.recovered) > most:
        raise MalformedRecord("records that say nothing of it", where=f"evidence[{most}]", expected=f"at most {most}")


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


def _same(where: str, expected: object, found: object) -> None:
    if expected != found:
        raise VerificationFailed(
            "it says other than the records", where=where, expected=str(expected)[:400], found=str(found)[:400]
        )
