"""COSE receipts: a stranger's verifier (PyPI `scitt-cose`) takes them all, and neither it nor ours any altered one."""

import dataclasses
import hashlib

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from scitt_cose.receipt import verify_receipt

from ledger import merkle
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.formats.cose_receipt import MAX_RECEIPT, SIGN1, CoseReceipt, parse_receipt, receipt_of
from ledger.log.cose_head import key_thumbprint, signed_message
from ledger.log.leaf import Leaf, LogSigner

SIGNER = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
LOG = SIGNER.identity
LARGEST = 65
LEAVES = [Leaf.of(1, RecordId(bytes([i]) * 32), b"signatures", 1_700_000_000 + i).encode() for i in range(LARGEST)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
FIELDS = (
    ("protected", b"\xa0"), ("size", 21), ("size", 19), ("index", 6), ("index", 8), ("path", ()),
    ("signature", bytes(64)),
)  # fmt: skip


def pem(key: bytes) -> bytes:
    return Ed25519PublicKey.from_public_bytes(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


KEY = pem(LOG.public_key)


def receipt(index: int, size: int) -> CoseReceipt:
    signature = SIGNER.cose_head(size, merkle.root(HASHES[:size]))
    return receipt_of(LOG, index, size, merkle.inclusion_proof(HASHES[:size], index), signature)


def stranger_takes(data: bytes, leaf: bytes, key: bytes = KEY) -> bool:
    result: bool = verify_receipt(data, leaf_entry_hex=leaf.hex(), log_public_key_pem=key).ok
    return result


def we_take(data: bytes, leaf: bytes) -> bool:
    try:
        parse_receipt(data).verify(LOG, leaf)
    except (MalformedRecord, VerificationFailed):
        return False
    return True


def flips(data: bytes) -> list[bytes]:
    numbers = ((at, bit) for at in range(len(data)) for bit in range(8))
    return [data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at, bit in numbers]


def test_every_receipt_of_every_tree_is_taken_and_of_no_other_leaf() -> None:
    taken = refused = 0
    for size in range(1, LARGEST + 1):
        for index in range(size):
            data = receipt(index, size).encode()
            taken += stranger_takes(data, LEAVES[index]) and we_take(data, LEAVES[index])
            other = bytearray(LEAVES[index])
            other[(index + size) % len(other)] ^= 1 << size % 8
            refused += not stranger_takes(data, bytes(other)) and not we_take(data, bytes(other))
    assert taken == refused == LARGEST * (LARGEST + 1) // 2 == 2145


@pytest.mark.parametrize(
    "size", [1, 2, 3, 7, 8, 65, *(pytest.param(size, marks=pytest.mark.drill) for size in (4, 5, 6, *range(9, 18), 33))]
)
def test_every_flipped_bit_is_refused(size: int) -> None:
    """By ours without exception. RFC 9942 signs no size, and the stranger knows nothing of the subject in our header:
    it takes those whose size alone is another with the same path, and then tells a size that nobody signed.
    """
    index = size * 2 // 3
    whole = receipt(index, size)
    data, leaf = whole.encode(), LEAVES[index]
    altered = flips(data)
    assert len(altered) == 8 * len(data) > 1_700
    assert [one for one in altered if we_take(one, leaf)] == []
    taken = [one for one in altered if stranger_takes(one, leaf)]
    for one in taken:
        other = parse_receipt(one)
        assert dataclasses.replace(other, size=size) == whole, "the size, and nothing else"
        assert merkle.root_of_inclusion(HASHES[index], index, other.size, other.path) == merkle.root(HASHES[:size])
    assert len(taken) <= 6, "the bits of a small number"


def test_another_key_is_refused() -> None:
    data = receipt(3, 7).encode()
    other = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    assert not stranger_takes(data, LEAVES[3], pem(other.identity.public_key))
    with pytest.raises(VerificationFailed, match="another log"):
        parse_receipt(data).verify(other.identity, LEAVES[3])


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_an_altered_field_is_refused(field: str, value: object) -> None:
    altered = dataclasses.replace(receipt(7, 20), **{field: value})  # type: ignore[arg-type]
    with pytest.raises(VerificationFailed):
        altered.verify(LOG, LEAVES[7])


def test_the_header_is_what_a_library_would_encode() -> None:
    for origin in ("a", "example.com/" + "x" * 11, "example.com/" + "x" * 12, "ä" * 255):
        log = LogSigner(origin, Ed25519PrivateKey.from_private_bytes(bytes(range(32)))).identity
        kid = hashlib.sha256(cbor2.dumps({1: 1, -1: 6, -2: log.public_key}, canonical=True)).digest()
        header = {1: -8, 4: kid, 15: {1: origin, 2: f"0x{log.log_id.hex()}/9"}, 395: 1}
        assert log.cose_header(9) == cbor2.dumps(header, canonical=True)
        assert kid == key_thumbprint(log.public_key)
        message = ["Signature1", log.cose_header(9), b"", bytes(32)]
        assert signed_message(log.cose_header(9), bytes(32)) == cbor2.dumps(message)


def test_a_receipt_names_its_key() -> None:
    assert receipt(0, 1).key() == key_thumbprint(LOG.public_key)
    assert receipt(0, 1).encode().startswith(SIGN1)
    headers: tuple[object, ...] = ({1: -7, 4: b"k", 395: 1}, {1: -8, 4: b"k", 395: 2}, {1: -8, 395: 1}, [], 5)
    for header in headers:
        with pytest.raises(MalformedRecord):
            dataclasses.replace(receipt(0, 1), protected=cbor2.dumps(header)).key()


def spoilt() -> dict[str, bytes]:
    good = receipt(7, 20)
    proof = cbor2.dumps([20, 7, list(good.path)])

    def shaped(*parts: object, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    def with_proof(value: object) -> bytes:
        return shaped(good.protected, {396: {-1: [cbor2.dumps(value)]}}, None, good.signature)

    return {
        "nothing": b"",
        "no CBOR": b"\xff",
        "deep": b"\x81" * 5_000 + b"\x00",
        "too large": b"\x00" * (MAX_RECEIPT + 1),
        "trailing bytes": good.encode() + b"\x00",
        "another tag": shaped(good.protected, {396: {-1: [proof]}}, None, good.signature, tag=17),
        "no tag": cbor2.dumps([good.protected, {396: {-1: [proof]}}, None, good.signature]),
        "attached payload": shaped(good.protected, {396: {-1: [proof]}}, bytes(32), good.signature),
        "two proofs": shaped(good.protected, {396: {-1: [proof, proof]}}, None, good.signature),
        "consistency": shaped(good.protected, {396: {-2: [proof]}}, None, good.signature),
        "another label": shaped(good.protected, {396: {-1: [proof]}, 5: 1}, None, good.signature),
        "no header": shaped(good.protected, {}, None, good.signature),
        "short signature": shaped(good.protected, {396: {-1: [proof]}}, None, good.signature[1:]),
        "true for a size": with_proof([True, 0, []]),
        "true for an index": with_proof([2, True, [bytes(32)]]),
        "index beyond": with_proof([20, 20, list(good.path)]),
        "a short hash": with_proof([20, 7, [*good.path[1:], bytes(31)]]),
        "a text for a hash": with_proof([20, 7, ["x", *good.path[1:]]]),
        "too many hashes": with_proof([20, 7, [bytes(32)] * 65]),
        "indefinite": good.encode().replace(b"\x83\x14\x07", b"\x9f\x14\x07", 1),
    }


@pytest.mark.parametrize("name", spoilt())
def test_what_is_no_receipt(name: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_receipt(spoilt()[name])


@given(st.binary(max_size=500))
def test_no_input_breaks_the_parser(data: bytes) -> None:
    for given_data in (data, SIGN1 + data):
        try:
            parsed = parse_receipt(given_data)
        except MalformedRecord:
            continue
        assert parsed.encode() == given_data
