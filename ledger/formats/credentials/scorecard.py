"""Scorecards as a credential: issued by who made the figures again from a bundle, and says which bundle that was.

The figures are codes and integers as in the bundle, so a reader with the bundle gets the same ones. UNTP has no kind
for them, and they need none of its terms.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ledger.bundle.format import Bundle
from ledger.common.ids import to_hex
from ledger.common.json_fields import fields_of, hex_bytes, items
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.credentials.envelope import OTHER_TERMS, VCDM, Issuer, Party, credential_id, moment
from ledger.formats.credentials.parties import party_of

KIND = "LadingScorecardCredential"
EVIDENCE = "LadingBundle"
TITLE = "Scorecards recomputed from signed records"
CONTEXTS = [VCDM, OTHER_TERMS]


def scorecard_credential(
    bundle: bytes, scores: Mapping[str, Any], about: Party, issuer: Issuer, issued: int
) -> dict[str, Any]:
    """An unsigned credential of a partner's scores. The caller has verified the bundle that `scores` are a part of."""
    if not scores.get("cards"):
        raise MalformedRecord("no scorecards", where="bundle", expected="a partner's bundle, `lading export --partner`")
    digest = sha256(bundle).digest()
    return {
        "@context": CONTEXTS,
        "type": [KIND, "VerifiableCredential"],
        "id": credential_id(KIND, digest, issuer.party),
        "issuer": issuer.to_json(),
        "validFrom": moment(issued),
        "name": TITLE,
        "credentialSubject": {
            "type": ["LadingScorecards"],
            "id": about.id(),
            "name": about.name,
            "registeredId": str(about.partner),
            "scores": dict(scores),
        },
        "evidence": [{"type": [EVIDENCE], "sha256": to_hex(digest)}],
    }


def check_shape(claims: Mapping[str, Any], issuer: Party) -> Party:
    """The partner that scores are about; raises `MalformedRecord` where anything is not as it is made here."""
    names = ("type", "id", "name", "registeredId", "scores")
    subject = fields_of(claims["credentialSubject"], "credentialSubject", names)
    about = party_of({name: subject[name] for name in ("id", "name", "registeredId")} | {"type": ["Party"]})
    (evidence,) = items(claims["evidence"], "evidence", least=1, most=1)
    digest = hex_bytes(fields_of(evidence, "evidence[0]", ("type", "sha256"))["sha256"], "evidence[0].sha256", 32)
    right = subject["type"] == ["LadingScorecards"] and isinstance(subject["scores"], dict)
    if not right or evidence["type"] != [EVIDENCE] or claims["name"] != TITLE or "credentialStatus" in claims:
        raise MalformedRecord(
            "not a scorecard", where="credentialSubject", expected=f"LadingScorecards, of a {EVIDENCE}"
        )
    if claims["id"] != credential_id(KIND, digest, issuer):
        raise MalformedRecord("another id", where="id", expected=credential_id(KIND, digest, issuer))
    return about


def check_bundle(claims: Mapping[str, Any], about: Party, data: bytes, bundle: Bundle) -> None:
    """The scores are those of `data`, which the caller has verified as `bundle`; raises `VerificationFailed`."""
    digest = to_hex(sha256(data).digest())
    (evidence,), subject = claims["evidence"], claims["credentialSubject"]
    if evidence["sha256"] != digest or bundle.subject != f"partner/{about.partner}":
        raise VerificationFailed(
            "it rests on another bundle", where="evidence[0]", expected=evidence["sha256"], found=digest
        )
    if subject["scores"] != bundle.figures["scores"]:
        raise VerificationFailed("other scores than the bundle's", where="credentialSubject.scores")
