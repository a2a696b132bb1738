"""Leaves, notes, receipts and complete statements: what they are byte for byte, and that nothing else is accepted."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log import leaf as checkpoint
from ledger.log.leaf import Complete, Leaf, LogIdentity, LogSigner, Receipt
from ledger.log.signed_note import MAX_NOTE, NoteSignature, SignedCheckpoint, TreeHead, parse_checkpoint
from ledger.merkle import sorted_root

SIGNER = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
LOG = SIGNER.identity
ROOT = hashlib.sha256(b"root").digest()
NOTE = SIGNER.checkpoint(5, ROOT)

# C2SP tlog-checkpoint and tlog-cosignature print this example, with a witness's signature in the second.
C2SP = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
WITNESS = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
    "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_a_leaf_is_74_bytes_in_the_order_of_the_page() -> None:
    record_id, signatures = RecordId(b"r" * 32), b"s" * 130
    leaf = Leaf.of(5, record_id, signatures, 1_700_000_000).encode()
    assert leaf == b"\x01\x05" + record_id + hashlib.sha256(signatures).digest() + (1_700_000_000).to_bytes(8, "big")
    assert len(leaf) == 74
    assert checkpoint.parse_leaf(leaf) == Leaf.of(5, record_id, signatures, 1_700_000_000)
    assert Leaf.of(23, record_id, b"", 0).signatures_hash == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("data", [b"", bytes(74), b"\x02" + bytes(73), b"\x01" + bytes(72), b"\x01" + bytes(74)])
def test_what_is_no_leaf(data: bytes) -> None:
    with pytest.raises(MalformedRecord):
        checkpoint.parse_leaf(data)


@pytest.mark.parametrize("note", [C2SP, C2SP + WITNESS], ids=["log", "log and witness"])
def test_the_examples_of_c2sp_are_read_and_printed_unchanged(note: str) -> None:
    parsed = parse_checkpoint(note.encode())
    assert parsed.head.origin == "example.com/behind-the-sofa"
    assert parsed.head.size == 20852163
    assert base64.b64encode(parsed.head.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert parsed.signatures[0].key_id.hex() == "033de0ae"
    assert parsed.encode() == note.encode()


def test_the_log_id_is_the_key_id_of_c2sp_in_full() -> None:
    assert LOG.log_id == hashlib.sha256(b"example.com/log\n\x01" + LOG.public_key).digest()
    assert LOG.verifier_key().startswith(f"example.com/log+{LOG.log_id[:4].hex()}+")
    assert checkpoint.parse_verifier_key(LOG.verifier_key()) == LOG


def test_a_checkpoint_is_printed_to_the_byte() -> None:
    text, _, signature = NOTE.decode().partition("\n\n")
    assert text == f"example.com/log\n5\n{base64.b64encode(ROOT).decode()}"
    raw = base64.b64decode(signature.removeprefix("— example.com/log "))
    assert raw[:4] == LOG.key_id
    assert len(raw) == 4 + 64
    assert LOG.verify_checkpoint(NOTE) == TreeHead("example.com/log", 5, ROOT)
    assert SIGNER.checkpoint(5, ROOT) == NOTE, "Ed25519 is deterministic"


def test_foreign_signatures_are_passed_over() -> None:
    assert LOG.verify_checkpoint(NOTE + WITNESS.encode()).size == 5
    same_name = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    other = same_name.checkpoint(5, ROOT).split(b"\n\n")[1]
    assert LOG.verify_checkpoint(NOTE + other).size == 5
    with pytest.raises(VerificationFailed, match="has not signed"):
        LOG.verify_checkpoint(same_name.checkpoint(5, ROOT))


def test_a_key_signs_a_note_once() -> None:
    """Readers might take either of two lines: neither the same again nor another passes, the log's or a witness's."""
    line = NOTE.split(b"\n\n")[1]
    bad = SIGNER.checkpoint(6, ROOT).split(b"\n\n")[1]
    assert line != bad
    cosigned = NOTE + WITNESS.encode()
    for doubled in (NOTE + line, NOTE + bad, cosigned + WITNESS.encode(), cosigned + line):
        for foreign in (False, True):
            with pytest.raises(MalformedRecord, match="a key has signed twice"):
                parse_checkpoint(doubled, foreign=foreign)
    assert len(parse_checkpoint(cosigned).signatures) == 2


def test_extension_lines_are_read_and_signed_with_the_rest() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    head = TreeHead("example.com/log", 5, ROOT, ("extension", "and — another"))
    note = SignedCheckpoint(head, (NoteSignature(head.origin, LOG.key_id, key.sign(head.text().encode())),)).encode()
    assert LOG.verify_checkpoint(note) == head
    for altered in (note.replace(b"extension\n", b"extensions\n"), note.replace(b"extension\n", b"")):
        with pytest.raises(VerificationFailed, match="does not hold"):
            LOG.verify_checkpoint(altered)
    with pytest.raises(MalformedRecord):
        parse_checkpoint(note.replace(b"extension\n", b"\n"))


def test_another_log_is_not_this_log() -> None:
    with pytest.raises(VerificationFailed, match="another log"):
        LogIdentity("example.com/other", LOG.public_key).verify_checkpoint(NOTE)


def test_every_flipped_bit_of_a_checkpoint_is_detected() -> None:
    for position in range(len(NOTE)):
        for bit in range(8):
            altered = bytearray(NOTE)
            altered[position] ^= 1 << bit
            with pytest.raises((MalformedRecord, VerificationFailed)):
                LOG.verify_checkpoint(bytes(altered))


def test_every_cut_of_a_checkpoint_is_refused() -> None:
    for end in range(len(NOTE)):
        with pytest.raises(MalformedRecord):
            parse_checkpoint(NOTE[:end])


SPOILT: dict[str, Callable[[str], str]] = {
    "leading zero": lambda n: n.replace("\n5\n", "\n05\n"),
    "plus sign": lambda n: n.replace("\n5\n", "\n+5\n"),
    "other digits": lambda n: n.replace("\n5\n", "\n\u0665\n"),
    "too many leaves": lambda n: n.replace("\n5\n", f"\n{2**63}\n"),
    "a line before the root": lambda n: n.replace("\n5\n", "\n5\nextension\n"),
    "space after the size": lambda n: n.replace("\n5\n", "\n5 \n"),
    "carriage returns": lambda n: n.replace("\n", "\r\n"),
    "no padding": lambda n: n.replace("=\n\n", "\n\n"),
    "hyphen": lambda n: n.replace("— ", "- "),
    "two spaces": lambda n: n.replace("— ", "—  "),
    "blank line at the end": lambda n: n + "\n",
    "no line end": lambda n: n.rstrip("\n"),
    "blank line in front": lambda n: "\n" + n,
    "no signature line": lambda n: n + "x\n",
    "space in the origin": lambda n: n.replace("example.com/log\n5", "example.com/a log\n5"),
    "plus in the origin": lambda n: n.replace("example.com/log\n5", "example.com+log\n5"),
    "no origin": lambda n: n.replace("example.com/log\n5", "\n5"),
    "unsigned": lambda n: n.split("\n\n")[0] + "\n\n",
    "17 signatures": lambda n: n + "".join(f"— {i} AAAAAAA=\n" for i in range(16)),
    "too large": lambda n: n + "x" * MAX_NOTE,
}


@pytest.mark.parametrize("name", SPOILT)
def test_other_spellings_are_refused(name: str) -> None:
    spoilt = SPOILT[name](NOTE.decode())
    assert spoilt.encode() != NOTE
    with pytest.raises(MalformedRecord):
        parse_checkpoint(spoilt.encode())


@given(st.binary(max_size=300))
def test_no_input_breaks_the_parser(data: bytes) -> None:
    for parser in (parse_checkpoint, checkpoint.parse_leaf):
        try:
            parsed = parser(data)
        except MalformedRecord:
            continue
        assert parsed.encode() == data


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_signed_verifies(size: int, root: bytes) -> None:
    assert LOG.verify_checkpoint(SIGNER.checkpoint(size, root)) == TreeHead("example.com/log", size, root)


# --- receipts and complete statements --------------------------------------------------------------------------------


def test_a_receipt_signs_what_the_page_says() -> None:
    receipt = SIGNER.receipt(7, ROOT, 1_700_000_000)
    message = b"lading/receipt/v1\0" + LOG.log_id + (7).to_bytes(8, "big") + ROOT
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().verify(receipt.signature, message)
    LOG.verify_receipt(receipt)
    again = Receipt.from_json(json.loads(json.dumps(receipt.to_json())))
    assert again == receipt


@pytest.mark.parametrize(
    "change", [{"index": 8}, {"leaf_hash": bytes(32)}, {"log_id": bytes(32)}, {"signature": bytes(64)}]
)
def test_an_altered_receipt_fails(change: dict[str, object]) -> None:
    with pytest.raises(VerificationFailed):
        LOG.verify_receipt(replace(SIGNER.receipt(7, ROOT, 1), **change))  # type: ignore[arg-type]


def test_complete_names_all_records_of_a_subject_at_a_size() -> None:
    ids = [RecordId(bytes([i]) * 32) for i in (3, 1, 2)]
    statement = SIGNER.complete("partner/7", 40, ids)
    message = (
        b"lading/complete/v1\0"
        + LOG.log_id
        + (40).to_bytes(8, "big")
        + hashlib.sha256(b"partner/7").digest()
        + sorted_root(ids)
    )
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().verify(statement.signature, message)
    LOG.verify_complete(statement, reversed(ids))
    for others in (ids[:2], [*ids, RecordId(bytes(32))], []):
        with pytest.raises(VerificationFailed, match="complete"):
            LOG.verify_complete(statement, others)
    for altered in (replace(statement, size=41), replace(statement, subject="partner/8")):
        with pytest.raises(VerificationFailed, match="does not hold"):
            LOG.verify_complete(altered, ids)
    LOG.verify_complete(SIGNER.complete("partner/9", 40, []), [])
    assert Complete.from_json(json.loads(json.dumps(statement.to_json()))) == statement


@pytest.mark.parametrize(
    "change",
    [
        {"index": "7"},
        {"index": True},
        {"index": -1},
        {"index": 2**53},
        {"leafHash": "0x" + "AA" * 32},
        {"leafHash": "aa" * 32},
        {"leafHash": None},
        {"signature": "0x"},
        {"more": 1},
    ],
)
def test_receipts_have_one_spelling(change: dict[str, object]) -> None:
    with pytest.raises(MalformedRecord):
        Receipt.from_json({**SIGNER.receipt(7, ROOT, 1).to_json(), **change})


def test_none_of_the_three_can_pass_for_another() -> None:
    """A note's text holds no zero byte, and the version names differ."""
    with pytest.raises(MalformedRecord):
        LogIdentity("lading/receipt/v1\0", LOG.public_key)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u2003b", "x" * 256])
def test_names_that_are_no_origin(origin: str) -> None:
    with pytest.raises(MalformedRecord):
        LogIdentity(origin, LOG.public_key)


@pytest.mark.parametrize("text", ["", "a+b", "a+b+c", LOG.verifier_key() + "=", LOG.verifier_key().replace("+0", "+1")])
def test_what_is_no_verifier_key(text: str) -> None:
    if text != LOG.verifier_key():
        with pytest.raises(MalformedRecord):
            checkpoint.parse_verifier_key(text)


def test_the_signer_does_not_show_its_key() -> None:
    assert bytes(range(32)).hex() not in repr(SIGNER)
