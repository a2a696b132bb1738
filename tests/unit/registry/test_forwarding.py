"""Consents to forwarding: one canonical text, signed by the key that it names."""

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId, LogId, PartnerId
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.signing import SigningKey
from ledger.registry.forwarding import (
    ConsentRevocation,
    Forwarded,
    ForwardingConsent,
    check_signature,
    document_hash,
    parse_forwarding,
    sign_forwarding,
)

CONSORTIUM = ConsortiumId(b"\x07" * 32)
KEY = SigningKey(b"\x21" * 32)
CONSENT = ForwardingConsent(
    CONSORTIUM, PartnerId(3), KEY.address, LogId(b"\x01" * 32), LogId(b"\x02" * 32), 1_800_000_000, tuple(Forwarded)
)
REVOCATION = ConsentRevocation(CONSORTIUM, KEY.address, document_hash(CONSENT.document()))


@pytest.mark.parametrize("said", [CONSENT, REVOCATION], ids=lambda said: type(said).__name__)
def test_a_document_reads_back_and_any_wallet_signs_it(said: ForwardingConsent | ConsentRevocation) -> None:
    document = said.document()
    assert parse_forwarding(document, CONSORTIUM) == said
    assert document == canonical_json(json.loads(document))
    theirs = Account.sign_message(encode_defunct(document), b"\x21" * 32)
    assert bytes(theirs.signature) == sign_forwarding(said, KEY)
    check_signature(said, bytes(theirs.signature))


def test_another_key_or_text_is_not_signed() -> None:
    with pytest.raises(BadSignature, match="not signed by the key that it names"):
        check_signature(CONSENT, sign_forwarding(CONSENT, SigningKey(b"\x22" * 32)))
    with pytest.raises(BadSignature):
        check_signature(replace(CONSENT, until=CONSENT.until + 1), sign_forwarding(CONSENT, KEY))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lading": "enrolment/1"}, "another kind of document"),
        ({"consortium": "0x" + "08" * 32}, "another consortium"),
        ({"what": ["everything"]}, "cannot be forwarded"),
        ({"what": []}, "wrong number of entries"),
        ({"what": ["parts", "log-only"]}, "not in order"),
        ({"until": 2**40}, "not in range"),
        ({"until": "1800000000"}, "not an integer"),
        ({"partner": 0}, "not in range"),
        ({"to": "0x01"}, "wrong length"),
        ({"url": "https://elsewhere.example"}, "unknown field"),
    ],
    ids=str,
)
def test_what_is_no_consent_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedRecord, match=words):
        parse_forwarding(canonical_json(json.loads(CONSENT.document()) | changes), CONSORTIUM)


def test_only_the_canonical_text_is_taken() -> None:
    for text in (CONSENT.document() + b" ", json.dumps(json.loads(CONSENT.document())).encode(), b"[]", b"{"):
        with pytest.raises(MalformedRecord):
            parse_forwarding(text, CONSORTIUM)
