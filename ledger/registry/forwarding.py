"""Consent to forwarding: what a partner signs so that one operator hands its records in at another's log.

Like an enrolment it is RFC 8785 JSON, which a master key of the partner signs with EIP-191 (`personal_sign`). It is no
record, so it has no leaf and no place on the chain. It names the two logs, what is forwarded and until when. Another
such document revokes it.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import ConsortiumId, KeyAddress, LogId, PartnerId, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, text
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.signing import SigningKey, recover
from ledger.registry.enrolment import personal_digest

CONSENT, REVOCATION = "forwarding-consent/1", "forwarding-revocation/1"
MAX_DOCUMENT = 4096
_MOST = 2**40 - 1


class Forwarded(StrEnum):
    """What a consent covers: records that no contract takes, whole; opened parts of those that the chain carries."""

    LOG_ONLY = "log-only"
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class ForwardingConsent:
    """`partner`, by its `key`, lets the operator of the log `source` forward `what` to the log `destination`.

    It counts before the UTC second `until`. `what` is sorted, each once, and not empty.
    """

    consortium: ConsortiumId
    partner: PartnerId
    key: KeyAddress
    source: LogId
    destination: LogId
    until: int
    what: tuple[Forwarded, ...]

    def document(self) -> bytes:
        """The exact bytes that the key signs."""
        return canonical_json(
            {
                "consortium": to_hex(self.consortium),
                "from": to_hex(self.source),
                "key": to_hex(self.key),
                "lading": CONSENT,
                "partner": self.partner,
                "to": to_hex(self.destination),
                "until": self.until,
                "what": list(self.what),
            }
        )


@dataclass(frozen=True, slots=True)
class ConsentRevocation:
    """From when it is handed in, the consent with this document hash counts no more."""

    consortium: ConsortiumId
    key: KeyAddress
    consent: bytes

    def document(self) -> bytes:
        """The exact bytes that the key signs."""
        return canonical_json(
            {
                "consent": to_hex(self.consent),
                "consortium": to_hex(self.consortium),
                "key": to_hex(self.key),
                "lading": REVOCATION,
            }
        )


def document_hash(document: bytes) -> bytes:
    """SHA-256, by which a consent is named."""
    return hashlib.sha256(document).digest()


def parse_forwarding(document: bytes, consortium: ConsortiumId) -> ForwardingConsent | ConsentRevocation:
    """The consent or revocation in `document`; accepts only the canonical text. Raises `MalformedRecord`."""
    data = parse_json(document, max_size=MAX_DOCUMENT, where="document")
    kind = data.get("lading") if isinstance(data, dict) else None
    if kind not in (CONSENT, REVOCATION):
        expected = f"{CONSENT} or {REVOCATION}"
        raise MalformedRecord("another kind of document", where="document.lading", expected=expected)
    result = _consent(data) if kind == CONSENT else _revocation(data)
    if result.consortium != consortium:
        raise MalformedRecord("made for another consortium", where="document.consortium", expected=to_hex(consortium))
    if result.document() != document:
        raise MalformedRecord("not canonical", where="document", expected="RFC 8785 JSON without white space")
    return result


def sign_forwarding(said: ForwardingConsent | ConsentRevocation, key: SigningKey) -> bytes:
    return key.sign_digest(personal_digest(said.document()))


def check_signature(said: ForwardingConsent | ConsentRevocation, signature: bytes) -> None:
    """Raise `BadSignature` unless the key that the document names signed it."""
    signer = recover(personal_digest(said.document()), signature)
    if signer != said.key:
        raise BadSignature(
            "not signed by the key that it names", where="signature", expected=to_hex(said.key), found=to_hex(signer)
        )


def _consent(data: Any) -> ForwardingConsent:
    names = ("consortium", "from", "key", "lading", "partner", "to", "until", "what")
    fields = fields_of(data, "document", names)
    what = tuple(_forwarded(entry, where) for where, entry in entries(fields["what"], "document.what", 1, 2))
    if list(what) != sorted(set(what)):
        raise MalformedRecord("not in order", where="document.what", expected="sorted, each once")
    return ForwardingConsent(
        ConsortiumId(hex_bytes(fields["consortium"], "document.consortium", 32)),
        PartnerId(integer(fields["partner"], "document.partner", 1, _MOST)),
        KeyAddress(hex_bytes(fields["key"], "document.key", 20)),
        LogId(hex_bytes(fields["from"], "document.from", 32)),
        LogId(hex_bytes(fields["to"], "document.to", 32)),
        integer(fields["until"], "document.until", 1, _MOST),
        what,
    )


def _revocation(data: Any) -> ConsentRevocation:
    fields = fields_of(data, "document", ("consent", "consortium", "key", "lading"))
    return ConsentRevocation(
        ConsortiumId(hex_bytes(fields["consortium"], "document.consortium", 32)),
        KeyAddress(hex_bytes(fields["key"], "document.key", 20)),
        hex_bytes(fields["consent"], "document.consent", 32),
    )


def _forwarded(value: object, where: str) -> Forwarded:
    name = text(value, where)
    if name not in set(Forwarded):
        raise MalformedRecord("cannot be forwarded", where=where, expected=", ".join(Forwarded), found=name[:40])
    return Forwarded(name)
