"""What every credential has beside its subject: contexts, issuer, validity, and the records that it rests on.

Sources: W3C Verifiable Credentials Data Model 2.0, sections 4 and 5.6 (evidence); UNTP 0.7.0, credential envelope.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.common.ids import ConsortiumId, RecordId, to_hex
from ledger.common.json_fields import fields_of, hex_bytes, text
from ledger.errors import MalformedRecord
from ledger.log.tlog_proof import TlogProof, parse_tlog_proof
from ledger.records.signing import SignedRecord

VCDM = "https://www.w3.org/ns/credentials/v2"
UNTP = "https://vocabulary.uncefact.org/untp/0.7.0/context/"
OTHER_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"
"""W3C's context for terms that no other defines: our scorecards. UNTP forbids such a context in its own kinds."""
EVIDENCE = "urn:lading:LadingRecord"
"""Type of our evidence. Names that no context has to define: a context that is fetched could say anything of them."""
_CONSORTIUM, _RECORD, _PROOF = "urn:lading:consortium", "urn:lading:record", "urn:lading:tlog-proof"
MOST_EVIDENCE = 16
GS1_ID = "https://id.gs1.org"
LATEST = 253_402_300_799
"""The end of the year 9999: what is valid for longer has no end that a calendar shows."""


@dataclass(frozen=True, slots=True)
class Party:
    """A partner as credentials name it. `gln`: 13 digits, or empty."""

    partner: int
    name: str
    gln: str = ""

    def id(self) -> str:
        return f"{GS1_ID}/417/{self.gln}" if self.gln else f"urn:lading:partner:{self.partner}"

    def to_json(self) -> dict[str, Any]:
        return {"type": ["Party"], "id": self.id(), "name": self.name, "registeredId": str(self.partner)}


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """A record of a consortium's log with its signatures, as far as it is opened, and the proof that the log has it."""

    consortium: ConsortiumId
    signed: SignedRecord
    proof: TlogProof

    def to_json(self) -> dict[str, Any]:
        return {
            "type": [EVIDENCE],
            _CONSORTIUM: to_hex(self.consortium),
            _RECORD: {"@type": "@json", "@value": self.signed.to_json()},
            _PROOF: self.proof.encode().decode(),
        }

    @classmethod
    def from_json(cls, data: object, where: str) -> "RecordEvidence":
        """Parse `to_json`; raises `MalformedRecord`."""
        fields = fields_of(data, where, ("type", _CONSORTIUM, _RECORD, _PROOF))
        literal = fields_of(fields[_RECORD], f"{where}.{_RECORD}", ("@type", "@value"))
        if fields["type"] != [EVIDENCE] or literal["@type"] != "@json":
            raise MalformedRecord("another kind of evidence", where=where, expected=f"{EVIDENCE}, a JSON literal")
        return cls(
            ConsortiumId(hex_bytes(fields[_CONSORTIUM], f"{where}.{_CONSORTIUM}", 32)),
            SignedRecord.from_json(literal["@value"]),
            parse_tlog_proof(text(fields[_PROOF], f"{where}.{_PROOF}").encode()),
        )


@dataclass(frozen=True, slots=True)
class Validity:
    """From when and, unless `until` is 0, to when a credential is valid, in seconds."""

    since: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: its DID, and the partner that it is."""

    did: str
    party: Party

    def to_json(self) -> dict[str, Any]:
        known = self.party.to_json()
        return {"type": ["CredentialIssuer"], "id": self.did, "name": self.party.name, "issuerAlsoKnownAs": [known]}


def credential(
    kind: str,
    name: str,
    subject: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    issuer: Issuer,
    validity: Validity,
    evidence: Sequence[RecordEvidence],
) -> dict[str, Any]:
    """An unsigned credential of a UNTP kind. Its id is its first record's and issuer's, so the same is made again."""
    if not 1 <= len(evidence) <= MOST_EVIDENCE:
        raise MalformedRecord("wrong number of records", where="evidence", expected=f"1 to {MOST_EVIDENCE}")
    first = evidence[0].proof.leaf().record_id
    result: dict[str, Any] = {
        "@context": [VCDM, UNTP],
        "type": [kind, "VerifiableCredential"],
        "id": credential_id(kind, first, issuer.party),
        "issuer": issuer.to_json(),
        "validFrom": moment(validity.since),
        "name": name,
        "credentialSubject": subject,
        "evidence": [one.to_json() for one in evidence],
    }
    if 0 < validity.until <= LATEST:
        result["validUntil"] = moment(validity.until)
    return result


def credential_id(kind: str, about: bytes, issuer: Party) -> str:
    """A URI that no other issuer's credential of the same record has. `about`: the record's id, or a bundle's hash."""
    return f"urn:lading:credential:{kind}:{to_hex(about)}:{issuer.partner}"


def moment(seconds: int) -> str:
    """A time as XML Schema's dateTime has it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_of(seconds: int) -> str:
    return moment(seconds)[:10]


def record_urn(record: RecordId) -> str:
    return f"urn:lading:record:{to_hex(record)}"
