"""An attestation as a UNTP Digital Conformity Credential: what its issuer says of goods or of a partner.

The record says who, under which schema, about what, from when to when and by which accreditation. What a schema is
called, and what kind of assessment it is, the record does not say: the issuer adds it, and a schema's name has to have
the record's hash.

Source: UNTP 0.7.0, ConformityAttestation and ConformityAssessment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.common.gs1 import parse_product
from ledger.common.ids import RecordId, to_hex
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.formats.credentials.envelope import Party, Validity, date_of, record_urn
from ledger.formats.credentials.products import product_json
from ledger.records.types import Attestation

KIND = "DigitalConformityCredential"
ASSESSORS = ("self", "commercial", "buyer", "membership", "unspecified", "3rdParty", "hybrid")
ASSESSMENTS = (
    "authority-benchmark", "authority-mandate", "authority-globalmra", "authority-peer", "authority-extended-mra",
    "scheme-self", "scheme-cab", "no-endorsement",
)  # fmt: skip
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+")
TYPES = ("certification", "declaration", "inspection", "testing", "verification", "validation", "calibration")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the issuer says beside the record. Levels and type are UNTP's codes; `scheme_id` a URI, or empty."""

    scheme: str
    name: str
    scheme_id: str = ""
    assessor: str = "unspecified"
    assessment: str = "no-endorsement"
    type: str = "declaration"

    def __post_init__(self) -> None:
        for field, value, known in (
            ("assessor", self.assessor, ASSESSORS),
            ("assessment", self.assessment, ASSESSMENTS),
            ("type", self.type, TYPES),
        ):
            if value not in known:
                raise MalformedRecord("unknown code", where=field, expected=", ".join(known), found=value[:80])
        if self.scheme_id and not _URI.fullmatch(self.scheme_id):
            raise MalformedRecord(
                "not a URI", where="scheme id", expected="https://… or another", found=self.scheme_id[:80]
            )


def conformity_subject(
    attestation: Attestation, record: RecordId, certificate: Certificate, issued_to: Party
) -> dict[str, Any]:
    """The subject of the credential; raises `MalformedRecord` for another schema's name, or what UNTP does not assess.

    `issued_to`: whose goods they are, or the partner that the attestation is about.
    """
    if schema_hash(certificate.scheme) != attestation.schema:
        raise MalformedRecord(
            "the attestation is of another schema",
            where="scheme",
            expected=f"the name whose SHA-256 is {to_hex(attestation.schema)}",
            found=certificate.scheme[:80],
        )
    scheme = {
        "type": ["ConformityScheme"],
        "id": certificate.scheme_id or f"urn:lading:schema:{to_hex(attestation.schema)}",
        "name": certificate.scheme,
    }
    assessment: dict[str, Any] = {
        "type": ["ConformityAssessment"],
        "id": f"{record_urn(record)}#assessment",
        "name": certificate.name,
        "assessmentCriteria": [],
        "assessmentDate": date_of(attestation.validFrom),
        "assessedPerformance": [],
        "conformityTopic": [],
        "conformance": True,
        **_assessed(attestation.subject, issued_to),
    }
    result = {
        "type": ["ConformityAttestation"],
        "id": record_urn(record),
        "name": certificate.name,
        "assessorLevel": certificate.assessor,
        "assessmentLevel": certificate.assessment,
        "attestationType": certificate.type,
        "issuedToParty": issued_to.to_json(),
        "referenceScheme": scheme,
        "conformityAssessment": [assessment],
    }
    if any(attestation.accreditation):
        authority = {"type": ["Party"], "id": record_urn(RecordId(attestation.accreditation)), "name": "accreditation"}
        result["authorisation"] = [{"name": "accreditation on the ledger", "issuingAuthority": authority}]
    return result


def validity_of(attestation: Attestation) -> Validity:
    return Validity(attestation.validFrom, attestation.validUntil)


def certificate_of(subject: Mapping[str, Any]) -> Certificate:
    """What the issuer said beside the record, from a credential's subject; raises `MalformedRecord`."""
    try:
        scheme = subject["referenceScheme"]
        identifier = str(scheme["id"])
        return Certificate(
            str(scheme["name"]),
            str(subject["name"]),
            "" if identifier.startswith("urn:lading:schema:") else identifier,
            str(subject["assessorLevel"]),
            str(subject["assessmentLevel"]),
            str(subject["attestationType"]),
        )
    except (KeyError, TypeError):
        raise MalformedRecord("not a conformity attestation", where="credentialSubject") from None


def _assessed(subject: str, party: Party) -> dict[str, Any]:
    if subject.startswith("01/"):
        return {"assessedProduct": [{"product": product_json(parse_product(subject), "")}]}
    if subject == f"partner/{party.partner}":
        organisation = party.to_json()
        return {"assessedOrganisation": {name: organisation[name] for name in ("type", "id", "name")}}
    raise MalformedRecord(
        "UNTP assesses products and organisations",
        where="subject",
        expected=f"a GS1 Digital Link path, or partner/{party.partner}",
        found=subject[:80],
        mend="Name the partner that it is about as the one it is issued to.",
    )
