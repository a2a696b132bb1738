"""Wallets spell signatures and bytes in many ways: one spelling comes in, so that no leaf depends on the wallet."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.common.ids import checksum_address, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.signing import CURVE_ORDER, SignedRecord, SigningKey, recover
from ledger.records.types import Details, KeyRevoke
from ledger.records.wallet_input import (
    address_from_wallet,
    canonical_signature,
    envelope_from_wallet,
    record_from_wallet,
    signature_from_wallet,
)

DIGEST = keccak256(b"a digest")
KEYS = [SigningKey(bytes([n]) * 32) for n in range(1, 21)]


def zero_or_one(signature: bytes) -> bytes:
    return signature[:64] + bytes([signature[64] - 27])


def compact(signature: bytes) -> bytes:
    """EIP-2098."""
    s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + s.to_bytes(32, "big")


def high_s(signature: bytes) -> bytes:
    s = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def high_s_from_zero(signature: bytes) -> bytes:
    return zero_or_one(high_s(signature))


def capitals(signature: bytes) -> str:
    return "0X" + signature.hex().upper()


@pytest.mark.parametrize("spell", [bytes, zero_or_one, compact, high_s, high_s_from_zero])
@pytest.mark.parametrize("write", [bytes.hex, to_hex, capitals])
def test_one_signature_comes_in_however_a_wallet_spells_it(
    spell: Callable[[bytes], bytes], write: Callable[[bytes], str]
) -> None:
    seen = set()
    for key in KEYS:
        signature = key.sign_digest(DIGEST)
        seen.add(signature[64])
        assert signature_from_wallet(write(spell(signature))) == signature
        assert recover(DIGEST, signature_from_wallet(write(spell(signature)))) == key.address
    assert seen == {27, 28}


def test_eip_2098_examples() -> None:
    """The two test cases of the EIP."""
    key = SigningKey(bytes.fromhex("1234567890" * 6 + "1234"))
    first = (
        "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
    )
    second = (
        "0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
        "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793"
    )
    for text, message in ((first, b"Hello World"), (second, b"It's a small(er) world")):
        digest = keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
        assert recover(digest, signature_from_wallet(text)) == key.address


@pytest.mark.parametrize("v", [2, 26, 29, 35, 255])
def test_another_v_is_not_guessed(v: int) -> None:
    signature = KEYS[0].sign_digest(DIGEST)
    with pytest.raises(BadSignature, match="not a signature"):
        canonical_signature(signature[:64] + bytes([v]))


@pytest.mark.parametrize("s", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
def test_an_s_that_is_no_number_of_the_curve_is_refused(s: int) -> None:
    signature = KEYS[0].sign_digest(DIGEST)
    with pytest.raises(BadSignature, match="s is no number"):
        canonical_signature(signature[:32] + s.to_bytes(32, "big") + signature[64:])


@pytest.mark.parametrize("text", ["", "0x", "0x12", "zz" * 65, "0x" + "00" * 66, "0x" + "0" * 129, None, 5, [], {}])
def test_what_is_no_signature_is_refused(text: object) -> None:
    with pytest.raises(MalformedRecord, match="not a signature"):
        signature_from_wallet(text)


def test_addresses_come_as_eip_55_spells_them() -> None:
    address = bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")  # of the EIP
    spelt = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert checksum_address(address) == spelt
    for text in (spelt, spelt[2:], spelt.lower(), "0x" + spelt[2:].upper(), to_hex(address)):
        assert address_from_wallet(text) == address
    with pytest.raises(MalformedRecord, match="do not check") as caught:
        address_from_wallet(spelt.replace("aAeb", "AAeb"))
    assert caught.value.expected == spelt


def test_a_message_is_read_however_its_bytes_are_spelt_and_kept_in_one_way() -> None:
    record = KeyRevoke(7, KEYS[0].address, Details(bytes(16), ""))
    plain = record.to_json()
    address = checksum_address(KEYS[0].address)
    for spelt in (address, address[2:], address.lower()):
        assert record_from_wallet("KeyRevoke", plain | {"key": spelt}) == record
    with pytest.raises(MalformedRecord, match="do not check") as caught:
        record_from_wallet("KeyRevoke", plain | {"key": address.swapcase().replace("0X", "0x")})
    assert caught.value.where == "message.key"
    signature = KEYS[0].sign_digest(DIGEST)
    envelope: dict[str, Any] = {"type": "KeyRevoke", "message": plain, "signatures": [high_s(signature).hex().upper()]}
    assert envelope_from_wallet(envelope).to_json() == SignedRecord(record, (signature,)).to_json()
    with pytest.raises(MalformedRecord):
        SignedRecord.from_json(json.loads(json.dumps(envelope)))  # files and bundles have one spelling
