"""Enrolment documents: one canonical text, signed by the key that is to be enrolled."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from ledger.codes import Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId
from ledger.common.scopes import SCOPED, scope_bytes
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.signing import SigningKey
from ledger.registry.enrolment import (
    MAX_DOCUMENT,
    Enrolment,
    RoleRequest,
    check_possession,
    parse_enrolment,
    personal_digest,
    sign_enrolment,
)

CONSORTIUM = ConsortiumId(b"\x07" * 32)
KEY = SigningKey(b"\x21" * 32)
ENROLMENT = Enrolment(
    CONSORTIUM,
    "Käserei Grün & Söhne",
    "9506000134352",
    KEY.address,
    (RoleRequest(Role.SUPPLIER), RoleRequest(Role.BRAND, "950600013"), RoleRequest(Role.CUSTOMS, "DE")),
)


def test_a_document_reads_back_and_has_one_text() -> None:
    document = ENROLMENT.document()
    assert parse_enrolment(document, CONSORTIUM) == ENROLMENT
    assert document == canonical_json(json.loads(document))
    assert ENROLMENT.document_hash() == hashlib.sha256(document).digest()


def test_any_wallet_can_sign_it() -> None:
    """personal_sign, as eth_account does it."""
    theirs = Account.sign_message(encode_defunct(ENROLMENT.document()), b"\x21" * 32)
    assert bytes(theirs.signature) == sign_enrolment(ENROLMENT, KEY)
    assert bytes(theirs.message_hash) == personal_digest(ENROLMENT.document())
    check_possession(ENROLMENT, bytes(theirs.signature))


def test_only_the_enrolled_key_proves_its_possession() -> None:
    other = SigningKey(b"\x22" * 32)
    with pytest.raises(BadSignature, match="not signed by the key to be enrolled"):
        check_possession(ENROLMENT, sign_enrolment(ENROLMENT, other))
    with pytest.raises(BadSignature):
        check_possession(replace(ENROLMENT, name="Another name"), sign_enrolment(ENROLMENT, KEY))
    with pytest.raises(BadSignature):
        check_possession(ENROLMENT, b"")


def document(**changes: Any) -> bytes:
    return canonical_json(json.loads(ENROLMENT.document()) | changes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[]", "document: not an object"),
        (b"null", "document: not an object"),
        (document(extra=1), "document.extra: unknown field"),
        (b"{}", "document.consortium: missing field"),
        (document(lading="enrolment/2"), "another kind"),
        (document(consortium="0x" + "00" * 32), "another consortium"),
        (document(name=""), "1 to 200"),
        (document(name="a" * 201), "1 to 200"),
        (document(name=7), "document.name: not a text"),
        (document(gln="95060001343521"), "0 to 13"),
        (document(key="0x" + "gg" * 20), "document.key: not lower-case hex"),
        (document(key="0x" + KEY.address.hex().upper()), "document.key: not lower-case hex"),
        (document(roles={}), "document.roles: not a list"),
        (document(roles=[{"role": "carrier", "scope": ""}] * 21), "document.roles: wrong number of entries"),
        (document(roles=["carrier"]), r"roles\[0\]: not an object"),
        (document(roles=[{"role": "carrier"}]), r"roles\[0\].scope: missing field"),
        (document(roles=[{"role": "pirate", "scope": ""}]), "no such role"),
        (document(roles=[{"role": ["carrier"], "scope": ""}]), r"roles\[0\].role: not a text"),
        (document(roles=[{"role": 2, "scope": ""}]), r"roles\[0\].role: not a text"),
        (document(roles=[{"role": "Carrier", "scope": ""}]), "no such role"),
        (document(roles=[{"role": "carrier", "scope": 1}]), r"roles\[0\].scope: not a text"),
        (document(roles=[{"role": "carrier", "scope": "DE"}]), "takes no scope"),
        (document(roles=[{"role": "customs", "scope": "de"}]), "not a scope of this role"),
        (ENROLMENT.document() + b"\n", "not canonical"),
        (json.dumps(json.loads(ENROLMENT.document())).encode(), "not canonical"),
        (b" " * (MAX_DOCUMENT + 1), "too large"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_documents_that_are_none_are_refused(text: bytes, why: str) -> None:
    with pytest.raises(MalformedRecord, match=why):
        parse_enrolment(text, CONSORTIUM)


def test_scopes_as_the_registry_stores_them() -> None:
    assert scope_bytes(Role.CUSTOMS, "US") == b"US" + bytes(30)
    assert scope_bytes(Role.BRAND, "950600013") == b"950600013" + bytes(23)
    assert scope_bytes(Role.ISSUER, "lading/authenticity/v1") == hashlib.sha256(b"lading/authenticity/v1").digest()
    assert scope_bytes(Role.CARRIER, "") == bytes(32)
    assert {Role.CUSTOMS, Role.ISSUER, Role.BRAND} == SCOPED.keys()


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.CUSTOMS, ""), (Role.CUSTOMS, "USA"), (Role.CUSTOMS, "U1"), (Role.CUSTOMS, "us"), (Role.CUSTOMS, "ÄÖ"),
        (Role.BRAND, ""), (Role.BRAND, "123"), (Role.BRAND, "1" * 13), (Role.BRAND, "12a4"), (Role.BRAND, "١٢٣٤"),
        (Role.ISSUER, ""), (Role.ISSUER, "a" * 129), (Role.CARRIER, "x"), (Role.AUDITOR, " "),
    ],
)  # fmt: skip
def test_scopes_that_are_none_are_refused(role: Role, scope: str) -> None:
    with pytest.raises(MalformedRecord):
        scope_bytes(role, scope)
