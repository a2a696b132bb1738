"""Cosignatures to the byte, against a checkpoint that public witnesses cosigned; and how many a policy asks for."""

import base64
import hashlib
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.cosignature import (
    Cosigner,
    WitnessKey,
    WitnessPolicy,
    parse_witness_key,
    with_cosignatures,
)
from ledger.log.leaf import LogSigner
from ledger.log.signed_note import parse_checkpoint

# A checkpoint of a public staging log as it was served, with cosignatures of public witnesses and their published keys.
# It bears two kinds of signatures by the log that Lading does not make, and passes over.
PUBLIC = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev \
zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev \
ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden \
2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 \
pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de \
2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu \
Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
""".encode()
PUBLIC_KEYS = (
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
)
SMARTIT = bytes.fromhex("f4855a0f46e8a3e23bb40faf260ee57ab8a18249fa402f2ca2d28a60e1a3130e")
COSIGNED_AT = 0x6A122120

LOG = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT = hashlib.sha256(b"root").digest()
NOTE = LOG.checkpoint(5, ROOT)
HEAD = parse_checkpoint(NOTE).head
WITNESSES = [Cosigner(f"witness.example/w{i}", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)) for i in range(4)]
KEYS = tuple(witness.identity for witness in WITNESSES)


def cosigned(*pairs: tuple[int, int]) -> bytes:
    """The note with cosignatures of (witness, time)."""
    return with_cosignatures(NOTE, [WITNESSES[i].cosign(HEAD, time) for i, time in pairs])


def test_a_public_checkpoint_holds_by_the_keys_of_its_witnesses() -> None:
    keys = (*map(parse_witness_key, PUBLIC_KEYS), WitnessKey("witness1.smartit.nu/witness1", SMARTIT))
    parsed = parse_checkpoint(PUBLIC)
    assert parsed.encode() == PUBLIC
    found = WitnessPolicy(4, keys).cosignatures(parsed)
    assert {c.witness for c in found} == set(keys)
    assert {c.time for c in found} == {COSIGNED_AT}
    assert WitnessPolicy(4, keys).verify(PUBLIC) == COSIGNED_AT
    with pytest.raises(VerificationFailed, match="does not hold"):
        WitnessPolicy(4, keys).verify(PUBLIC.replace(b"\n1432088532\n", b"\n1432088533\n"))


@pytest.mark.parametrize("text", PUBLIC_KEYS)
def test_verifier_keys_print_as_they_were_read(text: str) -> None:
    assert parse_witness_key(text).verifier_key() == text
    for altered in (text[:-1], text + "=", text.replace("+", "-", 1), text.replace("+B", "+A"), " " + text, "x" + text):
        with pytest.raises(MalformedRecord):
            parse_witness_key(altered)


def test_a_public_signing_key_has_the_key_id_of_its_cosignatures() -> None:
    """The key in the tests of transparency-dev/witness: id f13a86db for notes, another for cosignatures."""
    seed = base64.b64decode("AaLa/dfyBhyo/m0Z7WCi98ENVZWtrP8pxgRNrx7tIWiA")[1:]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert LogSigner("witness", key).identity.key_id.hex() == "f13a86db"
    assert Cosigner("witness", key).identity.key_id.hex() == "24b37851"


def test_a_cosignature_is_made_to_the_byte() -> None:
    witness = WITNESSES[0]
    line = witness.cosign(HEAD, 1679315147).note_signature()
    message = f"cosignature/v1\ntime 1679315147\nexample.com/log\n5\n{base64.b64encode(ROOT).decode()}\n".encode()
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert line.signature == (1679315147).to_bytes(8, "big") + key.sign(message)
    assert line.key_id == hashlib.sha256(b"witness.example/w0\n\x04" + witness.identity.public_key).digest()[:4]
    assert "00" * 32 not in repr(witness)


def test_every_flipped_bit_of_a_cosignature_is_detected() -> None:
    policy = WitnessPolicy(1, KEYS[:1])
    note = cosigned((0, 1000))
    for position in range(len(NOTE), len(note)):
        for bit in range(8):
            altered = bytearray(note)
            altered[position] ^= 1 << bit
            with pytest.raises((MalformedRecord, VerificationFailed)):
                policy.verify(bytes(altered))


def test_a_cosignature_is_of_one_head_only() -> None:
    line = cosigned((0, 7))[len(NOTE) :]
    for other in (LOG.checkpoint(6, ROOT), LOG.checkpoint(5, bytes(32))):
        with pytest.raises(VerificationFailed, match="does not hold"):
            WitnessPolicy(1, KEYS).verify(other + line)


@pytest.mark.parametrize("threshold", [1, 2, 3, 4])
def test_the_quorum_is_reached_with_the_k_th_witness(threshold: int) -> None:
    policy = WitnessPolicy(threshold, KEYS)
    for count in range(5):
        for chosen in combinations(range(4), count):
            times = {i: 100 - i for i in chosen}
            note = cosigned(*times.items())
            if count < threshold:
                with pytest.raises(VerificationFailed, match="too few"):
                    policy.verify(note)
            else:
                assert policy.verify(note) == sorted(times.values())[threshold - 1]


def test_one_witness_that_signs_often_counts_once_and_from_its_earliest() -> None:
    note = cosigned((0, 300), (0, 100), (0, 200))
    assert WitnessPolicy(1, KEYS).verify(note) == 100
    with pytest.raises(VerificationFailed, match="too few"):
        WitnessPolicy(2, KEYS).verify(note)


def test_witnesses_outside_the_policy_count_for_nothing() -> None:
    assert WitnessPolicy(1, KEYS[:1]).verify(cosigned((1, 1), (2, 2), (0, 3))) == 3
    with pytest.raises(VerificationFailed, match="too few"):
        WitnessPolicy(1, KEYS[:1]).verify(cosigned((1, 1), (2, 2)))


def test_the_log_cannot_be_its_own_witness_by_its_plain_signature() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    own = Cosigner("example.com/log", key).identity
    with pytest.raises(VerificationFailed, match="too few"):
        WitnessPolicy(1, (own,)).verify(NOTE)


def test_a_bad_cosignature_of_the_policy_spoils_the_note_even_beside_good_ones() -> None:
    bad = WITNESSES[1].cosign(parse_checkpoint(LOG.checkpoint(6, ROOT)).head, 5).note_signature().line()
    with pytest.raises(VerificationFailed, match="does not hold"):
        WitnessPolicy(1, KEYS).verify(cosigned((0, 5)) + bad.encode())


@pytest.mark.parametrize("time", [253_402_300_800, 2**53, 2**63, 2**64 - 1])
def test_no_time_beyond_all_calendars(time: int) -> None:
    with pytest.raises(VerificationFailed, match="not a cosignature"):
        WitnessPolicy(1, KEYS).verify(cosigned((0, time)))


def test_a_policy_prints_as_it_was_read() -> None:
    policy = WitnessPolicy(2, KEYS)
    assert WitnessPolicy.from_json(policy.to_json(), "trust file") == policy


@pytest.mark.parametrize(
    ("threshold", "keys"),
    [
        (0, KEYS),
        (5, KEYS),
        (0, ()),
        (1, (KEYS[0], KEYS[0])),
        (1, (KEYS[0], WitnessKey("another.example", KEYS[0].public_key))),
        (1, (KEYS[0], WitnessKey(KEYS[0].name, KEYS[1].public_key))),
        (1, tuple(WitnessKey(f"w{i}", bytes([i]) * 32) for i in range(16))),
    ],
)
def test_what_is_no_policy(threshold: int, keys: tuple[WitnessKey, ...]) -> None:
    with pytest.raises(MalformedRecord):
        WitnessPolicy(threshold, keys)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"threshold": 1},
        {"threshold": True, "keys": [PUBLIC_KEYS[0]]},
        {"threshold": "1", "keys": [PUBLIC_KEYS[0]]},
        {"threshold": 1, "keys": PUBLIC_KEYS[0]},
        {"threshold": 1, "keys": [1]},
        {"threshold": 1, "keys": [LOG.identity.verifier_key()]},
        {"threshold": 1, "keys": [PUBLIC_KEYS[0]], "more": 1},
    ],
)
def test_what_is_no_policy_in_a_trust_file(data: object) -> None:
    with pytest.raises(MalformedRecord):
        WitnessPolicy.from_json(data, "trust file")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "x" * 256])
def test_what_is_no_witness_name(name: str) -> None:
    with pytest.raises(MalformedRecord):
        WitnessKey(name, bytes(32))
