"""Web3 Secret Storage v3: the definition's vectors, the reference library both ways, limits of cost."""

from typing import Any

import pytest
from eth_keyfile import create_keyfile_json, decode_keyfile_json

from ledger.services.home.secret_storage import decrypt, encrypt

# The test vectors of the definition, and the key that both hold under this passphrase.
PASSPHRASE = b"testpassword"
SECRET = bytes.fromhex("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d")
PBKDF2: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
SCRYPT: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "p": 8,
            "r": 1,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}


def test_the_vector_of_the_definition() -> None:
    assert decrypt(PBKDF2, PASSPHRASE) == SECRET
    assert decrypt({"Crypto": PBKDF2["crypto"], "Version": 3}, PASSPHRASE) == SECRET
    with pytest.raises(ValueError, match="another MAC"):
        decrypt(PBKDF2, PASSPHRASE + b"s")


def test_parameters_outside_of_the_rfc_are_named_as_such() -> None:
    """The definition's other vector has N = 2^18 with r = 1, where RFC 7914 wants N < 2^16: OpenSSL refuses it."""
    with pytest.raises(NotImplementedError, match="RFC 7914"):
        decrypt(SCRYPT, PASSPHRASE)


def test_the_reference_library_reads_ours_and_we_read_its() -> None:
    assert decode_keyfile_json(encrypt(SECRET, PASSPHRASE, n=2), PASSPHRASE) == SECRET
    for kdf in ("scrypt", "pbkdf2"):
        theirs = create_keyfile_json(SECRET, PASSPHRASE, kdf=kdf, iterations=16)
        assert decrypt(theirs, PASSPHRASE) == SECRET


def test_each_keystore_has_its_own_salt_and_counter() -> None:
    one, other = (encrypt(SECRET, PASSPHRASE, n=2)["crypto"] for _ in range(2))
    assert one["kdfparams"]["salt"] != other["kdfparams"]["salt"]
    assert one["cipherparams"]["iv"] != other["cipherparams"]["iv"]


@pytest.mark.parametrize(
    ("kdf", "costs"), [("scrypt", {"n": 2**30}), ("scrypt", {"p": 2**20}), ("pbkdf2", {"c": 2**40})]
)
def test_a_keystore_cannot_ask_for_endless_work(kdf: str, costs: dict[str, int]) -> None:
    crypto = (SCRYPT if kdf == "scrypt" else PBKDF2)["crypto"]
    greedy = {"version": 3, "crypto": {**crypto, "kdfparams": {**crypto["kdfparams"], **costs}}}
    with pytest.raises(ValueError, match="than a keystore needs"):
        decrypt(greedy, PASSPHRASE)


@pytest.mark.parametrize(
    "changed", [{"version": 4}, {"crypto": {**SCRYPT["crypto"], "cipher": "aes-256-gcm"}}], ids=["version", "cipher"]
)
def test_other_forms_are_not_guessed_at(changed: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        decrypt({**SCRYPT, **changed}, PASSPHRASE)
