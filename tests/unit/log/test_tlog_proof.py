"""C2SP tlog-proof: the specification's own shape is read, ours printed to the byte, and nothing altered is taken."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.leaf import Leaf, LogSigner
from ledger.log.signed_note import NoteSignature, SignedCheckpoint, TreeHead, parse_checkpoint
from ledger.log.tlog_proof import HEADER, MAX_TLOG_PROOF, TlogProof, parse_tlog_proof

SIGNER = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESSES = [Cosigner(f"witness.example/{i}", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)) for i in range(3)]
POLICY = WitnessPolicy(2, tuple(witness.identity for witness in WITNESSES))
LEAVES = [Leaf.of(1, RecordId(bytes([i]) * 32), b"s", 1_700_000_000 + i).encode() for i in range(21)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def proof(index: int = 7, size: int = 21, cosigned: int = 2) -> TlogProof:
    note = SIGNER.checkpoint(size, merkle.root(HASHES[:size]))
    head = parse_checkpoint(note).head
    note = with_cosignatures(note, [witness.cosign(head, 1_700_000_100) for witness in WITNESSES[:cosigned]])
    return TlogProof(index, tuple(merkle.inclusion_proof(HASHES[:size], index)), note, LEAVES[index])


def read_and_verify(data: bytes) -> None:
    """As a reader does who asks for both witnesses and takes the leaf from the file."""
    parsed = parse_tlog_proof(data)
    parsed.verify(SIGNER.identity, parsed.extra or b"", WitnessPolicy(2, POLICY.keys[:2]))


def test_it_is_printed_as_the_page_says() -> None:
    lines = proof().encode().decode().split("\n")
    assert lines[0] == HEADER == "c2sp.org/tlog-proof@v1"
    assert lines[1] == "extra " + base64.b64encode(LEAVES[7]).decode()
    assert lines[2] == "index 7"
    assert [base64.b64decode(line) for line in lines[3:8]] == merkle.inclusion_proof(HASHES, 7)
    assert lines[8:11] == ["", "example.com/log", "21"]
    assert [line.split(" ")[1] for line in lines[13:16]] == [
        "example.com/log",
        "witness.example/0",
        "witness.example/1",
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 8, 21])
def test_every_proof_of_a_tree_holds_and_says_what_the_leaf_is(size: int) -> None:
    for index in range(size):
        parsed = parse_tlog_proof(proof(index, size).encode())
        assert parsed == proof(index, size)
        assert parsed.verify(SIGNER.identity, LEAVES[index], POLICY).size == size
        assert parsed.leaf().record_id == bytes([index]) * 32
        with pytest.raises(VerificationFailed):
            parsed.verify(SIGNER.identity, LEAVES[(index + 1) % 21], POLICY)


def test_every_flipped_bit_is_refused() -> None:
    data = proof().encode()
    count = 0
    for at in range(len(data)):
        for bit in range(8):
            altered = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            with pytest.raises((MalformedRecord, VerificationFailed)):
                read_and_verify(altered)
            count += 1
    assert count == 8 * len(data) > 6_000


def test_too_few_witnesses_are_refused_where_the_reader_asks_for_them() -> None:
    one = proof(cosigned=1)
    assert one.verify(SIGNER.identity, LEAVES[7]).size == 21
    with pytest.raises(VerificationFailed, match="too few witnesses"):
        one.verify(SIGNER.identity, LEAVES[7], POLICY)


def test_proofs_of_other_logs_are_read_with_extension_lines_and_without_extra() -> None:
    text = TreeHead("other.example/a log", 1, HASHES[0], ("an extension", "another")).text()
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    note = SignedCheckpoint(
        TreeHead("other.example/a log", 1, HASHES[0], ("an extension", "another")),
        (NoteSignature("other.example", b"abcd", key.sign(text.encode())),),
    ).encode()
    data = f"{HEADER}\nindex 0\n\n".encode() + note
    parsed = parse_tlog_proof(data)
    assert (parsed.index, parsed.path, parsed.extra, parsed.encode()) == (0, (), None, data)
    with pytest.raises(MalformedRecord):
        parsed.leaf()


GOOD = proof().encode().decode()
SPOILT = {
    "another version": GOOD.replace("@v1", "@v2"),
    "no index": GOOD.replace("index 7\n", ""),
    "a leading zero": GOOD.replace("index 7", "index 07"),
    "a sign": GOOD.replace("index 7", "index +7"),
    "too large an index": GOOD.replace("index 7", f"index {2**63}"),
    "extra after the index": GOOD.replace("index 7\n", "index 7\nextra AAAA\n"),
    "extra twice": GOOD.replace("index 7\n", "extra AAAA\nindex 7\n"),
    "extra of another spelling": GOOD.replace("extra AQ", "extra A Q"),
    "a short hash": GOOD.replace("index 7\n", "index 7\nAAAA\n"),
    "too many hashes": GOOD.replace("index 7\n", "index 7\n" + f"{base64.b64encode(bytes(32)).decode()}\n" * 65),
    "no checkpoint": GOOD.split("\n\n")[0] + "\n\n",
    "no empty line": GOOD.split("\n\n")[0] + "\n",
    "no end": GOOD[:-1],
    "a line more": GOOD + "\n",
    "carriage returns": GOOD.replace("\n", "\r\n"),
    "a doubled signature": GOOD + GOOD.splitlines(keepends=True)[-1],
    "too large": GOOD + "x" * MAX_TLOG_PROOF,
}


@pytest.mark.parametrize("name", SPOILT)
def test_other_spellings_are_refused(name: str) -> None:
    assert SPOILT[name] != GOOD
    with pytest.raises(MalformedRecord):
        parse_tlog_proof(SPOILT[name].encode())


@given(st.binary(max_size=300))
def test_no_input_breaks_the_parser(data: bytes) -> None:
    for given_data in (data, f"{HEADER}\n".encode() + data):
        try:
            parsed = parse_tlog_proof(given_data)
        except MalformedRecord:
            continue
        assert parsed.encode() == given_data
