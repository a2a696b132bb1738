"""Keys of a device make the very signatures that the ledger makes, and sign nothing but records and sign-in texts."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.common.ids import KeyAddress, checksum_address, to_hex
from ledger.records.signing import CURVE_ORDER, SigningKey
from ledger.registry.enrolment import personal_digest
from tests.unit.api.pages.node import in_node

VECTORS = json.loads((Path(__file__).parents[4] / "docs" / "vectors" / "records.json").read_text(encoding="utf-8"))
KEYS = {name: entry for name, entry in VECTORS["keys"].items() if name != "remark"}
KEY = SigningKey(bytes(range(1, 33)))
HOST = "ledger.example.org"


def trust() -> dict[str, Any]:
    money = VECTORS["domains"]["money"]["domain"]
    return {
        "consortiumId": money["salt"], "chainId": money["chainId"], "bonusPool": money["verifyingContract"],
    }  # fmt: skip


def test_a_secret_has_the_address_that_the_ledger_gives_it() -> None:
    names = [name for name, entry in KEYS.items() if "secret" in entry]
    answers = in_node([{"task": "address", "secret": KEYS[name]["secret"]} for name in names])
    assert answers == [KEYS[name]["address"].lower() for name in names]
    assert len(names) > 5


def test_every_signature_of_the_vectors_is_made_again() -> None:
    cases, expected = [], []
    for vector in VECTORS["vectors"]:
        for signer, signature in zip(vector["signers"], vector["signatures"], strict=True):
            if "secret" in KEYS.get(signer, {}):
                record = {"type": vector["type"], "message": vector["message"]}
                cases.append({"task": "sign", "secret": KEYS[signer]["secret"], "record": record, "trust": trust()})
                expected.append(signature)
    assert len(cases) > 25
    assert in_node(cases) == expected


def message(address: KeyAddress = KEY.address, host: str = HOST) -> str:
    return f"{host} wants you to sign in with your Ethereum account:\n{checksum_address(address)}\n\nSign in.\n"


def test_a_sign_in_text_is_signed_as_the_ledger_does() -> None:
    texts = [message(), "ß 日本", ""]
    made = in_node([{"task": "text", "secret": to_hex(KEY.secret()), "text": text} for text in texts])
    assert made == [to_hex(KEY.sign_digest(personal_digest(text.encode()))) for text in texts]


@pytest.mark.parametrize(
    ("text", "host", "refusal"),
    [
        (message(), HOST, None),
        (message(host="evil.example.org"), HOST, "calls itself evil.example.org"),
        (message(KeyAddress(bytes(20))), HOST, "something else"),
        ("Pay 1 EUR\n" + message(), HOST, "something else"),
        ("", HOST, "something else"),
    ],
)
def test_only_a_sign_in_of_this_very_page_is_signed(text: str, host: str, refusal: str | None) -> None:
    (answer,) = in_node([{"task": "signIn", "message": text, "address": to_hex(KEY.address), "host": host}])
    assert answer == "fits" if refusal is None else refusal in answer


def spellings(signature: bytes) -> list[str]:
    """All that wallets make of one signature."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    high = CURVE_ORDER - s
    return [
        to_hex(signature),
        signature.hex().upper(),
        to_hex(signature[:64] + bytes([v - 27])),
        to_hex(r + high.to_bytes(32, "big") + bytes([55 - v])),
        to_hex(r + (s | (v - 27) << 255).to_bytes(32, "big")),
    ]


def test_every_spelling_of_a_signature_is_one_signature() -> None:
    digest = bytes(range(32))
    for number in range(1, 9):
        key = SigningKey(number.to_bytes(32, "big"))
        signature = key.sign_digest(digest)
        answers = in_node([{"task": "spelt", "signature": one} for one in spellings(signature)])
        assert set(answers) == {to_hex(signature)}
    for bad in ("", "0x12", to_hex(bytes(64) + b"\5"), "no"):
        assert str(in_node([{"task": "spelt", "signature": bad}])[0]).startswith("refused")


def test_a_signature_of_another_key_or_text_is_not_taken() -> None:
    digest, other = bytes(range(32)), bytes(32)
    address, signature = to_hex(KEY.address), to_hex(KEY.sign_digest(digest))
    given = [(address, digest, signature), (to_hex(bytes(20)), digest, signature), (address, other, signature)]
    answers = in_node([{"task": "signedBy", "address": a, "digest": to_hex(d), "signature": s} for a, d, s in given])
    assert answers[0] == signature
    assert all("another key's" in answer for answer in answers[1:])
