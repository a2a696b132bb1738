"""Enrolment: what a partner signs to be admitted, before any registry change exists.

The partner's document is RFC 8785 JSON with its name, GLN, master key, the roles it asks for and the consortium. The
master key signs the text with EIP-191 (`personal_sign`), which any wallet offers, and so proves its possession. The
council then signs `RegistryChange` records: the admission carries the document's SHA-256, each role its scope.
"""

import hashlib
from dataclasses import dataclass

from ledger.codes import Role
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import ConsortiumId, KeyAddress, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, text
from ledger.common.keccak import keccak256
from ledger.common.scopes import scope_bytes
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.signing import SigningKey, recover

VERSION = "enrolment/1"
MAX_DOCUMENT = 4096


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """A role and its scope as people write it: `US`, `lading/authenticity/v1`, `950600013`, or empty."""

    role: Role
    scope: str = ""

    def scope_bytes(self) -> bytes:
        return scope_bytes(self.role, self.scope)


@dataclass(frozen=True, slots=True)
class Enrolment:
    consortium: ConsortiumId
    name: str
    gln: str
    key: KeyAddress
    roles: tuple[RoleRequest, ...]

    def document(self) -> bytes:
        """The exact bytes that the master key signs and whose SHA-256 the admission carries."""
        return canonical_json(
            {
                "consortium": to_hex(self.consortium),
                "gln": self.gln,
                "key": to_hex(self.key),
                "lading": VERSION,
                "name": self.name,
                "roles": [{"role": r.role.name.lower(), "scope": r.scope} for r in self.roles],
            }
        )

    def document_hash(self) -> bytes:
        return hashlib.sha256(self.document()).digest()


def parse_enrolment(document: bytes, consortium: ConsortiumId) -> Enrolment:
    """The enrolment in `document`; accepts only the canonical text. Raises `MalformedRecord`."""
    data = parse_json(document, max_size=MAX_DOCUMENT, where="document")
    fields_of(data, "document", ("consortium", "gln", "key", "lading", "name", "roles"))
    if data["lading"] != VERSION:
        raise MalformedRecord("another kind of document", where="document.lading", expected=VERSION)
    if data["consortium"] != to_hex(consortium):
        raise MalformedRecord("made for another consortium", where="document.consortium", expected=to_hex(consortium))
    enrolment = Enrolment(
        consortium,
        text(data["name"], "document.name", 1, 200),
        text(data["gln"], "document.gln", 0, 13),
        KeyAddress(hex_bytes(data["key"], "document.key", 20)),
        tuple(_role(entry, at) for at, entry in entries(data["roles"], "document.roles", most=20)),
    )
    if enrolment.document() != document:
        raise MalformedRecord("not canonical", where="document", expected="RFC 8785 JSON without white space")
    return enrolment


def personal_digest(message: bytes) -> bytes:
    """EIP-191 version 0x45: what `personal_sign` signs."""
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def sign_enrolment(enrolment: Enrolment, key: SigningKey) -> bytes:
    return key.sign_digest(personal_digest(enrolment.document()))


def check_possession(enrolment: Enrolment, signature: bytes) -> None:
    """Raise `BadSignature` unless the enrolment's own key signed its document."""
    signer = recover(personal_digest(enrolment.document()), signature)
    if signer != enrolment.key:
        raise BadSignature(
            "not signed by the key to be enrolled",
            where="signature",
            expected=to_hex(enrolment.key),
            found=to_hex(signer),
        )


def _role(entry: object, where: str) -> RoleRequest:
    fields = fields_of(entry, where, ("role", "scope"))
    names = {role.name.lower(): role for role in Role}
    name = text(fields["role"], f"{where}.role")
    if name not in names:
        raise MalformedRecord("no such role", where=where, expected=", ".join(names), found=name[:40])
    request = RoleRequest(names[name], text(fields["scope"], f"{where}.scope"))
    request.scope_bytes()
    return request
