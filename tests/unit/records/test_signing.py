"""The hot path of ids and signatures against eth_account, and every signature that must be refused."""

import json
import random
from typing import Any

import pytest
from coincurve import PublicKey
from coincurve.ecdsa import cdata_to_der, deserialize_recoverable, recoverable_convert
from eth_account import Account
from eth_account.messages import encode_typed_data

from ledger.common.ids import ConsortiumId, checksum_address, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.signing import Domain, SignedRecord, SigningKey, recover, signature_from_hex
from ledger.records.types import RECORDS, Endorsement, Handoff, Outcome, Record
from tests.samples import SIGNABLE, sample

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
DOMAIN = Domain(ConsortiumId(bytes(range(32))), 4_294_967_296, b"\xab" * 20)
KEY = SigningKey(b"\x01" * 32)
DIGEST = keccak256(b"a record")


def id_by_eth_account(domain: Domain, record: Record) -> bytes:
    """The digest that eth_account, an implementation independent of ours, gives for the wallet payload."""
    # Through JSON and back: what a wallet gets is text.
    message = encode_typed_data(full_message=json.loads(json.dumps(domain.typed_data(record))))
    return keccak256(b"\x19" + message.version + message.header + message.body)


@pytest.mark.parametrize("kind", SIGNABLE, ids=lambda kind: kind.__name__)
def test_ids_equal_eth_account(kind: type[Record]) -> None:
    rng = random.Random(kind.NUMBER)
    cases = [sample(kind, rng, edge="least"), sample(kind, rng, edge="most"), sample(kind, rng, items=1)]
    cases += [sample(kind, rng, items=2), sample(kind, rng, items=200)]
    cases += [sample(kind, rng) for _ in range(400)]
    for record in cases:
        record.check()
        domain = Domain(ConsortiumId(rng.randbytes(32)), rng.randrange(1 << 53), rng.randbytes(20))
        assert domain.record_id(record) == id_by_eth_account(domain, record)


@pytest.mark.parametrize("kind", SIGNABLE, ids=lambda kind: kind.__name__)
def test_signatures_equal_eth_account(kind: type[Record]) -> None:
    """Both sign deterministically (RFC 6979), so the same key gives the same 65 bytes."""
    record = sample(kind, random.Random(kind.NUMBER))
    theirs = Account.sign_typed_data(b"\x01" * 32, full_message=DOMAIN.typed_data(record))
    assert KEY.sign(DOMAIN, record) == bytes(theirs.signature)
    assert recover(DOMAIN.record_id(record), bytes(theirs.signature)) == KEY.address
    assert checksum_address(KEY.address) == Account.from_key(b"\x01" * 32).address


@pytest.mark.parametrize("chain_id", [-1, 2**53, 2**256])
def test_a_chain_id_that_json_cannot_hold_is_refused(chain_id: int) -> None:
    """A wallet would show and sign for another chain than the one that was meant."""
    with pytest.raises(MalformedRecord, match="not a chain id"):
        Domain(DOMAIN.consortium_id, chain_id)
    assert Domain(DOMAIN.consortium_id, 2**53 - 1).money_separator


def test_evidence_ignores_chain_and_contract_and_money_binds_them() -> None:
    rng = random.Random(5)
    elsewhere = Domain(DOMAIN.consortium_id, DOMAIN.chain_id + 1, DOMAIN.bonus_pool)
    other_pool = Domain(DOMAIN.consortium_id, DOMAIN.chain_id, b"\xac" * 20)
    other_consortium = Domain(ConsortiumId(bytes(32)), DOMAIN.chain_id, DOMAIN.bonus_pool)
    for kind in RECORDS:
        record = sample(kind, rng)
        assert (elsewhere.record_id(record) != DOMAIN.record_id(record)) is kind.MONEY
        assert (other_pool.record_id(record) != DOMAIN.record_id(record)) is kind.MONEY
        assert other_consortium.record_id(record) != DOMAIN.record_id(record)


@pytest.mark.parametrize("kind", SIGNABLE, ids=lambda kind: kind.__name__)
def test_a_wallet_sees_a_chain_id_only_where_the_domain_has_one(kind: type[Record]) -> None:
    """A wallet refuses a payload for another chain than it is on: evidence is signed on any."""
    payload = DOMAIN.typed_data(sample(kind, random.Random(kind.NUMBER)))
    money = {"chainId", "verifyingContract"} if kind.MONEY else set()
    assert set(payload["domain"]) == {"name", "version", "salt"} | money
    assert {member["name"] for member in payload["types"]["EIP712Domain"]} == set(payload["domain"])


def test_the_wallet_payload_refuses_what_nobody_can_see() -> None:
    handoff = sample(Handoff, random.Random(1))
    hidden = Handoff(**{**{m.name: getattr(handoff, m.name) for m in Handoff.members()}, "place": Withheld(bytes(32))})
    with pytest.raises(MalformedRecord, match="withheld"):
        DOMAIN.typed_data(hidden)


def test_thousands_of_signatures_are_canonical_and_name_their_signer() -> None:
    rng = random.Random(7)
    for _ in range(2000):
        key, digest = SigningKey(rng.randbytes(32)), rng.randbytes(32)
        signature = key.sign_digest(digest)
        assert len(signature) == 65
        assert signature[64] in (27, 28)
        assert int.from_bytes(signature[32:64], "big") <= ORDER // 2
        assert recover(digest, signature) == key.address


def malleated(signature: bytes) -> bytes:
    """The other signature that plain ECDSA accepts for the same key and digest: n - s, v flipped."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


GOOD = KEY.sign_digest(DIGEST)


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (malleated(GOOD), "upper half"),
        (GOOD[:32] + (ORDER // 2 + 1).to_bytes(32, "big") + GOOD[64:], "upper half"),
        (GOOD[:64], "length"),
        (GOOD + b"\0", "length"),
        (b"", "length"),
        (GOOD[:64] + b"\x00", "v is not canonical"),
        (GOOD[:64] + b"\x01", "v is not canonical"),
        (GOOD[:64] + b"\x1d", "v is not canonical"),
        (GOOD[:64] + bytes([35 + 2 * 7]), "v is not canonical"),  # EIP-155
        (bytes(64) + b"\x1b", "no key"),
        (bytes(32) + GOOD[32:], "no key"),
        (GOOD[:32] + bytes(32) + GOOD[64:], "no key"),
        (ORDER.to_bytes(32, "big") + GOOD[32:], "no key"),
        (b"\xff" * 32 + GOOD[32:], "no key"),
        (b"\xff" * 65, "v is not canonical"),
    ],
)
def test_signatures_that_are_not_canonical_are_refused(signature: bytes, why: str) -> None:
    with pytest.raises(BadSignature, match=why):
        recover(DIGEST, signature)


def test_garbage_never_names_the_signer_and_raises_nothing_else() -> None:
    rng = random.Random(3)
    for _ in range(2000):
        signature = bytearray(GOOD)
        signature[rng.randrange(65)] ^= 1 << rng.randrange(8)
        try:
            found = recover(DIGEST, bytes(signature))
        except BadSignature:
            continue
        assert found != KEY.address


def test_verifying_with_a_known_key_accepts_what_recovering_does_not() -> None:
    """Why audits recover: r and s verify under the key whatever v says, and v decides whose signature it is."""
    signature = KEY.sign_digest(DIGEST)
    flipped = signature[:64] + bytes([55 - signature[64]])
    known = PublicKey.from_secret(KEY.secret())
    for one in (signature, flipped):
        raw = one[:64] + bytes([one[64] - 27])
        der = cdata_to_der(recoverable_convert(deserialize_recoverable(raw)))
        assert known.verify(der, DIGEST, hasher=None)
    assert recover(DIGEST, signature) == KEY.address
    assert recover(DIGEST, flipped) != KEY.address


def test_a_signature_is_good_for_its_digest_only() -> None:
    assert recover(keccak256(b"another record"), GOOD) != KEY.address


@pytest.mark.parametrize(
    "text",
    [
        "", "0x", GOOD.hex(), "0X" + GOOD.hex(), "0x" + GOOD.hex().upper(), "0x" + GOOD.hex()[:-2], to_hex(GOOD) + "00",
        "0x" + "zz" * 65, "0x" + " " * 130, "0x" + "é" * 130, None, 5, [to_hex(GOOD)], {},
    ],
)  # fmt: skip
def test_signatures_have_one_spelling(text: object) -> None:
    with pytest.raises(MalformedRecord) as caught:
        signature_from_hex(text, "signatures[0]")
    assert caught.value.where == "signatures[0]"


def test_the_envelope_reads_what_it_prints() -> None:
    rng = random.Random(11)
    for kind in (*SIGNABLE, Outcome):
        signed = SignedRecord(sample(kind, rng, withhold=0.3), (GOOD, KEY.sign_digest(b"\x02" * 32)))
        assert SignedRecord.from_json(json.loads(json.dumps(signed.to_json()))) == signed
        assert signed.signature_bytes() == b"".join(signed.signatures)


def envelope(**changes: Any) -> dict[str, Any]:
    return SignedRecord(Endorsement(1, bytes(32)), (GOOD,)).to_json() | changes


@pytest.mark.parametrize(
    "data",
    [
        None, [], "Endorsement", 7, {},
        {"type": "Endorsement", "message": {"by": 1, "target": to_hex(bytes(32))}},
        envelope(extra=1),
        envelope(type="endorsement"), envelope(type="Details"), envelope(type=["Endorsement"]), envelope(type=15),
        envelope(type="E" * 100_000),
        envelope(message=None), envelope(message=[]), envelope(message="0x" + "00" * 32),
        envelope(signatures=None), envelope(signatures=to_hex(GOOD)), envelope(signatures={}),
        envelope(signatures=[to_hex(GOOD)] * 201), envelope(signatures=[None]),
        envelope(signatures=[to_hex(GOOD)[:-1]]),
    ],
)  # fmt: skip
def test_envelopes_that_are_none_are_refused(data: object) -> None:
    with pytest.raises(MalformedRecord) as caught:
        SignedRecord.from_json(data)
    assert len(str(caught.value)) < 1000


def test_a_key_never_shows_its_secret() -> None:
    secret = bytes.fromhex("c0ffee" * 10 + "0102")
    key = SigningKey(secret)
    for shown in (repr(key), str(key), f"{key}", f"{[key]!r}"):
        assert secret.hex() not in shown.lower()
        assert to_hex(key.address) in shown
    assert key.secret() == secret
    assert not hasattr(key, "__dict__")


def test_ids_do_not_collide_between_types_of_the_same_shape() -> None:
    """A signature under one record can never serve another type: the type's hash is inside."""
    seen = {DOMAIN.record_id(sample(kind, random.Random(0), edge="least")) for kind in RECORDS}
    assert len(seen) == len(RECORDS)
